"""`keyturn apply`: make the issues agree with the files, one request for each action."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn import history
from keyturn.actions import Close, Content, Dashboard, Link, Open, Overview, Remind, Reopen, Update
from keyturn.commands import decision, places, showing
from keyturn.commands.showing import PLAN_FORMATS
from keyturn.errors import Exit, OutsideError, UnfinishedError, UsageError, worst
from keyturn.render import issue_body
from keyturn.render.issue_view import Links
from keyturn.trackers import Draft, Edit, RefusedError, Written

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from keyturn.actions import Action
    from keyturn.commands.decision import Decision
    from keyturn.commands.world import World
    from keyturn.model import Issue

EPILOG = """\
examples:
  keyturn apply                               on a laptop: issues are files in .keyturn/issues/
  keyturn apply --dry-run                     show what would be done, the same as `keyturn plan`
  keyturn apply --only open,update            neither remind nor close
  keyturn apply --tracker github:acme/keys    on GitHub, with a token in GITHUB_TOKEN

In GitHub Actions it writes only from the tip of the default branch.
"""

# What each word of --only lets through; an issue opened again is opened.
KINDS = {
    "open": frozenset({"open", "reopen", "link"}),
    "update": frozenset({"update"}),
    "remind": frozenset({"remind"}),
    "close": frozenset({"close"}),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add tracker, filter and safety."""
    decision.arguments(parser)
    every = frozenset().union(*KINDS.values())
    what = "carry out some kinds only; `open` includes opening again and linking (default: all)"
    parser.add_argument("--only", type=_kinds, default=every, metavar=",".join(KINDS), help=what)
    parser.add_argument("--dry-run", action="store_true", help="show what would be done and change nothing")
    parser.add_argument("--force", action="store_true", help="close issues even where the guard finds them too many")
    parser.add_argument("--format", choices=PLAN_FORMATS, default="text", help="how to write the plan (default: text)")


def _kinds(text: str) -> frozenset[str]:
    words = text.split(",")
    if unknown := [word for word in words if word not in KINDS]:
        message = f"--only knows no {', '.join(unknown)}; it takes {','.join(KINDS)}"
        raise UsageError(message)
    return frozenset().union(*(KINDS[word] for word in words))


def run(world: World, options: argparse.Namespace) -> Exit:
    """Decide, show, and carry out what the guard and the budget allow."""
    decided = decision.decide(world, options, anew=True)
    limits = decided.workspace.policy.limits
    chosen = decided.plan.only(options.only)
    wanted = chosen.actions
    showing.plan(replace(decided, plan=chosen), world, options.format)
    if not options.force:
        decided.plan.guard(limits)
    if options.dry_run:
        world.output(actions=0, left=len(wanted))
        return decided.status
    _insist_on_tip(decided, world)
    outcome = _carried_out(decided, wanted[: limits.max_actions], world)
    left = len(wanted) - outcome.done
    if wanted:
        rest = f"; {left} left for the next run" if left else ""
        there = f"; the issues are in {places.issues(decided.tracker.name)}" if outcome.done else ""
        world.tell(f"{outcome.done} of {len(wanted)} actions done{rest}{there}")
    for id_, written in outcome.opened.items():
        world.tell(f"  opened #{written.number}, {id_}: {_address(written, decided)}")
    world.output(actions=outcome.done, left=left)
    is_cut = len(wanted) > limits.max_actions
    return worst(decided.status, outcome.status, Exit.UNFINISHED if is_cut else Exit.WELL)


def _address(written: Written, decided: Decision) -> str:
    """Say where a new issue is to be read: on GitHub, or in which file below the root."""
    return (written.url or "").removeprefix(f"{decided.workspace.root}{os.sep}")


def _insist_on_tip(decided: Decision, world: World) -> None:
    # Files in a folder harm nobody; issues that others see follow the default branch alone.
    if world.in_actions and decided.tracker.name != "local":
        history.insist_on_tip(decided.workspace.root, world.environment, _default_branch(world))


def _default_branch(world: World) -> str | None:
    try:
        event = json.loads(Path(world.environment["GITHUB_EVENT_PATH"]).read_bytes())
        return str(event["repository"]["default_branch"])
    except (KeyError, OSError, ValueError, TypeError):
        return None  # then the remote says which one it is


# -- carrying out --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How far a run came."""

    done: int
    status: Exit
    opened: Mapping[str, Written]  # by id


def _carried_out(decided: Decision, actions: Sequence[Action], world: World) -> _Outcome:
    """Carry actions out in order until one fails for a reason that concerns all that follow."""
    hand, done, refused = _Hand(decided, {}), 0, set[str]()
    with showing.progress(world, len(actions)) as advance:
        for action in actions:
            if action.subject.rotation in refused:
                continue  # what follows may rest on what was refused
            try:
                written = hand.carry_out(action)
            except RefusedError as refusal:
                world.warn(f"{action.subject.rotation}: {refusal}")
                refused.add(action.subject.rotation)
                continue
            except (OutsideError, UnfinishedError) as end:
                world.warn(f"stopped at {action.subject.rotation}: {end}")
                return _Outcome(done, worst(end.status, Exit.OUTSIDE if refused else Exit.WELL), hand.opened)
            for notice in written.notices:
                world.warn(f"{action.subject.rotation}: {notice}")
            done += 1
            advance()
    return _Outcome(done, Exit.OUTSIDE if refused else Exit.WELL, hand.opened)


@dataclass(frozen=True, slots=True)
class _Hand:
    """What carries actions out: each as the one request that it is."""

    decided: Decision
    opened: dict[str, Written]  # by id, in this run

    def carry_out(self, action: Action) -> Written:
        """Write what an action says."""
        tracker = self.decided.tracker
        if isinstance(action, Remind):
            return tracker.comment(action.issue.number, issue_body.reminder(action))
        if isinstance(action, Link):
            above = self._known(action.parent, action.parent_issue)
            return tracker.link(above.number, self._known(action.subject.rotation, action.issue))
        if isinstance(action, Open):
            draft = Draft(action.subject.title, self._body(action, ""), action.labels, action.assignees)
            self.opened[action.subject.rotation] = tracker.create(draft)
            return self.opened[action.subject.rotation]
        return tracker.edit(action.issue.number, self._edit(action))

    def _edit(self, action: Update | Close | Reopen) -> Edit:
        plain = Edit(self._body(action, action.issue.body), action.labels)
        if isinstance(action, Close):
            return replace(plain, is_open=False, state_reason=action.because.value)
        ours = replace(plain, title=action.subject.title, assignees=action.assignees)
        return replace(ours, is_open=True, state_reason="reopened") if isinstance(action, Reopen) else ours

    def _body(self, action: Open | Update | Close | Reopen, previous: str) -> str:
        text = action.text
        if isinstance(text, Dashboard):
            text = text.numbered({id_: written.number for id_, written in self.opened.items()})
        path = text.path if isinstance(text, Content | Overview) else None
        links = Links(file=f"{self.decided.address}/{path}" if path and self.decided.address else None)
        return issue_body.body(text, action.marker, previous, self.decided.templates, links)

    def _known(self, id_: str, issue: Issue | None) -> Written:
        if issue:
            return Written(issue.number, issue.url, issue.key)
        if id_ in self.opened:
            return self.opened[id_]
        message = f"the issue of {id_} was not opened; the next run puts it in its place"
        raise RefusedError(message)
