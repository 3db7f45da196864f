"""When each file was last changed: one walk over the history for all of them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import repeat
from typing import TYPE_CHECKING

from keyturn.errors import OutsideError
from keyturn.history.program import answer
from keyturn.history.repository import DEEPER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# A commit ends with an empty field, and its moment comes before its files.
_LOG = ("log", "--first-parent", "-m", "-z", "--name-only", "--no-renames", "--relative", "--format=%x00%ct")


def changed(root: Path, folder: str) -> Mapping[str, datetime]:
    """Return when each file below a folder of a root was last changed on the line of first parents, by its path.

    Files that are gone are among them. Empty outside of git and without a commit. Raises OutsideError in a shallow
    clone: the commit at which it is cut off seems to have changed everything.
    """
    if answer(root, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        return {}
    if answer(root, "rev-parse", "--is-shallow-repository") == "true":
        message = f"this clone is shallow, so when a key was last changed cannot be told; {DEEPER}"
        raise OutsideError(message)
    text = answer(root, *_LOG, "--", folder)
    return _latest(text) if text else {}


def _latest(text: str) -> Mapping[str, datetime]:
    found: dict[str, datetime] = {}
    for commit in reversed(text.split("\0\0")):  # the newest comes first, and is to win
        moment, _, names = commit.strip("\0").partition("\0\n")
        found.update(zip(names.split("\0"), repeat(datetime.fromtimestamp(int(moment), UTC))))
    return found
