"""What an incident asks for, from the first run to the last key."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from core.samples import FRESH, OVERDUE, TODAY, applied, evidence, incident, leak, retired, rotation, setting

from keyturn.actions import Close, Link, Open, Overview, StateReason, Update, verb
from keyturn.model import Limits, Match, Policy, Status, moment
from keyturn.plan import plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyturn.actions import Action
    from keyturn.model import Incident, Issue, Rotation

ENDED = "2026-11-20T10:00:00Z"
VENDOR = incident(exposed_until=moment(ENDED))
OTHER = rotation(FRESH, provider="close", slug="close", key="other")


def keys(count: int, rotated: int = 0) -> list[Rotation]:
    old = [rotation(OVERDUE, key=f"key-{number:02}") for number in range(rotated, count)]
    proof = evidence(OVERDUE, "2026-11-21")
    new = [rotation("2026-11-20T12:00:00Z", key=f"key-{number:02}", evidence=proof) for number in range(rotated)]
    return [*new, *old, OTHER]


def run(
    files: Sequence[Rotation], issues: Sequence[Issue], vendor: Incident = VENDOR, today: date = TODAY
) -> tuple[tuple[Action, ...], list[Issue]]:
    actions = plan(files, issues, setting(incidents=(vendor,), today=today)).actions
    return actions, applied(actions, issues, today)


def counted(actions: Sequence[Action]) -> dict[str, int]:
    verbs = [verb(each) for each in actions]
    return {each: verbs.count(each) for each in dict.fromkeys(verbs)}


def watch(issues: Sequence[Issue]) -> Issue:
    [found] = [each for each in issues if each.marker.id == VENDOR.id]
    return found


def overview(actions: Sequence[Action]) -> Overview:
    [found] = [each.text for each in actions if not isinstance(each, Link) and isinstance(each.text, Overview)]
    return found


def test_twelve_keys_thirteen_issues_seven_of_twelve_and_the_end() -> None:
    actions, issues = run(keys(12), [])
    assert counted(actions) == {"open": 13, "link": 12}
    assert isinstance(actions[0], Open)
    assert actions[0].labels == ("key-rotation", "incident", "status: leaked")
    assert {each.parent for each in issues} == {None, watch(issues).number}
    assert run(keys(12), issues)[0] == ()

    actions, issues = run(keys(12, rotated=7), issues)
    assert counted(actions) == {"update": 1, "close": 7}
    assert (overview(actions).done, len(overview(actions).keys)) == (7, 12)
    assert run(keys(12, rotated=7), issues)[0] == ()

    actions, issues = run(keys(12, rotated=12), issues)
    assert counted(actions) == {"close": 6}
    [closing] = [each for each in actions if each.subject.rotation == VENDOR.id]
    assert isinstance(closing, Close)
    assert closing.because is StateReason.COMPLETED
    assert closing.labels == ("key-rotation", "incident")
    assert overview(actions).done == 12
    assert run(keys(12, rotated=12), issues)[0] == ()


def test_its_issues_are_never_rationed() -> None:
    made = plan(keys(60), [], setting(incidents=(VENDOR,)))
    assert len([each for each in made.actions if isinstance(each, Open)]) == 61
    assert made.waiting == ()


def test_nothing_of_it_closes_while_it_goes_on() -> None:
    endless = incident()
    _, issues = run(keys(2), [], endless)
    actions, issues = run(keys(2, rotated=2), issues, endless)
    assert counted(actions) == {"update": 2}
    assert watch(issues).is_open
    assert run(keys(2, rotated=2), issues, endless)[0] == ()


def test_a_key_made_after_its_end_is_let_go_once_the_end_is_known() -> None:
    files = [rotation("2026-11-20T12:00:00Z", key="new"), rotation(OVERDUE, key="old"), OTHER]
    _, issues = run(files, [], incident())
    actions, issues = run(files, issues)
    assert [(verb(each), each.subject.rotation) for each in actions] == [
        ("update", VENDOR.id),
        ("close", "mixpanel/new"),
    ]
    assert overview(actions).done == 1
    assert run(files, issues)[0] == ()


def test_a_new_key_whose_evidence_is_incomplete_is_not_done() -> None:
    _, issues = run(keys(1), [])
    unproved = [rotation("2026-11-20T12:00:00Z", key="key-00"), OTHER]
    actions, _ = run(unproved, issues)
    assert not [each for each in actions if isinstance(each, Close)]
    assert watch(applied(actions, issues, TODAY)).is_open


def test_a_retired_key_that_is_shown_to_be_dead_is_done() -> None:
    _, issues = run(keys(1), [])
    gone = [rotation(OVERDUE, key="key-00", retired=retired("2026-11-20", "2026-11-20")), OTHER]
    actions, _ = run(gone, issues)
    assert counted(actions) == {"close": 2}


def test_a_person_who_closes_it_is_answered_once_a_day() -> None:
    _, issues = run(keys(2), [])
    closed = [replace(each, is_open=each.marker.id != VENDOR.id, closed_at=moment("2026-11-21")) for each in issues]
    actions, reopened = run(keys(2), closed)
    assert counted(actions) == {"reopen": 1}
    assert overview(actions).reopened
    assert run(keys(2), reopened)[0] == ()
    again = [replace(each, is_open=each.marker.id != VENDOR.id) for each in reopened]
    assert run(keys(2), again)[0] == ()
    assert counted(run(keys(2), again, today=TODAY + timedelta(1))[0]) == {"reopen": 1}


def test_a_person_who_closed_it_at_the_right_time_is_believed_and_it_is_marked() -> None:
    _, issues = run(keys(1), [])
    closed = [replace(each, is_open=each.marker.id != VENDOR.id, closed_at=moment("2026-11-21")) for each in issues]
    actions, after = run(keys(1, rotated=1), closed)
    assert counted(actions) == {"update": 1, "close": 1}
    assert run(keys(1, rotated=1), after)[0] == ()


def test_matching_nothing_opens_nothing() -> None:
    assert run([OTHER], [])[0] == ()
    assert run([OTHER], [], incident())[0] == ()


def test_two_of_its_issues_become_one() -> None:
    _, issues = run(keys(1), [])
    twice = [*issues, replace(watch(issues), number=99)]
    actions, _ = run(keys(1), twice)
    assert [(verb(each), each.issue.number) for each in actions if isinstance(each, Close)] == [("close", 99)]


def test_a_file_that_is_gone_leaves_an_orphan() -> None:
    _, issues = run(keys(1), [])
    [update, *_] = plan(keys(1), [watch(issues)], setting()).actions
    assert isinstance(update, Update)
    assert "orphaned" in update.labels


@pytest.mark.parametrize(("told", "links"), [(True, 1), (False, 0)], ids=["parents are told", "only a count"])
def test_what_stands_below_it_already_is_not_put_there_again(*, told: bool, links: int) -> None:
    _, issues = run(keys(3), [])
    above = watch(issues)
    loose = next(each for each in issues if each.parent)
    shown = [replace(each, parent=None) if each is loose or not told else each for each in issues]
    actions, _ = run(keys(3), shown)
    assert above.children == 3
    assert counted(actions) == ({"link": links} if links else {})


def test_a_link_that_was_cut_off_is_made_up_for() -> None:
    actions, _ = run(keys(3), [])
    first = applied([each for each in actions if not isinstance(each, Link)], [], TODAY)
    assert counted(run(keys(3), first)[0]) == {"link": 3}


def test_at_most_a_hundred_stand_below_it() -> None:
    actions, _ = run(keys(120), [])
    assert counted(actions) == {"open": 121, "link": 100}


def test_a_leak_of_its_own_stays_a_leak() -> None:
    leaked = [rotation(OVERDUE, key="key-00", request=leak(OVERDUE)), OTHER]
    actions, _ = run(leaked, [])
    [own] = [each for each in actions if isinstance(each, Open) and each.subject.rotation == "mixpanel/key-00"]
    assert own.subject.why.value == "leaked"
    assert own.marker.status is Status.LEAKED


def test_two_incidents_watch_one_key_each_with_an_issue_of_its_own() -> None:
    match = Match(ids=frozenset({"mixpanel/key-00"}))
    both = setting(incidents=(VENDOR, incident(path="incidents/second.yaml", match=match, exposed_until=moment(ENDED))))
    actions = plan(keys(1), [], both).actions
    assert [each.subject.rotation for each in actions if isinstance(each, Open)] == [
        "incidents/second",
        "incidents/vendor",
        "mixpanel/key-00",
    ]
    assert [each.parent for each in actions if isinstance(each, Link)] == ["incidents/vendor"]
    assert plan(keys(1), applied(actions, [], TODAY), both).actions == ()


def test_while_files_cannot_be_read_its_issue_stays_as_it_is_and_links_go_on() -> None:
    blind = setting(incidents=(VENDOR,), is_whole=False)
    first = plan(keys(2), [], blind).actions
    opened = applied([each for each in first if not isinstance(each, Link)], [], TODAY)
    assert counted(plan(keys(2, rotated=1), opened, blind).actions) == {"link": 1}


def test_a_key_whose_incident_may_be_unreadable_is_left_alone() -> None:
    _, issues = run(keys(1), [])
    assert plan(keys(1, rotated=1), issues, setting(is_whole=False)).actions == ()


def test_of_two_incidents_the_nearer_deadline_counts() -> None:
    sooner = incident(path="incidents/sooner.yaml", respond_by=date(2026, 11, 22))
    for order in ((VENDOR, sooner), (sooner, VENDOR)):
        opened = plan([rotation(FRESH, key="key-00"), OTHER], [], setting(incidents=order)).actions
        assert {each.subject.due for each in opened if each.subject.rotation == "mixpanel/key-00"} >= {
            date(2026, 11, 22)
        }


def test_a_link_waits_with_the_open_that_it_rests_on() -> None:
    partial = replace(keys(1, rotated=1)[0], evidence=evidence(OVERDUE, "2026-11-21", []))
    crowded = setting(incidents=(VENDOR,), policy=Policy(limits=Limits(open_at_once=0)))
    made = plan([partial, OTHER], [], crowded)
    assert counted(made.actions) == {"open": 1}
    assert len(made.waiting) == 1
