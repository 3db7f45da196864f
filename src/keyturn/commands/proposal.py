"""A change of a rotation's file as a pull request; in the file itself where there is no GitHub to open one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from keyturn import history
from keyturn.commands import editing, places
from keyturn.errors import Exit, KeyturnError, OutsideError, UnfinishedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.files import Change
    from keyturn.model import Rotation

_UNCHECKED = (
    "Where github-actions opened this pull request, GitHub starts no checks for it, or lets them wait: choose "
    "**Approve workflows to run**, or close and reopen it; with an app's token in `KEYTURN_TOKEN` they start alone."
)
IN_PLACE = "without GITHUB_TOKEN the file is edited here instead, for you to commit"


@dataclass(frozen=True, slots=True)
class Words:
    """What the commit and its pull request say, and on which branch."""

    branch: str
    title: str
    body: str
    hidden: tuple[str, ...] = ()  # variables that git must not see


def propose(found: Workspace, subject: Rotation, changes: Sequence[Change], words: Words, world: World) -> Exit:
    """Push the change on its branch and open its pull request, or bring both up to date.

    Raises OutsideError, with what to do, where the branch can't be pushed. A pushed branch without a pull request ends
    with the address to open it at; where the token may not, that is as good.
    """
    repository = places.repository(found.root, world)
    token = any(world.environment.get(name) for name in places.TOKENS)
    if repository is None or not token or not history.has_origin(found.root):
        editing.change(found, subject, changes, world, is_dry=False)
        world.tell(f"{subject.path}: recorded. Commit it and open a pull request: {words.title}")
        return Exit.WELL
    base = _published(found, subject, changes, words, world)
    return _opened(found, repository, base, words, world)


def _published(found: Workspace, subject: Rotation, changes: Sequence[Change], words: Words, world: World) -> str:
    content = editing.edited(found, subject, changes)[1].encode()
    path = found.root / subject.path
    patch = history.Patch(words.branch, path, content, words.title, _author(world), words.hidden)
    try:
        return history.publish(found.root, patch, world.environment)
    except OutsideError as error:
        message = f"the verdicts stand, but nothing was recorded: {error}. Or {IN_PLACE}"
        raise OutsideError(message) from None


def _author(world: World) -> tuple[str, str] | None:
    """Return who is to be the commit's author in Actions: the person who started the run, as GitHub knows them."""
    if not world.in_actions or not (login := world.environment.get("GITHUB_ACTOR")):
        return None
    number = world.environment.get("GITHUB_ACTOR_ID")
    return login, f"{f'{number}+' if number else ''}{login}@users.noreply.github.com"


def _opened(found: Workspace, repository: str, base: str, words: Words, world: World) -> Exit:
    from keyturn.trackers.conversations import DeniedError, Proposal

    hint = f"\n{_UNCHECKED}\n" if world.in_actions else ""
    proposal = Proposal(words.branch, base, words.title, words.body + hint)
    try:
        url, is_new = places.conversation(repository, found.policy, world).propose(proposal)
    except DeniedError as error:
        return _unopened(error, Exit.WELL, _compare(repository, proposal.into, words.branch, world), world)
    except (OutsideError, UnfinishedError) as error:
        return _unopened(error, Exit.OUTSIDE, _compare(repository, proposal.into, words.branch, world), world)
    world.tell(f"pull request {'opened' if is_new else 'brought up to date'}: {url}")
    world.output(pull_request=url)
    return Exit.WELL


def _unopened(error: KeyturnError, status: Exit, address: str, world: World) -> Exit:
    world.warn(f"the branch is pushed, but without a pull request: {error}. Open it at {address}")
    return status


def _compare(repository: str, base: str, branch: str, world: World) -> str:
    server = world.environment.get("GITHUB_SERVER_URL", places.SERVER)
    return f"{server}/{repository}/compare/{quote(base)}...{quote(branch)}?expand=1"
