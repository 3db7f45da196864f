"""`keyturn new`: declare a key, by a few answers or by options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn import history
from keyturn.commands import asking, declaring, naming, workspace
from keyturn.commands.words import fitting
from keyturn.errors import Exit, UsageError
from keyturn.model import Tier
from keyturn.render.escape import terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.files import Plain
    from keyturn.model import Problem

EPILOG = """\
examples:
  keyturn new                                  asks for what is needed
  keyturn new --provider mixpanel --key loader --owner alice --created 2026-08-24 \\
      --consumer platform=github-secret,repository=acme/etl,secret=MIXPANEL_SECRET
  keyturn new --provider mixpanel --key loader --owner alice --created unknown --dry-run

What is not said by an option is asked for at a terminal. The file explains every field, and is checked before it is
written; none is overwritten.
"""

_PATH = re.compile(r"rotations/(?:[A-Za-z0-9][A-Za-z0-9._-]*/)*[A-Za-z0-9][A-Za-z0-9._-]*\.ya?ml")
_UNKNOWN = "unknown"
_PLAIN = ("variant", "description", "team", "tier", "environment", "expires", "rotate_every")
_MOST_OTHERS = 8
_REQUIRED = ("provider", "key", "owners", "created")
_OPTIONS = {"owners": "--owner"}
_SOUND: Mapping[str, Plain] = {
    "provider": "acme",
    "key": "acme",
    "owners": ["alice"],
    "created": "2026-01-01",
    "consumers": [],
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add an option for every answer, and what is not asked for."""
    say = parser.add_argument
    say("--provider", metavar="NAME", help="who issues it: a slug of `keyturn providers`, or a former name")
    say("--key", metavar="NAME", help="a name for it, unique within the provider; never the key itself")
    say("--owner", dest="owners", action="append", metavar="LOGIN", help="who rotates it; may be given again")
    say("--created", metavar="MOMENT|unknown", help="when the version in use was issued")
    say(
        "--consumer",
        dest="consumers",
        action="append",
        metavar="platform=NAME,...",
        help="a place that uses it, as field=value with commas between; may be given again",
    )
    say("--variant", metavar="NAME", help="which kind of key, where the provider has several")
    say("--tier", choices=[*map(str, Tier)], help="how much harm a lost key would do")
    say("--description", metavar="TEXT", help="what it is for")
    say("--team", metavar="NAME", help="shown beside the owners")
    say("--tag", dest="tags", action="append", metavar="WORD", help="for incidents and rules; may be given again")
    say("--environment", metavar="NAME", help="where it is used")
    say("--expires", metavar="MOMENT", help="when the provider ends it")
    say("--rotate-every", metavar="90d", help="how often it is rotated (default: the policy's cadence)")
    advice = "write for example rotations/analytics/loader.yaml"
    say("--path", type=fitting(_PATH, advice), metavar="FILE", help="the file (default: by provider and key)")
    say("--dry-run", action="store_true", help="show the file and write nothing")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Ask, write the file and say what comes next."""
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    given = _given(found, options)
    fields = _complete(found, given, world)
    draft = declaring.draft(found, fields, options.path, _samples(found, str(fields["provider"])))
    declaring.insist(declaring.errors(found, [draft], world.today))
    if options.dry_run:
        world.say(draft.text)
        return Exit.WELL
    declaring.write(found, draft)
    if not fields["consumers"]:
        world.tell(f"{draft.path}: no place that uses the key is named yet; add them under `consumers`")
    world.tell(f"{draft.path}: declared. Commit it and open a pull request; `keyturn plan` shows what it brings.")
    return Exit.WELL


# -- what is said --------------------------------------------------------------------------------------------------


def _given(found: Workspace, options: argparse.Namespace) -> dict[str, Plain]:
    """Return what the options say, by the names of the fields."""
    said = {name: getattr(options, name) for name in (*_REQUIRED, *_PLAIN, "tags")}
    fields: dict[str, Plain] = {name: value for name, value in said.items() if value is not None}
    if options.consumers is not None:
        fields["consumers"] = [consumer(text) for text in options.consumers]
    if options.provider is not None and found.catalogue.slug(options.provider) not in found.catalogue.providers:
        known = naming.names(found.catalogue)
        if hint := naming.hint(options.provider, known):
            raise UsageError(hint)
        (fields["provider"],) = naming.meant(options.provider, known)
    return fields


def consumer(text: str) -> dict[str, str]:
    """Read `platform=…,name=…`; a text without `=` names a place that has no platform of its own."""
    if "=" not in text:
        return {"platform": "manual", "name": text.strip()}
    pairs = [pair.partition("=") for pair in text.split(",")]
    if wrong := [pair for pair in pairs if not (pair[0].strip() and pair[1] and pair[2].strip())]:
        message = f"{''.join(wrong[0])!r} is no field of a consumer; write platform=manual,name=Nightly load"
        raise UsageError(message)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _samples(found: Workspace, provider: str) -> Mapping[str, str]:
    """Return what the provider's own steps ask for, to be filled in."""
    known = found.catalogue.providers[found.catalogue.slug(provider)]
    params = ", ".join(f"{name}: …" for name in known.params)
    return {
        **({"params": f"{{{params}}}"} if params else {}),
        **({"variant": " | ".join(known.variants)} if known.variants else {}),
    }


