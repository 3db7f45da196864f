"""Which actions come first, and which have to wait for a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from keyturn.actions import Close, Link, Open, Remind, Reopen, Update, Waiting, verb
from keyturn.model import Tier
from keyturn.plan.case import Opening

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from keyturn.actions import Action
    from keyturn.model import Issue, Limits
    from keyturn.plan.case import Step

S = TypeVar("S", bound="Step")

_TURN: Mapping[type, int] = {Close: 1, Remind: 2, Update: 2, Reopen: 2, Open: 3, Opening: 3, Link: 4}
_STEP: Mapping[type, int] = {Close: 0, Remind: 1, Update: 2, Reopen: 3, Open: 4, Opening: 4, Link: 5}
_RANK: Mapping[Tier, int] = {tier: rank for rank, tier in enumerate(Tier)}


def in_order(actions: Sequence[Step]) -> Sequence[Step]:
    """Put what is urgent first, then closes, then updates, then opens; each by tier and by how long it is due."""
    urgent = {each.subject.rotation for each in actions if each.subject.status.is_urgent and not isinstance(each, Link)}

    # What an urgent open follows goes ahead with it; a routine open that follows something urgent does not.
    def place(action: Step) -> tuple[object, ...]:
        subject = action.subject
        is_ahead = subject.rotation in urgent and not isinstance(action, Open | Opening | Link)
        is_urgent = subject.status.is_urgent and not isinstance(action, Link)  # it needs the numbers of all that opens
        turn = 0 if is_ahead or is_urgent else _TURN[type(action)]
        day = subject.due.toordinal() if turn == _TURN[Open] else 0
        return turn, _RANK[subject.tier], day, subject.rotation, _STEP[type(action)]

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


def _linkable(steps: Sequence[S]) -> Sequence[S]:
    """Leave out links to what has no issue and is not opened either."""
    opening = {each.subject.rotation for each in steps if isinstance(each, Open | Opening)}
    return [each for each in steps if not isinstance(each, Link) or _has_ends(each, opening)]


def _has_ends(link: Link, opening: Collection[str]) -> bool:
    is_there = link.issue is not None or link.subject.rotation in opening
    return is_there and (link.parent_issue is not None or link.parent in opening)


def _kind(action: Action, reminded: Collection[int]) -> str:
    is_memory = isinstance(action, Update) and action.issue.number in reminded
    return "remind" if is_memory else verb(action)


def rationed(
    steps: Sequence[Step], issues: Sequence[Issue], limits: Limits
) -> tuple[Sequence[Step], tuple[Waiting, ...]]:
    """Hold back the routine opens for which there is no room; takes and gives steps in order."""
    places = limits.open_at_once - _routine_issues(steps, issues)
    routine = [each for each in steps if isinstance(each, Open | Opening) and not each.subject.status.is_urgent]
    held_back = {each.subject.rotation for each in routine[max(places, 0) :]}
    kept = [each for each in steps if not (isinstance(each, Open | Opening) and each.subject.rotation in held_back)]
    return _linkable(kept), tuple(Waiting(each.subject) for each in routine[max(places, 0) :])


def _routine_issues(actions: Sequence[Step], issues: Sequence[Issue]) -> int:
    """Count the routine issues that stand open once the actions are done, so that a second run finds no other room."""
    standing = {issue.number: issue.marker.status for issue in issues if issue.is_open}
    for action in actions:
        if isinstance(action, Close):
            standing.pop(action.issue.number, None)
        elif isinstance(action, Reopen) or (isinstance(action, Update) and action.issue.is_open):
            standing[action.issue.number] = action.marker.status
    return sum(not status.is_urgent for status in standing.values())
