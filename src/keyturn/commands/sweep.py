"""Every problem of a root, found in one pass that forgets each file as soon as it is read.

Most files are clear at a glance: plain lines, a document that fits its schema, nothing for a rule to say. Only the
others are made into values and judged. Between files it is enough to know which ids are claimed twice.
"""

from __future__ import annotations

import re
from array import array
from functools import cache, cached_property
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from keyturn import triage
from keyturn.commands import shipped
from keyturn.commands.scope import Found
from keyturn.files import distribution, plain, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from keyturn.commands.judgement import Judge
    from keyturn.commands.reading import Part
    from keyturn.commands.scope import Scope
    from keyturn.model import Incident, Problem, Rotation

_LARGEST = 4 * plain.LARGEST  # bytes of a text that may be plain
_MANY = 2000  # rotations; fewer are not worth asking for a second process
_NO_ID = -1  # which is the hash of nothing


class Share(NamedTuple):
    """What was found in some of the rotations; the id of each is hashed, in order, alike in all processes of a run."""

    problems: list[Problem]
    ids: array[int]
    former: list[tuple[int, str]]  # a file, by its place in the order, and an id that it had
    matched: list[int]  # keys, for each incident


def found(root: Path, today: date, scope: Scope, listed: Callable[[int], None] | None = None) -> Found:
    """Find everything that is wrong in the files of a scope; `listed` is told how many rotations are to be read."""
    return _Sweep(root, today, scope, listed or _nothing).found()


def _nothing(_count: int) -> None:
    """Take note of nothing."""


