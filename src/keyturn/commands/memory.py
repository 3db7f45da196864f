"""What the last whole validation found, kept for as long as nothing changes.

Kept below `.keyturn/`, signed with a key that lies outside of the repository: what somebody commits, copies or breaks
is taken for absent. In Actions there is such a key only where a workflow gives one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keyturn import __version__, history
from keyturn.commands.scope import Found
from keyturn.files import distribution, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyturn.commands.world import World
    from keyturn.model import Problem

NAMES = (tree.POLICY, "rotations", "incidents", "providers", "platforms")
FOLDER = ".keyturn"
LEAST = 2000  # rotations; fewer are read as fast as git is asked
_LARGEST = 64 * 1024 * 1024


class Memory:
    """The memory of a root."""

    def __init__(self, root: Path, world: World) -> None:
        self.root, self.world = root, world
        self.file = root / FOLDER / "cache" / "validation"
        self._before: str | None = None

    def found(self) -> Found | None:
        """Return what was found in this state of the files, if that is known."""
        if not self.file.is_file() or (kept := self._kept()) is None or kept["name"] != self._name():
            return None
        # As days go by problems only end: a date lies in the future no longer, a hold is not too long any more.
        today = self.world.today.isoformat()
        if kept["today"] != today and (kept["problems"] or kept["today"] > today):
            return None
        return Found([_problem(fields) for fields in kept["problems"]], kept["files"])

    def before(self, count: int) -> None:
        """Note the state of the files before they are read, where there are so many that it is worth it."""
        if count >= LEAST and self._secret() is not None:
            self._before = self._name()

    def keep(self, found: Found) -> None:
        """Keep what was found, unless the files have changed meanwhile."""
        secret = self._secret()
        if self._before is None or secret is None or self._before != self._name():
            return
        kept = {
            "name": self._before,
            "today": self.world.today.isoformat(),
            "files": found.files,
            "problems": [
                [each.path, each.line, each.column, each.code, each.message, each.severity] for each in found.problems
            ],
        }
        text = json.dumps(kept).encode()
        _write(self.file, _signature(secret, text) + text)

    def _kept(self) -> Any:  # noqa: ANN401 - JSON that we wrote
        secret = self._secret()
        signed = tree.content(str(self.file), _LARGEST)
        if secret is None or signed is None:
            return None
        signature, text = signed[:_SIGNED], signed[_SIGNED:]
        return json.loads(text) if hmac.compare_digest(signature, _signature(secret, text)) else None

    def _name(self) -> str | None:
        """Name everything that a result depends on but the day; None where git cannot answer for the files."""
        state = history.standing(self.root, NAMES, FOLDER)
        return None if state is None else hashlib.blake2b("\0".join([state, *_ourselves()]).encode()).hexdigest()

    def _secret(self) -> bytes | None:
        environment = self.world.environment
        if given := environment.get("KEYTURN_CACHE_KEY"):
            return given.encode()
        if self.world.in_actions or not (home := environment.get("HOME")):
            return None
        place = Path(environment.get("XDG_CACHE_HOME") or f"{home}/.cache") / "keyturn" / "key"
        with suppress(OSError):
            if not place.exists():
                _write(place, os.urandom(32))
            return place.read_bytes()
        return None


_SIGNED = hashlib.blake2b().digest_size


def _signature(secret: bytes, text: bytes) -> bytes:
    return hmac.digest(secret, text, "blake2b")


def _ourselves() -> Iterator[str]:
    """Name this version, by what its files hold, and the libraries that decide."""
    yield f"{__version__} {sys.version}"
    for library in ("yaml", "jsonschema_rs"):
        found = find_spec(library)
        yield f"{library} {found.origin} {Path(found.origin).stat().st_mtime_ns}" if found and found.origin else library
    own = Path(__file__).parent.parent
    folders = (own, *(distribution.shipped(each) for each in ("schemas", "providers", "platforms")))
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in _OURS):
        yield f"{path.name} {hashlib.blake2b(path.read_bytes()).hexdigest()}"


_OURS = {".py", ".yaml", ".yml", ".json"}


def _problem(fields: list[Any]) -> Problem:
    from keyturn.model import Problem, Severity

    path, line, column, code, message, severity = fields
    return Problem(path, line, column, code, message, Severity(severity))


def _write(path: Path, content: bytes) -> None:
    """Replace a file that nobody else may read; where that is not possible, there is none."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        made.replace(path)
