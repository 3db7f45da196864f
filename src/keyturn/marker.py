"""The hidden line that ties an issue to a version of a key, both ways."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from keyturn.model import Marker, Status, Version, Why

if TYPE_CHECKING:
    from collections.abc import Iterable

BEGIN = "<!-- keyturn "
END = "<!-- /keyturn -->"

_LINE = re.compile(r"^<!-- keyturn (\{[^\r\n]*\}) -->[ \t]*\r?$", re.MULTILINE)
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
    if (found := _LINE.search(body)) is None:
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
    said, closed, reopened = fields.get("said"), fields.get("closed"), fields.get("reopened")
    incident = fields.get("incident")
    return Marker(
        scope=_text(fields["scope"]),
        id=_text(fields["id"]),
        version=Version.read(_text(fields["version"])),
        due=date.fromisoformat(fields["due"]),
        why=Why(fields["reason"]),
        status=Status(fields["status"]),
        opened=date.fromisoformat(fields["opened"]),
        said=None if said is None else int(said),
        closed=None if closed is None else _text(closed),
        digest=_text(fields.get("digest", "")),
        assigned=tuple(_text(login) for login in fields.get("assigned", [])),
        reopened=None if reopened is None else date.fromisoformat(reopened),
        incident=None if incident is None else _text(incident),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
