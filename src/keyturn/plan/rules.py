"""The table of the design: a rule for every kind of file and every kind of issue that it can meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from keyturn import marker, policy as judge
from keyturn.actions import Action, Close, Note, Open, Remind, Reopen, StateReason, Update
from keyturn.model import Why
from keyturn.plan import pages
from keyturn.plan.case import Case, File, Its, Opening, Step
from keyturn.plan.pages import ORPHANED

if TYPE_CHECKING:
    from keyturn.actions import Content, Text, Whole
    from keyturn.plan.pages import Page


def _nothing(_: Case) -> Iterator[Action]:
    yield from ()


_ORPHAN = "The file that declared this is gone, but what leaked must be rotated: do that, then close this by hand."


def _gone(case: Case) -> Iterator[Action]:
    setting, known = case.setting, case.found.marker
    if not setting.is_whole or known.id in setting.left_alone:
        return
    if known.why.is_leak:
        yield from rewritten(case, pages.around(case, Note(_ORPHAN), ORPHANED))
    else:
        yield from closed(case, StateReason.NOT_PLANNED, Note("The file that declared this key is gone."))


def _proved(case: Case) -> Iterator[Action]:
    yield from closed(case, StateReason.COMPLETED, _proof(case))


def _proved_after_closing(case: Case) -> Iterator[Action]:
    yield from settled(case, _proof(case))


def _proof(case: Case) -> Note:
    is_retired = case.declared.why is Why.RETIRED
    told = "Given up, and shown to be dead." if is_retired else "Rotated, and shown to be complete."
    return Note(told, judge.proved(case.declared.rotation, case.declared.confirmation))


def _waived(case: Case) -> Iterator[Action]:
    yield from closed(case, StateReason.NOT_PLANNED, Note("A waiver sets this key aside for now."))


def _quiet(case: Case) -> Iterator[Action]:
    if not case.found.marker.why.is_leak or case.is_out_of_harm:
        note = Note(f"Nothing is due before {case.declared.due}: the file of this key has changed.")
        yield from closed(case, StateReason.NOT_PLANNED, note)


def _opened(case: Case) -> Iterator[Step]:
    plain = pages.marker(case, said=pages.reached(case))
    yield Opening(pages.subject(case, plain), case, plain)


def opened(opening: Opening) -> Open:
    """Compose the page of an issue that is to be opened."""
    page = pages.page(opening.case, opening.marker)
    return Open(opening.subject, page.text, page.labels, page.assignees, page.marker)


def _held(case: Case) -> Iterator[Action]:
    yield from rewritten(case, pages.page(case, pages.marker(case, said=pages.said(case))))


def _refreshed(case: Case) -> Iterator[Action]:
    said, reached = pages.said(case), pages.reached(case)
    news = reached if reached is not None and (said is None or reached > said) else None
    page = pages.page(case, pages.marker(case, said=said if news is None else news))
    if news is not None:
        yield _reminded(case, page, news)
    yield from rewritten(case, page)


def _reminded(case: Case, page: Page[Content], days: int) -> Remind:
    name = marker.reminder(page.marker.due, days)
    return Remind(pages.subject(case, page.marker), case.found, name, days, page.marker.assigned)


def _reopened(case: Case) -> Iterator[Action]:
    if case.found.marker.reopened == case.setting.today:
        return  # once a day: whoever closes it again is not argued with before tomorrow
    page = pages.page(case, pages.marker(case, said=pages.reached(case), reopened=case.setting.today))
    yield Reopen(pages.subject(case, page.marker), case.found, page.text, page.labels, page.assignees, page.marker)


def rewritten(case: Case, page: Page[Text]) -> Iterator[Action]:
    """Update the case's issue where it says something else."""
    if page.marker != case.found.marker:
        subject = pages.subject(case, page.marker)
        yield Update(subject, case.found, page.text, page.labels, page.assignees, page.marker)


def kept_open(case: Case, page: Page[Whole]) -> Iterator[Action]:
    """See to it that the case's issue is there, is open and says what the page says."""
    subject = pages.subject(case, page.marker)
    if case.issue is None:
        yield Open(subject, page.text, page.labels, page.assignees, page.marker)
    elif case.issue.is_open:
        yield from rewritten(case, page)
    elif case.issue.marker.reopened != case.setting.today:
        yield Reopen(subject, case.issue, page.text, page.labels, page.assignees, page.marker)


def settled(case: Case, note: Note) -> Iterator[Action]:
    """Mark the case's issue, which a person closed, as one that we would have closed by now."""
    page = pages.around(case, note)
    yield from rewritten(case, replace(page, marker=replace(page.marker, closed=StateReason.COMPLETED.value)))


def closed(case: Case, because: StateReason, note: Note) -> Iterator[Action]:
    """Close the case's issue with a note; what people ticked and wrote stays."""
    page = pages.around(case, note)
    known = replace(page.marker, closed=because.value)
    yield Close(pages.subject(case, known), case.found, note, page.labels, known, because)


Rule: TypeAlias = Callable[[Case], Iterator[Step]]

RULES: Mapping[tuple[File, Its], Rule] = {
    (File.GONE, Its.OPEN): _gone,
    (File.GONE, Its.CLOSED_BY_PERSON): _nothing,
    (File.GONE, Its.NONE): _nothing,
    (File.PROVED, Its.OPEN): _proved,
    (File.PROVED, Its.CLOSED_BY_PERSON): _proved_after_closing,
    (File.PROVED, Its.NONE): _nothing,
    (File.UNVERIFIED, Its.OPEN): _refreshed,
    (File.UNVERIFIED, Its.CLOSED_BY_PERSON): _reopened,
    (File.UNVERIFIED, Its.NONE): _opened,
    (File.WAIVED, Its.OPEN): _waived,
    (File.WAIVED, Its.CLOSED_BY_PERSON): _nothing,
    (File.WAIVED, Its.NONE): _nothing,
    (File.HELD, Its.OPEN): _held,
    (File.HELD, Its.CLOSED_BY_PERSON): _nothing,
    (File.HELD, Its.NONE): _nothing,
    (File.WANTED, Its.OPEN): _refreshed,
    (File.WANTED, Its.CLOSED_BY_PERSON): _reopened,
    (File.WANTED, Its.NONE): _opened,
    (File.QUIET, Its.OPEN): _quiet,
    (File.QUIET, Its.CLOSED_BY_PERSON): _nothing,
    (File.QUIET, Its.NONE): _nothing,
}
