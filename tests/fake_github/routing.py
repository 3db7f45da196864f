"""The routing table: which view answers a call, and the shapes its bodies must have.

A later module adds its routes with `fake.routes.add(...)`; nothing else has to know them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .replies import Json, Reply

if TYPE_CHECKING:
    from .documents import Documents
    from .state import Issue, Repository, State, Token


@dataclass(frozen=True, slots=True)
class Call:
    """One authorized request on its way to a view."""

    state: State
    documents: Documents
    token: Token
    parameters: Mapping[str, str]  # from the path
    query: Mapping[str, str]
    body: Json
    hidden: frozenset[int]  # ids of issues that a stale list does not show yet

    @property
    def full_name(self) -> str:
        """Return `owner/name` from the path."""
        return f"{self.parameters['owner']}/{self.parameters['name']}"

    @property
    def repository(self) -> Repository:
        """Return the repository of the path."""
        return self.state.repository(self.full_name)

    @property
    def issue(self) -> Issue:
        """Return the issue of the path."""
        return self.state.issue(self.full_name, int(self.parameters["number"]))


View = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, its view, and the shapes (see `contract`) of the bodies on both ways."""

    method: str
    path: str  # with {parameters}; number is digits, ref may hold slashes
    view: View
    sends: str
    receives: str | None = None
    query: frozenset[str] = frozenset()  # the parameters that the view honours
    is_free: bool = False  # costs nothing of the hour's requests
    is_issue_list: bool = False  # may be stale
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Compile the path."""
        object.__setattr__(self, "pattern", path_pattern(self.path))


def path_pattern(path: str) -> re.Pattern[str]:
    """Return the expression that a path with {parameters} stands for."""
    kinds = {"number": "[0-9]+", "ref": ".+"}
    pieces = re.split(r"\{(\w+)\}", path)
    named = (f"(?P<{name}>{kinds.get(name, '[^/]+')})" for name in pieces[1::2])
    literals = map(re.escape, pieces[::2])
    return re.compile(next(literals) + "".join(name + literal for name, literal in zip(named, literals, strict=True)))


class Routes:
    """The table itself; the first route that fits wins."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        """Yield the routes in the order in which they are tried."""
        return iter(self._routes)

    def add(self, *routes: Route) -> None:
        """Add routes behind those that are there."""
        self._routes.extend(routes)

    def prefer(self, *routes: Route) -> None:
        """Add routes before those that are there."""
        self._routes[:0] = routes

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
        """Return the route of a request and the parameters in its path."""
        for route in self._routes:
            if route.method == method and (match := route.pattern.fullmatch(path)):
                return route, match.groupdict()
        return None
