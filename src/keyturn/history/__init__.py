"""What git says: where a repository lies, what its commits hold and who brought that, and a branch with one change."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keyturn.history.annals import Chronicle, Event, chronicle
    from keyturn.history.changes import changed
    from keyturn.history.line import State, chain, states
    from keyturn.history.publication import Patch, has_origin, publish
    from keyturn.history.repository import DEEPER
    from keyturn.history.sides import Comparison, comparison, deleted, export
    from keyturn.history.snapshot import standing
    from keyturn.history.tip import insist_on_tip
    from keyturn.history.worktree import head, remote, top, user

__all__ = [
    "DEEPER",
    "Chronicle",
    "Comparison",
    "Event",
    "Patch",
    "State",
    "chain",
    "changed",
    "chronicle",
    "comparison",
    "deleted",
    "export",
    "has_origin",
    "head",
    "insist_on_tip",
    "publish",
    "remote",
    "standing",
    "states",
    "top",
    "user",
]

_HOMES = {
    "Chronicle": "annals",
    "Comparison": "sides",
    "DEEPER": "repository",
    "Event": "annals",
    "Patch": "publication",
    "State": "line",
    "chain": "line",
    "changed": "changes",
    "chronicle": "annals",
    "comparison": "sides",
    "deleted": "sides",
    "export": "sides",
    "has_origin": "publication",
    "head": "worktree",
    "insist_on_tip": "tip",
    "publish": "publication",
    "remote": "worktree",
    "standing": "snapshot",
    "states": "line",
    "top": "worktree",
    "user": "worktree",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - each is what its module says
    """Import a question to git when it is first asked: most commands ask two, and one of them loads GitPython."""
    if name not in _HOMES:
        raise AttributeError(name)
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found  # a module of the same name must not take its place
    return found
