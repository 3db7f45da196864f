"""Where a root belongs: its scope, its tracker, and the addresses of its files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from keyturn import history
from keyturn.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from keyturn.commands.world import World
    from keyturn.model import Policy
    from keyturn.trackers import Tracker
    from keyturn.trackers.conversations import Conversation
    from keyturn.trackers.listing import Listing

TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
API = "https://api.github.com"
SERVER = "https://github.com"
ISSUES = ".keyturn/issues"  # of the local tracker, below the root
PAUSE = 1.0  # seconds between writes, which GitHub asks for


def scope(root: Path, tracker: str, world: World) -> str:
    """Return `owner/repo:root`, by which roots that share a tracker tell their issues apart.

    On a laptop, a variable that is set for something else makes no other issues of those that lie in the folder.
    """
    home = repository(root, world) if world.in_actions or tracker != "local" else history.remote(root)
    return f"{home or tracker.removeprefix('github:')}:{_below(root)}"


def repository(root: Path, world: World) -> str | None:
    """Return `owner/repo` of the files, from Actions or from the remote `origin`."""
    return world.environment.get("GITHUB_REPOSITORY") or history.remote(root)


def address(root: Path, world: World) -> str | None:
    """Return the address below which a browser shows the root's files, or None for a repository without one."""
    if (name := repository(root, world)) is None:
        return None
    below = _below(root)
    server = world.environment.get("GITHUB_SERVER_URL", SERVER)
    return f"{server}/{name}/blob/HEAD" + ("" if below == "." else f"/{below}")


def _below(root: Path) -> str:
    top = history.top(root)
    return root.relative_to(top).as_posix() if top and root.is_relative_to(top) else "."


def tracker(  # noqa: PLR0913 - what a tracker is opened with, and how
    root: Path, name: str, policy: Policy, scope: str, world: World, *, anew: bool = False
) -> Tracker:
    """Open the tracker of this name: `local`, or `github:OWNER/REPO`; `anew` reads no listing of another command."""
    if name == "local":
        from keyturn.trackers.local import LocalTracker

        return LocalTracker(root / ISSUES, scope, lambda: world.moment)
    return _github(name.removeprefix("github:"), policy, scope, world, anew=anew)


def issues(tracker: str) -> str:
    """Say in a few words where a tracker's issues are."""
    return ISSUES if tracker == "local" else tracker.removeprefix("github:")


def conversation(repository: str, policy: Policy, world: World) -> Conversation:
    """Open the pull requests of a repository; there the token of a workflow comments beside the policy's identity."""
    from keyturn.trackers.conversations import Conversation
    from keyturn.trackers.github import ACTIONS_BOT

    also = (ACTIONS_BOT,) if policy.identity and world.in_actions else ()
    return Conversation(repository=repository, scope="", identity=(*policy.identity, *also), **_access(world))


def _github(name: str, policy: Policy, scope: str, world: World, *, anew: bool) -> Tracker:
    from keyturn.trackers.github import GitHubTracker

    access = _access(world)
    about = (name, access["base_url"], scope, " ".join(policy.identity))
    listing = _listing(about, access["token"], world, anew=anew)
    return GitHubTracker(repository=name, scope=scope, identity=policy.identity, listing=listing, **access)


def _listing(about: tuple[str, ...], token: str, world: World, *, anew: bool) -> Listing | None:
    if not (place := world.environment.get("KEYTURN_LISTING")):
        return None
    if not (path := Path(place)).is_absolute():
        message = "KEYTURN_LISTING is no absolute path; write for example ${{ runner.temp }}/keyturn-listing"
        raise UsageError(message)
    from keyturn.trackers.listing import Listing

    run = tuple(world.environment.get(name, "") for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"))
    return Listing(path, token, (*about, *run), world.now, world.tell, is_read=not anew)


class _Access(TypedDict):
    token: str
    in_actions: bool
    base_url: str
    pause: float
    wait: Callable[[float], None]
    now: Callable[[], datetime]
    notify: Callable[[str], None]


def _access(world: World) -> _Access:
    token = next((world.environment[each] for each in TOKENS if world.environment.get(each)), None)
    if token is None:
        message = "the GitHub tracker needs a token in GITHUB_TOKEN or GH_TOKEN; or try `--tracker local`"
        raise UsageError(message)
    return _Access(
        token=token,
        in_actions=world.in_actions,
        base_url=world.environment.get("GITHUB_API_URL", API),
        pause=_pause(world),
        wait=world.sleep,
        now=world.now,
        notify=world.tell,
    )


def _pause(world: World) -> float:
    text = world.environment.get("KEYTURN_WRITE_PAUSE") or str(PAUSE)
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", text):
        message = "KEYTURN_WRITE_PAUSE is no number of seconds; write for example 1 or 0.5"
        raise UsageError(message)
    return float(text)
