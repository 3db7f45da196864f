"""`keyturn audit`: what became of every version of every key, from git and the tracker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from keyturn import audit, files, history, parse
from keyturn.commands import decision, moments, places, shipped, showing, workspace
from keyturn.errors import Exit, OutsideError, UnfinishedError, UsageError, worst
from keyturn.files.text import LARGEST
from keyturn.model import Method, Policy
from keyturn.model.audit import Change, Deposit, Past, Report, State, Told
from keyturn.render.audits import document, page, words
from keyturn.render.days import counted
from keyturn.render.templates import Templates

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.history import Chronicle, Event
    from keyturn.model import Catalogue, Issue, Statement
    from keyturn.model.audit import Landed, Record, Recorded
    from keyturn.schema import Schemas
    from keyturn.trackers import Tracker
    from keyturn.trackers.github import GitHubTracker
    from keyturn.trackers.landings import Registrar

EPILOG = """\
examples:
  keyturn audit                               every version of every key that was ever declared
  keyturn audit mixpanel/loader               one key; an id that it had formerly means it too
  keyturn audit --since 2026-01-01            versions that were in use on that day or later
  keyturn audit --out evidence                audit.json and audit.html, a page to read and to print
  keyturn audit --git-only                    without the tracker: no issues, no pull requests, no approvals

It reads commits, not the work tree, and needs the whole history. On GitHub it lists the issues once and then asks once
for every commit shown, once for every pull request and twice for every run that evidence names.
"""

FORMATS = ("text", "json", "markdown")
_ROTATIONS, _INCIDENTS = "rotations/", "incidents/"
_READ = (_ROTATIONS, _INCIDENTS, workspace.POLICY)
_DAWN = date(1970, 1, 1)  # before every issue
_GIT_ONLY = "only git was asked"
_LOCAL = "the local tracker keeps no pull requests"
_LIMIT = "GitHub's rate limit was reached before it was asked"
_MOST_NAMED = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add id, time, place, tracker and format."""
    parser.add_argument("id", nargs="?", metavar="ID", help="one rotation, as <provider>/<key> (default: all)")
    parser.add_argument("--since", type=moments.day, metavar="DATE", help="leave out what was over before that day")
    parser.add_argument("--out", metavar="DIR", help="write audit.json and audit.html into this folder")
    parser.add_argument("--git-only", action="store_true", help="ask git alone, where the tracker cannot answer")
    decision.arguments(parser)
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to write it (default: text)")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Gather, judge, and show; what could not be looked at is said, and gives the exit status."""
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    told = history.chronicle(found.root, _READ, LARGEST)
    past, unread = _past(told.events, found.catalogue)
    tracker = _tracker(found, options, world)
    records = _chosen(audit.records(past, _issues(tracker, options), world.today), options)
    scope = places.scope(found.root, options.tracker or found.policy.tracker, world)
    answers = _told(records, tracker, told, scope, world)
    report = Report(
        made_at=world.moment,
        commit=told.commit,
        commit_at=told.at,
        scope=scope,
        tracker=tracker.name if tracker else None,
        since=options.since,
        records=audit.weighed(records, answers),
        files=tuple(_deposits(told.events, past, records, options.id)),
        told=answers,
        notes=tuple(_notes(unread, answers)),
        home=_home(found, world),
    )
    _show(report, found, options, world)
    return _status(answers)


def _chosen(found: Sequence[Record], options: argparse.Namespace) -> tuple[Record, ...]:
    """Leave out what was not asked for; an id that nobody ever declared is a mistake."""
    if options.id is None:
        return audit.shown(found, options.since)
    names = {name: record for record in found for name in (record.id, *record.formerly)}
    if options.id not in names:
        near = get_close_matches(options.id, names, n=1)
        hint = f"did you mean {near[0]}?" if near else "`keyturn ages` lists the ids of today"
        message = f"no rotation {options.id} in the history of {_ROTATIONS}; {hint}"
        raise UsageError(message)
    return audit.shown([names[options.id]], options.since)


# -- from git ------------------------------------------------------------------------------------------------------


def _past(events: Iterable[Event], catalogue: Catalogue) -> tuple[Past, tuple[Change, ...]]:
    """Read every state that a file ever had; gives also the changes whose text declares nothing by today's schemas."""
    reader = _Reader(shipped.schemas(), catalogue)
    states: dict[str, list[State[Any]]] = {kind: [] for kind in _KINDS}
    unread = []
    for event in events:
        kind = next(kind for kind, place in _KINDS.items() if event.path.startswith(place))
        change = Change(event.order, event.commit, event.at, event.makers, event.path, event.blob)
        value = reader.value(kind, event)
        if value is None and event.blob:
            unread.append(change)
        else:
            states[kind].append(State(change, value))
    return Past(*(tuple(states[kind]) for kind in ("rotation", "incident", "policy"))), tuple(unread)


_KINDS = {"rotation": _ROTATIONS, "incident": _INCIDENTS, "policy": workspace.POLICY}


@dataclass(frozen=True, slots=True)
class _Reader:
    """What turns texts of the past into values."""

    schemas: Schemas
    catalogue: Catalogue

    def value(self, kind: str, event: Event) -> object | None:
        """Return what a file of this kind says, or None where it says nothing that is understood today."""
        if event.text is None:
            return None
        document = files.document(event.text.decode(errors="replace"), event.path, trusted=True)
        if isinstance(document, tuple):
            is_empty = kind == "policy" and [problem.code for problem in document] == ["empty-file"]
            return Policy() if is_empty else None
        data = cast("Any", document.data)
        if self.schemas.findings(kind, event.path, data):
            return None
        return self._parsed(kind, event.path, data)

    def _parsed(self, kind: str, path: str, data: Any) -> object:  # noqa: ANN401 - whatever its schema lets through
        if kind == "policy":
            return parse.policy(data)
        if kind == "incident":
            return parse.incident(path, data)
        found = parse.rotation(path, data)
        return replace(found, slug=self.catalogue.slug(found.provider))


