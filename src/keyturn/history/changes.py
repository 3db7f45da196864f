"""When each file was last changed: one walk over the history for all of them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keyturn.errors import OutsideError
from keyturn.history.program import answer, fields
from keyturn.history.repository import DEEPER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# A commit's moment begins with what no relative path begins with.
_LOG = ("log", "--first-parent", "-m", "-z", "--name-only", "--no-renames", "--relative", "--format=/%ct")


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
    return _latest(root, folder)


def _latest(root: Path, folder: str) -> Mapping[str, datetime]:
    found: dict[bytes, bytes] = {}
    moment = b""
    for field in fields(root, *_LOG, "--", folder):
        if field.startswith(b"/"):
            moment = field[1:]
        else:
            found.setdefault(field.removeprefix(b"\n"), moment)  # the newest commit comes first
    moments = {text: datetime.fromtimestamp(int(text), UTC) for text in set(found.values())}
    return {os.fsdecode(path): moments[text] for path, text in found.items()}
