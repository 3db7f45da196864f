"""One listing for all reading commands of a workflow run, in a file that the environment names.

What does not fit is as good as no file. docs/decisions/0023-one-listing-for-a-run.md says what has to fit, and why.
"""

from __future__ import annotations

import hmac
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, BinaryIO

from keyturn import __version__, marker
from keyturn.model import Issue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date
    from pathlib import Path

LONGEST = timedelta(minutes=15)  # people go on working at the issues meanwhile
_BEGIN = b'["keyturn listing",'
_OTHERS = 0o077  # the rights of anybody else


@dataclass(frozen=True, slots=True)
class Listing:
    """A file for what the tracker has listed.

    `asked` names all that an answer depends on: tracker, scope, identities, API and run. Only who holds the same token
    can write what is read again. A command that writes to the tracker never reads it (`is_read`), but replaces and
    removes it.
    """

    path: Path
    token: str = field(repr=False)
    asked: tuple[str, ...]
    now: Callable[[], datetime]
    notify: Callable[[str], object]
    is_read: bool

    def issues(self, since: date) -> list[Issue] | None:
        """Return what was listed, or None where it has to be listed anew."""
        if not self.is_read:
            return None
        with suppress(OSError, ValueError), _own(self.path) as file:
            return self._issues(file, since)
        return None

    def keep(self, issues: Iterable[Issue], since: date) -> None:
        """Write what was listed, whole or not at all; where that fails the next command lists anew."""
        try:
            self._replace(issues, since)
        except OSError:
            self.notify("the file that KEYTURN_LISTING names cannot be written; every command lists the issues itself")

    def forget(self) -> None:
        """Remove the file, since an issue is about to change."""
        with suppress(OSError):
            if self._is_listing():
                self.path.unlink()

    def _issues(self, file: BinaryIO, since: date) -> list[Issue] | None:
        if not self._is_sealed(file):
            return None
        file.seek(0)
        if not self._fits(file.readline(), since):
            return None
        return [_issue(line, self.asked) for line in file if line.startswith(b"{")]

    def _is_sealed(self, file: BinaryIO) -> bool:
        """Tell whether it is whole and was written with our token, before anything of it is understood."""
        seal, last = self._seal(), b""
        for line in file:
            seal.update(last)
            last = line
        return hmac.compare_digest(last, seal.hexdigest().encode())

    def _fits(self, head: bytes, since: date) -> bool:
        from msgspec import json

        *asked, at = json.decode(head, type=list[str])
        age = self.now() - datetime.fromisoformat(at)
        return asked == self._head(since) and timedelta() <= age <= LONGEST

    def _head(self, since: date) -> list[str]:
        return ["keyturn listing", __version__, *self.asked, since.isoformat()]

    def _replace(self, issues: Iterable[Issue], since: date) -> None:
        if self.path.exists() and not self._is_listing():
            raise FileExistsError
        seal = self._seal()
        with NamedTemporaryFile(dir=self.path.parent, prefix=f".{self.path.name}.", delete=False) as file:
            try:
                for line in self._lines(issues, since):
                    seal.update(line)
                    file.write(line)
                file.write(seal.hexdigest().encode())
                file.close()
                os.replace(file.name, self.path)  # noqa: PTH105 - a name, not a path
            except BaseException:
                os.unlink(file.name)  # noqa: PTH108 - a name, not a path
                raise

    def _lines(self, issues: Iterable[Issue], since: date) -> Iterator[bytes]:
        from msgspec import json

        yield json.encode([*self._head(since), self.now().isoformat()]) + b"\n"
        for issue in issues:
            yield json.encode({name: getattr(issue, name) for name in _FIELDS}) + b"\n"

    def _is_listing(self) -> bool:
        """Tell it from a file that somebody needs, which the environment names by mistake."""
        with _own(self.path) as file:
            return file.read(len(_BEGIN)) == _BEGIN

    def _seal(self) -> hmac.HMAC:
        return hmac.new(self.token.encode(), digestmod="sha256")


_FIELDS = tuple(name for name in Issue.__dataclass_fields__ if name != "marker")  # which stands in the body


def _own(path: Path) -> BinaryIO:
    """Open a file that nobody else could have put there; OSError where that is not sure."""
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    found = os.fstat(file.fileno())
    if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & _OTHERS:
        return file
    file.close()
    raise PermissionError


def _issue(line: bytes, asked: tuple[str, ...]) -> Issue:
    from msgspec import json

    fields = json.decode(line)
    found = marker.read(fields["body"])
    if found is None or found.scope not in asked:
        raise ValueError
    for name in ("closed_at", "opened_at"):
        fields[name] = fields[name] and datetime.fromisoformat(fields[name])
    return Issue(**{**fields, "labels": tuple(fields["labels"]), "assignees": tuple(fields["assignees"])}, marker=found)
