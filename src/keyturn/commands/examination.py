"""Gather what `doctor` judges by: files and versions always, settings on GitHub where a check needs them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from keyturn import health, history
from keyturn.commands import places
from keyturn.errors import OutsideError
from keyturn.files import installation, workflows
from keyturn.health.facts import Facts, Obstacle, Place, Settings, Unread
from keyturn.history import program
from keyturn.model import Severity
from keyturn.trackers.confirmations import SECRETS_TOKEN

if TYPE_CHECKING:
    from collections.abc import Collection

    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.health.facts import Tree
    from keyturn.trackers.api import Api
    from keyturn.trackers.settings import Inquiry


def facts(found: Workspace, tracker: str, checks: Collection[str], world: World) -> Facts:
    """Read everything that these checks judge by; a setting that cannot be read says so in its place."""
    tree = workflows.tree(found.root, history.top(found.root) or found.root)
    home = places.repository(found.root, world)
    inquiry, fault = _inquiry(found, tracker, home, tree, world)
    needed = health.needs(checks)
    return Facts(
        today=world.today,
        now=world.now(),
        errors=sum(problem.severity is Severity.ERROR for problem in found.problems),
        files=len(found.files),
        entries=found.entries,
        policy=found.policy,
        place=Place(tracker, home, world.in_actions, fault),
        tree=tree,
        machine=installation.machine(program.version()),
        settings=_unasked(needed, tracker) if inquiry is None else inquiry.settings(needed),
    )


def _unasked(needed: Collection[str], tracker: str) -> Settings:
    return Settings(**dict.fromkeys(needed, Unread(Obstacle.LOCAL if tracker == "local" else Obstacle.TOKENLESS)))


def _inquiry(found: Workspace, name: str, home: str | None, tree: Tree, world: World) -> tuple[Inquiry | None, str]:
    """Prepare to ask GitHub, or say what is wrong with the token."""
    from keyturn.trackers.github import GitHubTracker

    token = next((world.environment[each] for each in places.TOKENS if world.environment.get(each)), "")
    if name != "local" and not token:
        return None, "there is no token in GITHUB_TOKEN"
    tracker = places.tracker(found.root, name, found.policy, "", world)
    if not isinstance(tracker, GitHubTracker):
        return None, ""
    try:
        api = tracker.api
    except OutsideError as error:
        return None, str(error)
    return _asking(api, token, (tracker.repository, home or tracker.repository), tree, world), ""


def _asking(api: Api, token: str, repositories: tuple[str, str], tree: Tree, world: World) -> Inquiry:
    from keyturn.trackers.settings import Inquiry, kind

    secrets = world.environment.get(SECRETS_TOKEN)
    return Inquiry(
        api=api,
        secrets_api=replace(api, token=secrets) if secrets else api,
        kind=kind(token),
        tracker=repositories[0],
        home=repositories[1],
        environments={name for flow in tree.workflows for name in flow.environments if name},
        schedules=[flow.path for flow in tree.workflows if flow.is_ours and flow.is_scheduled],
        now=world.now,
    )
