"""What old entries of a root's own catalogue ask for, from the day on which the first is old."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from core.samples import CATALOGUE, FRESH, OVERDUE, TODAY, applied, evidence, issue, rotation, setting

from keyturn import parse
from keyturn.actions import Close, Open, Reopen, StateReason, Update, Upkeep, verb
from keyturn.model import ENTRIES, Entry, Limits, Policy, Provider, Strategy, Version, Why, moment
from keyturn.plan import Plan, plan, survey
from keyturn.plan.upkeep import stale, undated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyturn.actions import Action
    from keyturn.model import Issue, Rotation

KEYS = (rotation(FRESH),)
LAST_GOOD = TODAY - timedelta(180)


def entry(slug: str, days: int | None, folder: str = "providers") -> Entry:
    """Build an entry that was checked so many days ago."""
    return Entry(f"{folder}/{slug}.yaml", None if days is None else TODAY - timedelta(days))


NEW, OLD, OLDER, UNDATED = entry("new", 180), entry("old", 181), entry("older", 200, "platforms"), entry("bare", None)


def made(
    entries: Sequence[Entry], issues: Sequence[Issue] = (), keys: Sequence[Rotation] = KEYS, **changes: Any
) -> Plan:
    return plan(keys, issues, setting(entries=tuple(entries), **changes))


def run(
    entries: Sequence[Entry], issues: Sequence[Issue] = (), today: date = TODAY, **changes: Any
) -> tuple[list[Action], list[Issue]]:
    """Plan and apply, and see that a second run on the same day finds nothing to do."""
    actions = list(made(entries, issues, today=today, **changes).actions)
    after = applied(actions, issues, today)
    assert made(entries, after, today=today, **changes).actions == ()
    return actions, after


def opened(entries: Sequence[Entry] = (NEW, OLD, OLDER)) -> list[Issue]:
    return run(entries)[1]


def by_a_person(issues: Sequence[Issue]) -> list[Issue]:
    return [replace(each, is_open=False, closed_at=moment("2026-11-21")) for each in issues]


def listed(action: Action) -> list[str]:
    assert isinstance(action, Update)
    assert isinstance(action.text, Upkeep)
    return [each.path for each in action.text.entries]


# -- which entries -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "checked_on"),
    [
        ({}, None),
        ({"sources": None}, None),
        ({"sources": []}, None),
        ({"sources": [{"url": "https://a.example", "checked_on": "2026-05-01"}]}, date(2026, 5, 1)),
        (
            {
                "sources": [
                    {"url": "https://a.example", "checked_on": "2026-05-01"},
                    {"url": "https://b.example", "checked_on": "2026-06-01"},
                    {"url": "https://c.example", "checked_on": "2025-07-01"},
                ]
            },
            date(2026, 6, 1),
        ),
    ],
    ids=["no sources", "null", "none", "one", "the newest of three"],
)
def test_an_entry_was_checked_when_its_newest_source_was(found: dict[str, Any], checked_on: date | None) -> None:
    document = {"name": "A", "strategy": "overlap", **found}
    assert parse.entry("providers/a.yaml", document) == Entry("providers/a.yaml", checked_on)


def test_180_days_are_well_and_the_oldest_comes_first() -> None:
    also = entry("also-old", 181)
    assert stale([NEW, OLD, UNDATED, OLDER, also], TODAY) == (OLDER, also, OLD)
    assert stale([entry("a", 0), entry("b", -400)], TODAY) == ()
    assert undated([NEW, entry("x", None), UNDATED, OLD]) == (UNDATED, entry("x", None))


# -- the issue ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entries", [(), (NEW,), (UNDATED,)], ids=["none", "checked lately", "never checked"])
def test_without_an_old_entry_there_is_no_issue(entries: Sequence[Entry]) -> None:
    assert run(entries) == ([], [])


def test_old_entries_get_one_issue_together() -> None:
    [action], [its] = run((NEW, OLD, OLDER, UNDATED))
    assert isinstance(action, Open)
    assert (action.subject.rotation, action.subject.title) == (ENTRIES, "Check the catalogue again")
    assert action.text == Upkeep(ENTRIES, "Check the catalogue again", (OLDER, OLD))
    assert action.labels == ("key-rotation", "catalogue")
    assert action.assignees == ()
    assert (its.marker.id, its.marker.due, its.marker.why) == (ENTRIES, TODAY - timedelta(20), Why.CATALOGUE)


def test_nothing_changes_merely_because_days_pass() -> None:
    issues = opened()
    for days in range(1, 180):
        later = TODAY + timedelta(days)
        assert run((OLD, OLDER), issues, today=later, catalogue=CATALOGUE, keys=())[0] == []


def test_an_entry_that_becomes_old_and_one_that_is_checked_change_the_table() -> None:
    [update], issues = run((NEW, OLD, OLDER), opened(), today=TODAY + timedelta(1))
    assert listed(update) == [OLDER.path, OLD.path, NEW.path]
    [update], issues = run((NEW, OLD, replace(OLDER, checked_on=TODAY)), issues, today=TODAY + timedelta(1))
    assert listed(update) == [OLD.path, NEW.path]


def test_what_people_added_to_it_stays() -> None:
    [its] = opened()
    worked_at = replace(its, labels=(*its.labels, "help wanted"), assignees=("carol",))
    [update], [after] = run((NEW, OLD), [worked_at])
    assert verb(update) == "update"
    assert (after.labels, after.assignees) == (("key-rotation", "catalogue", "help wanted"), ("carol",))


def test_it_closes_when_nothing_is_old_any_more_and_opens_anew_when_something_is() -> None:
    [closing], issues = run((NEW, UNDATED), opened())
    assert isinstance(closing, Close)
    assert closing.because is StateReason.COMPLETED
    assert (closing.subject.title, closing.labels) == ("Check the catalogue again", ("key-rotation", "catalogue"))
    [again], issues = run((NEW,), issues, today=TODAY + timedelta(1))
    assert isinstance(again, Open)
    assert [each.is_open for each in issues] == [False, True]


def test_a_person_who_closes_it_too_early_is_answered_once_a_day() -> None:
    entries = (OLD,)
    [action], issues = run(entries, by_a_person(opened(entries)))
    assert isinstance(action, Reopen)
    assert isinstance(action.text, Upkeep)
    assert action.text.reopened
    assert run(entries, by_a_person(issues))[0] == []
    [action], _ = run(entries, by_a_person(issues), today=TODAY + timedelta(1))
    assert isinstance(action, Reopen)


def test_a_person_who_closed_it_at_the_right_time_is_believed_and_it_is_marked() -> None:
    [action], issues = run((NEW,), by_a_person(opened()))
    assert (verb(action), issues[0].is_open, issues[0].marker.closed) == ("update", False, "completed")
    [action], _ = run((NEW,), issues, today=TODAY + timedelta(1))
    assert isinstance(action, Open)


def test_a_root_whose_own_catalogue_is_gone_gives_it_up() -> None:
    [action], _ = run((), opened())
    assert isinstance(action, Close)
    assert action.because is StateReason.NOT_PLANNED
    assert run((), by_a_person(opened()))[0] == []


@pytest.mark.parametrize("entries", [(), (NEW,), (OLD,)], ids=["gone", "checked", "old"])
def test_while_an_entry_cannot_be_read_nothing_happens_to_it(entries: Sequence[Entry]) -> None:
    assert run(entries, opened(), left_alone=frozenset({ENTRIES}))[0] == []


def test_two_of_them_become_one() -> None:
    [its] = opened()
    [action], issues = run((NEW, OLD, OLDER), [its, replace(its, number=9)])
    assert isinstance(action, Close)
    assert (action.issue.number, action.because) == (9, StateReason.DUPLICATE)
    assert [each.is_open for each in issues] == [True, False]


# -- beside the keys ---------------------------------------------------------------------------------------------------


def test_it_takes_a_place_among_the_routine_issues() -> None:
    keys = (rotation(OVERDUE, key="a"), rotation(OVERDUE, key="b"))
    narrow = Policy(limits=Limits(open_at_once=2))
    first = made((OLD,), keys=keys, policy=narrow)
    assert [each.subject.rotation for each in first.actions] == ["mixpanel/a", "mixpanel/b"]
    assert [each.subject.rotation for each in first.waiting] == [ENTRIES]
    standing = opened((OLD,))
    after = made((OLD,), standing, keys=keys, policy=narrow)
    assert [len(after.actions), len(after.waiting)] == [1, 1]


@pytest.mark.parametrize("changes", [{"keys": ()}, {"is_whole": False}], ids=["empty", "unreadable"])
def test_where_the_keys_are_missing_it_is_not_taken_for_gone(changes: dict[str, Any]) -> None:
    issues = opened()
    assert made((), issues, **changes).actions == ()
    assert [verb(each) for each in made((NEW,), issues, **changes).actions] == ["close"]


SAME = rotation(OVERDUE, provider="catalogue", slug="catalogue", key="entries")
WITH_ITS_PROVIDER = replace(
    CATALOGUE, providers={**CATALOGUE.providers, "catalogue": Provider("catalogue", "Catalogue", Strategy.OVERLAP)}
)


def test_a_key_of_the_same_id_has_an_issue_of_its_own() -> None:
    assert SAME.id == ENTRIES
    changes = {"keys": (SAME,), "catalogue": WITH_ITS_PROVIDER}
    actions, issues = run((OLD,), **changes)
    assert {each.subject.title for each in actions} == {"Check the catalogue again", "Rotate catalogue/entries"}
    own = [each.number for each in issues if each.marker.why is not Why.CATALOGUE]
    found = survey((SAME,), issues, setting(catalogue=WITH_ITS_PROVIDER)).standings
    assert [number for _, number in found] == own
    actions, _ = run((), issues, **changes)
    assert [each.subject.title for each in actions] == ["Check the catalogue again"]
    proof = evidence(OVERDUE, "2026-11-21")
    rotated = replace(SAME, version=Version.read("2026-11-20"), evidence=proof)
    actions, _ = run((OLD,), issues, keys=(rotated,), catalogue=WITH_ITS_PROVIDER)
    assert [each.subject.title for each in actions] == ["Rotate catalogue/entries"]


def test_no_key_adopts_it_as_its_former_issue() -> None:
    claiming = rotation(FRESH, formerly=(ENTRIES,))
    assert run((NEW, OLD, OLDER), opened(), keys=(claiming,))[0] == []


def test_the_issue_of_a_key_is_none_of_its_own() -> None:
    keys = (rotation(OVERDUE),)
    theirs = [issue(1)]
    settled = applied(made((), theirs, keys=keys).actions, theirs, TODAY)
    actions, _ = run((OLD,), settled, keys=keys)
    assert [(verb(each), each.subject.rotation) for each in actions] == [("open", ENTRIES)]
