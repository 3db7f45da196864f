"""Pages of issues as GitHub writes them: of each issue only what is used is ever made into values.

Loaded with the first request only. docs/decisions says why pages have a decoder of their own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from sys import intern
from typing import Annotated

from msgspec import UNSET, DecodeError, Meta, Raw, Struct, UnsetType, ValidationError, json

from keyturn import marker
from keyturn.model import Issue
from keyturn.trackers.answers import document

Moment = Annotated[datetime, Meta(tz=True)]  # with an offset; one without would be read in the zone of the machine


class Account(Struct, gc=False):
    """Who wrote it, or is assigned."""

    login: str


class Label(Struct, gc=False):
    """A label where it is an object."""

    name: str


class Summary(Struct, gc=False):
    """What stands below an issue."""

    total: int = 0


class Entry(Struct, gc=False):  # it is gone before the collector would look at it
    """An entry of the list of issues, which may be a pull request."""

    number: int
    state: str
    title: str | None = None
    body: str | None = None
    user: Account | None = None  # None where the account is gone
    labels: list[str | Label] | None = None
    assignees: list[Account] | None = None
    closed_at: Moment | None = None
    created_at: Moment | None = None
    html_url: str | None = None
    id: int | None = None
    parent_issue_url: str | None = None
    sub_issues_summary: Summary | None = None
    pull_request: Raw | UnsetType = UNSET

    @property
    def author(self) -> str:
        """Give who wrote it in lower case, or nothing where the account is gone."""
        return self.user.login.lower() if self.user else ""

    @property
    def is_issue(self) -> bool:
        """Tell whether it is no pull request."""
        return self.pull_request is UNSET


_DECODER = json.Decoder(list[Entry])


def entries(text: str) -> object:
    """Return a page's entries; where it is no list of issues whatever else it holds, or None where it is no JSON."""
    try:
        return _DECODER.decode(text)
    except ValidationError:
        return document(text)
    except (DecodeError, RecursionError):
        return None


def issue(entry: Entry, scope: str) -> Issue | None:
    """Return an issue of ours, or None where its marker is not of this scope."""
    body = entry.body or ""
    found = marker.read(body)
    if found is None or found.scope != scope:
        return None
    return Issue(
        number=entry.number,
        title=entry.title or "",
        body=body,
        is_open=entry.state == "open",
        closed_at=_moment(entry.closed_at),
        labels=tuple([intern(label if isinstance(label, str) else label.name) for label in entry.labels or ()]),
        assignees=tuple([intern(account.login) for account in entry.assignees or ()]),
        marker=found,
        url=entry.html_url,
        key=entry.id,
        parent=_parent(entry),
        children=entry.sub_issues_summary.total if entry.sub_issues_summary else 0,
        opened_at=_moment(entry.created_at),
    )


def _moment(at: datetime | None) -> datetime | None:
    return at and at.astimezone(UTC)


def _parent(entry: Entry) -> int | None:
    if entry.parent_issue_url is None:
        return None
    return int(entry.parent_issue_url.rpartition("/")[2])
