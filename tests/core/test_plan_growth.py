"""What a plan costs, in calls: every key is judged once, and a page is composed only where one may be written."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from core.samples import FRESH, OVERDUE, applied, evidence, incident, rotation, setting

from keyturn.actions import Open
from keyturn.model import Confirmation, Limits, Policy
from keyturn.plan import decided, plan, survey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, FrameType

    from keyturn.model import Issue, Rotation
    from keyturn.plan import Setting

ROOMY = setting(Policy(limits=Limits(open_at_once=1000)))
JUDGED, COMPOSED = "keyturn.policy.standing", "keyturn.plan.pages.sealed"


def calls(work: Callable[[], object]) -> Counter[str]:
    """Count the calls of every function of ours by its full name; generators count with each of their steps."""
    seen: Counter[CodeType] = Counter()
    modules: dict[CodeType, str] = {}

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            seen[frame.f_code] += 1
            modules[frame.f_code] = frame.f_globals.get("__name__", "")

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(before)
    found: Counter[str] = Counter()
    for code, count in seen.items():
        if modules[code].startswith("keyturn"):
            found[f"{modules[code]}.{code.co_qualname}"] += count
    return found


def keys(count: int, created: str = OVERDUE) -> list[Rotation]:
    return [rotation(created, key=f"key-{number}") for number in range(count)]


def opened(files: Sequence[Rotation]) -> list[Issue]:
    return applied(plan(files, [], ROOMY).actions, [], ROOMY.today)


@pytest.mark.parametrize(
    ("files", "issues", "set_in", "pages"),
    [
        pytest.param(keys(60, FRESH), [], ROOMY, 0, id="nothing is due"),
        pytest.param(keys(60), [], ROOMY, 60, id="all are opened"),
        pytest.param(keys(60), [], setting(Policy(limits=Limits(open_at_once=5))), 5, id="most wait for a place"),
        pytest.param(keys(60), opened(keys(60)), ROOMY, 60, id="all are compared with what their issues say"),
        pytest.param(keys(60), opened(keys(20)), setting(Policy(limits=Limits(open_at_once=20))), 20, id="a queue"),
        pytest.param(keys(60), [], setting(incidents=(incident(),)), 61, id="an incident, and its own issue"),
    ],
)
def test_what_one_plan_costs(files: Sequence[Rotation], issues: Sequence[Issue], set_in: Setting, pages: int) -> None:
    found = calls(lambda: plan(files, issues, set_in))
    assert (found[JUDGED], found[COMPOSED]) == (len(files), pages)


def test_a_reminder_does_not_compose_its_page_twice() -> None:
    issues = [replace(each, marker=replace(each.marker, said=None)) for each in opened(keys(7))]
    assert calls(lambda: plan(keys(7), issues, ROOMY))[COMPOSED] == 7


def test_plan_and_standings_rest_on_one_judgement() -> None:
    def look() -> None:
        found = survey(keys(60), opened_ones, ROOMY)
        decided(found)
        assert len(list(found.standings)) == 60

    opened_ones = opened(keys(60))
    assert calls(look)[JUDGED] == 60


def test_only_what_is_confirmed_is_judged_again() -> None:
    replaced = evidence(OVERDUE, f"{FRESH}T12:00:00Z")
    files = [*(replace(each, evidence=replaced) for each in keys(3, FRESH)), *keys(60)[3:]]
    found = survey(files, opened(keys(60)), ROOMY)
    assert calls(lambda: found.confirmed({files[0].id: Confirmation()}))[JUDGED] == 3


SIZES = (100, 400)


def _backlog(size: int) -> Callable[[], object]:
    files = keys(size)
    return lambda: plan(files, [], setting(Policy(limits=Limits(open_at_once=1))))


def _compared(size: int) -> Callable[[], object]:
    files, issues = keys(size), opened(keys(size))
    return lambda: plan(files, issues, ROOMY)


def _unmatched(size: int) -> Callable[[], object]:
    issues = opened(keys(size))
    return lambda: plan(keys(1), issues, ROOMY)


@pytest.mark.parametrize("work", [_backlog, _compared, _unmatched])
def test_the_calls_grow_as_the_keys_do(work: Callable[[int], Callable[[], object]]) -> None:
    calls(work(1))  # what is looked up once for all runs
    small, large = (sum(calls(work(size)).values()) for size in SIZES)
    assert small * 3 < large < small * 4.1


def test_a_plan_opens_what_it_composes() -> None:
    made = plan(keys(60), [], setting(Policy(limits=Limits(open_at_once=5))))
    assert (len(made.actions), len(made.waiting)) == (5, 55)
    assert all(isinstance(each, Open) and each.text.title == each.subject.title for each in made.actions)


def test_the_names_that_are_counted_exist() -> None:
    found = calls(lambda: plan(keys(1), [], ROOMY))
    assert (found[JUDGED], found[COMPOSED]) == (1, 1)
