"""What git says: where a repository lies, what its commits hold and who brought that, and a branch with one change."""

from keyturn.history.changes import changed
from keyturn.history.chronicle import Chronicle, Event, chronicle
from keyturn.history.line import State, chain, states
from keyturn.history.publication import Patch, has_origin, publish
from keyturn.history.repository import DEEPER
from keyturn.history.sides import Comparison, comparison, deleted, export
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
    "states",
    "top",
    "user",
]
