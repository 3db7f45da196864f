from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from core.render_samples import DUE, MARKER, content, written
from hypothesis import given, settings, strategies as st

from keyturn import marker
from keyturn.actions import Content, Note, Remind, Section, Span, Subject, Task
from keyturn.model import Issue, Status, Strategy, Tier, Why
from keyturn.render.issue_body import LONGEST, reminder

if TYPE_CHECKING:
    from collections.abc import Callable


# -- whole bodies --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", [Why.DUE, Why.LEAKED], ids=["routine", "leaked"])
@pytest.mark.parametrize("strategy", Strategy)
def test_each_strategy_has_its_issue(golden: Callable[[str, str], None], strategy: Strategy, why: Why) -> None:
    golden(f"{strategy}-{'leaked' if why.is_leak else 'routine'}.md", written(content(strategy, why)))


LONG = (
    Section("Create the new key", (Task((Span("Open the console."),)),)),
    Section("Switch", tuple(Task((Span(f"Switch consumer {n} {'x' * 300}."),)) for n in range(500))),
)
SPECIAL = {
    "unverified": content(status=Status.UNVERIFIED, missing=("old_key is not shown", "consumers is not shown")),
    "held": content(status=Status.HELD, held_until=date(2026, 12, 15)),
    "reopened": content(reopened=True, note="Found in a public notebook, see https://x.example."),
    "incident": content(why=Why.INCIDENT, incident="Vendor X published customer tokens"),
    "retired": content(why=Why.RETIRED, team=None, environment=None, tags=(), description=None, console=None),
    "long": content(sections=LONG),
}


@pytest.mark.parametrize("name", SPECIAL)
def test_each_state_has_its_issue(golden: Callable[[str, str], None], name: str) -> None:
    golden(f"{name}.md", written(SPECIAL[name]))


def test_a_closing_note_stands_over_what_the_issue_said(golden: Callable[[str, str], None]) -> None:
    note = Note("Rotated, and shown to be complete.", ("new_key: probe at 2026-11-22T09:00:00Z", "recorded by bob"))
    previous = written(content()).replace("- [ ] Open", "- [x] Open")
    golden("closed.md", f"{written(note, previous)}\n")


# -- people's text and ticks ---------------------------------------------------------------------------------------


def test_ticks_and_text_around_the_block_survive_github_s_line_ends() -> None:
    edited = f"Mine, above.\n\n{written(content()).replace('- [ ] Edit', '- [X] Edit')}\n\nMine, below."
    edited = edited.replace("- [ ] Delete the old", "- [x] Delete the old")
    again = written(content(Strategy.OVERLAP, environment="staging"), edited.replace("\n", "\r\n"))
    assert again.startswith("Mine, above.\n\n<!-- keyturn {")
    assert again.endswith("<!-- /keyturn -->\n\nMine, below.")
    assert "- [x] Delete the old key" in again
    assert "`staging`" in again


def test_a_tick_stays_with_its_section() -> None:
    previous = written(content()).replace("- [ ] Delete the old", "- [x] Delete the old")
    assert "- [x]" not in written(content(why=Why.LEAKED), previous)


def test_of_tasks_that_read_the_same_each_keeps_its_own_tick() -> None:
    twins = content(sections=(Section("Do", (Task((Span("Again."),)), Task((Span("Again."),)))),))
    previous = written(twins)
    head, _, tail = previous.rpartition("- [ ] Again.")
    assert written(twins, f"{head}- [x] Again.{tail}") == f"{head}- [x] Again.{tail}"


def test_a_note_replaces_an_earlier_one_and_a_content_takes_it_away() -> None:
    first = written(Note("A waiver sets this key aside for now."), written(content()))
    second = written(Note("Continued in #12."), first)
    assert "waiver" not in second
    assert "> Continued in #12." in second
    assert written(content(), second) == written(content())


TORN = {
    "end-missing": lambda text: text.replace("<!-- /keyturn -->", ""),
    "marker-at-the-end": lambda text: "\n".join([*text.split("\n")[1:], text.split("\n")[0]]),
    "marker-twice": lambda text: f"{text}\n\n{marker.line(MARKER)}",
    "marker-missing": lambda text: text.replace(marker.line(MARKER), ""),
}


@pytest.mark.parametrize("tear", TORN.values(), ids=TORN)
@pytest.mark.parametrize("text", [content(), Note("A waiver.")], ids=["content", "note"])
def test_a_torn_body_loses_no_text_and_gets_one_marker(tear: Callable[[str], str], text: Content | Note) -> None:
    whole = f"Above.\n\n{written(content()).replace('- [ ] Delete', '- [x] Delete')}\n\nBelow."
    mended = written(text, tear(whole))
    assert marker.read(mended) == MARKER
    assert mended.count("<!-- keyturn {") == mended.count("\n<!-- /keyturn -->") == 1
    assert mended.count("Above.") == mended.count("Below.") == 1
    assert "- [x] Delete" in mended
    assert written(text, mended) == mended


