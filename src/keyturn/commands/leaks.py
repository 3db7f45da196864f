"""Credentials in what a change adds: in any text, and in commits whose lines a later one took out again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from keyturn import credentials, files
from keyturn.history.additions import Additions, Budget
from keyturn.model import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from keyturn.commands.workspace import Workspace
    from keyturn.history.additions import Addition

BUDGET = Budget(largest=1024 * 1024, most=64 * 1024 * 1024)  # bytes
MOST = 50  # findings; a change that has more says enough with them
_MOST_NAMED = 5
_EXCUSE = "pragma: allowlist secret"  # the mark of detect-secrets for a line that has none
_DECLARED = ("keyturn.yaml", "rotations/", "incidents/", "providers/", "platforms/")


@dataclass(frozen=True, slots=True)
class Leaks:
    """What was found, and what was not looked at."""

    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def leaks(head: Workspace, base: str, budget: Budget = BUDGET) -> Leaks:
    """Look through every line that the commits since `base`, and the work tree, add; never says what it found."""
    additions = Additions(head.root, base, budget)
    ids = {rotation.path: rotation.id for rotation in head.every}
    known = [problem for problem in head.problems if problem.code == "credential"]
    found = _new(_found(additions, head.root, ids), known)
    problems = tuple(islice(found, MOST))
    return Leaks(problems, tuple(_notes(additions.unread, head.root)))


def _found(additions: Iterable[Addition], root: Path, ids: Mapping[str, str]) -> Iterator[Problem]:
    seen: set[tuple[str, str, str]] = set()
    for addition in additions:
        path = files.shown(addition.path, root)
        numbers = list(addition.lines)
        for index, column, detector in credentials.findings("\n".join(addition.lines.values())):
            number = numbers[index - 1]
            line = addition.lines[number]
            what = (path, detector, line.strip())
            severity = _severity(path, detector, line)
            if severity and what not in seen:
                seen.add(what)
                message = _message(detector, addition.commit, ids.get(path, "PROVIDER/KEY"))
                yield Problem(path, number, column, "credential-added", message, severity)


def _severity(path: str, detector: str, line: str) -> Severity | None:
    """Judge how much a finding weighs: code and prose are full of words that announce a value, and of sample URLs."""
    if path.startswith(_DECLARED):
        return Severity.ERROR
    if detector == credentials.KEYWORD:
        return None
    return Severity.WARNING if _EXCUSE in line or detector == credentials.BASIC_AUTH else Severity.ERROR


def _message(detector: str, commit: str, id_: str) -> str:
    if not commit:
        return f"this looks like a credential ({detector}); take it out before it is committed"
    return (
        f"commit {commit[:12]} adds what looks like a credential ({detector}), and the history keeps it, so it is "
        f"leaked now: run `keyturn request {id_} --reason leaked`, revoke the key, and bring the rest of the change on "
        "a branch without that commit"
    )


def _new(found: Iterable[Problem], known: Iterable[Problem]) -> Iterator[Problem]:
    """Leave out what the file as it is now is refused for anyway."""
    said = {(problem.path, problem.line, problem.column) for problem in known}
    yield from (problem for problem in found if (problem.path, problem.line, problem.column) not in said)


def _notes(unread: Iterable[Path], root: Path) -> Iterator[str]:
    if names := sorted(files.shown(path, root) for path in unread):
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        shown = ", ".join(names[:_MOST_NAMED])
        yield f"too large to be searched for credentials, so look at it yourself: {shown}{more}"
