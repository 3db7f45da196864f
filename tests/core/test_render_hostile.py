"""Whole pages with every field hostile at once: what a page is made of stays, and nothing on it comes alive."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from core import samples
from core.render_samples import MARKER, content
from hostile import PIECES, hostile_texts, live_in_markdown, live_on_a_terminal, markdown_shape
from hypothesis import given, settings, strategies as st

from keyturn import marker
from keyturn.actions import Exposed, Note, Open, Overview, Remind, Section, Span, Subject, Task, Upkeep
from keyturn.commands.showing import as_json
from keyturn.files.distribution import shipped
from keyturn.health import Diagnosis, Weight
from keyturn.model import Entry, Outcome, Problem, Reason, Severity, Status, Tier, Verdict, Why
from keyturn.model.verification import Verification
from keyturn.plan import Plan
from keyturn.render import (
    ages,
    doctor,
    escape,
    issue_body,
    plans,
    problems,
    provider_pages,
    providers,
    reviews,
    verdicts,
)
from keyturn.render.issue_view import Links
from keyturn.render.providers import Guide
from keyturn.render.templates import Templates
from keyturn.review import Effect, Review

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Page = Callable[[Sequence[str]], str]

pytestmark = pytest.mark.long

DAY = date(2026, 11, 22)
TEMPLATES = Templates({path.name: path.read_text(encoding="utf-8") for path in shipped("templates").glob("*.jinja")})
MANY = 24  # texts for one page
EXAMPLES = settings().max_examples // 10  # a page is large; `--hypothesis-profile=deep` looks longer


def subject(texts: Sequence[str], status: Status = Status.DUE) -> Subject:
    return Subject(texts[0], texts[1], Why.DUE, status, DAY, Tier.CRITICAL)


def issue(texts: Sequence[str]) -> str:
    spans = (Span(texts[0]), Span(" "), Span(texts[1], "bold"), Span(" "), Span(texts[2], "code"))
    section = Section(texts[3], (Task(spans, texts[4], texts[5]), Task((Span(texts[6]),))), texts[7])
    page = content(why=Why.LEAKED)
    full = replace(
        page,
        id=texts[8],
        path=texts[9],
        owners=tuple(texts[10:12]),
        created=texts[12],
        provider=texts[13],
        strategy=texts[14],
        sections=(section,),
        team=texts[15],
        description=texts[16],
        environment=texts[17],
        tags=tuple(texts[18:20]),
        note=texts[20],
        incident=texts[21],
        downtime=texts[22],
        missing=(texts[23],),
        console=f"https://x.example/?{texts[0]}",
        docs=f"https://x.example/#{texts[1]}",
        reopened=True,
        status=Status.UNVERIFIED,
    )
    return issue_body.body(full, MARKER, "", TEMPLATES, Links(file=f"https://x.example/?{texts[2]}"))


def incident(texts: Sequence[str]) -> str:
    keys = (
        Exposed(texts[0], tuple(texts[1:3]), Tier.LOW, is_done=True),
        Exposed(texts[3], (), Tier.LOW, is_done=False),
    )
    page = Overview(
        texts[4], "", texts[5], DAY, f"incidents/{texts[6]}", texts[7], texts[8], f"https://x.example/?{texts[9]}", keys
    )
    return issue_body.body(replace(page, reopened=True), MARKER, "", TEMPLATES, Links())


def upkeep(texts: Sequence[str]) -> str:
    page = Upkeep(texts[0], texts[1], tuple(Entry(path, DAY) for path in texts[2:6]), reopened=True)
    return issue_body.body(page, MARKER, "", TEMPLATES, Links())


def note(texts: Sequence[str]) -> str:
    return issue_body.body(Note(texts[0], tuple(texts[1:5])), MARKER, issue(PLAIN), TEMPLATES, Links())


def reminder(texts: Sequence[str]) -> str:
    return issue_body.reminder(
        Remind(subject(texts), samples.issue(), "2026-11-22+7", 7, (*(f"-{text}" for text in texts[2:6]), "alice"))
    )


def found(texts: Sequence[str]) -> list[Problem]:
    severities = (Severity.ERROR, Severity.WARNING)
    return [
        Problem(path, 1, 1, code, message, severity)
        for path, code, message, severity in zip(texts[::3], texts[1::3], texts[2::3], severities * 4, strict=True)
    ]


def planned(texts: Sequence[str]) -> Plan:
    made = Open(subject(texts[:2]), content(), (), (), MARKER)
    closed = samples.issue(7)
    ended = plans_close(texts[2:5], closed)
    return Plan(DAY, (made, ended), (replace(made, subject=subject(texts[5:7])),), 2)


def plans_close(texts: Sequence[str], its: Any) -> Any:
    from keyturn.actions import Close, StateReason

    return Close(subject(texts), its, Note(texts[2]), (), MARKER, StateReason.COMPLETED)


def review(texts: Sequence[str]) -> Review:
    effect = Effect(planned(texts), planned(texts[8:]).actions)
    return Review(texts[0], texts[1], tuple(found(texts)), effect, tuple(texts[2:5]))


def verification(texts: Sequence[str]) -> Verification:
    asked = Verdict(Outcome.UNKNOWN, Reason.TIMED_OUT, datetime(2026, 11, 21, 9, tzinfo=UTC), None)
    return Verification(texts[0], replace(asked, outcome=Outcome.REJECTED), asked, None, hint=texts[1])


def recorded(texts: Sequence[str]) -> str:
    return verdicts.page(verification(texts), [(texts[2], texts[3], texts[4], texts[5])], texts[6:9])


def aged(texts: Sequence[str]) -> list[ages.Age]:
    return [ages.Age(texts[0], texts[1], 90, DAY, 1, Status.DUE, tuple(texts[2:5]), 12)]


def diagnosed(texts: Sequence[str]) -> list[Diagnosis]:
    return [Diagnosis(texts[0], texts[1], Weight.ERROR, texts[6], texts[2], tuple(texts[3:6]))]


def raw(texts: Sequence[str]) -> dict[str, Any]:
    return {
        "name": texts[0],
        "strategy": "overlap",
        "aliases": list(texts[1:3]),
        "credential": {"term": f"x {texts[3]}", "fields": [texts[4]]},
        "role": f"x {texts[5]}",
        "expires": f"x {texts[6]}",
        "params": {"account": {"kind": "label", "describe": texts[7]}},
        "console": f"https://x.example/?{texts[8]}",
        "sources": [{"url": f"https://x.example/?{texts[9]}", "checked_on": "2026-11-20"}],
    }


def guide(texts: Sequence[str]) -> Guide:
    section = Section(texts[10], (Task((Span(texts[11]),), texts[12], texts[13]),), texts[14])
    return Guide(texts[15], raw(texts), (section,), leak=(section,), downtime=texts[16])


MARKDOWN: dict[str, Page] = {
    "issue": issue,
    "incident": incident,
    "upkeep": upkeep,
    "note": note,
    "reminder": reminder,
    "plan": lambda texts: plans.markdown(planned(texts)),
    "problems": lambda texts: problems.markdown(1, found(texts)),
    "review": lambda texts: reviews.markdown(review(texts)),
    "verification": lambda texts: verdicts.markdown(verification(texts)),
    "pull request": recorded,
    "ages": lambda texts: ages.markdown(DAY, aged(texts)),
    "doctor": lambda texts: doctor.markdown(diagnosed(texts)),
    "providers": lambda texts: providers.markdown_list({texts[15]: raw(texts)}),
    "provider": lambda texts: provider_pages.page(guide(texts)),
}
TERMINAL: dict[str, Page] = {
    "plan": lambda texts: "\n".join(plans.text(planned(texts))),
    "plan, JSON": lambda texts: as_json(plans.document(planned(texts), texts[0], found(texts))),
    "problems": lambda texts: "\n".join(problems.text(found(texts))),
    "problems, JSON": lambda texts: as_json(problems.document(1, found(texts))),
    "review": lambda texts: "\n".join(reviews.text(review(texts))),
    "review, JSON": lambda texts: as_json(reviews.document(review(texts))),
    "verification": lambda texts: "\n".join(verdicts.text(verification(texts))),
    "verification, JSON": lambda texts: as_json(verdicts.document(verification(texts))),
    "ages": lambda texts: "\n".join(ages.text(DAY, aged(texts))),
    "ages, JSON": lambda texts: as_json(ages.document(DAY, aged(texts))),
    "doctor": lambda texts: "\n".join(doctor.text(diagnosed(texts))),
    "doctor, JSON": lambda texts: as_json(doctor.document(DAY, diagnosed(texts))),
    "providers": lambda texts: "\n".join(providers.text_list({texts[15]: raw(texts)})),
    "provider": lambda texts: "\n".join(providers.text(guide(texts))),
    "provider, JSON": lambda texts: as_json(providers.document(texts[0], raw(texts), guide(texts).sections)),
}
# What workflows write to the log with --format markdown; issues go to GitHub alone, and a code block stays as it is.
PRINTED = [MARKDOWN[name] for name in ("plan", "problems", "review", "verification", "ages", "doctor", "providers")]
PLAIN = [f"x{number}" for number in range(MANY)]
# Every attack stands in every field of every page; beside them come texts that are put together from them.
RUNS = [[PIECES[(start + place) % len(PIECES)] for place in range(MANY)] for start in range(0, len(PIECES), MANY)]
TEXTS = st.lists(hostile_texts(), min_size=MANY, max_size=MANY)


def visible(texts: Sequence[str]) -> list[str]:
    """Fill in for what shows nothing, so that a page has the same fields."""
    return [text if escape.markdown(text) else plain for text, plain in zip(texts, PLAIN, strict=True)]


def is_inert(page: Page, texts: Sequence[str]) -> None:
    shown, plain = page(visible(texts)), page(PLAIN)
    assert markdown_shape(shown) == markdown_shape(plain)
    assert set(live_in_markdown(shown)) <= set(live_in_markdown(plain))  # what is meant to live: mentions of owners
    assert not live_on_a_terminal(shown, in_actions=page in PRINTED)


@pytest.mark.parametrize("page", MARKDOWN.values(), ids=MARKDOWN)
def test_no_attack_changes_a_page(page: Page) -> None:
    for texts in RUNS:
        for shift in range(0, MANY, MANY // 2):
            is_inert(page, [*texts[shift:], *texts[:shift]])


@pytest.mark.parametrize("page", MARKDOWN.values(), ids=MARKDOWN)
@settings(max_examples=EXAMPLES, deadline=None)
@given(texts=TEXTS)
def test_no_text_changes_a_page(page: Page, texts: list[str]) -> None:
    is_inert(page, texts)


def comments(text: str) -> list[str]:
    """Give the hidden lines; what a task has to copy stands indented in a code block, and is none."""
    return [line for line in text.split("\n") if line.startswith("<!--")]


@pytest.mark.parametrize("page", [issue, incident, upkeep, note], ids=["issue", "incident", "upkeep", "note"])
@settings(max_examples=EXAMPLES, deadline=None)
@given(texts=TEXTS)
def test_no_text_forges_what_is_ours(page: Page, texts: list[str]) -> None:
    shown = page(visible(texts))
    assert marker.read(shown) == MARKER
    assert comments(shown) == comments(page(PLAIN))
    assert marker.reminders([shown]) == frozenset()


@pytest.mark.parametrize("page", TERMINAL.values(), ids=TERMINAL)
def test_no_attack_reaches_a_terminal(page: Page) -> None:
    for texts in RUNS:
        assert not live_on_a_terminal(page(texts))


@pytest.mark.parametrize("page", TERMINAL.values(), ids=TERMINAL)
@settings(max_examples=EXAMPLES, deadline=None)
@given(texts=TEXTS)
def test_no_text_reaches_a_terminal(page: Page, texts: list[str]) -> None:
    assert not live_on_a_terminal(page(texts))


@settings(max_examples=EXAMPLES, deadline=None)
@given(texts=TEXTS)
def test_json_says_what_it_was_given(texts: list[str]) -> None:
    document = problems.document(1, found(texts))
    assert json.loads(as_json(document)) == document


@settings(max_examples=EXAMPLES, deadline=None)
@given(texts=TEXTS)
def test_only_our_commands_reach_the_runner(texts: list[str]) -> None:
    lines = problems.workflow_commands(found(texts))
    assert len(lines) == len(found(texts))
    for line in lines:
        assert line.startswith(("::error file=", "::warning file="))
        assert not live_on_a_terminal(line.removeprefix("::"))
        properties, _, message = line.removeprefix("::").partition("::")
        assert properties.count(",") == 3
        assert properties.count("=") >= 4
        assert "%0A" not in message or any("\n" in text or "\r" in text for text in texts)
    *commands, _ = doctor.workflow_commands(diagnosed(texts))
    assert len(commands) == 1
    assert not live_on_a_terminal(commands[0].removeprefix("::"))
