"""Every row of the rules, and what one plan makes of many of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import permutations, product
from typing import TYPE_CHECKING

import pytest
from core.samples import (
    CATALOGUE,
    DUE,
    DUE_SOON,
    FRESH,
    ID,
    OVERDUE,
    OVERDUE_ON,
    TODAY,
    applied,
    day,
    evidence,
    incident,
    issue,
    leak,
    pause,
    request,
    retired,
    rotation,
    setting,
)

from keyturn import policy as judge
from keyturn.actions import Close, Content, Link, Note, Open, Remind, Update, Waiting, verb
from keyturn.errors import GuardError
from keyturn.model import (
    Consumer,
    Duration,
    Escalation,
    EvidenceRules,
    Limits,
    Match,
    Part,
    Policy,
    Provider,
    Request,
    RequestReason,
    Rotation,
    Status,
    Strategy,
    Tier,
    Version,
    Why,
    moment,
)
from keyturn.plan import Plan, its_issue, plan, survey
from keyturn.plan.case import Case, File, Its, kind
from keyturn.plan.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyturn.actions import Action, Planned
    from keyturn.model import Incident, Issue
    from keyturn.plan import Setting

OTHER = rotation(FRESH, key="other")
NEW_KEY = [Part.NEW_KEY]
YESTERDAY = TODAY - timedelta(1)
LEAKED = {"why": Why.LEAKED, "status": Status.LEAKED}
CLOSED_ON = "2026-11-20"


def told(actions: Sequence[Planned]) -> list[str]:
    """Say in a few words what each action does to which issue."""
    return [" ".join((verb(each), *_details(each))) for each in actions]


def _details(action: Planned) -> tuple[str, ...]:
    if isinstance(action, Open | Link | Waiting):
        return (action.subject.rotation,)
    number = f"#{action.issue.number}"
    if isinstance(action, Close):
        return number, action.because.value
    return (number, str(action.days)) if isinstance(action, Remind) else (number,)


def planned(
    rotations: Sequence[Rotation], issues: Sequence[Issue], set_in: Setting | None = None
) -> tuple[Action, ...]:
    return plan(rotations, issues, set_in or setting()).actions


def settled(given: Rotation, set_in: Setting, *, closed_on: str | None = None) -> list[Issue]:
    """Return what a run leaves behind for one rotation; `closed_on` is when a person then closed it."""
    found = applied(planned([given, OTHER], [], set_in), [], set_in.today)
    return [replace(each, is_open=closed_on is None, closed_at=closed_on and moment(closed_on)) for each in found]


# -- rows ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scenario:
    """One file and its issues; what happens, and what the last marker then says."""

    file: Rotation | None
    issues: tuple[Issue, ...] = ()
    expected: tuple[str, ...] = ()
    then: dict[str, object] = field(default_factory=dict)
    setting: Setting = field(default_factory=setting)
    text: str = ""


ROTATED = rotation(FRESH, evidence=evidence(OVERDUE, "2026-11-02"))
PARTIAL = rotation(FRESH, evidence=evidence(OVERDUE, "2026-11-02", NEW_KEY))
ALREADY_DUE = rotation(FRESH, evidence=evidence(OVERDUE, "2026-11-02"), request=request(FRESH, "2026-11-21"))
EXPIRED = rotation(FRESH, expires=moment("2026-11-20"))
ALREADY_EXPIRED = replace(EXPIRED, evidence=evidence(OVERDUE, "2026-11-02"))
RETIRED = rotation(OVERDUE, retired=retired("2026-11-20", "2026-11-20"))
RETIRED_UNSHOWN = rotation(OVERDUE, retired=retired("2026-11-20"))
LEAKED_ANEW = rotation(FRESH, evidence=evidence(OVERDUE, "2026-11-02"), request=leak(FRESH))
WAIVED = rotation(OVERDUE, waiver=pause("2027-06-30"))
HELD = rotation(OVERDUE, hold=pause("2026-12-15"))
BY_US = {"closed_on": CLOSED_ON, "closed": "completed"}
BY_PERSON = {"closed_on": CLOSED_ON}
ENDED = incident(exposed_until=moment("2026-10-01"))
GOING_ON = incident(match=Match(ids=frozenset({ID})))

SCENARIOS = {
    "gone, open": Scenario(None, (issue(),), ("close #1 not_planned",), {"closed": "not_planned"}, text="is gone"),
    "gone, open; a file unreadable": Scenario(None, (issue(),), setting=setting(is_whole=False)),
    "gone, open; leaked; a file unreadable": Scenario(None, (issue(**LEAKED),), setting=setting(is_whole=False)),
    "gone, open; its file has an error": Scenario(None, (issue(),), setting=setting(left_alone=frozenset({ID}))),
    "gone, open; leaked": Scenario(
        None, (issue(**LEAKED),), ("update #1",), {"closed": None, **LEAKED}, text="must be rotated"
    ),
    "gone, open; of an incident": Scenario(None, (issue(why=Why.INCIDENT),), ("update #1",), {"why": Why.INCIDENT}),
    "gone, closed by a person": Scenario(None, (issue(**BY_PERSON),)),
    "gone, closed by a person; leaked": Scenario(None, (issue(**BY_PERSON, **LEAKED),)),
    "gone, closed by us": Scenario(None, (issue(**BY_US),)),
    "proved, open": Scenario(
        ROTATED,
        (issue(),),
        ("close #1 completed",),
        {"closed": "completed", "version": Version.read(OVERDUE)},
        text="shown to be complete",
    ),
    "proved, open; it had leaked": Scenario(ROTATED, (issue(**LEAKED),), ("close #1 completed",)),
    "proved, open; the request is left over": Scenario(
        replace(ROTATED, request=leak(OVERDUE)), (issue(**LEAKED),), ("close #1 completed",)
    ),
    "proved, open; waived": Scenario(replace(ROTATED, waiver=pause("2027-06-30")), (issue(),), ("close #1 completed",)),
    "proved, open; held": Scenario(replace(ROTATED, hold=pause("2026-12-15")), (issue(),), ("close #1 completed",)),
    "proved, open; an incident that ended before": Scenario(
        ROTATED, (issue(**LEAKED),), ("close #1 completed",), setting=setting(incidents=(ENDED,))
    ),
    "proved, open; retired": Scenario(RETIRED, (issue(),), ("close #1 completed",), {"closed": "completed"}),
    "proved, open; created unknown before": Scenario(
        rotation(FRESH, evidence=evidence("unknown", "2026-11-02")),
        (issue(version="unknown"),),
        ("close #1 completed",),
    ),
    "proved, open; the new version is due already": Scenario(
        ALREADY_DUE,
        (issue(),),
        ("close #1 completed", f"open {ID}"),
        {"version": Version.read(FRESH), "why": Why.POLICY},
    ),
    "proved, open; the new version has expired already": Scenario(
        ALREADY_EXPIRED, (issue(),), ("close #1 completed", f"open {ID}"), {"status": Status.EXPIRED}
    ),
    "proved, closed by a person": Scenario(
        ROTATED, (issue(**BY_PERSON),), ("update #1",), {"closed": "completed"}, text="shown to be complete"
    ),
    "proved, closed by a person; retired": Scenario(RETIRED, (issue(**BY_PERSON),), ("update #1",)),
    "proved, closed by a person; the new version is due already": Scenario(
        ALREADY_DUE, (issue(**BY_PERSON),), ("update #1", f"open {ID}"), {"version": Version.read(FRESH)}
    ),
    "proved, closed by us": Scenario(ROTATED, (issue(**BY_US),)),
    "proved, none": Scenario(RETIRED),
    "leaked anew, open": Scenario(
        LEAKED_ANEW, (issue(said=14),), ("update #1",), {"version": Version.read(FRESH), "said": None, **LEAKED}
    ),
    "leaked anew, closed by a person": Scenario(
        LEAKED_ANEW, (issue(**BY_PERSON),), ("reopen #1",), {"version": Version.read(FRESH), **LEAKED}
    ),
    "leaked anew, closed by us": Scenario(LEAKED_ANEW, (issue(**BY_US),), (f"open {ID}",), LEAKED),
    "incident goes on, open": Scenario(
        ROTATED,
        (issue(said=14),),
        ("open incidents/vendor", "update #1", f"link {ID}"),
        {"why": Why.INCIDENT, "said": None},
        setting=setting(incidents=(GOING_ON,)),
    ),
    "unverified, open": Scenario(
        rotation(FRESH),
        (issue(),),
        ("remind #1 14", "update #1"),
        {"due": OVERDUE_ON, "said": 14, "status": Status.UNVERIFIED, "version": Version.read(OVERDUE)},
    ),
    "unverified, open; not yet due": Scenario(
        PARTIAL, (issue(due=day("2026-12-01")),), ("update #1",), {"due": day("2026-12-01"), "said": None}
    ),
    "unverified, open; it had leaked": Scenario(
        PARTIAL, (issue(said=14, **LEAKED),), ("update #1",), {"why": Why.LEAKED}
    ),
    "unverified, open; waived and held": Scenario(
        replace(PARTIAL, waiver=pause("2027-06-30"), hold=pause("2026-12-15")), (issue(said=14),), ("update #1",)
    ),
    "unverified, open; retired": Scenario(
        RETIRED_UNSHOWN, (issue(said=14),), ("update #1",), {"why": Why.RETIRED, "due": OVERDUE_ON}
    ),
    "unverified, open; evidence of an earlier rotation": Scenario(
        rotation(FRESH, evidence=evidence("2026-05-01", "2026-11-02")), (issue(said=14),), ("update #1",)
    ),
    "unverified, closed by a person": Scenario(
        PARTIAL, (issue(**BY_PERSON),), ("reopen #1",), {"reopened": TODAY, "said": 14, "due": OVERDUE_ON}
    ),
    "unverified, none": Scenario(
        PARTIAL,
        (),
        (f"open {ID}",),
        {"version": Version.read(OVERDUE), "due": day(FRESH), "said": 0, "status": Status.UNVERIFIED},
    ),
    "unverified, none; retired": Scenario(
        RETIRED_UNSHOWN, (), (f"open {ID}",), {"why": Why.RETIRED, "due": day("2026-11-20"), "said": 0}
    ),
    "unverified, closed by us": Scenario(PARTIAL, (issue(**BY_US),), (f"open {ID}",)),
    "waived, open": Scenario(WAIVED, (issue(),), ("close #1 not_planned",), {"closed": "not_planned"}, text="waiver"),
    "waived, open; evidence of its version does not suffice any more": Scenario(
        replace(PARTIAL, waiver=pause("2027-06-30")), (issue(version=FRESH),), ("close #1 not_planned", f"open {ID}")
    ),
    "waived, closed by a person": Scenario(WAIVED, (issue(**BY_PERSON),)),
    "waived, closed by us": Scenario(WAIVED, (issue(**BY_US),)),
    "waived, none": Scenario(WAIVED),
    "held, open": Scenario(
        HELD, (issue(said=7),), ("update #1",), {"due": day("2026-12-15"), "said": None, "status": Status.HELD}
    ),
    "held, open; its hold moves nothing": Scenario(
        rotation(DUE_SOON, hold=pause("2026-11-25")),
        (issue(said=7, due=day("2026-11-28")),),
        ("update #1",),
        {"said": 7},
    ),
    "held, closed by a person": Scenario(HELD, (issue(**BY_PERSON),)),
    "held, closed by us": Scenario(HELD, (issue(**BY_US),)),
    "held, none": Scenario(HELD),
    "quiet, open; cadence or request withdrawn": Scenario(
        rotation(FRESH), (issue(version=FRESH),), ("close #1 not_planned",), text="before 2027-01-30"
    ),
    "quiet, open; its marker says leaked": Scenario(rotation(FRESH), (issue(version=FRESH, **LEAKED),)),
    "quiet, open; its marker says incident": Scenario(rotation(FRESH), (issue(version=FRESH, why=Why.INCIDENT),)),
    "quiet, open; corrected backwards": Scenario(
        rotation(OVERDUE, rotate_every=Duration(1, "y")), (issue(version=FRESH),), ("close #1 not_planned",)
    ),
    "quiet, open; evidence of its version does not suffice any more": Scenario(
        PARTIAL, (issue(version=FRESH),), ("close #1 not_planned", f"open {ID}"), {"status": Status.UNVERIFIED}
    ),
    "quiet, closed by a person; evidence of its version does not suffice any more": Scenario(
        PARTIAL, (issue(version=FRESH, **BY_PERSON),)
    ),
    "quiet, closed by a person": Scenario(rotation(FRESH), (issue(version=FRESH, **BY_PERSON),)),
    "quiet, closed by us": Scenario(rotation(FRESH), (issue(**BY_US),)),
    "quiet, none": Scenario(rotation(FRESH)),
}

WANTED = {
    Status.LEAKED: rotation(FRESH, request=leak(FRESH)),
    Status.EXPIRED: EXPIRED,
    Status.REQUESTED: rotation(FRESH, request=request(FRESH, "2026-11-30")),
    Status.OVERDUE: rotation(OVERDUE),
    Status.DUE: rotation(DUE),
    Status.DUE_SOON: rotation(DUE_SOON),
}
REACHED = {Status.LEAKED: None, Status.EXPIRED: 7, Status.REQUESTED: None, Status.OVERDUE: 14, Status.DUE: 0}
for _status, _file in WANTED.items():
    _version, _said = str(_file.version), REACHED.get(_status)
    _then = {"status": _status, "version": _file.version, "said": _said, "closed": None}
    _opened = {**_then, "opened": TODAY, "said": 0 if _said is not None else None, "reopened": None}
    _due = judge.due(_file, Policy())
    SCENARIOS |= {
        f"{_status}, open": Scenario(_file, (issue(version=_version, due=_due, said=_said),), ("update #1",), _then),
        f"{_status}, closed by a person": Scenario(
            _file, (issue(version=_version, **BY_PERSON),), ("reopen #1",), {**_then, "reopened": TODAY}
        ),
        f"{_status}, closed by us": Scenario(_file, (issue(version=_version, **BY_US),), (f"open {ID}",), _opened),
        f"{_status}, none": Scenario(_file, (), (f"open {ID}",), _opened),
    }

SCENARIOS |= {
    "a new threshold": Scenario(
        rotation(OVERDUE), (issue(said=7),), ("remind #1 14", "update #1"), {"said": 14, "due": OVERDUE_ON}
    ),
    "after a gap only the highest": Scenario(rotation(OVERDUE), (issue(),), ("remind #1 14", "update #1")),
    "said for another due day": Scenario(
        rotation(OVERDUE), (issue(said=14, due=day("2026-09-01")),), ("remind #1 14", "update #1"), {"due": OVERDUE_ON}
    ),
    "a version corrected backwards": Scenario(
        rotation("2026-07-30"),
        (issue(said=14),),
        ("remind #1 14", "update #1"),
        {"version": Version.read("2026-07-30")},
    ),
    "a version corrected to unknown": Scenario(
        rotation("unknown", enrolled=day("2026-11-01")), (issue(said=14, due=day("2026-12-01")),), ("update #1",)
    ),
    "old evidence for the version before": Scenario(
        rotation(OVERDUE, evidence=evidence("2026-05-01", "2026-08-02")), (issue(said=14),), ("update #1",)
    ),
    "reopened today already": Scenario(rotation(OVERDUE), (issue(**BY_PERSON, reopened=TODAY),)),
    "reopened yesterday": Scenario(rotation(OVERDUE), (issue(**BY_PERSON, reopened=YESTERDAY),), ("reopen #1",)),
    "a former id, open": Scenario(
        rotation(OVERDUE, key="new", formerly=(ID,)),
        (issue(said=14),),
        ("update #1",),
        {"id": "mixpanel/new", "said": 14},
    ),
    "a former id, closed by a person": Scenario(
        rotation(OVERDUE, key="new", formerly=(ID,)), (issue(**BY_PERSON),), ("reopen #1",), {"id": "mixpanel/new"}
    ),
    "a former id, closed by us": Scenario(
        rotation(OVERDUE, key="new", formerly=(ID,)), (issue(**BY_US),), ("open mixpanel/new",)
    ),
    "a former id, proved": Scenario(replace(ROTATED, key="new", formerly=(ID,)), (issue(),), ("close #1 completed",)),
    "a former id and its own": Scenario(
        rotation(OVERDUE, key="new", formerly=(ID,)),
        (issue(2, said=14), issue(1, id="mixpanel/new", said=14)),
        ("close #2 duplicate", "update #1"),
    ),
    "duplicates: the lowest stays": Scenario(
        rotation(OVERDUE),
        (issue(7, said=14), issue(3, said=14), issue(5, said=14)),
        ("close #5 duplicate", "close #7 duplicate", "update #3"),
        {"closed": None},
    ),
    "duplicates: an open one before a lower closed one": Scenario(
        rotation(OVERDUE), (issue(1, **BY_PERSON), issue(2, said=14)), ("update #2",)
    ),
    "duplicates of a key whose file is gone": Scenario(
        None, (issue(1), issue(2)), ("close #2 duplicate", "close #1 not_planned"), {"closed": "not_planned"}
    ),
    "duplicates: one that we closed as such never counts": Scenario(
        rotation(OVERDUE),
        (issue(1, closed_on="2026-11-01"), issue(2, closed_on="2026-11-20", closed="duplicate")),
        ("reopen #1",),
    ),
    "several closed by persons: the latest": Scenario(
        rotation(OVERDUE), (issue(1, closed_on="2026-11-19"), issue(2, closed_on="2026-11-10")), ("reopen #1",)
    ),
    "closed by a person, later one by us": Scenario(
        rotation(OVERDUE), (issue(1, closed_on="2026-11-10"), issue(2, **BY_US)), (f"open {ID}",)
    ),
    "closed by us, later one by a person": Scenario(
        rotation(OVERDUE), (issue(1, closed_on="2026-11-10", closed="completed"), issue(2, **BY_PERSON)), ("reopen #2",)
    ),
    "closed by us, opened again by a person; wanted": Scenario(
        rotation(OVERDUE), (issue(said=14, closed="completed"),), ("update #1",), {"closed": None}
    ),
    "closed by us, opened again by a person; proved": Scenario(
        ROTATED, (issue(closed="completed"),), ("close #1 completed",), {"closed": "completed"}
    ),
    "a leak withdrawn stays a leak while it is overdue": Scenario(
        rotation(OVERDUE), (issue(said=14, **LEAKED),), ("update #1",), {"why": Why.LEAKED, "status": Status.OVERDUE}
    ),
    "a leak withdrawn stays a leak while it is held": Scenario(
        HELD, (issue(said=14, **LEAKED),), ("update #1",), {"why": Why.LEAKED}
    ),
    "a leak withdrawn stays a leak when asked for otherwise": Scenario(
        rotation(OVERDUE, request=request(OVERDUE, "2026-11-30")),
        (issue(said=14, **LEAKED),),
        ("update #1",),
        {"why": Why.LEAKED, "status": Status.REQUESTED},
    ),
    "a leak withdrawn by a correction of created stays a leak": Scenario(
        rotation("2026-07-31", request=leak(OVERDUE)),
        (issue(said=14, **LEAKED),),
        ("remind #1 14", "update #1"),
        {"why": Why.LEAKED},
    ),
}


def _files(scenario: Scenario) -> list[Rotation]:
    return [OTHER] if scenario.file is None else [scenario.file, OTHER]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_row_of_the_rules(name: str) -> None:
    scenario = SCENARIOS[name]
    actions = planned(_files(scenario), scenario.issues, scenario.setting)
    assert told(actions) == list(scenario.expected)
    if scenario.then:
        last = next(each for each in reversed(actions) if not isinstance(each, Link))
        assert {field: getattr(last.marker, field) for field in scenario.then} == scenario.then
    if scenario.text:
        assert isinstance(actions[-1].text, Note)
        assert scenario.text in actions[-1].text.text


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_second_run_has_nothing_to_do(name: str) -> None:
    scenario = SCENARIOS[name]
    after = applied(planned(_files(scenario), scenario.issues, scenario.setting), scenario.issues, TODAY)
    assert planned(_files(scenario), after, scenario.setting) == ()
    by_id = [each.marker.id for each in after if each.is_open]
    assert len(by_id) == len(set(by_id))


PAIRS = list(product(File, Its))


@pytest.mark.parametrize(("file", "its"), PAIRS, ids=[f"{file.name} {its.name}" for file, its in PAIRS])
def test_every_pair_of_file_and_issue_has_a_rule_and_a_scenario(file: File, its: Its) -> None:
    assert (file, its) in RULES
    assert (file, its) in {_row(scenario) for scenario in SCENARIOS.values()}


def _row(scenario: Scenario) -> tuple[File, Its]:
    set_in, found = scenario.setting, its_issue(scenario.issues)
    stands = scenario.file and judge.standing(
        scenario.file, found and found.marker, set_in.policy, set_in.incidents, set_in.today
    )
    return Case(set_in, stands, found).row


def test_there_is_no_rule_for_anything_else() -> None:
    assert len(RULES) == len(PAIRS)


@pytest.mark.parametrize("status", Status)
def test_every_status_asks_for_something(status: Status) -> None:
    plain = judge.standing(rotation(), None, Policy(), (), TODAY)
    assert kind(replace(plain, status=status)) in File
    assert kind(replace(plain, status=status, is_proved=True)) is (
        File.WANTED if status is Status.LEAKED else File.PROVED
    )


# -- what an issue says and carries --------------------------------------------------------------------------------


def test_an_issue_as_it_is_opened() -> None:
    asked = Request(RequestReason.OTHER, Version.read(FRESH), day("2026-11-30"), note="Bob left.")
    given = rotation(
        FRESH,
        owners=("alice", "bob"),
        tier=Tier.CRITICAL,
        team="acme/data",
        description="Exports events.",
        environment="production",
        tags=("pii",),
        variant="export",
        params={"region": "eu"},
        request=asked,
    )
    export = Provider(
        "mixpanel", "Mixpanel export", Strategy.RESET, console="https://{region}.example", docs="https://d"
    )
    mixpanel = replace(CATALOGUE.providers["mixpanel"], variants={"export": export})
    [opened] = planned([given], [], setting(catalogue=replace(CATALOGUE, providers={"mixpanel": mixpanel})))
    assert isinstance(opened, Open)
    assert opened.text == Content(
        id=ID,
        title=f"Rotate {ID}",
        status=Status.REQUESTED,
        why=Why.OTHER,
        due=day("2026-11-30"),
        path="rotations/mixpanel.yaml",
        owners=("alice", "bob"),
        tier=Tier.CRITICAL,
        created=FRESH,
        provider="Mixpanel export",
        strategy="reset",
        sections=opened.text.sections,
        team="acme/data",
        description="Exports events.",
        environment="production",
        tags=("pii",),
        note="Bob left.",
        console="https://eu.example",
        docs="https://d",
        downtime="The reset ends the old key at once: every consumer is down until it has the new one.",
    )
    assert [section.title for section in opened.text.sections][:2] == ["Announce the window", "Reset the key"]
    assert opened.labels == ("key-rotation", "provider: mixpanel", "tier: critical", "status: requested")
    assert opened.assignees == ("alice", "bob")
    assert opened.subject.title == opened.text.title


def test_a_held_issue_says_until_when() -> None:
    [update] = planned([HELD], [issue()])
    assert update.text.held_until == day("2026-12-15")


def test_an_issue_of_an_incident_says_which() -> None:
    [_, opened, _] = planned([rotation()], [], setting(incidents=(incident(),)))
    assert opened.text.incident == "Vendor leaked tokens"
    assert opened.subject.why is Why.INCIDENT


@pytest.mark.parametrize(
    ("created", "changes", "incidents", "deadline"),
    [
        pytest.param(OVERDUE, {}, (), None, id="nothing asked"),
        pytest.param(FRESH, {"request": request(FRESH, "2026-11-30")}, (), None, id="the deadline is the due day"),
        pytest.param(OVERDUE, {"request": leak(OVERDUE)}, (), day("2026-11-23"), id="a leak of an overdue key"),
        pytest.param(OVERDUE, {}, (incident(),), day("2026-11-23"), id="an incident of an overdue key"),
        pytest.param(
            OVERDUE, {"request": leak(OVERDUE, "2026-11-22")}, (incident(),), day("2026-11-22"), id="the earlier of two"
        ),
    ],
)
def test_a_deadline_is_said_where_the_key_was_due_before_it(
    created: str, changes: dict[str, object], incidents: tuple[Incident, ...], deadline: date | None
) -> None:
    made = plan([rotation(created, **changes)], [], setting(incidents=incidents)).actions
    [text] = [each.text for each in made if isinstance(each, Open) and isinstance(each.text, Content)]
    assert text.deadline == deadline


def test_an_unverified_issue_says_what_is_missing() -> None:
    [update] = planned([PARTIAL], [issue(said=14)])
    assert update.text.missing == ("old_key is not shown", "consumers is not shown")


def test_a_reopened_issue_says_so_from_then_on() -> None:
    [reopen] = planned([rotation(OVERDUE)], [issue(**BY_PERSON)])
    after = applied([reopen], [issue(**BY_PERSON)], TODAY)
    [update] = planned([rotation(OVERDUE, team="acme/new")], after)
    assert (reopen.text.reopened, update.text.reopened) == (True, True)
    assert update.marker.reopened == TODAY


def test_the_proof_stands_in_what_a_closed_issue_says() -> None:
    [close] = planned([ROTATED], [issue()])
    assert close.text == Note(
        "Rotated, and shown to be complete.",
        (
            "new_key: attested at 2026-11-02T00:00:00Z",
            "old_key: attested at 2026-11-02T00:00:00Z",
            "consumers: attested at 2026-11-02T00:00:00Z",
            "recorded by bob",
        ),
    )


def test_a_duplicate_says_where_it_goes_on() -> None:
    close, *_ = planned([rotation(OVERDUE)], [issue(4), issue(9)])
    assert close.text == Note("Continued in #4.")


def test_labels_and_assignees_of_people_stay_and_ours_change() -> None:
    found = replace(
        issue(said=14),
        labels=(
            "key-rotation",
            "help wanted",
            "status: due",
            "tier: low",
            "provider: old",
            "owner-missing",
            "orphaned",
        ),
        assignees=("alice", "carol"),
    )
    [update] = planned([rotation(OVERDUE, owners=("bob",))], [found])
    assert update.labels == (
        "key-rotation",
        "provider: mixpanel",
        "tier: standard",
        "status: overdue",
        "help wanted",
    )
    assert update.assignees == ("bob", "carol")
    assert update.marker.assigned == ("bob",)


def test_a_closed_issue_loses_its_status_and_keeps_other_labels() -> None:
    found = replace(issue(), labels=("key-rotation", "help wanted", "status: overdue"))
    [close] = planned([ROTATED], [found])
    assert close.labels == ("key-rotation", "help wanted")


def test_an_orphan_keeps_its_status_and_is_called_one() -> None:
    found = replace(issue(**LEAKED), labels=("key-rotation", "status: leaked"))
    [update] = planned([OTHER], [found])
    assert update.labels == ("key-rotation", "status: leaked", "orphaned")


def test_an_orphan_whose_file_comes_back_is_none_any_more() -> None:
    leaked = rotation(FRESH, request=leak(FRESH))
    orphaned = applied(planned([OTHER], [issue(version=FRESH, **LEAKED)]), [issue(version=FRESH, **LEAKED)], TODAY)
    [update] = planned([leaked, OTHER], orphaned)
    assert "orphaned" in orphaned[0].labels
    assert "orphaned" not in update.labels


def test_labels_have_the_length_that_github_accepts() -> None:
    slug = "x" * 63
    catalogue = replace(CATALOGUE, providers={slug: Provider(slug, "Long", Strategy.CONTACT)})
    [opened] = planned([rotation(DUE, provider=slug, slug=slug)], [], setting(catalogue=catalogue))
    assert max(map(len, opened.labels)) == 50


ESCALATING = Policy(escalate=Escalation(Duration(3, "w"), ("carol", "alice")))


def test_escalation_is_a_threshold_and_assigns() -> None:
    remind, update = planned([rotation(OVERDUE)], [issue(said=14)], setting(ESCALATING))
    assert (remind.days, remind.name, remind.mentions) == (21, "2026-10-30+21", ("alice", "carol"))
    assert (update.assignees, update.marker.assigned) == (("alice", "carol"), ("alice", "carol"))


def test_before_the_escalation_only_the_owners_are_assigned() -> None:
    before = setting(ESCALATING, OVERDUE_ON + timedelta(20))
    [update] = planned([rotation(OVERDUE)], [issue(said=14)], before)
    assert update.assignees == ("alice",)


def test_an_issue_has_at_most_ten_assignees() -> None:
    owners = tuple(f"owner-{number}" for number in range(10))
    found = replace(issue(said=21), assignees=("dave",))
    [update] = planned([rotation(OVERDUE, owners=owners)], [found], setting(ESCALATING))
    assert update.assignees == owners


def test_other_templates_write_every_issue_anew() -> None:
    given = rotation(OVERDUE)
    found = settled(given, setting())
    [update] = planned([given], found, setting(edition="2"))
    assert isinstance(update, Update)


@pytest.mark.parametrize(
    "changes",
    [
        {"team": "acme/other"},
        {"owners": ("bob",)},
        {"consumers": (Consumer("manual", name="Another"),)},
        {"tier": Tier.LOW},
        {"path": "rotations/moved.yaml"},
        {"description": "Another."},
        {"params": {"region": "eu"}},
    ],
    ids=lambda changes: str(*changes),
)
def test_an_issue_is_written_anew_when_what_it_shows_has_changed(changes: dict[str, object]) -> None:
    given = rotation(OVERDUE, rotate_every=Duration(90, "d"))  # overdue in every tier
    found = settled(given, setting())
    mixpanel = replace(CATALOGUE.providers["mixpanel"], console="https://{region}.example")
    set_in = setting(catalogue=replace(CATALOGUE, providers={"mixpanel": mixpanel}))
    found = applied(planned([given], found, set_in), found, TODAY)
    assert told(planned([replace(given, **changes)], found, set_in)) == ["update #1"]


def test_what_an_issue_does_not_show_changes_nothing() -> None:
    given = rotation(OVERDUE)
    found = settled(given, setting())
    edited = [replace(found[0], title="Something else", body="with ticks", labels=(), assignees=("dave",))]
    assert planned([given], edited) == ()


# -- the loop, day by day ------------------------------------------------------------------------------------------


def test_the_whole_life_of_a_key() -> None:
    plain = rotation("2026-08-20")  # due on 2026-11-18
    recorded = rotation("2026-12-05", evidence=evidence("2026-08-20", "2026-12-05"))
    found: list[Issue] = []
    seen: list[tuple[str, list[str]]] = []
    for offset in range(50):
        today = day("2026-10-31") + timedelta(offset)
        actions = planned([plain if today < day("2026-12-06") else recorded], found, setting(today=today))
        found = applied(actions, found, today)
        seen += [(str(today), told(actions))] if actions else []
    assert seen == [
        ("2026-11-04", [f"open {ID}"]),
        ("2026-11-18", ["remind #1 0", "update #1"]),
        ("2026-11-19", ["update #1"]),
        ("2026-11-25", ["remind #1 7", "update #1"]),
        ("2026-12-02", ["remind #1 14", "update #1"]),
        ("2026-12-06", ["close #1 completed"]),
    ]


def test_a_leak_is_opened_contained_recorded_closed_and_never_opened_again_by_the_same_request() -> None:
    leaked = rotation(OVERDUE, request=leak(OVERDUE))
    [opened] = planned([leaked], [])
    assert opened.text.sections[0].title == "Contain: revoke the old key"
    found = applied([opened], [], TODAY)
    rotated = rotation(str(TODAY), request=leak(OVERDUE))  # somebody left the request in the file
    [update] = planned([rotated], found)
    assert (update.subject.status, update.text.missing) == (Status.UNVERIFIED, ("no evidence is recorded",))
    found = applied([update], found, TODAY)
    recorded = replace(rotated, evidence=evidence(OVERDUE, "2026-11-21T12:00:00Z"))
    assert told(planned([recorded], found)) == ["close #1 completed"]
    found = applied(planned([recorded], found), found, TODAY)
    assert planned([recorded], found) == ()


def test_a_person_who_closes_is_answered_once_a_day() -> None:
    given, today = rotation(OVERDUE), TODAY
    found = settled(given, setting())
    answers = []
    for hour in range(4):
        today = TODAY + timedelta(hour // 2)
        found = [replace(each, is_open=False, closed_at=moment(f"{today}T0{hour}:00:00Z")) for each in found]
        actions = planned([given], found, setting(today=today))
        answers.append(told(actions))
        found = applied(actions, found, today)
    assert answers == [["reopen #1"], [], ["reopen #1"], []]


def test_after_a_hold_reminders_count_from_its_end() -> None:
    found = settled(rotation(OVERDUE), setting(today=OVERDUE_ON))
    found = applied(planned([HELD], found), found, TODAY)
    days = [day("2026-12-14"), day("2026-12-15"), day("2026-12-22"), day("2026-12-29")]
    seen = []
    for today in days:
        actions = planned([HELD], found, setting(today=today))
        found = applied(actions, found, today)
        seen.append(told(actions))
    assert seen == [[], ["remind #1 0", "update #1"], ["remind #1 7", "update #1"], ["remind #1 14", "update #1"]]


def test_tightening_the_policy_asks_again_for_evidence_of_the_version_in_use() -> None:
    strict = Policy(evidence=EvidenceRules(methods={Tier.STANDARD: {Part.OLD_KEY: frozenset()}}))
    [opened] = planned([ROTATED], [issue(**BY_US)], setting(strict))
    assert (opened.marker.status, opened.marker.version) == (Status.UNVERIFIED, Version.read(OVERDUE))


# -- many ----------------------------------------------------------------------------------------------------------


def test_nothing_gives_an_empty_plan() -> None:
    assert plan([], [], setting()) == Plan(TODAY, ())


def test_an_empty_folder_closes_nothing() -> None:
    assert plan([], [issue(1), issue(2, id="mixpanel/b", **LEAKED)], setting()) == Plan(TODAY, (), (), 2)


def test_a_former_id_that_is_declared_itself_is_not_adopted() -> None:
    files = [rotation(FRESH, key="new", formerly=(ID,)), rotation(OVERDUE)]
    assert told(planned(files, [issue(said=14)])) == ["update #1"]


def test_the_order_of_actions() -> None:
    expired = rotation(FRESH, key="expired", expires=moment("2026-11-20"))
    files = [
        rotation(DUE, key="low", tier=Tier.LOW, rotate_every=Duration(90, "d")),
        rotation("2026-08-02", key="later"),
        rotation(OVERDUE, key="sooner"),
        rotation(DUE, key="critical", tier=Tier.CRITICAL),
        rotation(OVERDUE, key="written"),
        replace(ROTATED, key="done"),
        rotation(OVERDUE, key="closed"),
        rotation(FRESH, key="leaked", tier=Tier.LOW, request=leak(FRESH)),
        expired,
        replace(ALREADY_EXPIRED, key="again"),
    ]
    issues = [
        issue(1, id="mixpanel/written"),
        issue(2, id="mixpanel/done"),
        issue(3, id="mixpanel/gone"),
        issue(4, id="mixpanel/closed", **BY_PERSON),
        issue(5, id="mixpanel/again"),
    ]
    assert told(planned(files, issues)) == [
        "close #5 completed",
        "open mixpanel/again",
        "open mixpanel/expired",
        "open mixpanel/leaked",
        "close #2 completed",
        "close #3 not_planned",
        "reopen #4",
        "remind #1 14",
        "update #1",
        "open mixpanel/critical",
        "open mixpanel/sooner",
        "open mixpanel/later",
        "open mixpanel/low",
    ]


def test_a_routine_open_after_a_leak_that_was_closed_takes_its_turn() -> None:
    files = [ALREADY_DUE, rotation(OVERDUE, key="older")]
    plan_ = plan(files, [issue(**LEAKED)], setting(Policy(limits=Limits(open_at_once=1))))
    assert told(plan_.actions) == ["close #1 completed", "open mixpanel/older"]
    assert told(plan_.waiting) == [f"open {ID}"]


# -- ration --------------------------------------------------------------------------------------------------------


def _keys(count: int, created: str = OVERDUE, **changes: object) -> list[Rotation]:
    return [rotation(created, key=f"key-{number:03}", **changes) for number in range(count)]


def _rationed(open_at_once: int) -> Setting:
    return setting(Policy(limits=Limits(open_at_once=open_at_once)))


def test_three_hundred_old_keys_are_a_queue() -> None:
    made = plan(_keys(300), [], setting())
    assert told(made.actions) == [f"open mixpanel/key-{number:03}" for number in range(50)]
    assert told(made.waiting) == [f"open mixpanel/key-{number:03}" for number in range(50, 300)]


def test_what_is_urgent_is_never_rationed() -> None:
    files = [rotation(FRESH, key=f"leaked-{number}", request=leak(FRESH)) for number in range(3)]
    made = plan([*_keys(2), *files], [], _rationed(1))
    assert told(made.actions) == [*(f"open mixpanel/leaked-{number}" for number in range(3)), "open mixpanel/key-000"]
    assert told(made.waiting) == ["open mixpanel/key-001"]


@pytest.mark.parametrize(
    ("files", "issues", "opened"),
    [
        pytest.param([], [issue(1, id="mixpanel/gone-1"), issue(2, id="mixpanel/gone-2")], 2, id="closes make room"),
        pytest.param([rotation(OVERDUE)], [issue(1)], 1, id="one stands open"),
        pytest.param([rotation(OVERDUE)], [issue(1, **BY_PERSON)], 1, id="one is opened again"),
        pytest.param(
            [WANTED[Status.LEAKED]], [issue(1, version=FRESH, **LEAKED)], 2, id="an urgent one takes no place"
        ),
        pytest.param([WANTED[Status.LEAKED]], [issue(1, version=FRESH)], 2, id="one becomes urgent"),
        pytest.param(
            [WANTED[Status.LEAKED]], [issue(1, version=FRESH, **BY_PERSON)], 2, id="an urgent one is opened again"
        ),
        pytest.param([rotation(OVERDUE)], [issue(1, **LEAKED)], 1, id="one is urgent no more"),
        pytest.param([RETIRED], [issue(1, **BY_PERSON)], 2, id="evidence is written into a closed one"),
        pytest.param(
            [rotation(OVERDUE)], [issue(1), issue(2), issue(3)], 1, id="duplicates take no place once they are closed"
        ),
    ],
)
def test_how_many_routine_issues_stand_open(files: list[Rotation], issues: list[Issue], opened: int) -> None:
    set_in, all_files = _rationed(2), [*files, *_keys(5)]
    made = plan(all_files, issues, set_in)
    assert sum(isinstance(each, Open) for each in made.actions) == opened
    assert len(made.waiting) == 5 - opened
    assert planned(all_files, applied(made.actions, issues, TODAY), set_in) == ()


def test_a_limit_that_was_lowered_closes_nothing() -> None:
    files = _keys(3)
    found = applied(planned(files, []), [], TODAY)
    made = plan([*files, rotation(OVERDUE, key="late")], found, _rationed(1))
    assert (told(made.actions), told(made.waiting)) == ([], ["open mixpanel/late"])


# -- guard ---------------------------------------------------------------------------------------------------------


def _closing(gone: int, stay: int) -> Plan:
    issues = [issue(number, id=f"mixpanel/gone-{number}") for number in range(gone)]
    kept = [issue(1000 + number, id=f"mixpanel/key-{number:03}") for number in range(stay)]
    return plan([*_keys(stay), OTHER], [*issues, *kept], setting())


@pytest.mark.parametrize(
    ("gone", "stay", "refused"),
    [
        pytest.param(10, 0, False, id="all, but not above the count"),
        pytest.param(11, 0, True, id="above both"),
        pytest.param(30, 70, False, id="not above the percentage"),
        pytest.param(31, 69, True, id="just above both"),
        pytest.param(11, 89, False, id="above the count alone"),
        pytest.param(0, 3, False, id="nothing"),
    ],
)
def test_the_guard_refuses_above_both_limits(gone: int, stay: int, *, refused: bool) -> None:
    made = _closing(gone, stay)
    if refused:
        with pytest.raises(GuardError, match=f"would close {gone} of {gone + stay} open issues"):
            made.guard(Limits())
    else:
        made.guard(Limits())


@pytest.mark.parametrize("done", ["completed", "duplicate"])
def test_the_guard_counts_nothing_but_not_planned(done: str) -> None:
    files = [replace(ROTATED if done == "completed" else rotation(OVERDUE), key=f"key-{each:03}") for each in range(40)]
    issues = [issue(2 * each, id=f"mixpanel/key-{each:03}") for each in range(40)]
    issues += [issue(2 * each + 1, id=f"mixpanel/key-{each:03}") for each in range(40) if done == "duplicate"]
    made = plan(files, issues, setting())
    assert [each.because for each in made.actions if isinstance(each, Close)] == [done] * 40
    made.guard(Limits(max_close_count=0, max_close_percent=0))


def test_a_clock_that_jumps_a_year_back_is_refused() -> None:
    files = _keys(40)
    found = applied(planned(files, []), [], TODAY)
    with pytest.raises(GuardError):
        plan(files, found, setting(today=date(2026, 8, 2))).guard(Limits())


# -- standings -----------------------------------------------------------------------------------------------------


def test_every_rotation_is_judged_with_its_issue() -> None:
    files = [rotation(FRESH), rotation(OVERDUE, key="b"), rotation(OVERDUE, key="c", formerly=("mixpanel/old",)), OTHER]
    found = [
        issue(1),
        issue(2, id="mixpanel/b", **BY_PERSON),
        issue(3, id="mixpanel/old"),
        issue(4, id="mixpanel/gone"),
    ]
    judged = [
        (stands.rotation.id, stands.status, number) for stands, number in survey(files, found, setting()).standings
    ]
    assert judged == [
        ("mixpanel/loader", Status.UNVERIFIED, 1),
        ("mixpanel/b", Status.OVERDUE, None),
        ("mixpanel/c", Status.OVERDUE, 3),
        ("mixpanel/other", Status.FRESH, None),
    ]


# -- reminders that were sent already ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        pytest.param({1: {"2026-10-30+14"}}, ["update #1"], id="by a run that was cut short"),
        pytest.param({1: {"2026-10-29+14"}}, ["remind #1 14", "update #1"], id="for another day"),
        pytest.param({1: {"2026-10-30+7"}}, ["remind #1 14", "update #1"], id="of an earlier threshold"),
        pytest.param({2: {"2026-10-30+14"}}, ["remind #1 14", "update #1"], id="in another issue"),
        pytest.param({}, ["remind #1 14", "update #1"], id="nobody looked"),
    ],
)
def test_a_reminder_is_sent_once(heard: dict[int, set[str]], expected: list[str]) -> None:
    made = plan([rotation(OVERDUE)], [issue(said=7)], setting())
    assert told(made.unsaid(heard).actions) == expected


# -- some kinds only -----------------------------------------------------------------------------------------------

LATE = issue(version=OVERDUE, due=OVERDUE_ON, said=None)


@pytest.mark.parametrize(
    ("files", "issues", "verbs", "expected"),
    [
        pytest.param([rotation(OVERDUE)], [LATE], {"update"}, [], id="no memory of a reminder that is not sent"),
        pytest.param(
            [rotation(OVERDUE)], [LATE], {"remind"}, ["remind #1 14", "update #1"], id="a reminder and its memory"
        ),
        pytest.param([rotation(OVERDUE)], [], {"open"}, [f"open {ID}"], id="an open"),
        pytest.param([ALREADY_DUE, OTHER], [issue()], {"open"}, [], id="no second issue beside one that should close"),
        pytest.param([ALREADY_DUE, OTHER], [issue()], {"close"}, ["close #1 completed"], id="a close alone"),
        pytest.param(
            [ALREADY_DUE, OTHER], [issue()], {"close", "open"}, ["close #1 completed", f"open {ID}"], id="both"
        ),
    ],
)
def test_what_belongs_together_is_kept_together(
    files: list[Rotation], issues: list[Issue], verbs: set[str], expected: list[str]
) -> None:
    assert told(plan(files, issues, setting()).only(verbs).actions) == expected


@pytest.mark.parametrize("order", list(permutations(({"open", "reopen", "update"}, {"remind"}, {"close"}))))
def test_runs_of_some_kinds_in_any_order_end_where_one_run_of_all_does(order: tuple[set[str], ...]) -> None:
    files = [rotation(OVERDUE), replace(ALREADY_DUE, key="again"), rotation(OVERDUE, key="new"), OTHER]
    issues = [LATE, issue(2, id="mixpanel/again"), issue(3, id="mixpanel/gone")]
    split = issues
    for verbs in (*order, *order):
        split = applied(plan(files, split, setting()).only(verbs).actions, split, TODAY)
    whole = applied(planned(files, issues), issues, TODAY)
    assert {each.marker.id: (each.is_open, each.marker) for each in split} == {
        each.marker.id: (each.is_open, each.marker) for each in whole
    }
    assert planned(files, split) == ()
