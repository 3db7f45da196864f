"""`keyturn review`: what a reviewer should see of a change, judged by what it is to be merged into."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from keyturn import files, history, review
from keyturn.commands import decision, places, showing, workspace
from keyturn.commands.leaks import leaks
from keyturn.errors import Exit, OutsideError, RepositoryError, UnfinishedError, UsageError, worst
from keyturn.files.text import LARGEST
from keyturn.model import Policy, Problem
from keyturn.plan import Setting, plan
from keyturn.render import reviews
from keyturn.render.templates import Templates

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.model import Catalogue, Finding, Issue, Rotation
    from keyturn.plan import Plan
    from keyturn.review import Change, Review

EPILOG = """\
examples:
  keyturn review --base origin/main           what a pull request from here would have to answer for
  keyturn review --base HEAD                  the same of what is not committed yet
  keyturn review --base "$BASE" --comment     on GitHub, as one comment that is kept up to date

Policy and catalogue of the base judge, never those of the change. Where the base has moved on meanwhile, the files are
compared with the commit at which the change left it. What was deleted is shown at line 1 of the file that is gone.
"""

FORMATS = ("text", "json", "markdown", "github")
_CATALOGUE = ("providers", "platforms")
_DECLARED = ("rotations", "incidents", *_CATALOGUE)
_READ = (workspace.POLICY, "templates", *_DECLARED)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add base, tracker, format and comment."""
    parser.add_argument("--base", required=True, metavar="REF", help="what the change is to be merged into")
    decision.arguments(parser)
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to write the result (default: text)")
    parser.add_argument(
        "--comment",
        action="store_true",
        help="keep a comment on the pull request that started this workflow up to date; forks get the summary only",
    )


def run(world: World, options: argparse.Namespace) -> Exit:
    """Review the work tree; fail where something stands against merging it."""
    root = workspace.root_of(world.folder, options.root)
    compared = history.comparison(root, options.base)
    with tempfile.TemporaryDirectory(prefix="keyturn-") as folder:
        sides = _sides(root, compared, Path(folder), world)
        name = options.tracker or sides.policy.tracker
        scope = places.scope(root, name, world)
        found = _review(sides, _look(sides, name, scope, world), compared.base)
    page = reviews.markdown(found)
    world.say(_written(found, page, options.format))
    world.summarize(page)
    judged = Exit.CORRECT if found.has_errors else Exit.WELL
    return worst(judged, _commented(page, scope, sides.policy, world)) if options.comment else judged


def _written(found: Review, page: str, form: str) -> str:
    if form == "json":
        return showing.as_json(reviews.document(found))
    if form == "markdown":
        return page
    return "\n".join(reviews.workflow_commands(found) if form == "github" else reviews.text(found))


# -- gathering -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sides:
    """The same root three times: where the change goes, where it comes from, and what it makes of it."""

    base: Workspace
    fork: Workspace
    head: Workspace
    commit: str  # of the fork
    policy: Policy
    catalogue: Catalogue  # of the base, with what the head adds
    known: Mapping[str, frozenset[str]]  # slugs of the base's providers and platforms
    edition: str  # of the base's templates
    today: date
    changed: frozenset[str]  # files that are new, gone, or say something else than at the fork
    notes: tuple[str, ...]


def _sides(root: Path, compared: history.Comparison, folder: Path, world: World) -> _Sides:
    base = workspace.load(_exported(root, compared.base, folder / "base"), world.today)
    is_behind = compared.fork != compared.base
    fork = workspace.load(_exported(root, compared.fork, folder / "fork"), world.today) if is_behind else base
    head = workspace.load(root, world.today)
    edition, notes = _edition(base.root)
    if not base.is_judgeable:
        notes += ("keyturn.yaml of the base has an error; where it cannot be read, the default policy judges",)
    if _unread(fork):
        notes += ("some files of the base have an error; the keys that they declare are taken for new ones",)
    # Without a policy, and without a key that one could have been for, there is nothing that could be weakened.
    is_first = not (base.root / workspace.POLICY).exists() and not base.every
    return _Sides(
        base=base,
        fork=fork,
        head=head,
        commit=compared.fork,
        policy=head.policy if is_first else base.policy,
        catalogue=review.judging(base.catalogue, head.catalogue),
        known={kind: _slugs(kind, base.root, root) for kind in _CATALOGUE},
        edition=edition,
        today=world.today,
        changed=_changed(_texts(fork.root), _texts(root)),
        notes=notes,
    )


