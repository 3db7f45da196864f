"""Calendars to subscribe to: a day for every key that is to be rotated, and for every incident.

The stamp of an entry is the day of the report, so that two reports of one day are equal to the byte.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from icalendar import Calendar, Event

from keyturn.render.escape import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from keyturn.fleet import Fleet, Key, Watch
    from keyturn.render.report.links import Links

_END = b"END:VCALENDAR\r\n"


class Feeds:
    """The calendars of one report; an entry is written once, however many calendars have it."""

    def __init__(self, fleet: Fleet, links: Links) -> None:
        self._fleet, self._links = fleet, links
        self._stamp = datetime.combine(fleet.today, time(), UTC)
        self._entries = {key.rotation.id: self._of_key(key) for key in fleet.keys if key.is_expected}

    def of_fleet(self) -> bytes:
        """Write the calendar of everything."""
        incidents = (self._of_incident(watch) for watch in self._fleet.watches if watch.exposed)
        return self._calendar("Key rotations", (*self._of(self._fleet.keys), *incidents))

    def of_owner(self, login: str, keys: Iterable[Key]) -> bytes:
        """Write the calendar of one owner's keys."""
        return self._calendar(f"Key rotations of {login}", self._of(keys))

    def _of(self, keys: Iterable[Key]) -> Iterator[bytes]:
        yield from (self._entries[key.rotation.id] for key in keys if key.rotation.id in self._entries)

    def _calendar(self, name: str, entries: Iterable[bytes]) -> bytes:
        calendar = Calendar()
        calendar.add("prodid", "-//keyturn//report//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", name)
        return b"".join((calendar.to_ical().removesuffix(_END), *entries, _END))

    def _of_key(self, key: Key) -> bytes:
        stands, rotation = key.standing, key.rotation
        told = f"Status {stands.status}, tier {stands.tier}, owned by {', '.join(rotation.owners)}."
        address = self._links.issue(key.issue) or self._links.file(rotation.path)
        return self._entry(rotation.id, f"Rotate {rotation.id}", stands.due, told, address)

    def _of_incident(self, watch: Watch) -> bytes:
        incident = watch.incident
        told = f"{incident.summary} ({len(watch.exposed)} still to replace)"
        return self._entry(
            incident.id, f"Respond to {incident.id}", incident.respond_by, told, self._links.file(incident.path)
        )

    def _entry(self, id_: str, title: str, day: date, told: str, address: str | None) -> bytes:
        event = Event()
        event.add("uid", f"{id_}@{self._fleet.scope}")
        event.add("dtstamp", self._stamp)
        event.add("dtstart", day)
        event.add("summary", title)
        event.add("description", visible(told))
        event.add("transp", "TRANSPARENT")
        if address:
            event.add("url", address)
        written: bytes = event.to_ical()
        return written
