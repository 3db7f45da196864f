"""The way of one hostile file through keyturn: loaded, validated, planned and rendered; it ends well or in problems.

`travel(kind, content)` raises where keyturn would show a traceback, and where what is shown could steer who reads it.
Whatever a file holds, a second plan after the first has been carried out must find nothing left to do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from core.render_samples import PLATFORM, PROVIDER
from core.samples import applied, rotation
from hostile import live_on_a_terminal, words

from keyturn import checks, files, marker, parse
from keyturn.actions import Close, Link, Open, Remind
from keyturn.commands.showing import as_json
from keyturn.errors import RepositoryError
from keyturn.files import text
from keyturn.model import Catalogue, Policy, Problem
from keyturn.plan import Plan, Setting, plan
from keyturn.render import issue_body, plans, problems
from keyturn.render.issue_view import Links
from keyturn.render.templates import Templates
from keyturn.schema import Schemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keyturn.actions import Action
    from keyturn.model import Finding, Incident, Rotation

KINDS = ("rotation", "incident", "provider", "platform", "policy")
TODAY = date(2026, 11, 21)
SHOWN = "rotations/x.yaml"
PLAIN = Catalogue({"examplary": PROVIDER}, {"manual": PLATFORM})
LINKS = Links(file="https://github.com/acme/keys/blob/HEAD/rotations/x.yaml")


@dataclass(frozen=True, slots=True)
class Arrival:
    """How far a file came: the codes of its problems, and how many actions it led to."""

    codes: frozenset[str]
    actions: int = 0


@cache
def schemas() -> Schemas:
    return Schemas(files.schemas())


@cache
def templates() -> Templates:
    folder = files.shipped("templates")
    return Templates({path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.jinja")})


def travel(kind: str, content: bytes) -> Arrival:
    """Take the bytes of a file of this kind as far as they go."""
    found = _loaded(kind, content)
    if isinstance(found, tuple):
        return Arrival(_told(found))
    return _planned(kind, found)


# -- loading -------------------------------------------------------------------------------------------------------


def _loaded(kind: str, content: bytes) -> files.Document | tuple[Problem, ...]:
    decoded = text.decoded(content, SHOWN)
    if isinstance(decoded, Problem):
        return (decoded,)
    document = files.document(decoded, SHOWN)
    if isinstance(document, tuple):
        return document
    data: Any = document.data
    return _located(schemas().findings(kind, SHOWN, data), document) or document


def _located(found: Iterable[Finding], document: files.Document) -> tuple[Problem, ...]:
    return tuple(files.locate(each, document.text) for each in found)


# -- planning ------------------------------------------------------------------------------------------------------


def _planned(kind: str, document: files.Document) -> Arrival:
    data: Any = document.data
    rotations, incidents, policy, catalogue = _cast(kind, data)
    found = [*checks.of_policy(SHOWN, policy), *checks.findings(rotations, incidents, catalogue, policy, TODAY)]
    codes = _told(_located([each for each in found if not each.pointer or kind == "rotation"], document))
    if kind == "rotation":
        _edited(document.text)
    setting = Setting(policy, TODAY, "acme/keys:.", catalogue, incidents, edition="x")
    return Arrival(codes, _carried_out(rotations, setting))


def _cast(kind: str, data: Any) -> tuple[tuple[Rotation, ...], tuple[Incident, ...], Policy, Catalogue]:
    """Return what stands around a file of each kind; a hostile rotation finds the provider that it names."""
    sample = rotation("2026-08-01", provider="examplary", slug="examplary", path=SHOWN)
    if kind == "rotation":
        hostile = parse.rotation(SHOWN, data)
        provider = replace(PROVIDER, slug=hostile.slug)
        platforms = {each.platform: PLATFORM for each in hostile.consumers}
        return (hostile,), (), Policy(), Catalogue({hostile.slug: provider}, platforms)
    if kind == "incident":
        hit = parse.incident(SHOWN, data)
        return (_touched(sample, hit),), (hit,), Policy(), PLAIN
    if kind == "provider":
        return (sample,), (), Policy(), replace(PLAIN, providers={"examplary": parse.provider("examplary", data)})
    if kind == "platform":
        return (sample,), (), Policy(), replace(PLAIN, platforms={"manual": parse.platform("manual", data)})
    return (sample,), (), parse.policy(data), PLAIN


def _touched(sample: Rotation, hit: Incident) -> Rotation:
    """Make the sample one of the keys that an incident names, as far as one key can be."""
    tags, owners = tuple(sorted(hit.match.tags)), tuple(sorted(hit.match.owners))
    return replace(
        sample, tags=tags, owners=owners or sample.owners, environment=next(iter(hit.match.environments), None)
    )


def _edited(source: str) -> None:
    """Record over it: an edit holds what it should hold, or says that it cannot be made."""
    changes = (
        files.Put(("created",), "2026-11-20T10:00:00Z"),
        files.Remove(("request",)),
        files.Put(("hold",), {"a": 1}),
    )
    for change in changes:
        try:
            files.edited(source, [change])
        except RepositoryError as refusal:
            _is_inert(str(refusal))


def _carried_out(rotations: Sequence[Rotation], setting: Setting) -> int:
    first = plan(rotations, [], setting)
    _shown(first)
    issues = applied([each for each in first.actions if not isinstance(each, Link)], [], setting.today)
    bodies = {each.subject.rotation: _body(each, "") for each in first.actions if isinstance(each, Open)}
    issues = [replace(each, body=bodies[each.marker.id]) for each in issues]
    later = replace(setting, today=date(2027, 3, 1))
    for action in plan(rotations, issues, later).actions:
        if not isinstance(action, Open | Link):
            _written(action)
    again = plan(rotations, issues, setting)
    assert not [each for each in again.actions if not isinstance(each, Link)], again.actions
    return len(first.actions)


def _written(action: Action) -> None:
    if isinstance(action, Remind):
        assert "\n" not in issue_body.reminder(action).split("\n\n")[1]
    elif not isinstance(action, Link):
        _body(action, action.issue.body if not isinstance(action, Open) else "")


def _body(action: Any, previous: str) -> str:
    written = issue_body.body(action.text, action.marker, previous, templates(), LINKS)
    assert len(written) <= issue_body.LONGEST
    assert marker.read(written) == action.marker
    assert isinstance(action, Close) or written.count("<!-- keyturn {") == 1
    # What there is to copy keeps its tabs, and nothing else has any.
    assert "\t" not in written or "\t" not in words(written)
    assert not live_on_a_terminal(written.replace("\t", " "), in_actions=False)
    assert issue_body.body(action.text, action.marker, written, templates(), LINKS) == written
    return written


# -- showing -------------------------------------------------------------------------------------------------------


def _shown(made: Plan) -> None:
    _is_inert("\n".join(plans.text(made)))
    _is_inert(as_json(plans.document(made, "local")))
    _is_inert(plans.markdown(made))


def _told(found: Sequence[Problem]) -> frozenset[str]:
    """Show problems in every way."""
    for problem in found[:200]:
        _told_alone(problem)
    return frozenset(each.code for each in found)


@lru_cache(maxsize=10_000)
def _told_alone(problem: Problem) -> None:
    _is_inert("\n".join(problems.text([problem])))
    [command] = problems.workflow_commands([problem])
    assert command.startswith("::")
    _is_inert(command.partition("::")[2])
    _is_inert(problems.markdown(1, [problem]))
    _is_inert(as_json(problems.document(1, [problem])))


def _is_inert(shown: str) -> None:
    assert not (live := live_on_a_terminal(shown)), live