def _exported(root: Path, commit: str, folder: Path) -> Path:
    folder.mkdir()
    history.export(root, commit, _READ, folder, LARGEST)
    return folder


def _edition(root: Path) -> tuple[str, tuple[str, ...]]:
    try:
        return Templates(files.templates(root)).edition, ()
    except RepositoryError as error:
        return "", (f"a template of the base cannot be used: {error}",)


def _slugs(kind: str, base: Path, root: Path) -> frozenset[str]:
    own = (PurePosixPath(found.path if isinstance(found, Problem) else found) for found in files.declared(base, kind))
    # In a checkout of keyturn itself the shipped catalogue is that of the change.
    is_own = files.shipped(kind).resolve() == (root / kind).resolve()
    return frozenset({path.stem for path in own}.union(() if is_own else files.slugs(kind)))


def _texts(root: Path) -> dict[str, str | Problem]:
    """Read every file that says something; line ends may differ between a commit and the work tree."""
    found = (path for folder in _DECLARED for path in files.declared(root, folder))
    paths = {path.path if isinstance(path, Problem) else files.shown(path, root): path for path in found}
    paths |= {workspace.POLICY: root / workspace.POLICY}
    return {name: path if isinstance(path, Problem) else _text(path, name) for name, path in paths.items()}


def _text(path: Path, name: str) -> str | Problem:
    found = files.source(path, name)
    return found if isinstance(found, Problem) else found.replace("\r\n", "\n")


def _changed(before: Mapping[str, object], after: Mapping[str, object]) -> frozenset[str]:
    return frozenset(name for name in {*before, *after} if before.get(name) != after.get(name))


def _unread(side: Workspace) -> frozenset[str]:
    read = {rotation.path for rotation in side.every}
    return frozenset(path for path in side.files if path.startswith("rotations/") and path not in read)


# -- judging -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Look:
    """What the tracker shows, if it does."""

    tracker: str
    scope: str
    issues: list[Issue] | None
    notes: tuple[str, ...] = ()


def _look(sides: _Sides, name: str, scope: str, world: World) -> _Look:
    try:
        issues = places.tracker(sides.head.root, name, sides.policy, scope, world).issues(world.month_ago)
    except (OutsideError, UnfinishedError, UsageError) as error:
        return _Look(name, scope, None, (f"the issues could not be read: {error}",))
    return _Look(name, scope, issues)


def _review(sides: _Sides, look: _Look, base: str) -> Review:
    change = _change(sides)
    plans = None if look.issues is None else _plans(sides, look, look.issues)
    found = [
        *review.findings(change, look.issues, _past(sides, change)),
        *review.overrides(
            [path for path in sides.changed if path.startswith(_CATALOGUE)],
            sides.known,
            sides.base.catalogue,
            sides.head.catalogue,
        ),
        *(review.weakened(workspace.POLICY, sides.fork.policy, sides.head.policy) if _has_policies(sides) else ()),
        *(review.excess(workspace.POLICY, *plans, sides.policy.limits) if plans else ()),
    ]
    pasted = leaks(sides.head, base)
    return review.Review(
        base=base,
        tracker=look.tracker,
        problems=review.reviewed([*_located(found, sides.head.root), *pasted.problems], list(_brought(sides))),
        effect=review.effect(*plans) if plans else None,
        notes=(*sides.notes, *look.notes, *pasted.notes),
    )


def _change(sides: _Sides) -> Change:
    # A file that cannot be read may declare what seems to be gone, unless it could not be read before either.
    return review.Change(
        before=_resolved(sides.fork.every, sides.catalogue),
        after=_resolved(sides.head.every, sides.catalogue),
        policy=sides.policy,
        catalogue=sides.catalogue,
        today=sides.today,
        is_whole=_unread(sides.head).isdisjoint(sides.changed),
    )