class _Sweep:
    """One pass over a root."""

    def __init__(self, root: Path, today: date, scope: Scope, listed: Callable[[int], None]) -> None:
        self.root, self.today, self.scope, self.listed = root, today, scope, listed
        self.folder = str(root)
        self.schemas = shipped.schemas()
        self.problems: list[Problem] = []
        self.broken: list[str] = []  # entries of the catalogue, as problems name them

    def found(self) -> Found:
        listing = self.scope.only or tree.listing(f"{self.folder}/rotations")
        self.listed(listing.count)
        self.broken += self.entries()
        self.problems += [self.judge.fault(each) for each in listing.faults]
        self.problems += [problem for part in self.incidents for problem in part.problems]
        shares = self.shares(listing)
        self.problems += [problem for share in shares for problem in share.problems]
        takes, is_between, shared, _ = self.scope
        problems = [each for each in self.problems if takes is None or takes(each.path)]
        if is_between:
            problems += (each for each in self.between(listing, shares) if shared is None or shared(each.path))
        return Found(sorted(problems), self.counted(listing))

    def counted(self, listing: tree.Listing) -> int:
        """Count the files that declare something."""
        takes = self.scope.takes
        others = [*(self.name(fault.path) for fault in listing.faults), *(part.shown for part in self.incidents)]
        if takes is None:
            return listing.count + len(others)
        return sum(map(takes, others)) + sum(takes(self.name(path)) for path in listing.paths(0, listing.count))

    def name(self, path: str) -> str:
        """Name a file as problems do."""
        return tree.named(path[len(self.folder) + 1 :])

    # -- what rotations are judged by ------------------------------------------------------------------------------

    @cached_property
    def judge(self) -> Judge:
        """Make what judges a file that is not clear at a glance."""
        from keyturn.commands.judgement import Judge

        return Judge(self.root, self.today, self.schemas, self.broken)

    @cached_property
    def ground(self) -> triage.Ground:
        """Take from policy and catalogue what makes a rotation clear."""
        policy = self.policy()
        providers, platforms = (
            _known(distribution.slugs(folder, self.root), folder, self.broken) for folder in ("providers", "platforms")
        )
        return triage.ground(self.today.isoformat(), policy, providers, platforms, cache(self.judges_connection))

    def judges_connection(self, platform: str, connection: str) -> bool:
        """Tell whether a platform has a connection; a look at one file mostly spares the whole catalogue."""
        if not self.has_own_platforms:
            connections = distribution.part("platforms", platform, "connections")
            if re.search(rf"(?m)^  {re.escape(connection)}: *$", connections):
                return True
        return connection in self.judge.catalogue.platforms[platform].connections

    @cached_property
    def has_own_platforms(self) -> bool:
        """Tell whether the root may say something else of a platform than what is shipped."""
        return any(True for _ in tree.runs(f"{self.folder}/platforms"))

    @cached_property
    def incidents(self) -> list[Part[Incident]]:
        """Read the incidents; most roots have none."""
        return self.judge.incidents() if any(True for _ in tree.runs(f"{self.folder}/incidents")) else []

    def policy(self) -> Any:  # noqa: ANN401 - a document
        path = f"{self.folder}/{tree.POLICY}"
        if plain.is_empty(_text(path)):
            return {}
        document = self.document("policy", path)
        if document is plain.OTHER or not triage.is_clear_policy(document):
            document, problems = self.judge.policy()
            self.problems += problems
        return document

    def entries(self) -> Iterator[str]:
        """Check the root's own entries of the catalogue and name each that has a problem."""
        for kind in ("provider", "platform"):
            listing = tree.listing(f"{self.folder}/{kind}s")
            found = [self.judge.fault(fault) for fault in listing.faults]
            for path in listing.paths(0, listing.count):
                found += () if self.document(kind, path) is not plain.OTHER else self.judge.entry(kind, path)
            self.problems += found
            yield from (problem.path for problem in found)

    def document(self, kind: str, path: str) -> Any:  # noqa: ANN401 - a document
        """Return the document of a file that is plain and fits its schema, else OTHER."""
        content = tree.content(path, _LARGEST)
        if content is None or len(content) > _LARGEST:
            return plain.OTHER
        try:
            data = plain.data(content.decode())
        except UnicodeDecodeError:
            return plain.OTHER
        return data if data is not plain.OTHER and self.schemas.fits(kind, data) else plain.OTHER

    # -- rotations -------------------------------------------------------------------------------------------------

    def shares(self, listing: tree.Listing) -> list[Share]:
        """Divide the rotations among processes, where there are enough to be worth it."""
        if listing.count < _MANY:
            return [self.share(listing, 0, listing.count)]
        from keyturn.commands.processes import divided

        self.judge.prepare()
        _ = self.ground, self.incidents  # made once as well, before there are several processes
        return divided(lambda start, stop: self.share(listing, start, stop), listing.count)

    def share(self, listing: tree.Listing, start: int, stop: int) -> Share:
        """Read the rotations from one place in the order to another."""
        share = Share([], array("q"), [], [0] * len(self.incidents))
        takes, is_between = self.scope.takes, self.scope.is_between
        for path in listing.paths(start, stop):
            is_taken = takes is None or takes(self.name(path))
            if is_taken or is_between:
                problems = self.read(path, share, start)
                share.problems.extend(problems if is_taken else ())
        return share

    def read(self, path: str, share: Share, start: int) -> Sequence[Problem]:
        """Read one rotation and return what is wrong with it by itself."""
        document = self.document("rotation", path)
        if document is not plain.OTHER and triage.is_clear(document, self.ground):
            share.ids.append(hash(f"{document['provider']}/{document['key']}"))
            if share.matched:
                self.match(_as_rotation(document), share)
            return ()
        verdict = self.judge.rotation(path)
        if rotation := verdict.rotation:
            share.former.extend((start + len(share.ids), former) for former in rotation.formerly)
            self.match(rotation, share)
        share.ids.append(hash(rotation.id) if rotation else _NO_ID)
        return verdict.problems

    def match(self, rotation: Rotation, share: Share) -> None:
        for index, part in enumerate(self.incidents):
            share.matched[index] += part.value is not None and part.value.match.matches(rotation)

    # -- between files ---------------------------------------------------------------------------------------------

    def between(self, listing: tree.Listing, shares: Sequence[Share]) -> Iterator[Problem]:
        """Look closer at files whose ids seem to be claimed twice, and at what incidents match."""
        ids = array("q")
        for share in shares:
            ids.extend(share.ids)
        former = [each for share in shares for each in share.former]
        wanted = {*_repeated(ids), *(hash(id_) for _, id_ in former)} - {_NO_ID}
        if wanted:
            claimants = {place for place, _ in former}
            places = [place for place, id_ in enumerate(ids) if id_ in wanted or place in claimants]
            yield from self.judge.between(path for place in places for path in listing.paths(place, place + 1))
        count = sum(id_ != _NO_ID for id_ in ids)
        for index, part in enumerate(self.incidents):
            yield from self.judge.incident(part, sum(share.matched[index] for share in shares), count)


def _known(slugs: Collection[str], folder: str, broken: Sequence[str]) -> frozenset[str]:
    """Return the slugs of a folder of the catalogue, without those of broken entries."""
    names = (path.removeprefix(f"{folder}/") for path in broken if path.startswith(f"{folder}/"))
    return frozenset(slugs) - {name.rpartition(".")[0] for name in names if "/" not in name}


def _text(path: str) -> str:
    content = tree.content(path, _LARGEST)
    return "unread" if content is None else content.decode(errors="replace")


def _repeated(ids: array[int]) -> set[int]:
    return {first for first, second in pairwise(sorted(ids)) if first == second}


def _as_rotation(document: Any) -> Any:  # noqa: ANN401 - what an incident asks of a rotation that is clear
    provider, key = document["provider"], document["key"]
    return SimpleNamespace(
        provider=provider,
        slug=provider,
        id=f"{provider}/{key}",
        formerly=(),
        tags=document.get("tags") or (),
        owners=document["owners"],
        environment=document.get("environment"),
    )