def _deposits(events: Iterable[Event], past: Past, records: Sequence[Record], chosen: str | None) -> Iterator[Deposit]:
    """Give the files of the audited commit with their hashes; of one key that was chosen its own alone."""
    last = {event.path: event for event in events}
    ids = {state.change.path: state.value.id for state in past.rotations if state.value}
    shown = {record.path for record in records}
    for path, event in sorted(last.items()):
        if event.blob and (chosen is None or not path.startswith(_ROTATIONS) or path in shown):
            digest = sha256(event.text).hexdigest() if event.text is not None else None
            yield Deposit(path, event.blob, digest, ids.get(path))


# -- from the tracker ----------------------------------------------------------------------------------------------


def _tracker(found: Workspace, options: argparse.Namespace, world: World) -> Tracker | None:
    if options.git_only:
        return None
    name = options.tracker or found.policy.tracker
    return places.tracker(found.root, name, found.policy, places.scope(found.root, name, world), world)


def _issues(tracker: Tracker | None, options: argparse.Namespace) -> list[Issue]:
    """List the issues; without them nothing can be said of what was opened and closed, and the run ends."""
    try:
        return tracker.issues(options.since or _DAWN) if tracker else []
    except (OutsideError, UnfinishedError) as error:
        raise type(error)(f"{error}; `keyturn audit --git-only` shows what git alone knows") from None


def _told(records: Sequence[Record], tracker: Tracker | None, told: Chronicle, scope: str, world: World) -> Told:
    """Ask GitHub about the commits and runs shown, the latest first; where a limit ends that, the rest is unknown."""
    if tracker is None or tracker.name == "local":
        return Told(silence=_LOCAL if tracker else _GIT_ONLY)
    registrar = _registrar(cast("GitHubTracker", tracker), told, scope, world)
    turns = [turn for record in records for turn in record.turns]
    changes = {change.commit: change.order for turn in turns for change in turn.changes}
    landed: dict[str, Landed] = {}
    runs: dict[tuple[str, str], Statement] = {}
    try:
        for commit in sorted(changes, key=lambda each: changes[each], reverse=True):
            landed[commit] = registrar.landed(commit)
        for recorded in filter(_is_probed, (each for turn in turns for each in turn.evidence)):
            runs[recorded.change.commit, recorded.rotation.id] = registrar.run(recorded.rotation.id, recorded.evidence)
    except UnfinishedError as end:
        world.warn(str(end))
        return Told(landed, runs, silence=_LIMIT, is_cut=True)
    return Told(landed, runs)


def _registrar(tracker: GitHubTracker, told: Chronicle, scope: str, world: World) -> Registrar:
    from keyturn.trackers.landings import Registrar

    places_on_line = {commit: place for place, commit in enumerate(told.line)}

    def chain(commit: str, count: int) -> Sequence[str]:
        start = places_on_line.get(commit)
        return () if start is None else told.line[start : start + count]

    return Registrar(
        api=tracker.api,
        secrets_api=tracker.api,
        repository=scope.partition(":")[0],
        server=world.environment.get("GITHUB_SERVER_URL", places.SERVER),
        tip=told.commit,
        chain=chain,
        now=world.now,
    )


def _is_probed(recorded: Recorded) -> bool:
    return any(proof.method is Method.PROBE for proof in recorded.evidence.parts.values())


# -- what is shown -------------------------------------------------------------------------------------------------


def _notes(unread: Sequence[Change], told: Told) -> Iterator[str]:
    """Say what could not be looked at."""
    if unread:
        names = [f"{change.path} in {change.commit[:12]}" for change in unread]
        left = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        count = counted(len(unread), "text")
        yield f"{count} of the past cannot be read today and are left out: {', '.join(names[:_MOST_NAMED])}{left}"
    silent = [landed.reason for landed in told.landed.values() if not landed.is_known]
    if silent:
        yield f"GitHub did not tell how {counted(len(silent), 'commit')} came in, the latest because: {silent[0]}"
    if told.silence:
        yield f"pull requests and approvals are unknown where nothing else is said: {told.silence}"


def _status(told: Told) -> Exit:
    is_silent = any(not landed.is_known for landed in told.landed.values())
    return worst(Exit.OUTSIDE if is_silent else Exit.WELL, Exit.UNFINISHED if told.is_cut else Exit.WELL)


def _home(found: Workspace, world: World) -> str | None:
    name = places.repository(found.root, world)
    return f"{world.environment.get('GITHUB_SERVER_URL', places.SERVER)}/{name}" if name else None


def _show(report: Report, found: Workspace, options: argparse.Namespace, world: World) -> None:
    data = showing.as_json(document.document(report))
    if options.out:
        folder = world.folder / options.out
        _write(
            folder, {"audit.json": f"{data}\n", "audit.html": page.page(report, Templates(files.templates(found.root)))}
        )
        world.tell(f"written: {options.out}/audit.json and {options.out}/audit.html")
    if options.format == "json":
        world.say(data)
    elif options.format == "markdown":
        world.say(words.markdown(report))
    else:
        world.say("\n".join(words.text(report)))


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            files.write(folder / name, text)
    except OSError as error:
        message = f"cannot write into {folder}: {error.strerror}; give another folder with --out"
        raise OutsideError(message) from None
