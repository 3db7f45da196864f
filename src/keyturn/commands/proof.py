"""What a verification writes into a rotation's file: a baseline, or the evidence that the rotation is complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn.commands import pair, places, recording
from keyturn.files import Put, Remove
from keyturn.model import Method, Part, Version
from keyturn.model.moments import written

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from keyturn.commands.pair import Pair
    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.files import Change, Plain
    from keyturn.model import Rotation
    from keyturn.model.verification import Verification


@dataclass(frozen=True, slots=True)
class Case:
    """Which rotation is verified, on whose word, and since when."""

    found: Workspace
    subject: Rotation
    options: argparse.Namespace
    world: World
    started: datetime


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """By what the keys of a rotation can be known again; None without a key for the fingerprints."""

    new: str | None = None
    old: str | None = None


def fingerprints(keys: Pair, environment: Mapping[str, str]) -> Fingerprints:
    """Take the fingerprints, where the environment has a key for them."""
    if not (key := environment.get(pair.FINGERPRINT_KEY)):
        return Fingerprints()
    new = pair.fingerprint(keys.new, keys.fields, key) if keys.new else None
    return Fingerprints(new, pair.fingerprint(keys.old, keys.fields, key))


def is_mismatch(subject: Rotation, prints: Fingerprints, *, is_baseline: bool) -> bool:
    """Tell whether the old value is known not to be the key in use."""
    last = subject.evidence.parts.get(Part.NEW_KEY) if subject.evidence else None
    known = {last.fingerprint if last else None, None if is_baseline else _baseline(subject)} - {None}
    return prints.old is not None and bool(known) and prints.old not in known


def _baseline(subject: Rotation) -> str | None:
    """Return the fingerprint of the baseline, unless that is about an earlier version."""
    found = subject.baseline
    return found.fingerprint if found and found.at >= subject.version.at else None


# -- before anything is asked --------------------------------------------------------------------------------------


def insist_on_recordable(case: Case) -> None:
    """Refuse, before anything is asked, what could not be recorded afterwards."""
    subject, options = case.subject, case.options
    if options.created is None:
        remedy = "where there was another one, say when its key was created: --created MOMENT"
        recording.insist_on_first(subject, case.started.date(), remedy)
    recording.insist_on_later(subject, created(case), options.expires, case.started)


def created(case: Case) -> datetime:
    """Return when the new key was created: as somebody says, else when the verification began."""
    given: Version | None = case.options.created
    return given.at if given else case.started


# -- what is written -----------------------------------------------------------------------------------------------


def baseline(shown: Verification, prints: Fingerprints) -> dict[Part, dict[str, str]]:
    """Compose the baseline: the old key was accepted at this moment."""
    at = written(shown.old_key.at) if shown.old_key else ""
    return {Part.OLD_KEY: {"at": at, "fingerprint": prints.old or ""}}


def parts(case: Case, shown: Verification, prints: Fingerprints) -> dict[Part, dict[str, str]]:
    """Compose the evidence of a complete verification; a part that does not suffice is recorded and said."""
    at = {Part.NEW_KEY: shown.new_key, Part.OLD_KEY: shown.old_key}
    marks = {Part.NEW_KEY: prints.new, Part.OLD_KEY: prints.old}
    found = {}
    for part, method in _methods(case, prints):
        verdict, mark = at.get(part), marks.get(part)
        moment = written(verdict.at if verdict else case.world.now())
        found[part] = {"method": method.value, "at": moment, **({"fingerprint": mark} if mark else {})}
        if short := recording.shortfall(case.subject, part, method, case.found.policy):
            hint = "; next time run `keyturn verify --baseline` before you rotate" if part is Part.OLD_KEY else ""
            case.world.warn(f"{short}{hint}")
    return found


def _methods(case: Case, prints: Fingerprints) -> Iterator[tuple[Part, Method]]:
    """Give how each part was shown; without a baseline a rejected old key could be a typing error."""
    is_known = prints.old is not None and prints.old == _baseline(case.subject)
    yield Part.NEW_KEY, Method.PROBE
    yield Part.OLD_KEY, Method.PROBE if is_known else Method.ATTESTED
    if case.options.consumers or Part.CONSUMERS in case.found.policy.evidence.require:
        yield Part.CONSUMERS, Method(case.options.consumers or Method.ATTESTED)


def changes(case: Case, evidence: Mapping[Part, Plain], by: str) -> Sequence[Change]:
    """Give the edits of the rotation's file."""
    if case.options.baseline:
        return [Put(("baseline",), evidence[Part.OLD_KEY], flow=True)]
    address = run(case.world)
    block = {part.value: proof for part, proof in evidence.items()}
    return [
        Put(("created",), written(created(case))),
        *recording.expiry(case.options.expires),
        Put(
            ("evidence",),
            {"replaces": case.subject.version.text, **block, "by": by, **({"run": address} if address else {})},
        ),
        Remove(("request",)),
    ]


def run(world: World) -> str | None:
    """Return the address of the workflow run that this is, if it is one."""
    environment = world.environment
    if not world.in_actions or not {"GITHUB_REPOSITORY", "GITHUB_RUN_ID"} <= environment.keys():
        return None
    server = environment.get("GITHUB_SERVER_URL", places.SERVER)
    return f"{server}/{environment['GITHUB_REPOSITORY']}/actions/runs/{environment['GITHUB_RUN_ID']}"
