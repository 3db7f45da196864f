"""What becomes of versions, told from states of files as plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from core.samples import (
    ID,
    OVERDUE,
    TODAY,
    evidence,
    incident,
    issue,
    leak,
    proofs,
    request,
    retired,
    rotation,
)

from keyturn import audit
from keyturn.model import (
    Duration,
    EvidenceRules,
    Match,
    Method,
    Part,
    Policy,
    RequestReason,
    RetirementEvidence,
    Statement,
    Tier,
    Truth,
    Version,
    Why,
    moment,
)
from keyturn.model.audit import Ask, Change, End, Past, Record, State, Told, Turn, Way

if TYPE_CHECKING:
    from keyturn.model import Incident, Issue, Rotation

PATH = "rotations/mixpanel.yaml"
START = datetime(2026, 8, 1, tzinfo=UTC)
NEXT = "2026-10-25"  # replaces OVERDUE before its day
PROOF = evidence(OVERDUE, "2026-10-26T10:00:00Z")


def change(order: int, path: str = PATH) -> Change:
    """Build the change of a commit; each comes ten days after the one before."""
    day = START + timedelta(days=10 * order)
    return Change(order, f"c{order}", day, ("alice <alice@acme.example>",), path, f"b{order}")


def past(*commits: dict[str, Any], policies: tuple[tuple[int, Policy | None], ...] = ()) -> Past:
    """Build a past from commits, each with what it made of its files: a rotation, an incident, or None for gone."""
    known = [State(change(order, path), value) for order, files in enumerate(commits) for path, value in files.items()]
    return Past(
        tuple(state for state in known if state.change.path.startswith("rotations/")),
        tuple(state for state in known if state.change.path.startswith("incidents/")),
        tuple(State(change(order, "keyturn.yaml"), policy) for order, policy in policies),
    )


def turns(
    *commits: dict[str, Any], issues: tuple[Issue, ...] = (), today: date = TODAY, **more: Any
) -> tuple[Turn, ...]:
    [record] = audit.records(past(*commits, **more), issues, today)
    return record.turns


def one(*states: Rotation | None) -> list[dict[str, Any]]:
    return [{PATH: state} for state in states]


# -- versions ----------------------------------------------------------------------------------------------------------


def test_a_version_in_use_waits_for_everything() -> None:
    [turn] = turns(*one(rotation(OVERDUE)), today=date(2026, 8, 20))
    assert (turn.version.text, turn.declared.commit, turn.asked, turn.ended) == (OVERDUE, "c0", (), None)
    assert (turn.due, turn.is_due_by_issue, turn.issues) == (date(2026, 10, 30), False, ())
    assert (turn.evidence, turn.missing, turn.proved, turn.is_in_time, turn.is_over) == ((), (), None, None, False)


def test_a_replaced_version_has_its_evidence_in_its_successor() -> None:
    old, new = turns(*one(rotation(OVERDUE), rotation(NEXT, evidence=PROOF)))
    assert old.ended is not None
    assert (old.ended.how, old.ended.into, old.ended.change.commit) == (End.REPLACED, Version.read(NEXT), "c1")
    assert [each.evidence for each in old.evidence] == [PROOF]
    assert (old.missing, old.proved, old.is_in_time) == ((), moment("2026-10-26T10:00:00Z"), True)
    assert (new.ended, new.evidence, new.proved) == (None, (), None)
    assert [each.commit for each in old.changes] == ["c0", "c1", "c1"]


def test_evidence_may_come_later_and_grow() -> None:
    partial = evidence(OVERDUE, "2026-10-26T10:00:00Z", [Part.NEW_KEY])
    released = replace(PROOF, confirmed_by="carol")
    states = (
        rotation(NEXT),
        rotation(NEXT, evidence=partial),
        rotation(NEXT, evidence=PROOF, owners=("bob",)),
        rotation(NEXT, evidence=PROOF),
        rotation(NEXT, evidence=released),
    )
    old, _ = turns(*one(rotation(OVERDUE), *states))
    assert [(each.change.commit, each.evidence) for each in old.evidence] == [
        ("c2", partial),
        ("c3", PROOF),
        ("c5", released),
    ]
    assert old.proved is not None


def test_evidence_that_was_left_behind_proves_nothing_of_the_next_rotation() -> None:
    later = rotation("2026-11-10", evidence=PROOF)
    first, second, _ = turns(*one(rotation(OVERDUE), rotation(NEXT, evidence=PROOF), later))
    assert first.proved is not None
    assert (second.evidence, second.missing, second.proved) == ((), ("no evidence is recorded",), None)


def test_late_evidence_is_late() -> None:
    late = rotation("2026-11-05", evidence=evidence(OVERDUE, "2026-11-05T10:00:00Z"))
    old, _ = turns(*one(rotation(OVERDUE), late))
    assert (old.due, old.is_in_time) == (date(2026, 10, 30), False)


@pytest.mark.parametrize(
    ("block", "missing"),
    [
        pytest.param(
            evidence("2026-07-01", "2026-10-26T10:00:00Z"),
            "the evidence replaces 2026-07-01, an earlier version than the one asked for (2026-08-01)",
            id="of an earlier version",
        ),
        pytest.param(
            evidence(OVERDUE, "2026-10-26T10:00:00Z", [Part.NEW_KEY, Part.CONSUMERS]),
            "old_key is not shown",
            id="a part is missing",
        ),
        pytest.param(
            evidence(OVERDUE, "2026-10-20T10:00:00Z", [*Part]),
            "new_key was shown before this version was created",
            id="older than the new version",
        ),
    ],
)
def test_evidence_that_lacks_something_proves_nothing(block: Any, missing: str) -> None:
    old, _ = turns(*one(rotation(OVERDUE), rotation(NEXT, evidence=block)))
    assert (old.missing[0], old.proved) == (missing, None)


def test_created_that_goes_back_is_a_correction() -> None:
    wrong, right = turns(*one(rotation(NEXT), rotation(OVERDUE)))
    assert wrong.ended is not None
    assert (wrong.ended.how, wrong.missing, wrong.asked) == (End.CORRECTED, (), ())
    assert right.version.text == OVERDUE


def test_a_policy_that_requires_nothing_is_met_by_an_empty_block() -> None:
    lax = Policy(evidence=EvidenceRules(require=frozenset()))
    block = evidence(OVERDUE, "2026-10-26T10:00:00Z", [])
    old, _ = turns(*one(rotation(OVERDUE), rotation(NEXT, evidence=block)), policies=((0, lax),))
    assert old.proved == change(1).at


def test_evidence_is_judged_by_the_policy_of_its_day() -> None:
    strict = Policy(evidence=EvidenceRules(methods={Tier.STANDARD: {Part.OLD_KEY: frozenset({Method.PROBE})}}))
    states = one(rotation(OVERDUE), rotation(NEXT, evidence=PROOF), rotation(NEXT, evidence=PROOF))
    before, after, gone = (
        turns(*states, policies=policies)[0].missing
        for policies in (((2, strict),), ((1, strict),), ((0, strict), (1, None)))
    )
    assert (before, gone) == ((), ())
    assert after == ("old_key was shown by attested, which does not suffice for tier standard",)


# -- due and issues ----------------------------------------------------------------------------------------------------


def test_the_day_that_an_issue_names_goes_before_that_of_the_policy() -> None:
    known = issue(4, due=date(2026, 10, 1), why=Why.EXPIRES)
    other = issue(5, version=NEXT)
    old, new = turns(*one(rotation(OVERDUE), rotation(NEXT, evidence=PROOF)), issues=(known, other))
    assert (old.issues, old.due, old.is_due_by_issue) == ((known,), date(2026, 10, 1), True)
    assert old.asked == (Ask(Way.SCHEDULE, Why.EXPIRES),)
    assert new.issues == (other,)


def test_the_policy_of_the_time_says_when_a_version_was_due() -> None:
    quick = Policy(cadence=replace(Policy().cadence, standard=Duration(10, "d")))
    states = one(rotation(OVERDUE), rotation(NEXT, evidence=PROOF), rotation(NEXT, evidence=PROOF))
    old, new = turns(*states, policies=((2, quick),))
    assert (old.due, new.due) == (date(2026, 10, 30), date(2026, 11, 4))


# -- who asked ---------------------------------------------------------------------------------------------------------


def asked(*commits: dict[str, Any], today: date = TODAY) -> list[tuple[str, str | None, str | None]]:
    first = turns(*commits, today=today)[0]
    return [
        (ask.way.value, ask.why.value if ask.why else None, ask.change.commit if ask.change else None)
        for ask in first.asked
    ]


PLAIN, LEAKED = rotation(OVERDUE), rotation(OVERDUE, request=leak(OVERDUE))
LEAVING = rotation(OVERDUE, request=request(OVERDUE, "2026-11-01", RequestReason.OFFBOARDING))
STALE = rotation(OVERDUE, request=leak("2026-05-01"))
DONE = rotation(NEXT, evidence=PROOF)
VENDOR = {"incidents/vendor.yaml": incident()}
ELSEWHERE = {"incidents/vendor.yaml": incident(match=Match(frozenset({"close"})))}


@pytest.mark.parametrize(
    ("commits", "expected"),
    [
        pytest.param(
            one(PLAIN, LEAKED, LEAKED, DONE), [("request", "leaked", "c1")], id="a request, by its first change"
        ),
        pytest.param(
            one(PLAIN, LEAVING, LEAKED, DONE),
            [("request", "offboarding", "c1"), ("request", "leaked", "c2")],
            id="two requests",
        ),
        pytest.param(one(STALE), [("schedule", "due", None)], id="a request for another version is none"),
        pytest.param(one(PLAIN, LEAKED, PLAIN), [("request", "leaked", "c1")], id="one that was withdrawn stays known"),
        pytest.param([{PATH: PLAIN}, VENDOR], [("incident", "incident", "c1")], id="an incident"),
        pytest.param([VENDOR, {PATH: PLAIN}], [("incident", "incident", "c0")], id="an incident that was there before"),
        pytest.param([{PATH: PLAIN}, ELSEWHERE], [("schedule", "due", None)], id="an incident of others"),
        pytest.param([{PATH: PLAIN}, {PATH: DONE}, VENDOR], [("nobody", None, None)], id="an incident after its time"),
        pytest.param(
            [VENDOR, {"incidents/vendor.yaml": None}, {PATH: PLAIN}],
            [("schedule", "due", None)],
            id="an incident that was gone before",
        ),
        pytest.param(
            [VENDOR, ELSEWHERE, {PATH: PLAIN}], [("schedule", "due", None)], id="an incident as it last stood"
        ),
        pytest.param(
            one(rotation(OVERDUE), rotation("2026-08-08")), [("nobody", None, None)], id="replaced long before"
        ),
        pytest.param(
            one(PLAIN, rotation(OVERDUE, retired=retired("2026-09-01"))),
            [("retirement", "retired", "c1")],
            id="given up",
        ),
    ],
)
def test_who_asked(commits: list[dict[str, Any]], expected: list[tuple[str, str | None, str | None]]) -> None:
    assert asked(*commits) == expected


def test_replaced_in_its_notice_window() -> None:
    """The sixth commit comes on 30 September; the notice window of the version begins on 16 October."""
    early = one(PLAIN, *[PLAIN] * 5, rotation("2026-09-20"))
    late = one(PLAIN, *[PLAIN] * 7, rotation("2026-10-18"))
    assert (asked(*early), asked(*late)) == ([("nobody", None, None)], [("schedule", "due", None)])


def test_an_incident_keeps_its_deadline_and_its_end() -> None:
    over = incident(exposed_until=moment("2026-07-01"))
    [turn] = turns({PATH: PLAIN}, VENDOR)
    assert turn.asked == (
        Ask(Way.INCIDENT, Why.INCIDENT, change(1, "incidents/vendor.yaml"), date(2026, 11, 23), "incidents/vendor"),
    )
    [turn] = turns({PATH: PLAIN}, VENDOR, {"incidents/vendor.yaml": over})
    assert [ask.way for ask in turn.asked] == [Way.SCHEDULE]


def test_an_incident_moves_the_day() -> None:
    early: Incident = incident(respond_by=date(2026, 8, 12))
    [turn] = turns({PATH: PLAIN}, {"incidents/vendor.yaml": early})
    assert turn.due == date(2026, 8, 12)


# -- ends --------------------------------------------------------------------------------------------------------------


def test_a_deleted_key_still_has_its_history() -> None:
    [record] = audit.records(past(*one(PLAIN, DONE, None)), (), TODAY)
    assert (record.id, record.path, [turn.version.text for turn in record.turns]) == (ID, None, [OVERDUE, NEXT])
    end = record.turns[1].ended
    assert end is not None
    assert (end.how, end.into, end.change.commit) == (End.DELETED, None, "c2")
    assert record.turns[1].missing == ("no evidence is recorded",)


def test_a_key_that_comes_back_begins_anew() -> None:
    first, again = turns(*one(PLAIN, None, PLAIN))
    assert first.ended is not None
    assert (first.ended.how, again.ended, again.declared.commit) == (End.DELETED, None, "c2")


def test_a_retired_key_is_proved_by_its_own_block() -> None:
    given_up = rotation(OVERDUE, retired=retired("2026-09-01"))
    shown = rotation(OVERDUE, retired=retired("2026-09-01", "2026-09-02T10:00:00Z"))
    [open_turn] = turns(*one(PLAIN, given_up))
    assert (open_turn.is_over, open_turn.missing) == (True, ("no evidence is recorded",))
    [turn] = turns(*one(PLAIN, given_up, shown, shown, None))
    assert (turn.missing, turn.proved, len(turn.evidence)) == ((), moment("2026-09-02T10:00:00Z"), 1)
    empty = replace(retired("2026-09-01"), evidence=RetirementEvidence({}, by="bob"))
    [turn] = turns(*one(PLAIN, rotation(OVERDUE, retired=empty)))
    assert turn.missing == ("old_key is not shown",)


# -- ids ---------------------------------------------------------------------------------------------------------------


def records(*commits: dict[str, Any], issues: tuple[Issue, ...] = ()) -> list[tuple[str, tuple[str, ...], int]]:
    found = audit.records(past(*commits), issues, TODAY)
    return [(record.id, record.formerly, len(record.turns)) for record in found]


RENAMED = rotation(OVERDUE, key="events", formerly=(ID,))
TWICE = rotation(OVERDUE, key="export", formerly=("mixpanel/events",))


@pytest.mark.parametrize(
    ("commits", "expected"),
    [
        pytest.param(one(PLAIN, RENAMED), [("mixpanel/events", (ID,), 1)], id="formerly"),
        pytest.param(
            one(PLAIN, RENAMED, TWICE), [("mixpanel/export", (ID, "mixpanel/events"), 1)], id="formerly, twice"
        ),
        pytest.param(one(RENAMED), [("mixpanel/events", (ID,), 1)], id="a former id of before the history"),
        pytest.param([{PATH: PLAIN}, {PATH: None, "rotations/b.yml": PLAIN}], [(ID, (), 1)], id="a moved file"),
        pytest.param([{PATH: PLAIN}, {"rotations/b.yml": PLAIN}, {PATH: None}], [(ID, (), 1)], id="moved in two steps"),
        pytest.param(
            one(PLAIN, rotation(OVERDUE, key="events")),
            [("mixpanel/events", (), 1), (ID, (), 1)],
            id="renamed without saying so: two keys",
        ),
        pytest.param(
            [{PATH: PLAIN}, {"rotations/b.yml": RENAMED}],
            [("mixpanel/events", (), 1), (ID, (), 1)],
            id="a former id that is declared still is its own key",
        ),
        pytest.param(
            one(rotation(OVERDUE, formerly=("mixpanel/x",)), rotation(OVERDUE, key="x", formerly=(ID,)), None),
            [("mixpanel/x", (ID,), 1)],
            id="names that lead to each other: the last one",
        ),
    ],
)
def test_ids_are_followed(commits: list[dict[str, Any]], expected: list[tuple[str, tuple[str, ...], int]]) -> None:
    assert records(*commits) == expected


def test_an_issue_of_a_former_id_belongs_to_the_key() -> None:
    [turn] = turns(*one(PLAIN, RENAMED), issues=(issue(3),))
    assert [each.number for each in turn.issues] == [3]


# -- what is shown -----------------------------------------------------------------------------------------------------


def shown(since: str | None, *commits: dict[str, Any], issues: tuple[Issue, ...] = ()) -> list[str]:
    found: tuple[Record, ...] = audit.records(past(*commits), issues, TODAY)
    cut = audit.shown(found, date.fromisoformat(since) if since else None)
    return [turn.version.text for record in cut for turn in record.turns]


@pytest.mark.parametrize(
    ("since", "issues", "expected"),
    [
        pytest.param(None, (), [OVERDUE, NEXT], id="all"),
        pytest.param("2026-08-11", (), [OVERDUE, NEXT], id="the day of its end"),
        pytest.param("2026-08-12", (), [NEXT], id="the day after"),
        pytest.param("2026-08-12", (issue(1),), [OVERDUE, NEXT], id="its issue is open"),
        pytest.param("2026-08-12", (issue(1, closed_on="2026-08-12T01:00:00Z"),), [OVERDUE, NEXT], id="closed later"),
        pytest.param("2026-08-12", (issue(1, closed_on="2026-08-11T01:00:00Z"),), [NEXT], id="closed before"),
    ],
)
def test_since_leaves_out_what_was_over(since: str | None, issues: tuple[Issue, ...], expected: list[str]) -> None:
    assert shown(since, *one(PLAIN, DONE), issues=issues) == expected


def test_a_key_without_a_version_in_that_time_is_not_shown() -> None:
    assert shown("2026-10-01", *one(PLAIN, None)) == []


# -- what probes are worth ---------------------------------------------------------------------------------------------

PROBED = rotation(NEXT, evidence=replace(PROOF, parts=proofs("2026-10-26T10:00:00Z", method=Method.PROBE), run="r"))
STRICT = Policy(evidence=EvidenceRules(methods={Tier.STANDARD: {Part.OLD_KEY: frozenset({Method.PROBE})}}))


@pytest.mark.parametrize(
    ("policy", "truth", "is_proved"),
    [
        pytest.param(STRICT, None, True, id="nobody looked"),
        pytest.param(STRICT, Truth.CONFIRMED, True, id="confirmed"),
        pytest.param(STRICT, Truth.UNKNOWN, True, id="the run is gone by now"),
        pytest.param(STRICT, Truth.REFUTED, False, id="refuted"),
        pytest.param(Policy(), Truth.REFUTED, True, id="a person's word suffices"),
    ],
)
def test_a_probe_whose_run_is_none_of_ours_is_a_persons_word(
    policy: Policy, truth: Truth | None, *, is_proved: bool
) -> None:
    found = audit.records(past(*one(PLAIN, PROBED), policies=((0, policy),)), (), TODAY)
    told = Told(runs={("c1", ID): Statement(truth, "its run did not succeed")}) if truth else Told()
    [record] = audit.weighed(found, told)
    old = record.turns[0]
    assert (old.proved is not None) is is_proved
    reason = ("old_key counts as attested, which does not suffice: its run did not succeed",)
    assert old.missing == (() if is_proved else reason)
