from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from core.render_samples import DUE, MARKER, content

from keyturn.actions import Close, Link, Note, Open, Remind, Reopen, StateReason, Subject, Update, Waiting
from keyturn.model import Issue, Problem, Status, Tier, Why
from keyturn.plan import Plan
from keyturn.render import days, plans

TODAY = date(2026, 11, 21)
SUBJECT = Subject("examplary/loader", "Rotate examplary/loader", Why.DUE, Status.DUE_SOON, DUE, Tier.CRITICAL)
LEAKED = replace(SUBJECT, rotation="examplary/leak", why=Why.LEAKED, status=Status.LEAKED, due=TODAY)
ISSUE = Issue(7, SUBJECT.title, "", True, None, (), (), MARKER)  # noqa: FBT003 - it is open
OPEN = Open(SUBJECT, content(), (), (), MARKER)
PLAN = Plan(
    TODAY,
    (
        Reopen(LEAKED, ISSUE, content(), (), (), MARKER),
        Close(SUBJECT, ISSUE, Note("Continued in #5."), (), MARKER, StateReason.DUPLICATE),
        Close(SUBJECT, ISSUE, content(), (), MARKER, StateReason.COMPLETED),
        Remind(SUBJECT, ISSUE, "2026-11-22+7", 7, ("alice",)),
        Update(replace(SUBJECT, due=date(2026, 11, 18), status=Status.OVERDUE), ISSUE, content(), (), (), MARKER),
        OPEN,
    ),
    (Waiting(SUBJECT),),
)


def test_the_document_has_the_shape_of_the_design() -> None:
    plan = Plan(TODAY, (OPEN, PLAN.actions[1]), PLAN.waiting)
    opening = {
        "action": "open",
        "rotation": "examplary/loader",
        "issue": None,
        "reason": "due",
        "due": "2026-11-22",
        "days_left": 1,
        "title": "Rotate examplary/loader",
        "status": "due-soon",
        "tier": "critical",
    }
    found = plans.document(plan, "local", (Problem("x.yaml", 3, 11, "x", "wrong"),))
    assert list(found) == ["today", "tracker", "actions", "waiting", "problems"]
    assert found == {
        "today": "2026-11-21",
        "tracker": "local",
        "actions": [opening, {**opening, "action": "close", "issue": 7, "state_reason": "duplicate"}],
        "waiting": [opening],
        "problems": [{"path": "x.yaml", "line": 3, "column": 11, "code": "x", "message": "wrong", "severity": "error"}],
    }


def test_lines_show_what_is_urgent_first() -> None:
    assert plans.text(PLAN) == [
        "reopen  examplary/leak    #7   due 2026-11-21 (today)       critical · leaked",
        "open    examplary/loader  new  due 2026-11-22 (in 1 day)    critical · due-soon",
        "update  examplary/loader  #7   due 2026-11-18 (3 days ago)  critical · overdue",
        "remind  examplary/loader  #7   due 2026-11-22 (in 1 day)    critical · due-soon",
        "close   examplary/loader  #7   due 2026-11-22 (in 1 day)    duplicate: Continued in #5",
        "close   examplary/loader  #7   due 2026-11-22 (in 1 day)    completed: the issue is over",
        "wait    examplary/loader  new  due 2026-11-22 (in 1 day)    critical · due-soon",
        "",
        "1 to open, 1 to reopen, 1 to update, 1 to remind, 2 to close; 1 waits for a place among the open issues.",
    ]


def test_a_reviewer_reads_a_table() -> None:
    plan = Plan(TODAY, PLAN.actions[:2], (OPEN, OPEN))
    assert plans.markdown(plan) == (
        "1 to reopen, 1 to close; 2 wait for a place among the open issues.\n\n"
        "| Action | Key | Due | Why |\n"
        "| --- | --- | --- | --- |\n"
        "| **reopen** | `examplary/leak` (`#7`) | 2026-11-21 (today) | critical · leaked |\n"
        "| **close** | `examplary/loader` (`#7`) | 2026-11-22 (in 1 day) | duplicate: Continued in `#5` |\n"
        "| **wait** | `examplary/loader` | 2026-11-22 (in 1 day) | critical · due-soon |\n"
        "| **wait** | `examplary/loader` | 2026-11-22 (in 1 day) | critical · due-soon |"
    )


def test_an_empty_plan_says_so() -> None:
    assert plans.text(Plan(TODAY, ())) == ["nothing to do."]
    assert plans.markdown(Plan(TODAY, ())) == "nothing to do."


@pytest.mark.parametrize(
    ("day", "words"), [(22, "in 1 day"), (23, "in 2 days"), (21, "today"), (20, "1 day ago"), (11, "10 days ago")]
)
def test_days_are_spoken(day: int, words: str) -> None:
    assert days.left(date(2026, 11, day), TODAY) == words


def test_a_link_says_below_what() -> None:
    link = Link(OPEN.subject, None, "incidents/vendor", None)
    assert plans.text(Plan(TODAY, (link,)))[0].endswith("below incidents/vendor")
    assert plans.entry(link, TODAY)["issue"] is None
