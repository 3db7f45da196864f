"""A tracker in memory, held to the same contract suite as the real ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from keyturn import marker
from keyturn.model import Issue
from keyturn.trackers import RefusedError, Written

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from keyturn.trackers import Draft, Edit

IDENTITY = "keyturn-bot"


@dataclass(frozen=True, slots=True)
class Record:
    """An issue with what a tracker does not show of it."""

    number: int
    author: str
    title: str
    body: str
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    updated_at: datetime
    is_open: bool = True
    state_reason: str | None = None
    closed_at: datetime | None = None
    comments: tuple[tuple[str, str], ...] = ()  # author, body
    parent: int | None = None


@dataclass(slots=True)
class FakeTracker:
    """Issues in memory; `records` may be shared by trackers of several scopes, `writes` names each write.

    `fails` is raised by the write with the number in `fails_at` (1 is the first): after its effect, as a crash is.
    """

    scope: str
    now: Callable[[], datetime]
    records: dict[int, Record] = field(default_factory=dict)
    writes: list[tuple[str, int]] = field(default_factory=list)
    fails: Exception | None = None
    fails_at: int = 0
    name: str = "github:acme/keys"

    def issues(self, since: date) -> list[Issue]:
        """List our issues."""
        below = Counter(record.parent for record in self.records.values())
        recent = (record for _, record in sorted(self.records.items()) if _is_recent(record, since))
        return [issue for record in recent if (issue := self._ours(record, below[record.number])) is not None]

    def reminders(self, issue: Issue) -> frozenset[str]:
        """Return the reminders among our comments."""
        comments = self._record(issue.number).comments
        return marker.reminders(body for author, body in comments if author == IDENTITY)

    def create(self, draft: Draft) -> Written:
        """Open an issue."""
        number = max(self.records, default=0) + 1
        record = Record(number, IDENTITY, draft.title, draft.body, draft.labels, draft.assignees, self.now())
        return self._write("create", record)

    def edit(self, number: int, edit: Edit) -> Written:
        """Change an issue."""
        record = self._record(number)
        changed = replace(
            record,
            title=record.title if edit.title is None else edit.title,
            body=edit.body,
            labels=edit.labels,
            assignees=record.assignees if edit.assignees is None else edit.assignees,
        )
        return self._write("edit", self._with_state(changed, edit.state_reason, is_open=edit.is_open))

    def comment(self, number: int, body: str) -> Written:
        """Add a comment."""
        record = self._record(number)
        return self._write("comment", replace(record, comments=(*record.comments, (IDENTITY, body))))

    def link(self, parent: int, child: Written) -> Written:
        """Put an issue below another."""
        self._record(parent)
        return self._write("link", replace(self._record(child.number), parent=parent))

    def person_opens(self, author: str, title: str, body: str, labels: tuple[str, ...] = ()) -> int:
        """Open an issue as a person does; gives its number."""
        number = max(self.records, default=0) + 1
        self.records[number] = Record(number, author, title, body, labels, (), self.now())
        return number

    def person_closes(self, number: int) -> None:
        """Close an issue as a person does."""
        self.records[number] = self._with_state(self.records[number], "completed", is_open=False)

    def person_edits(self, number: int, **fields: object) -> None:
        """Change any fields of a record as a person does."""
        self.records[number] = replace(self.records[number], **fields)  # type: ignore[arg-type]  # any field of a record

    def person_comments(self, author: str, number: int, body: str) -> None:
        """Comment as a person does."""
        record = self.records[number]
        self.records[number] = replace(record, comments=(*record.comments, (author, body)))

    def _ours(self, record: Record, children: int) -> Issue | None:
        tie = marker.read(record.body)
        if record.author != IDENTITY or tie is None or tie.scope != self.scope:
            return None
        return Issue(
            number=record.number,
            title=record.title,
            body=record.body,
            is_open=record.is_open,
            closed_at=record.closed_at,
            labels=record.labels,
            assignees=record.assignees,
            marker=tie,
            url=f"https://github.com/acme/keys/issues/{record.number}",
            parent=record.parent,
            children=children,
        )

    def _record(self, number: int) -> Record:
        if number not in self.records:
            raise RefusedError(f"issue #{number} was deleted or transferred")
        return self.records[number]

    def _with_state(self, record: Record, reason: str | None, *, is_open: bool | None) -> Record:
        if is_open is None or is_open == record.is_open:
            return record
        closed_at = None if is_open else self.now()
        return replace(record, is_open=is_open, state_reason=reason, closed_at=closed_at, updated_at=self.now())

    def _write(self, verb: str, record: Record) -> Written:
        self.records[record.number] = replace(record, updated_at=self.now())
        self.writes.append((verb, record.number))
        if self.fails is not None and len(self.writes) == self.fails_at:
            raise self.fails
        return Written(record.number, f"https://github.com/acme/keys/issues/{record.number}")


def _is_recent(record: Record, since: date) -> bool:
    return record.is_open or record.updated_at.date() >= since
