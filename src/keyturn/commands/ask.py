"""`keyturn ask`: turn the form of an issue into a pull request that asks for a rotation.

The form is data: it is read from the payload of the event, held against what its fields may say, and no part of it
reaches a shell, an expression or a page unescaped.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keyturn.commands import editing, moments, places, proposal, request, workspace
from keyturn.commands.request import Wish
from keyturn.errors import Exit, RepositoryError, UsageError
from keyturn.model import RequestReason
from keyturn.render.escape import inline

if TYPE_CHECKING:
    import argparse
    from datetime import date

    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World

EPILOG = """\
examples:
  keyturn ask --event "$GITHUB_EVENT_PATH"      as the workflow ask.yml does

Only the people of the repository are listened to. An issue that is not the form is left alone.
"""

FIELDS = ("Key", "Reason", "Deadline", "Note")  # the labels of .github/ISSUE_TEMPLATE/rotation.yml, in their order
PEOPLE = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_MARK = "<!-- keyturn:ask -->"
_ID = re.compile(r"[a-z0-9-]{1,100}/[a-z0-9._-]{1,100}")
_LOGIN = re.compile(r"[A-Za-z0-9_-]{1,100}(?:\[bot\])?")
_EMPTY = "_No response_"  # what GitHub writes for a field that was left empty
_LARGEST_NOTE = 500
_HEADING = re.compile(r"^### (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Issue:
    """What the payload says of the issue."""

    number: int
    login: str
    association: str
    body: str


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the payload."""
    parser.add_argument("--event", type=Path, required=True, metavar="FILE", help="the payload of `issues: opened`")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Propose what the form asks for, and answer whoever asked."""
    issue = _issue(world.folder / options.event)
    fields = answers(issue.body)
    if issue.association not in PEOPLE or fields is None:
        world.tell(f"issue {issue.number} is not the form, or not by one of the people here; nothing was done")
        return Exit.WELL
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    try:
        status, text = _proposed(found, *form(fields), issue, world)
    except (UsageError, RepositoryError) as error:
        status, text = Exit.CORRECT, f"This cannot be asked for: {inline(str(error))}. Please open a new issue."
    _answer(found, issue, text, world)
    return status


def _issue(path: Path) -> Issue:
    try:
        issue: dict[str, Any] = json.loads(path.read_bytes())["issue"]
        (login,) = _LOGIN.findall(issue["user"]["login"])
        return Issue(int(issue["number"]), login, str(issue["author_association"]), issue["body"] or "")
    except (OSError, ValueError, KeyError, TypeError):
        message = "this is not the payload of an issue; give the file that $GITHUB_EVENT_PATH names"
        raise UsageError(message) from None


# -- the form ------------------------------------------------------------------------------------------------------


def answers(body: str) -> list[str] | None:
    """Return what stands in each field, or None for a text that is not exactly the form."""
    lead, *parts = _HEADING.split(body.replace("\r\n", "\n"))
    if lead.strip() or tuple(parts[::2]) != FIELDS:
        return None
    return ["" if text.strip() == _EMPTY else text.strip() for text in parts[1::2]]


def form(fields: list[str]) -> tuple[str, Wish]:
    """Return which key is meant, and what is wished; no message repeats an answer."""
    id_, reason, deadline, note = fields
    if not _ID.fullmatch(id_):
        raise UsageError("the key must be an id such as mixpanel/warehouse-loader")
    if reason not in {*map(str, RequestReason)}:
        raise UsageError(f"the reason must be one of {', '.join(RequestReason)}")
    if "\n" in note or len(note) > _LARGEST_NOTE:
        raise UsageError(f"the note must be one line of at most {_LARGEST_NOTE} characters")
    return id_, Wish(RequestReason(reason), _day(deadline) if deadline else None, note or None)


def _day(text: str) -> date:
    from argparse import ArgumentTypeError

    try:
        return moments.day(text)
    except ArgumentTypeError:
        raise UsageError("the deadline must be a day such as 2026-12-01") from None


# -- what becomes of it --------------------------------------------------------------------------------------------


def _proposed(found: Workspace, id_: str, wish: Wish, issue: Issue, world: World) -> tuple[Exit, str]:
    subject = editing.rotation(found, id_)
    if subject.request is not None and subject.request.replaces == subject.version:
        raise UsageError(f"{subject.id} is to be rotated already, as its file says")
    change = request.block(subject, wish, found.policy, world.today)
    branch = f"keyturn/request/{subject.provider}-{subject.key}"
    body = (
        f"`{issue.login}` asks for it in #{issue.number}: `{wish.reason}`, by {request.deadline(change)}. Merging this "
        "starts the rotation. Look at it as at a change by anybody: the form was filled in, and nothing verified.\n"
    )
    words = proposal.Words(branch, f"Ask for the rotation of {subject.id}", body)
    text = f"Thank you. Merging the pull request of the branch `{branch}`, which refers to this issue, starts the work."
    return proposal.propose(found, subject, [change], words, world), text


def _answer(found: Workspace, issue: Issue, text: str, world: World) -> None:
    """Say what became of it, where there is GitHub to say it on."""
    repository = places.repository(found.root, world)
    if repository is None or not any(world.environment.get(name) for name in places.TOKENS):
        world.tell(text)
    else:
        places.conversation(repository, found.policy, world).keep(issue.number, _MARK, f"{text}\n")
