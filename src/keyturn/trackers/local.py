"""Issues as Markdown files in a folder, for one user: nothing to set up, everything readable and diffable."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn import marker
from keyturn.errors import OutsideError
from keyturn.model import Issue, moment
from keyturn.model.moments import written
from keyturn.trackers import RefusedError, Written, front

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from keyturn.trackers import Draft, Edit
    from keyturn.trackers.front import Page

AUTHOR = "local"
_FILE = re.compile(r"([0-9]{4,9})-[^/]*\.md")
_STATES = ("open", "closed")


@dataclass(frozen=True, slots=True)
class _Found:
    """A file of the folder, read."""

    path: Path
    number: int
    page: Page
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class LocalTracker:
    """Issues of one scope in one folder; it is made with the first issue, and git is told to ignore it."""

    folder: Path
    scope: str
    now: Callable[[], datetime]

    @property
    def name(self) -> str:
        """Give the name as the policy writes it."""
        return "local"

    def issues(self, since: date) -> list[Issue]:
        """List our issues, the closed ones of any age too: they cost nothing here."""
        del since
        found = (_issue(_read(path, number)) for number, path in self._paths().items())
        return [issue for issue in found if issue is not None and issue.marker.scope == self.scope]

    def reminders(self, issue: Issue) -> frozenset[str]:
        """Return the names of the reminders that our own comments on an issue carry."""
        comments = self._found(issue.number).page.comments
        return marker.reminders(comment.body for comment in comments if comment.author == AUTHOR)

    def create(self, draft: Draft) -> Written:
        """Open an issue under the next number; numbers are never used again while the closed files stay."""
        number = max(self._paths(), default=0) + 1
        moment_now = self._moment()
        fields: dict[str, front.Value] = {
            "number": number,
            "title": draft.title,
            "state": "open",
            "state_reason": None,
            "labels": draft.labels,
            "assignees": draft.assignees,
            "author": AUTHOR,
            "created_at": moment_now,
            "updated_at": moment_now,
            "closed_at": None,
        }
        self._prepare()
        path = self.folder / f"{number:04d}-{_slug(draft.title)}.md"
        _write(path, front.Page(fields, draft.body))
        return Written(number, str(path))

    def edit(self, number: int, edit: Edit) -> Written:
        """Change an issue by replacing its file at once."""
        found = self._found(number)
        changed = {**found.page.fields, **self._changes(found.page, edit), "updated_at": self._moment()}
        _write(found.path, replace(found.page, fields=changed, body=edit.body))
        return Written(number, str(found.path))

    def comment(self, number: int, body: str) -> Written:
        """Add a comment at the end of the file."""
        found = self._found(number)
        comment = front.Comment(AUTHOR, self._moment(), body)
        fields = {**found.page.fields, "updated_at": comment.at}
        _write(found.path, replace(found.page, fields=fields, comments=(*found.page.comments, comment)))
        return Written(number, str(found.path))

    def link(self, parent: int, child: Written) -> Written:
        """Note in the child's file below which issue it stands."""
        found = self._found(child.number)
        _write(found.path, replace(found.page, fields={**found.page.fields, "parent": parent}))
        return child

    def _changes(self, page: Page, edit: Edit) -> dict[str, front.Value]:
        changes: dict[str, front.Value] = {"labels": edit.labels}
        if edit.title is not None:
            changes["title"] = edit.title
        if edit.assignees is not None:
            changes["assignees"] = edit.assignees
        if edit.is_open is not None and edit.is_open != (page.text("state") == "open"):
            changes["state"] = _STATES[not edit.is_open]
            changes["state_reason"] = edit.state_reason
            changes["closed_at"] = None if edit.is_open else self._moment()
        return changes

    def _moment(self) -> str:
        return written(self.now())

    def _found(self, number: int) -> _Found:
        path = self._paths().get(number)
        if path is None:
            raise RefusedError(f"issue #{number} was deleted; the next run opens a new one where it is still needed")
        return _read(path, number)

    def _paths(self) -> dict[int, Path]:
        """Return the files by number, in their order."""
        found: dict[int, Path] = {}
        for path in self._entries():
            if matched := _FILE.fullmatch(path.name):
                number = int(matched[1])
                if number in found:
                    raise OutsideError(
                        f"{found[number]} and {path} have the same number; delete one of them, or move it elsewhere"
                    )
                found[number] = path
        return dict(sorted(found.items()))

    def _entries(self) -> list[Path]:
        try:
            return sorted(self.folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _trouble("list", self.folder, error) from None

    def _prepare(self) -> None:
        """Make the folder, and keep git from seeing it."""
        ignored = self.folder.parent / ".gitignore"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not ignored.exists():
                ignored.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise _trouble("write", self.folder, error) from None


def _read(path: Path, number: int) -> _Found:
    try:
        text = path.read_bytes().decode("utf-8")
        modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise _trouble("read", path, error) from None
    except UnicodeDecodeError:
        raise _unreadable(path, "it is not UTF-8") from None
    try:
        page = front.read(text)
    except front.FormError as error:
        raise _unreadable(path, str(error)) from None
    if page.text("number") != str(number):
        raise _unreadable(path, f"`number` is not {number}, as the file's name says")
    if str(page.text("state")).lower() not in _STATES:
        raise _unreadable(path, "`state` is neither open nor closed")
    fields = {**page.fields, "state": str(page.text("state")).lower()}
    return _Found(path, number, replace(page, fields=fields), modified_at)


def _issue(found: _Found) -> Issue | None:
    page = found.page
    tie = marker.read(page.body) if page.text("author") == AUTHOR else None
    if tie is None:
        _insist_on_whole(found)
        return None
    is_open = page.text("state") == "open"
    return Issue(
        number=found.number,
        title=page.text("title") or "",
        body=page.body,
        is_open=is_open,
        closed_at=None if is_open else _closed_at(found),
        labels=page.texts("labels"),
        assignees=page.texts("assignees"),
        marker=tie,
        url=str(found.path),
        parent=_parent(page),
        opened_at=_opened_at(page),
    )


def _insist_on_whole(found: _Found) -> None:
    """Refuse an issue of ours whose marker was cut short: taken for somebody else's, it would be opened again."""
    body, is_ours = found.page.body, found.page.text("author") == AUTHOR
    if is_ours and (marker.BEGIN in body or marker.BEGIN.startswith(body)):
        raise _unreadable(found.path, f"its line `{marker.BEGIN.strip()}` is cut off or was changed")


def _parent(page: Page) -> int | None:
    written = page.text("parent") or ""
    return int(written) if written.isdecimal() else None


def _opened_at(page: Page) -> datetime | None:
    """Return when an issue was opened, unless a person has made that unreadable; nothing is decided by it."""
    with suppress(ValueError, OverflowError):
        return moment(page.text("created_at") or "")
    return None


def _closed_at(found: _Found) -> datetime:
    """Return when an issue was closed; a person who edits the file leaves only its time."""
    written = found.page.text("closed_at")
    try:
        return moment(written) if written else found.modified_at
    except ValueError:
        raise _unreadable(found.path, "`closed_at` is not a date-time such as 2026-11-21T09:00:00Z") from None


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-") or "issue"


def _write(path: Path, page: Page) -> None:
    """Put a file in place at once and durably: a crash leaves the old one or the new one."""
    try:
        content = front.written(page).encode("utf-8")
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise _trouble("write", path, error) from None


def _trouble(verb: str, path: Path, error: OSError) -> OutsideError:
    reason = os.strerror(error.errno) if error.errno else "the system gives no reason"
    return OutsideError(f"cannot {verb} {path}: {reason}; check its permissions and the space on the disk")


def _unreadable(path: Path, why: str) -> OutsideError:
    return OutsideError(f"{path} cannot be read as an issue: {why}; correct it, or delete the file to let it go")
