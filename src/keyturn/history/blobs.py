"""What files held in commits, many of them at once."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from keyturn.history.repository import RAW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from git import Repo


def blobs_of(repo: Repo, names: Sequence[str], largest: int) -> dict[str, bytes]:
    """Read blobs with two calls of git, however many they are; those that are too large are left out."""
    sizes = (line.split() for line in _catalogued(repo, "--batch-check", names).splitlines())
    wanted = [name.decode() for name, kind, *size in sizes if kind == b"blob" and int(size[0]) <= largest]
    answer, start, found = _catalogued(repo, "--batch", wanted), 0, dict[str, bytes]()
    for name in wanted:
        end = answer.index(b"\n", start)
        size = int(answer[start:end].rpartition(b" ")[2])
        found[name] = answer[end + 1 : end + 1 + size]
        start = end + size + 2
    return found


def _catalogued(repo: Repo, how: str, names: Sequence[str]) -> bytes:
    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{name}\n" for name in dict.fromkeys(names)).encode())
        asked.seek(0)
        answer: bytes = repo.git.cat_file(how, istream=asked, **RAW)
        return answer
