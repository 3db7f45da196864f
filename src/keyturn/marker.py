"""The hidden line that ties an issue to a version of a key, both ways."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from keyturn.model import Marker, Status, Version, Why

if TYPE_CHECKING:
    from collections.abc import Iterable

BEGIN = "<!-- keyturn "
END = "<!-- /keyturn -->"

_LINE = re.compile(r"^<!-- keyturn (\{[^\r\n]*\}) -->[ \t]*\r?$", re.MULTILINE)
_WHYS: dict[object, Why] = {why.value: why for why in Why}
_STATUSES: dict[object, Status] = {status.value: status for status in Status}
_REMINDER = re.compile(r"^<!-- keyturn-reminder ([0-9-]{10}\+[0-9]+) -->\r?$", re.MULTILINE)


def line(marker: Marker) -> str:
    """Write the marker as one HTML comment, which no value in it can end early."""
    fields = {
        "scope": marker.scope,
        "id": marker.id,
        "version": marker.version.text,
        "due": marker.due.isoformat(),
        "reason": marker.why.value,
        "status": marker.status.value,
        "opened": marker.opened.isoformat(),
        "said": marker.said,
        "closed": marker.closed,
        "digest": marker.digest,
        "assigned": list(marker.assigned),
        "reopened": marker.reopened.isoformat() if marker.reopened else None,
        "incident": marker.incident,
    }
    text = json.dumps({name: value for name, value in fields.items() if value not in (None, [])})
    return f"{BEGIN}{text.replace('--', '-' + _escaped('-')).replace('>', _escaped('>'))} -->"


def read(body: str) -> Marker | None:
    """Return the first marker of an issue's body, or None where there is none that we could have written."""
    start = body.find(BEGIN)  # much faster than looking for the line from the start
    if start < 0 or (found := _LINE.search(body, start)) is None:
        return None
    try:
        return _marker(json.loads(found[1]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def reminder(due: date, days: int) -> str:
    """Name the reminder that is sent `days` after what was due; the name is the same on every run."""
    return f"{due.isoformat()}+{days}"


def reminder_line(name: str) -> str:
    """Write the hidden line by which a reminder is recognized among comments."""
    return f"<!-- keyturn-reminder {name} -->"


def reminders(comments: Iterable[str]) -> frozenset[str]:
    """Return the names of the reminders that these comments (our own ones) carry."""
    return frozenset(found[1] for comment in comments if (found := _REMINDER.search(comment)))


def _escaped(character: str) -> str:
    return f"\\u{ord(character):04x}"


def _marker(fields: dict[str, Any]) -> Marker:
    find = fields.get
    said, closed, reopened, incident = find("said"), find("closed"), find("reopened"), find("incident")
    return Marker(
        scope=_shared(fields["scope"]),
        id=_text(fields["id"]),
        version=_version(fields["version"]),
        due=_day(fields["due"]),
        why=_WHYS[fields["reason"]],
        status=_STATUSES[fields["status"]],
        opened=_day(fields["opened"]),
        said=None if said is None else int(said),
        closed=None if closed is None else _text(closed),
        digest=_text(find("digest", "")),
        assigned=tuple([_shared(login) for login in find("assigned", ())]),
        reopened=None if reopened is None else _day(reopened),
        incident=None if incident is None else _text(incident),
    )


# Thousands of issues share a few words, days and versions: each is read once and kept once.


@lru_cache(maxsize=4096)
def _shared(text: object) -> str:
    return _text(text)


@lru_cache(maxsize=4096)
def _version(text: object) -> Version:
    return Version.read(_text(text))


@lru_cache(maxsize=4096)
def _day(text: object) -> date:
    return date.fromisoformat(_text(text))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
