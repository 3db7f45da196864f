"""`keyturn discover`: find keys that nobody has declared, by the names of secrets; no value is ever looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keyturn import history
from keyturn.commands import declaring, places, showing, workspace
from keyturn.commands.recognition import UNKNOWN, Names
from keyturn.errors import Exit, UsageError
from keyturn.files.mentions import is_credential, mentions
from keyturn.render.escape import code, terminal
from keyturn.trackers.confirmations import SECRETS_TOKEN

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from keyturn.commands.declaring import Draft
    from keyturn.commands.recognition import Guess
    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.files import Plain

EPILOG = """\
examples:
  keyturn discover                                 what workflows, .env files and GitHub name and nobody declares
  keyturn discover --no-github --format json
  keyturn discover --write --owner alice           writes a file for each key whose provider is recognized

Only names are read. GitHub lists its secrets to a token with `Secrets: read` in KEYTURN_SECRETS_TOKEN; the token of a
workflow cannot do that. Check what is proposed: a name says whose key it probably is, and no more.
"""

_OURS = "KEYTURN_"
_OF_EVERY_JOB = "GITHUB_TOKEN"
_NOTHING = "no workflow and no .env file here names a secret; `keyturn new` declares what you know of"


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a name was seen, and what that place is as a consumer of the key."""

    name: str
    where: str
    consumer: tuple[tuple[str, str], ...]
    is_secret: bool  # because of where it was seen, whatever its name says
    updated: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A key that nobody has declared."""

    guess: Guess
    sightings: tuple[Sighting, ...]

    @property
    def id(self) -> str:
        """Give the id that it would have."""
        return f"{self.guess.provider or '?'}/{self.guess.key}"

    @property
    def consumers(self) -> list[Plain]:
        """Give each place once."""
        return [dict(each) for each in dict.fromkeys(sighting.consumer for sighting in self.sightings)]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add where to look, and whether to write."""
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text", help="default: text")
    parser.add_argument("--no-github", action="store_true", help="do not ask GitHub, whatever token there is")
    parser.add_argument("--write", action="store_true", help="write a file for each key whose provider is recognized")
    parser.add_argument("--owner", action="append", metavar="LOGIN", help="who owns them, with --write")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Look, show what was found, and write what was asked for."""
    if options.write and not options.owner:
        message = "--write needs owners; say --owner LOGIN for whoever is to look at each key"
        raise UsageError(message)
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    sightings = list(_sightings(found, options, world))
    keys = list(_keys(found, sightings))
    showing.complained(found.problems, world)  # what cannot be read may declare one of these
    world.say(_SHOWN[options.format](keys))
    if not keys:
        world.tell("every name of a secret that was found is declared" if sightings else _NOTHING)
    return _written(found, keys, options.owner, world) if options.write else Exit.WELL


# -- looking -------------------------------------------------------------------------------------------------------


def _sightings(found: Workspace, options: argparse.Namespace, world: World) -> Iterator[Sighting]:
    repository = places.repository(found.root, world)
    top = history.top(found.root) or found.root
    for name, path in mentions(top):
        yield _mentioned(name, path, repository)
    if not options.no_github:
        yield from _of_github(found, repository, world)


def _mentioned(name: str, path: str, repository: str | None) -> Sighting:
    is_of_actions = path.startswith(".github/")
    if is_of_actions and repository:
        place = {"platform": "github-secret", "repository": repository, "secret": name}
    else:
        place = {"platform": "manual", "name": f"{name} in {path}"}
    return Sighting(name, path, tuple(place.items()), is_of_actions)


def _of_github(found: Workspace, repository: str | None, world: World) -> Iterator[Sighting]:
    """Ask GitHub where there is a token to ask with; what it may not see is told, and stops nothing."""
    token = next(
        (world.environment[each] for each in (SECRETS_TOKEN, *places.TOKENS) if world.environment.get(each)), ""
    )
    if not (token and repository):
        world.tell(f"GitHub's own list was not read: that needs {SECRETS_TOKEN} and a remote `origin` on GitHub")
        return
    from keyturn.trackers.vault import Vault

    reader = world._replace(environment={**world.environment, "GITHUB_TOKEN": token})
    vault = Vault(places.conversation(repository, found.policy, reader).api, repository)
    for kept in vault.secrets():
        home = {"organization": kept.organization} if kept.organization else {"repository": repository}
        place = {**home, "secret": kept.name, **({"environment": kept.environment} if kept.environment else {})}
        where = " ".join(["GitHub", kept.environment or kept.organization or repository])
        yield Sighting(
            kept.name, where, (("platform", "github-secret"), *place.items()), is_secret=True, updated=kept.updated
        )
    for each in vault.unread:
        world.warn(each)


# -- what it means -------------------------------------------------------------------------------------------------


def _keys(found: Workspace, sightings: Iterable[Sighting]) -> Iterator[Found]:
    """Put together what speaks of the same key, and leave out what is declared, ours or no secret."""
    names, known = Names(found.catalogue), _declared(found)
    groups: dict[tuple[str | None, str], list[Sighting]] = {}
    guesses: dict[tuple[str | None, str], Guess] = {}
    for each in sightings:
        if _is_meant(each) and known.isdisjoint({each.name, dict(each.consumer).get("name")}):
            guess = names.guess(each.name)
            groups.setdefault((guess.provider, guess.key), []).append(each)
            guesses.setdefault((guess.provider, guess.key), guess)
    for name in sorted(groups, key=lambda each: (each[0] is None, each)):
        yield Found(guesses[name], tuple(groups[name]))


def _is_meant(each: Sighting) -> bool:
    """Tell whether a name is that of a key, and of one that somebody has to rotate."""
    if each.name.startswith(_OURS) or (each.is_secret and each.name == _OF_EVERY_JOB):
        return False
    return each.is_secret or is_credential(each.name)


def _declared(found: Workspace) -> frozenset[str | None]:
    """Return the names of secrets that declared rotations have, and of the places that use them."""
    consumers = [consumer for each in found.every for consumer in each.consumers]
    pairs = [pair for each in found.every for pair in each.secrets.values()]
    return frozenset(
        [*(each.secret for each in consumers), *(each.name for each in consumers)]
        + [name for pair in pairs for name in pair.values()]
    ) - {None}


# -- showing and writing -------------------------------------------------------------------------------------------


def _text(keys: Sequence[Found]) -> str:
    lines = []
    for each in keys:
        lines.append(f"{each.id}  ({each.guess.confidence})")
        lines += [f"  {sighting.name}  {_where(sighting)}" for sighting in each.sightings]
    return "\n".join(map(terminal, lines))


def _where(sighting: Sighting) -> str:
    return f"{sighting.where}{f', written {sighting.updated[:10]}' if sighting.updated else ''}"


def _json(keys: Sequence[Found]) -> str:
    return showing.as_json({"keys": [_document(each) for each in keys]})


def _document(each: Found) -> dict[str, Any]:
    return {
        "rotation": each.id if each.guess.provider else None,
        "provider": each.guess.provider,
        "key": each.guess.key,
        "confidence": each.guess.confidence,
        "secrets": [{"name": one.name, "where": one.where, "updated_at": one.updated} for one in each.sightings],
        "consumers": each.consumers,
    }


def _markdown(keys: Sequence[Found]) -> str:
    head = ["| key | confidence | secrets |", "|---|---|---|"]
    rows = [
        f"| {code(each.id)} | {each.guess.confidence} | "
        + ", ".join(f"{code(one.name)} ({code(_where(one))})" for one in each.sightings)
        + " |"
        for each in keys
    ]
    return "\n".join([*head, *rows]) if rows else ""


_SHOWN = {"text": _text, "json": _json, "markdown": _markdown}


def _written(found: Workspace, keys: Sequence[Found], owners: Sequence[str], world: World) -> Exit:
    """Write what is sound, and name the rest."""
    status = Exit.WELL
    for each in keys:
        if each.guess.confidence == UNKNOWN:
            world.tell(f"{each.id}: no provider is recognized; declare it with `keyturn new`")
            continue
        draft = _draft(found, each, owners, world)
        if wrong := list(declaring.errors(found, [draft], world.today)):
            world.warn(f"{draft.path} was not written: {wrong[0].message}")
            status = Exit.CORRECT
        else:
            declaring.write(found, draft)
            world.tell(f"{draft.path}: written; check provider, owners and consumers, and say when it was created")
    return status


def _draft(found: Workspace, each: Found, owners: Sequence[str], world: World) -> Draft:
    fields: dict[str, Plain] = {
        "provider": each.guess.provider,
        "key": each.guess.key,
        "owners": list(owners),
        "created": "unknown",
        "enrolled": world.today.isoformat(),
        "consumers": each.consumers,
    }
    return declaring.draft(found, fields)
