"""From a root and its tracker to a plan: what `plan` shows is what `apply` carries out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from keyturn import files
from keyturn.actions import Remind
from keyturn.commands import places, workspace
from keyturn.errors import Exit, UsageError
from keyturn.plan import Plan, Setting, decided, survey
from keyturn.plan.case import File, Its
from keyturn.render.templates import Templates

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.plan import Survey
    from keyturn.policy import Standing
    from keyturn.trackers import Tracker
    from keyturn.trackers.github import GitHubTracker

_TRACKER = re.compile(r"local|github:[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Decision:
    """What one run would do, and what it was decided from."""

    workspace: Workspace
    tracker: Tracker
    templates: Templates
    plan: Plan
    address: str | None = None  # below which a browser shows the root's files
    standings: tuple[tuple[Standing, int | None], ...] = ()  # every key, with the number of its open issue
    closed_again: tuple[tuple[str, int], ...] = ()  # keys and issues that were opened again and closed again today

    @property
    def status(self) -> Exit:
        """Give the exit status that the files alone deserve."""
        return Exit.CORRECT if self.workspace.has_errors else Exit.WELL


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the choice of a tracker."""
    parser.add_argument(
        "--tracker",
        type=_tracker_name,
        metavar="local|github:OWNER/REPO",
        help="where the issues live (default: `tracker` of keyturn.yaml, else local)",
    )


def _tracker_name(text: str) -> str:
    if not _TRACKER.fullmatch(text):
        message = f"no tracker {text!r}; write local or github:OWNER/REPO"
        raise UsageError(message)
    return text


def decide(world: World, options: argparse.Namespace, *, anew: bool = False) -> Decision:
    """Gather files and issues and decide; a policy that cannot be read decides nothing.

    `anew` asks the tracker itself, whatever another command of this run has listed.
    """
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    name = options.tracker or found.policy.tracker
    scope = places.scope(found.root, name, world)
    tracker = places.tracker(found.root, name, found.policy, scope, world, anew=anew)
    templates = Templates(files.templates(found.root))
    if not found.is_judgeable:
        return Decision(found, tracker, templates, Plan(world.today, ()))
    setting = Setting(
        policy=found.policy,
        today=world.today,
        scope=scope,
        catalogue=found.catalogue,
        incidents=found.incidents,
        entries=found.entries,
        edition=templates.edition,
        left_alone=found.left_alone,
        is_whole=found.is_whole,
    )
    judged = _confirmed(found, survey(found.rotations, tracker.issues(world.month_ago), setting), tracker, world)
    planned = _unsaid(decided(judged), tracker)
    return Decision(
        workspace=found,
        tracker=tracker,
        templates=templates,
        plan=planned,
        address=places.address(found.root, world),
        standings=tuple(judged.standings),
        closed_again=tuple(_closed_again(judged)),
    )


def _closed_again(judged: Survey) -> Iterator[tuple[str, int]]:
    """Give what no action is about before tomorrow, so that nobody takes its silence for an end."""
    wanted = {(File.WANTED, Its.CLOSED_BY_PERSON), (File.UNVERIFIED, Its.CLOSED_BY_PERSON)}
    for id_, case in judged.cases.items():
        if case.issue and case.row in wanted and case.issue.marker.reopened == judged.setting.today:
            yield id_, case.issue.number


def _confirmed(found: Workspace, judged: Survey, tracker: Tracker, world: World) -> Survey:
    """Let GitHub confirm what nobody can type; a folder has nobody to ask."""
    if tracker.name == "local":
        return judged
    from keyturn.commands.confirming import confirmed

    return confirmed(found, judged, cast("GitHubTracker", tracker), world)


def _unsaid(planned: Plan, tracker: Tracker) -> Plan:
    """Where a reminder seems due, look first whether an interrupted run has sent it already."""
    lagging = (action.issue for action in planned.actions if isinstance(action, Remind))
    return planned.unsaid({issue.number: tracker.reminders(issue) for issue in lagging})
