"""The pages of a report as HTML: every template is compiled once, and every value is escaped where it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from keyturn import checklist, fleet as facts
from keyturn.model import Part, Status, Strategy
from keyturn.model.moments import written
from keyturn.render import days
from keyturn.render.escape import visible
from keyturn.render.report import links as paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from keyturn.fleet import Fleet, Key
    from keyturn.render.report.charts import Chart
    from keyturn.render.report.links import Links

MOST_ROWS = 50  # of a table in a page; the script of the first page shows as many at a time
_MOST_A_DAY = 3
_NAV = (
    ("index.html", "Keys"),
    ("calendar.html", "Calendar"),
    ("providers.html", "Providers"),
    ("owners.html", "Owners"),
    ("incidents.html", "Incidents"),
    ("waiting.html", "Waiting"),
)
_FILTERS = (
    ("status", "Status"),
    ("owner", "Owner"),
    ("provider", "Provider"),
    ("tier", "Tier"),
    ("tag", "Tag"),
    ("strategy", "Strategy"),
)
_ORDERS = (
    ("", "most urgent first"),
    ("due", "due first"),
    ("-age", "oldest first"),
    ("age", "youngest first"),
    ("key", "by name"),
    ("status", "by status"),
    ("tier", "by tier"),
    ("owners", "by owner"),
    ("issue", "by issue"),
)
_STRATEGIES = {
    Strategy.OVERLAP: "old and new key work side by side",
    Strategy.RESET: "the new key ends the old one at once",
    Strategy.REVOKE_FIRST: "the old key goes before the new one comes",
    Strategy.REAUTHORIZE: "the connection is authorised again",
    Strategy.CONTACT: "the provider's people make the new key",
}
_PARTS = {Part.NEW_KEY: "New key works", Part.OLD_KEY: "Old key is dead", Part.CONSUMERS: "Consumers switched"}


@dataclass(frozen=True, slots=True)
class Tile:
    """A count that leads to what it counts."""

    name: str
    count: int
    href: str
    tone: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar with what falls due on it."""

    date: date
    keys: tuple[Key, ...]

    @property
    def weekday(self) -> int:
        """Give its place in the week, from 1 for Monday."""
        return self.date.isoweekday()

    @property
    def name(self) -> str:
        """Give the short name of its weekday."""
        return f"{self.date:%a}"

    @property
    def shown(self) -> tuple[Key, ...]:
        """Give the keys for which there is room."""
        return self.keys[:_MOST_A_DAY]

    @property
    def left(self) -> int:
        """Count the keys for which there is none."""
        return len(self.keys) - len(self.shown)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar."""

    title: str
    days: tuple[Day, ...]

    @property
    def is_busy(self) -> bool:
        """Tell whether anything falls due in it."""
        return any(day.keys for day in self.days)


@dataclass(frozen=True, slots=True)
class Group:
    """The keys of one provider or one owner."""

    kind: str  # provider | owner
    name: str
    filter: str  # by which the table of all keys knows it
    path: str
    keys: tuple[Key, ...]
    late: int
    feed: str | None = None
    facts: tuple[tuple[str, str, str | None], ...] = ()  # name, value, address

    @property
    def statuses(self) -> Mapping[Status, int]:
        """Count its keys by status."""
        return facts.statuses(self.keys)

    @property
    def shown(self) -> tuple[Key, ...]:
        """Give the keys for which there is room on its page."""
        return self.keys[:MOST_ROWS]

    @property
    def left(self) -> int:
        """Count the keys for which there is none."""
        return len(self.keys) - len(self.shown)


class Pages:
    """The pages of one report, from templates by their names."""

    def __init__(self, fleet: Fleet, links: Links, sources: Mapping[str, str]) -> None:
        self._fleet, self._links = fleet, links
        self._environment = _environment(sources)
        self._environment.globals |= {"fleet": fleet, "links": links, "nav": _NAV, "most": MOST_ROWS}

    def all(self, charts: Iterable[Chart]) -> Iterator[tuple[str, str]]:
        """Give the path and the text of every page."""
        yield "index.html", self._first(charts)
        yield "calendar.html", self._calendar()
        yield "incidents.html", self._page("incidents", "incidents.html")
        yield "waiting.html", self._waiting()
        for kind, groups in (("provider", self._providers()), ("owner", self._owners())):
            yield f"{kind}s.html", self._groups(kind, groups)
            for group in groups:
                yield group.path, self._page("group", f"{kind}s.html", "../", group=group)
        for key in self._fleet.keys:
            yield paths.key_page(key.rotation), self._key(key)

    def _page(self, template: str, here: str, up: str = "", **values: object) -> str:
        text = self._environment.get_template(f"{template}.html.jinja").render(here=here, up=up, **values)
        return "".join(f"{line}\n" for line in map(str.strip, text.splitlines()) if line)

    def _first(self, charts: Iterable[Chart]) -> str:
        first = self._fleet.keys[:MOST_ROWS]
        return self._page(
            "index",
            "index.html",
            tiles=tuple(self._tiles()),
            charts=tuple(charts),
            filters=_FILTERS,
            orders=_ORDERS,
            first=first,
        )

    def _tiles(self) -> Iterator[Tile]:
        known, today = self._fleet.keys, self._fleet.today
        statuses = facts.statuses(known)
        near = sum(key.is_expected and 0 <= (key.standing.due - today).days <= facts.SOON for key in known)
        urgent = sum(key.standing.status.is_urgent for key in known)
        yield Tile("leaked or expired", urgent, "index.html#status=urgent", "alarm")
        yield Tile("past their due day", sum(key.is_late(today) for key in known), "index.html#status=late", "late")
        yield Tile(f"due within {facts.SOON} days", near, "index.html#status=soon", "soon")
        yield Tile("to be verified", statuses.get(Status.UNVERIFIED, 0), "index.html#status=unverified", "soon")
        yield Tile("waiting for a place", len(self._fleet.waiting), "waiting.html", "soon")
        going_on = sum(bool(watch.exposed) for watch in self._fleet.watches)
        yield Tile("open incidents", going_on, "incidents.html", "alarm")

    def _calendar(self) -> str:
        due, today = facts.due_days(self._fleet), self._fleet.today
        values: dict[str, Any] = {
            "ahead": facts.AHEAD,
            "until": today + timedelta(facts.AHEAD),
            "months": tuple(_months(today, due)),
            "total": sum(map(len, due.values())),
            "late": sum(key.is_late(today) for key in self._fleet.keys),
        }
        return self._page("calendar", "calendar.html", **values)

    def _waiting(self) -> str:
        titles = {Status.HELD: "On hold", Status.WAIVED: "Waived", Status.UNVERIFIED: "For evidence"}
        aside = [
            (title, status, tuple(key for key in self._fleet.keys if key.standing.status is status))
            for status, title in titles.items()
        ]
        known = frozenset(key.rotation.id for key in self._fleet.keys)
        return self._page("waiting", "waiting.html", aside=aside, known=known)

    def _groups(self, kind: str, groups: tuple[Group, ...]) -> str:
        title = f"{kind.capitalize()}s"
        return self._page("groups", f"{kind}s.html", title=title, singular=kind.capitalize(), groups=groups)

    def _providers(self) -> tuple[Group, ...]:
        found = facts.providers(self._fleet.keys)
        return tuple(self._provider(slug, keys) for slug, keys in found.items())

    def _provider(self, slug: str, keys: tuple[Key, ...]) -> Group:
        provider = keys[0].provider
        strategies = dict.fromkeys(key.provider.strategy for key in keys)
        told: list[tuple[str, str, str | None]] = [
            ("Strategy", f"{strategy}: {_STRATEGIES[strategy]}", None) for strategy in strategies
        ]
        named = (("Console", provider.console), ("Documentation", provider.docs))
        told += [(name, address, address) for name, address in named if address and paths.web(address)]
        return Group(
            "provider", provider.name, slug, paths.provider_page(slug), keys, self._late(keys), None, tuple(told)
        )

    def _owners(self) -> tuple[Group, ...]:
        found = facts.owners(self._fleet.keys)
        return tuple(
            Group(
                "owner", login, login, paths.owner_page(login), keys, self._late(keys), f"{paths.owner_name(login)}.ics"
            )
            for login, keys in found.items()
        )

    def _late(self, keys: Iterable[Key]) -> int:
        return sum(key.is_late(self._fleet.today) for key in keys)

    def _key(self, key: Key) -> str:
        console = key.provider.console and checklist.filled(key.provider.console, key.rotation.params)
        return self._page("key", "", "../../", key=key, console=paths.web(console))


def _months(today: date, due: Mapping[date, tuple[Key, ...]]) -> Iterator[Month]:
    every = [today + timedelta(ahead) for ahead in range(facts.AHEAD + 1)]
    for first in dict.fromkeys(day.replace(day=1) for day in every):
        of_month = (day for day in every if day.replace(day=1) == first)
        yield Month(f"{first:%B %Y}", tuple(Day(day, due.get(day, ())) for day in of_month))


# -- templates -----------------------------------------------------------------------------------------------------


def _environment(sources: Mapping[str, str]) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=DictLoader(dict(sources)),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        auto_reload=False,
    )
    environment.globals = {
        "counted": days.counted,
        "left": days.left,
        "key_page": paths.key_page,
        "provider_page": paths.provider_page,
        "owner_page": paths.owner_page,
        "web": paths.web,
        "moment": written,
        "strategies": _STRATEGIES,
        "parts_of_evidence": tuple(_PARTS),
        "part_names": _PARTS,
    }
    return environment


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever a template shows
    """Leave out what cannot be seen of a text; it is escaped afterwards."""
    if not isinstance(value, str) or hasattr(value, "__html__") or (value.isascii() and value.isprintable()):
        return value
    return visible(value)