# -- what is asked -------------------------------------------------------------------------------------------------


def _complete(found: Workspace, given: dict[str, Plain], world: World) -> dict[str, Plain]:
    """Ask for what is missing; where nobody can answer, say which options are."""
    login = world.environment.get("GITHUB_ACTOR") or history.user(found.root) or ""
    if world.answers is None:
        if login:
            given.setdefault("owners", [login])
        if missing := [_OPTIONS.get(name, f"--{name}") for name in _REQUIRED if name not in given]:
            message = f"nobody is here to be asked, so please say {', '.join(missing)}; see `keyturn new --help`"
            raise UsageError(message)
    else:
        _Form(world, found, given, world.answers).fill(login)
    given.setdefault("consumers", [])
    return _enrolled(given, world)


def _enrolled(given: dict[str, Plain], world: World) -> dict[str, Plain]:
    return {**given, "enrolled": world.today.isoformat()} if given["created"] == _UNKNOWN else given


@dataclass(frozen=True, slots=True)
class _Form:
    """The questions in their order, for every field that nobody has given."""

    world: World
    found: Workspace
    given: dict[str, Plain]
    answers: TextIO

    def fill(self, login: str) -> None:
        """Ask; an answer is judged with those before it."""
        declaring.insist(each for each in self._errors(self.given) if each.code != "unknown-provider")
        if "provider" not in self.given:
            self.given["provider"] = self._provider()
        self._ask("key", "A name for the key, never the key itself", str)
        self._ask("owners", "Owners, as GitHub logins", _words, login)
        self._ask("created", "Created, as YYYY-MM-DD or unknown", str, _UNKNOWN)
        if "consumers" not in self.given:
            question = "Where it is used: a name, or platform=github-secret,repository=…,secret=… (Enter ends)"
            said = asking.several(self.world, self.answers, question, self._wrong_consumer)
            self.given["consumers"] = [consumer(each) for each in said]

    def _provider(self) -> str:
        known = naming.names(self.found.catalogue)
        question = "Provider, or a part of its name"
        said = asking.one(self.world, self.answers, question, lambda answer: naming.hint(answer, known))
        (slug,) = naming.meant(said, known)
        self.world.err.write(f"  {slug}, {terminal(self.found.catalogue.providers[slug].name)}\n")
        if others := [each for each in naming.containing(said, known) if each != slug]:
            self.world.err.write(f"  not {', '.join(others[:_MOST_OTHERS])}; Ctrl-C, and again, for another one\n")
        return slug

    def _ask(self, name: str, question: str, read: Callable[[str], Plain], default: str = "") -> None:
        if name not in self.given:
            said = asking.one(
                self.world, self.answers, question, lambda answer: self._wrong(name, read(answer)), default
            )
            self.given[name] = read(said)

    def _wrong_consumer(self, answer: str) -> str | None:
        try:
            return self._wrong("consumers", [consumer(answer)])
        except UsageError as error:
            return str(error)

    def _wrong(self, name: str, value: Plain) -> str | None:
        return next((each.message for each in self._errors({**self.given, name: value})), None)

    def _errors(self, fields: Mapping[str, Plain]) -> Iterator[Problem]:
        """Judge what is there with harmless values for the rest."""
        draft = declaring.draft(self.found, _enrolled({**_SOUND, **fields}, self.world))
        return declaring.errors(self.found, [draft], self.world.today)


def _words(answer: str) -> list[str]:
    return re.findall(r"[^\s,@]+", answer)
