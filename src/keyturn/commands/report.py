"""`keyturn report --out DIR`: a site that shows the whole fleet, its facts as JSON, and calendars to subscribe to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from keyturn import files, fleet, history, parse, policy
from keyturn.commands import decision, places, shipped, showing, workspace
from keyturn.errors import Exit, OutsideError, RepositoryError, UnfinishedError, UsageError, worst
from keyturn.files import folder
from keyturn.files.text import LARGEST
from keyturn.fleet import Fleet
from keyturn.fleet.past import Snapshot, pasts
from keyturn.model import Severity
from keyturn.render.days import counted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from keyturn.actions import Waiting
    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.fleet.past import Past
    from keyturn.model import Rotation
    from keyturn.policy import Standing
    from keyturn.render.report.links import Links
    from keyturn.schema import Schemas

EPILOG = """\
examples:
  keyturn report --out site                   then open site/index.html
  keyturn report --out site --today 2027-01-01
                                              how the fleet will stand on New Year's Day
  jq '.summary' site/report.json              the same facts for programs

It needs two more libraries: pip install 'keyturn[report]'. Nothing in the site asks anything of the network, so it
opens from disk. Files that an earlier report wrote and that are not needed any more are removed, and no others.
"""
ROTATIONS = "rotations"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add tracker and folder."""
    decision.arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write the site to")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Gather the fleet and write it down; where the tracker does not answer, say so in the site and fail."""
    try:
        from keyturn.render import report
    except ModuleNotFoundError:
        message = "the report needs libraries that are not installed; run `pip install 'keyturn[report]'`"
        raise UsageError(message) from None
    gathered = _gathered(world, options)
    found = gathered.workspace
    showing.complained(found.problems, world)
    if not found.is_judgeable:
        message = f"{workspace.POLICY} has to be corrected first; the report was not written"
        raise RepositoryError(message)
    shown, links = _fleet(gathered, world), _links(found.root, gathered.tracker, world)
    out = world.folder / options.out
    count = folder.publish(out, report.files(shown, links, files.report_sources()))
    world.tell(f"{counted(len(shown.keys), 'key')} in {counted(count, 'file')}; open {out / 'index.html'}")
    return worst(gathered.status, Exit.CORRECT if found.has_errors else Exit.WELL)


# -- what is known -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What a report is made from; without an answer of the tracker what the files alone say."""

    workspace: Workspace
    tracker: str
    standings: tuple[tuple[Standing, int | None], ...]
    waiting: tuple[Waiting, ...] = ()
    status: Exit = Exit.WELL


def _gathered(world: World, options: argparse.Namespace) -> _Gathered:
    try:
        decided = decision.decide(world, options)
    except (OutsideError, UnfinishedError) as error:
        world.warn(f"{error}; the report says so, and goes by the files alone")
        return _alone(world, options, error.status)
    return _Gathered(decided.workspace, decided.tracker.name, decided.standings, decided.plan.waiting)


def _alone(world: World, options: argparse.Namespace, status: Exit) -> _Gathered:
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    judged = (policy.standing(each, None, found.policy, found.incidents, world.today) for each in found.rotations)
    standings = tuple((standing, None) for standing in judged)
    return _Gathered(found, options.tracker or found.policy.tracker, standings, status=status)


def _fleet(gathered: _Gathered, world: World) -> Fleet:
    found, today = gathered.workspace, world.today
    past, unread = _past(found)
    keys = fleet.keys(gathered.standings, found.catalogue, found.policy, past, today)
    return Fleet(
        today=today,
        name=places.repository(found.root, world) or found.root.name,
        scope=places.scope(found.root, gathered.tracker, world),
        keys=keys,
        watches=tuple(fleet.watches(found.incidents, keys, today)),
        waiting=gathered.waiting,
        errors=sum(problem.severity is Severity.ERROR for problem in found.problems),
        is_answered=gathered.status is Exit.WELL,
        unread=unread,
    )


def _past(found: Workspace) -> tuple[Mapping[str, Past], str | None]:
    """Return what git remembers of every key, or why it does not tell."""
    try:
        events = history.chronicle(found.root, [ROTATIONS], LARGEST).events
    except (OutsideError, UsageError) as error:
        return {}, f"{error}."
    return pasts(found.rotations, _snapshots(events)), None


def _snapshots(events: tuple[history.Event, ...]) -> Iterator[Snapshot]:
    """Read the states that declare a key; what did not fit the schema declares nothing."""
    schemas = shipped.schemas()
    for event in events:
        if event.text is not None and (rotation := _declared(event.path, event.text, schemas)):
            yield Snapshot(event.commit, event.at, ", ".join(map(_name, event.makers)), rotation)


def _declared(path: str, text: bytes, schemas: Schemas) -> Rotation | None:
    document = files.document(text.decode(errors="replace"), path, trusted=True)
    if isinstance(document, tuple):
        return None
    data = cast("Any", document.data)
    return None if schemas.findings("rotation", path, data) else parse.rotation(path, data)


def _name(maker: str) -> str:
    """Leave out the mail address, which is nobody's business on a page."""
    return maker.rpartition(" <")[0]


def _links(root: Path, tracker: str, world: World) -> Links:
    from keyturn.render.report.links import Links

    server = world.environment.get("GITHUB_SERVER_URL", places.SERVER)
    name = places.repository(root, world)
    _, _, repository = tracker.partition("github:")
    return Links(
        files=places.address(root, world),
        commits=f"{server}/{name}/commit" if name else None,
        issues=f"{server}/{repository}/issues" if repository else None,
    )
