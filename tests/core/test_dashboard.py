"""The one issue that shows all that is to be done: when it is written, what it says, and that it stands apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from core.samples import (
    DUE_SOON,
    FRESH,
    OVERDUE,
    TODAY,
    applied,
    evidence,
    incident,
    leak,
    pause,
    rotation,
    setting,
)
from hostile import hostile_texts, live_in_markdown
from hypothesis import HealthCheck, given, settings

from keyturn import parse
from keyturn.actions import Alarm, Close, Dashboard, Group, Line, Open, Reopen, StateReason, Update, verb
from keyturn.files.distribution import shipped
from keyturn.model import Limits, Marker, Match, Policy, Status, Tier, Version, Why, moment
from keyturn.plan import Plan, plan
from keyturn.plan.dashboard import ID, WAITING
from keyturn.render.issue_body import LONGEST, body
from keyturn.render.issue_view import Links
from keyturn.render.templates import DASHBOARD, Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from keyturn.actions import Action
    from keyturn.model import Issue, Rotation

ON = Policy(dashboard=True)
KEYS = (rotation(FRESH), rotation(OVERDUE, key="late"))
LABELS = ("key-rotation", "rotation-dashboard")


def made(keys: Sequence[Rotation] = KEYS, issues: Sequence[Issue] = (), **changes: Any) -> Plan:
    return plan(keys, issues, setting(**{"policy": ON, **changes}))


def run(
    keys: Sequence[Rotation] = KEYS, issues: Sequence[Issue] = (), today: date = TODAY, **changes: Any
) -> tuple[list[Action], list[Issue]]:
    """Plan and apply, see that a second run finds nothing to do, and give what was done to the dashboard."""
    actions = list(made(keys, issues, today=today, **changes).actions)
    after = applied(actions, issues, today)
    assert made(keys, after, today=today, **changes).actions == ()
    return [each for each in actions if each.subject.why is Why.DASHBOARD], after


def shown(action: Action) -> dict[str, list[tuple[str, str]]]:
    """Give keys and days by group, without groups that are empty."""
    assert isinstance(action, Open | Update | Reopen)
    assert isinstance(action.text, Dashboard)
    return {
        group.title: [(line.rotation.removeprefix("mixpanel/"), str(line.day)) for line in group.lines]
        for group in action.text.groups
        if group.lines
    }


def its(issues: Sequence[Issue]) -> Issue:
    (found,) = (issue for issue in issues if issue.marker.why is Why.DASHBOARD)
    return found


# -- when ------------------------------------------------------------------------------------------------------------


def test_it_is_off_by_default_and_a_policy_turns_it_on() -> None:
    assert [verb(each) for each in made(policy=Policy()).actions] == ["open"]
    assert parse.policy({"dashboard": True}) == ON
    assert parse.policy({"dashboard": None}) == Policy()


def test_it_is_opened_last_once_and_with_labels_of_its_own() -> None:
    planned = made()
    assert [each.subject.title for each in planned.actions] == ["Rotate mixpanel/late", "Key rotation dashboard"]
    [action], issues = run()
    assert isinstance(action, Open)
    assert (action.labels, action.assignees) == (LABELS, ())
    assert its(issues).marker.id == ID


def test_a_quiet_day_changes_nothing_and_a_threshold_does() -> None:
    keys = (rotation(FRESH), rotation(OVERDUE, key="late"))
    _, issues = run(keys)
    for days in range(1, 7):
        found, issues = run(keys, issues, today=TODAY + timedelta(days))
        assert found == []
    soon = date(2027, 1, 16)  # two weeks before the fresh key's day
    [update], _ = run(keys, issues, today=soon)
    assert isinstance(update, Update)
    assert shown(update)["Upcoming"] == [("loader", "2027-01-30")]


def test_what_stands_there_already_shows_the_numbers_and_they_are_no_change() -> None:
    _, issues = run()
    later = (*KEYS, rotation(OVERDUE, key="later"))
    [update], _ = run(later, issues)
    assert isinstance(update, Update)
    assert isinstance(update.text, Dashboard)
    overdue = update.text.groups[1].lines
    assert [(line.rotation, line.issue) for line in overdue] == [("mixpanel/late", 1), ("mixpanel/later", None)]


def test_while_files_cannot_be_read_it_stays_as_it_is() -> None:
    _, issues = run()
    assert run(KEYS[:1], issues, is_whole=False)[0] == []
    assert run((), issues)[0] == []


def test_a_person_who_closes_it_is_answered_once_a_day() -> None:
    _, issues = run()

    def closed(known: Sequence[Issue]) -> list[Issue]:
        gone = replace(its(known), is_open=False, closed_at=moment("2026-11-21"))
        return [gone if each.number == gone.number else each for each in known]

    [action], again = run(KEYS, closed(issues))
    assert isinstance(action, Reopen)
    assert isinstance(action.text, Dashboard)
    assert action.text.reopened
    assert run(KEYS, closed(again))[0] == []
    [action], _ = run(KEYS, closed(again), today=TODAY + timedelta(1))
    assert isinstance(action, Reopen)


def test_turned_off_it_is_closed_and_turned_on_again_a_new_one_is_opened() -> None:
    _, issues = run()
    [closing], issues = run(KEYS, issues, policy=Policy())
    assert isinstance(closing, Close)
    assert closing.because is StateReason.NOT_PLANNED
    assert run(KEYS, issues, policy=Policy())[0] == []
    [action], _ = run(KEYS, issues)
    assert isinstance(action, Open)


def test_two_of_them_become_one() -> None:
    _, issues = run()
    [action], after = run(KEYS, [*issues, replace(its(issues), number=9)])
    assert isinstance(action, Close)
    assert (action.issue.number, action.because) == (9, StateReason.DUPLICATE)
    assert its([each for each in after if each.is_open]).number == 2


def test_it_takes_no_place_of_the_ration_and_is_not_counted_by_the_guard() -> None:
    narrow = replace(ON, limits=Limits(open_at_once=1))
    _, issues = run(KEYS, policy=narrow)
    both = (*KEYS, rotation(OVERDUE, key="other"))
    [update], after = run(both, issues, policy=narrow)
    assert shown(update) == {"Overdue": [("late", "2026-10-30")], WAITING: [("other", "2026-10-30")]}
    assert made(both, after, policy=narrow).issues_open == 1


def test_a_file_that_is_gone_and_an_adopted_name_leave_it_alone() -> None:
    _, issues = run()
    adopting = (rotation(FRESH), rotation(OVERDUE, key="late", formerly=("mixpanel/dashboard",)))
    assert run(adopting, issues)[0] == []


# -- what ------------------------------------------------------------------------------------------------------------


def test_keys_stand_where_their_status_puts_them_by_their_day() -> None:
    claimed = rotation(FRESH, key="claimed", evidence=evidence(OVERDUE, "2026-11-02", parts=()))
    [action], _ = run(
        (
            rotation(FRESH, key="leaked", request=leak(FRESH)),
            rotation("2026-07-01", key="older"),
            rotation(OVERDUE, key="late"),
            rotation(DUE_SOON, key="soon"),
            rotation(OVERDUE, key="held", hold=pause("2026-12-10")),
            rotation(OVERDUE, key="waived", waiver=pause("2027-01-10")),
            rotation(FRESH, key="fresh"),
            claimed,
        )
    )
    assert shown(action) == {
        "Now": [("leaked", "2026-11-23")],
        "Overdue": [("older", "2026-09-29"), ("late", "2026-10-30")],
        "Upcoming": [("soon", "2026-11-28")],
        "To be verified": [("claimed", FRESH)],
        "On hold": [("held", "2026-12-10")],
    }


def test_an_incident_stands_there_until_it_touches_no_key() -> None:
    vendor = incident(match=Match(frozenset({"mixpanel"})), exposed_until=moment("2026-11-10"))
    [action], issues = run((rotation(FRESH),), incidents=(vendor,))
    assert isinstance(action, Open)
    assert isinstance(action.text, Dashboard)
    assert action.text.alarms == {"incidents/vendor": Alarm("Vendor leaked tokens", date(2026, 11, 23))}
    proof = evidence(FRESH, "2026-11-16")
    [update], _ = run(
        (rotation("2026-11-15", version=Version.read("2026-11-15"), evidence=proof),), issues, incidents=(vendor,)
    )
    assert isinstance(update, Update)
    assert isinstance(update.text, Dashboard)
    assert update.text.alarms == {}


# -- how it reads ----------------------------------------------------------------------------------------------------

TEMPLATES = Templates({DASHBOARD: (shipped("templates") / DASHBOARD).read_text(encoding="utf-8")})
MARKER = Marker("acme/keys:.", ID, Version.read("unknown"), TODAY, Why.DASHBOARD, Status.FRESH, TODAY, digest="0" * 16)


def line(name: str, day: str, issue: int | None = None) -> Line:
    return Line(f"mixpanel/{name}", ("alice", "bob"), Tier.STANDARD, date.fromisoformat(day), issue)


PLAIN = Dashboard(
    ID,
    "Key rotation dashboard",
    (
        Group("Now", "Due", (line("leaked", "2026-11-23", 4),)),
        Group("Overdue", "Due", (line("late", "2026-10-30", 5), line("later", "2026-11-01"))),
        Group("Upcoming", "Due", ()),
        Group("On hold", "Until", (line("held", "2026-12-10"),)),
    ),
    {"incidents/vendor": Alarm("Vendor leaked tokens; see #12", date(2026, 11, 23), 3)},
)


def written(dashboard: Dashboard, previous: str = "") -> str:
    return body(dashboard, MARKER, previous, TEMPLATES, Links())


@pytest.mark.parametrize(
    ("name", "dashboard"),
    [
        ("dashboard.md", PLAIN),
        ("dashboard-quiet.md", replace(PLAIN, groups=(), alarms={}, reopened=True)),
    ],
    ids=["busy", "nothing to do"],
)
def test_it_reads(golden: Callable[[str, str], None], name: str, dashboard: Dashboard) -> None:
    golden(name, written(dashboard))


def test_numbers_of_what_a_run_opened_are_put_in() -> None:
    shown = PLAIN.numbered({"mixpanel/later": 8, "incidents/vendor": 9})
    assert [each.issue for each in shown.groups[1].lines] == [5, 8]
    assert shown.alarms["incidents/vendor"].issue == 9


def test_more_than_an_issue_holds_is_cut_and_said() -> None:
    many = tuple(line(f"key-{at:05}", "2026-10-30") for at in range(3_000))
    text = written(replace(PLAIN, groups=(Group("Overdue", "Due", many),)))
    assert len(text) <= LONGEST
    assert "more; `keyturn ages` shows all." in text
    assert text.count(":crit, milestone") == 40


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no finding
@given(hostile_texts())
def test_no_text_comes_alive_in_it(text: str) -> None:
    alarms = {"incidents/vendor": Alarm(text, date(2026, 11, 23))}
    assert live_in_markdown(written(replace(PLAIN, groups=(), alarms=alarms))) == []
