"""Lists and their pages: cursors for issues, numbered pages for the rest, as GitHub does it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from .replies import invalid, refusal, validation_failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .state import Issue

T = TypeVar("T")
Position = tuple[float, int]
PER_PAGE, MOST_PER_PAGE = 30, 100
NUMBERED_ITEMS = 1_000  # beyond these GitHub wants a cursor instead of a page number
STATES = ("open", "closed", "all")
DIRECTIONS = ("asc", "desc")
POSITIONS: Mapping[str, Callable[[Issue], Position]] = {
    "created": lambda issue: (issue.created_at.timestamp(), issue.number),
    "updated": lambda issue: (issue.updated_at.timestamp(), issue.number),
    "comments": lambda issue: (len(issue.comments), issue.number),
}
ISSUE_QUERY = frozenset(
    {"creator", "assignee", "state", "since", "labels", "sort", "direction", "per_page", "page", "after"}
)
PAGE_QUERY = frozenset({"per_page", "page"})


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list and the queries of its neighbours by their rel."""

    issues: Sequence[Issue]
    links: Mapping[str, Mapping[str, str]]


def issue_page(issues: Iterable[Issue], query: Mapping[str, str]) -> Page:
    """Return one page of the issues that fit; its only link is to the next one, by cursor.

    A cursor is the position of the last issue seen, so what is written in between neither hides an issue that was
    there before nor shows one twice, as long as the sorted field of an issue stays (`created` does, `updated` not).
    """
    position = POSITIONS[choice(query, "sort", tuple(POSITIONS))]
    is_falling = choice(query, "direction", ("desc", "asc")) == "desc"
    found = sorted(fitting(issues, query), key=position, reverse=is_falling)
    size = page_size(query)
    rest = after_cursor(found, query["after"], position, is_falling=is_falling) if "after" in query else None
    shown = from_number(found, query, size) if rest is None else rest
    if len(shown) <= size:
        return Page(shown, {})
    following = {name: value for name, value in query.items() if name != "page"}
    return Page(shown[:size], {"next": {**following, "after": cursor(position(shown[size - 1]))}})


def fitting(issues: Iterable[Issue], query: Mapping[str, str]) -> list[Issue]:
    """Return the issues that a query asks for."""
    since = since_moment(query)
    wanted = choice(query, "state", STATES)
    labels = {name.strip().lower() for name in query.get("labels", "").split(",") if name.strip()}
    return [
        issue
        for issue in issues
        if wanted in ("all", issue.state)
        and (since is None or issue.updated_at >= since)
        and labels <= {name.lower() for name in issue.labels}
        and is_by(issue, query.get("creator"))
        and is_assigned(issue, query.get("assignee", "*any*"))
    ]


def is_by(issue: Issue, creator: str | None) -> bool:
    """Say whether an issue has this author."""
    return creator is None or issue.author.login.lower() == creator.lower()


def is_assigned(issue: Issue, assignee: str) -> bool:
    """Say whether an issue fits `none`, `*` for anyone, or a login."""
    logins = {account.login.lower() for account in issue.assignees}
    special = {"*any*": True, "*": bool(logins), "none": not logins}
    return special.get(assignee, assignee.lower() in logins)


def choice(query: Mapping[str, str], name: str, allowed: Sequence[str]) -> str:
    """Return a parameter, by default the first of its values; 422 for any other."""
    value = query.get(name, allowed[0])
    if value not in allowed:
        raise validation_failed(invalid("Issue", name, value))
    return value


def since_moment(query: Mapping[str, str]) -> datetime | None:
    """Return `since` in UTC; a time without a zone is taken as UTC."""
    if "since" not in query:
        return None
    try:
        when = datetime.fromisoformat(query["since"].replace(" ", "+"))
    except ValueError:
        raise validation_failed(invalid("Issue", "since", query["since"])) from None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def after_cursor(
    issues: Sequence[Issue], text: str, position: Callable[[Issue], Position], *, is_falling: bool
) -> list[Issue]:
    """Return the issues beyond a cursor in the direction of the list."""
    seen = cursor_position(text)
    return [issue for issue in issues if (position(issue) < seen if is_falling else position(issue) > seen)]


def from_number(issues: Sequence[T], query: Mapping[str, str], size: int) -> Sequence[T]:
    """Return the items from a numbered page on, which drift when something is added."""
    skipped = (page_number(query) - 1) * size
    if skipped >= NUMBERED_ITEMS:
        reason = "Pagination with the page parameter is not supported for large datasets"
        raise refusal(422, f"{reason}, please use cursor based pagination (after/before)")
    return issues[skipped:]


def cursor(position: Position) -> str:
    """Return a position as text that tells a client nothing."""
    return base64.urlsafe_b64encode(json.dumps(["cursor", *position]).encode()).decode()


def cursor_position(text: str) -> Position:
    """Return the position in a cursor; 422 for a cursor that is not ours."""
    try:
        kind, key, number = json.loads(base64.urlsafe_b64decode(text))
        if kind == "cursor":
            return float(key), int(number)
    except (ValueError, TypeError):
        pass
    raise validation_failed(invalid("Issue", "after", text))


def numbered_page(items: Sequence[T], query: Mapping[str, str]) -> tuple[Sequence[T], dict[str, dict[str, str]]]:
    """Return one page of a list with page numbers, and the queries of its next and last page."""
    size, number = page_size(query), page_number(query)
    shown = items[(number - 1) * size : number * size]
    last = -(-len(items) // size)
    pages = {"next": number + 1, "last": last} if number < last else {}
    return shown, {rel: {**query, "page": str(page)} for rel, page in pages.items()}


def page_size(query: Mapping[str, str]) -> int:
    """Return how many items a page has."""
    return min(positive(query.get("per_page"), PER_PAGE), MOST_PER_PAGE)


def page_number(query: Mapping[str, str]) -> int:
    """Return the page asked for, from 1."""
    return positive(query.get("page"), 1)


def positive(text: str | None, default: int) -> int:
    """Return a number from a query, or the default for anything that is none."""
    return int(text) if text and text.isascii() and text.isdigit() and int(text) else default


def link_header(url: str, links: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the Link header, or nothing when there are no links."""
    parts = [f'<{url}?{urlencode(query)}>; rel="{rel}"' for rel, query in links.items()]
    return {"Link": ", ".join(parts)} if parts else {}
