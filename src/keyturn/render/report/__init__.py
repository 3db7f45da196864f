"""A report as files: pages that open from disk, the same facts as JSON, and calendars to subscribe to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from keyturn.fleet import owners
from keyturn.render.report import charts, links as paths
from keyturn.render.report.facts import document, table
from keyturn.render.report.feeds import Feeds
from keyturn.render.report.pages import Pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyturn.fleet import Fleet
    from keyturn.render.report.links import Links

_ASSETS = ("report.css", "report.js", "icon.svg")


def files(fleet: Fleet, links: Links, sources: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Give path and content of every file of a report; `sources` holds templates, style and script by their names."""
    yield "report.json", f"{json.dumps(document(fleet), indent=1)}\n".encode()
    yield "keys.js", table(fleet, links.issues).encode()
    yield from ((name, sources[name].encode()) for name in _ASSETS)
    feeds = Feeds(fleet, links)
    yield "calendar.ics", feeds.of_fleet()
    for login, keys in owners(fleet.keys).items():
        yield paths.owner_feed(login), feeds.of_owner(login, keys)
    for path, text in Pages(fleet, links, sources).all(charts.charts(fleet)):
        yield path, text.encode()