def _has_policies(sides: _Sides) -> bool:
    return workspace.POLICY in sides.changed and sides.policy is sides.base.policy and sides.head.is_judgeable


def _resolved(rotations: Iterable[Rotation], catalogue: Catalogue) -> tuple[Rotation, ...]:
    return tuple(replace(rotation, slug=catalogue.slug(rotation.provider)) for rotation in rotations)


def _brought(sides: _Sides) -> Iterator[Problem]:
    """Give the problems of files that were changed, and those that a change elsewhere gives to others."""
    before = {(problem.path, problem.code, problem.message) for problem in sides.fork.problems}
    for problem in sides.head.problems:
        if problem.path in sides.changed or (problem.path, problem.code, problem.message) not in before:
            yield problem


def _located(found: Iterable[Finding], root: Path) -> Iterator[Problem]:
    for finding in found:
        document = files.read(root / finding.path, finding.path)
        if isinstance(document, tuple):  # it is gone, or nothing in it has a place
            yield Problem(finding.path, 1, 1, finding.code, finding.message, finding.severity)
        else:
            yield files.locate(finding, document.text)


def _past(sides: _Sides, change: Change) -> frozenset[str] | None:
    """Return which of the new ids were declared once before; git is asked only where there are any."""
    known = {rotation.id for rotation in change.before}
    keys = {rotation.key.encode() for rotation in change.after if rotation.id not in known}
    contents = history.deleted(sides.head.root, sides.commit, "rotations", LARGEST) if keys else []
    if contents is None:
        return None
    return frozenset(id_ for content in contents if any(key in content for key in keys) for id_ in _ids(content))


def _ids(content: bytes) -> Iterator[str]:
    document = files.document(content.decode(errors="replace"), "a deleted file", trusted=True)
    data: Any = {} if isinstance(document, tuple) else document.data
    if isinstance(data, dict) and "provider" in data and "key" in data:
        yield f"{data['provider']}/{data['key']}"


def _plans(sides: _Sides, look: _Look, issues: Sequence[Issue]) -> tuple[Plan, Plan]:
    return _plan(sides.fork, sides, look, issues), _plan(sides.head, sides, look, issues)


def _plan(side: Workspace, sides: _Sides, look: _Look, issues: Sequence[Issue]) -> Plan:
    setting = Setting(
        policy=sides.policy,
        today=sides.today,
        scope=look.scope,
        catalogue=sides.catalogue,
        incidents=side.incidents,
        entries=side.entries,
        edition=sides.edition,
        left_alone=side.left_alone,
        is_whole=side.is_whole,
    )
    return plan(_resolved(side.rotations, sides.catalogue), issues, setting)


# -- the comment ---------------------------------------------------------------------------------------------------


def _commented(page: str, scope: str, policy: Policy, world: World) -> Exit:
    """Keep the comment up to date; a token that may only read leaves the exit status as it is."""
    repository, number = world.environment.get("GITHUB_REPOSITORY"), _pull_request(world)
    if repository is None or number is None:
        world.tell("this run is for no pull request, so there is nothing to comment on")
        return Exit.WELL
    from keyturn.trackers.conversations import DeniedError

    try:
        is_new = places.conversation(repository, policy, world).keep(number, reviews.mark(scope), page)
    except DeniedError as error:
        world.tell(f"{error}; the summary of the job has the review instead")
        return Exit.WELL
    except (OutsideError, UnfinishedError) as error:
        world.warn(f"no comment on pull request #{number}: {error}")
        return error.status
    world.tell(f"comment on pull request #{number}: {'written' if is_new else 'up to date'}")
    return Exit.WELL


def _pull_request(world: World) -> int | None:
    try:
        event = json.loads(Path(world.environment["GITHUB_EVENT_PATH"]).read_bytes())
        return int(event["pull_request"]["number"])
    except (KeyError, OSError, ValueError, TypeError):
        return None
