"""Which actions come first, and which have to wait for a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn.actions import Close, Link, Open, Remind, Reopen, Update, verb
from keyturn.model import Tier

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from keyturn.actions import Action
    from keyturn.model import Issue, Limits

_TURN: Mapping[type, int] = {Close: 1, Remind: 2, Update: 2, Reopen: 2, Open: 3, Link: 4}
_STEP: Mapping[type, int] = {Close: 0, Remind: 1, Update: 2, Reopen: 3, Open: 4, Link: 5}


def in_order(actions: Sequence[Action]) -> Sequence[Action]:
    """Put what is urgent first, then closes, then updates, then opens; each by tier and by how long it is due."""
    urgent = {each.subject.rotation for each in actions if each.subject.status.is_urgent and not isinstance(each, Link)}

    # What an urgent open follows goes ahead with it; a routine open that follows something urgent does not.
    def place(action: Action) -> tuple[object, ...]:
        subject = action.subject
        is_ahead = subject.rotation in urgent and not isinstance(action, Open | Link)
        is_urgent = subject.status.is_urgent and not isinstance(action, Link)  # it needs the numbers of all that opens
        turn = 0 if is_ahead or is_urgent else _TURN[type(action)]
        day = subject.due.toordinal() if turn == _TURN[Open] else 0
        return turn, list(Tier).index(subject.tier), day, subject.rotation, _STEP[type(action)]

    return sorted(actions, key=place)


def only(actions: Sequence[Action], verbs: Collection[str]) -> Sequence[Action]:
    """Keep the actions of some kinds, and of what belongs together all or nothing.

    The update that remembers a reminder goes with it, else it would never be sent; an open that follows what was
    kept back for the same key would stand beside it.
    """
    reminded = {action.issue.number for action in actions if isinstance(action, Remind)}
    kept = [action for action in actions if _kind(action, reminded) in verbs]
    kept_back = {action.subject.rotation for action in actions if _kind(action, reminded) not in verbs}
    return _linkable([each for each in kept if not (isinstance(each, Open) and each.subject.rotation in kept_back)])


def _linkable(actions: Sequence[Action]) -> Sequence[Action]:
    """Leave out links to what has no issue and is not opened either."""
    opening = {each.subject.rotation for each in actions if isinstance(each, Open)}
    return [each for each in actions if not isinstance(each, Link) or _has_ends(each, opening)]


def _has_ends(link: Link, opening: Collection[str]) -> bool:
    is_there = link.issue is not None or link.subject.rotation in opening
    return is_there and (link.parent_issue is not None or link.parent in opening)


def _kind(action: Action, reminded: Collection[int]) -> str:
    is_memory = isinstance(action, Update) and action.issue.number in reminded
    return "remind" if is_memory else verb(action)


def rationed(
    actions: Sequence[Action], issues: Sequence[Issue], limits: Limits
) -> tuple[tuple[Action, ...], tuple[Open, ...]]:
    """Hold back the routine opens for which there is no room; takes and gives actions in order."""
    places = limits.open_at_once - _routine_issues(actions, issues)
    routine = [each for each in actions if isinstance(each, Open) and not each.subject.status.is_urgent]
    waiting = tuple(routine[max(places, 0) :])
    held_back = {each.subject.rotation for each in waiting}
    kept = [each for each in actions if not (isinstance(each, Open) and each.subject.rotation in held_back)]
    return tuple(_linkable(kept)), waiting


def _routine_issues(actions: Sequence[Action], issues: Sequence[Issue]) -> int:
    """Count the routine issues that stand open once the actions are done, so that a second run finds no other room."""
    standing = {issue.number: issue.marker.status for issue in issues if issue.is_open}
    for action in actions:
        if isinstance(action, Close):
            standing.pop(action.issue.number, None)
        elif isinstance(action, Reopen) or (isinstance(action, Update) and action.issue.is_open):
            standing[action.issue.number] = action.marker.status
    return sum(not status.is_urgent for status in standing.values())