def test_what_does_not_fit_is_left_out_and_said() -> None:
    text = written(content(sections=LONG), "Mine.")
    assert LONGEST - 400 < len(text) <= LONGEST
    assert text.endswith("Mine.")
    assert "does not fit here: see `rotations/loader.yaml` and what `keyturn providers examplary` shows." in text
    assert "### How this issue closes" in text
    assert written(content(sections=LONG), text) == text


@pytest.mark.parametrize(
    "text", [content(sections=LONG), Note("A waiver.", ("x" * 900,) * 50)], ids=["content", "note"]
)
@pytest.mark.parametrize("length", [45_000, 58_000, 70_000])
def test_no_body_is_longer_than_an_issue_may_be(text: Content | Note, length: int) -> None:
    previous = f"{'a ' * (length // 2)}\n\n{written(content())}\n\nBelow."
    short = written(text, previous)
    assert len(short) <= LONGEST
    assert marker.read(short) == MARKER
    assert written(text, short) == short


def test_a_note_on_a_full_issue_cuts_our_block_only() -> None:
    previous = f"{'Mine. ' * 8800}\n\n{written(content())}"
    noted = written(Note("A waiver.", ("x" * 300,) * 20), previous)
    assert len(noted) <= LONGEST
    assert noted.count("Mine.") == 8800
    assert "the rest was cut" in noted


# -- properties ----------------------------------------------------------------------------------------------------

LINES = st.sampled_from(
    [
        *("", "Text.", "- [ ] mine", "- [x] Delete the old key under **API keys**.", "### Revoke the old key"),
        *("<!-- /keyturn -->", "<!-- keyturn-note -->", "<!-- /keyturn-note -->", marker.line(MARKER), "```", "a\r"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(previous=st.lists(LINES | st.text(max_size=20), max_size=12), noted=st.booleans())
def test_any_body_becomes_one_that_stays_as_it_is(previous: list[str], noted: bool) -> None:  # noqa: FBT001 - drawn
    text = Note("A waiver.") if noted else content()
    once = written(text, "\n".join(previous))
    assert marker.read(once) == MARKER
    assert written(text, once) == once


@settings(max_examples=40, deadline=None)
@given(before=st.text(max_size=60), after=st.text(max_size=60))
def test_what_people_wrote_around_the_block_stays(before: str, after: str) -> None:
    lines = [line.replace("\r\n", "\n").replace("\r", "\n").strip("\n") for line in (before, after)]
    text = written(content(), f"{before}\n\n{written(content())}\n\n{after}")
    assert text == "\n\n".join(filter(None, (lines[0], written(content()), lines[1])))


# -- reminders -----------------------------------------------------------------------------------------------------

WORDS = {
    "due": (
        Status.OVERDUE,
        Why.DUE,
        "`examplary/loader` is due for rotation on 2026-11-22, and this issue is still open.",
    ),
    "leaked": (
        Status.LEAKED,
        Why.LEAKED,
        "`examplary/loader` leaked and had to be rotated by 2026-11-22: contain first.",
    ),
    "unverified": (
        Status.UNVERIFIED,
        Why.DUE,
        "`examplary/loader`: what is recorded does not show the rotation yet that was due on 2026-11-22.",
    ),
    "retired": (
        Status.RETIRED,
        Why.RETIRED,
        "`examplary/loader` is given up since 2026-11-22, but nothing shows yet that the key is dead.",
    ),
}


@pytest.mark.parametrize(("status", "why", "sentence"), WORDS.values(), ids=WORDS)
def test_a_reminder_mentions_logins_only(status: Status, why: Why, sentence: str) -> None:
    subject = Subject("examplary/loader", "Rotate examplary/loader", why, status, DUE, Tier.CRITICAL)
    issue = Issue(7, subject.title, "", True, None, (), (), MARKER)  # noqa: FBT003 - it is open
    assert reminder(Remind(subject, issue, "2026-11-22+7", 7, ("alice", "acme/team", "bob-x", "-x"))) == (
        "<!-- keyturn-reminder 2026-11-22+7 -->\n\n"
        f"@alice @bob-x {sentence}\n\n"
        "The checklist is in this issue. When it is done, record it with `keyturn record examplary/loader` in a pull "
        "request."
    )


def test_a_deadline_stands_below_the_due_day() -> None:
    assert "| Deadline | 2026-11-30 |" in written(content(deadline=date(2026, 11, 30)))
    assert "Deadline" not in written(content())
