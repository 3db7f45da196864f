"""Before a decision: ask what nobody can type about the evidence that would close an issue."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from keyturn import files, history, parse, policy
from keyturn.commands import places, shipped
from keyturn.files.text import LARGEST
from keyturn.model import Evidence
from keyturn.trackers.confirmations import SECRETS_TOKEN, Origin, Origins, Witness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.history import State
    from keyturn.model import RetirementEvidence, Rotation
    from keyturn.plan import Setting, Survey
    from keyturn.trackers.api import Api
    from keyturn.trackers.github import GitHubTracker

ROTATIONS = "rotations"


def confirmed(found: Workspace, judged: Survey, tracker: GitHubTracker, world: World) -> Survey:
    """Return the survey with what GitHub says; where no evidence waits to be confirmed, nobody is asked."""
    setting = judged.setting
    waiting = {
        rotation.id: (rotation, evidence)
        for rotation in judged.awaiting
        if (evidence := policy.claim(rotation, setting.today))
    }
    if not waiting:
        return judged.confirmed({})
    witness = _witness(found, tracker.api, setting, world)
    origins = _origins(found, waiting.values(), setting) if found.policy.evidence.four_eyes else {}
    return judged.confirmed({id_: witness.confirmation(*claimed, origins.get(id_)) for id_, claimed in waiting.items()})


def _witness(found: Workspace, api: Api, setting: Setting, world: World) -> Witness:
    token = world.environment.get(SECRETS_TOKEN)
    return Witness(
        api=api,
        secrets_api=replace(api, token=token) if token else api,
        repository=setting.scope.partition(":")[0],
        server=world.environment.get("GITHUB_SERVER_URL", places.SERVER),
        tip=history.head(found.root),
        chain=partial(history.chain, found.root),
        now=world.now,
    )


# -- where evidence came from --------------------------------------------------------------------------------------


def _origins(
    found: Workspace, waiting: Iterable[tuple[Rotation, Evidence | RetirementEvidence]], setting: Setting
) -> Mapping[str, Origins]:
    """Look through the history for the commits that brought evidence, by id: a path means nothing."""
    claims = tuple(waiting)
    states = history.states(found.root, ROTATIONS, {rotation.key for rotation, _ in claims}, LARGEST)
    known = tuple(_declared(states))
    return {rotation.id: _origin(rotation, evidence, known, setting) for rotation, evidence in claims}


def _declared(states: Iterable[State]) -> Iterator[tuple[State, Rotation]]:
    """Read the states that declare a rotation; what did not fit the schema declares nothing."""
    schemas = shipped.schemas()
    for state in states:
        document = files.document(state.text.decode(errors="replace"), state.path, trusted=True)
        if isinstance(document, tuple):
            continue
        data = cast("Any", document.data)
        if not schemas.findings("rotation", state.path, data):
            yield state, parse.rotation(state.path, data)


def _origin(
    rotation: Rotation,
    evidence: Evidence | RetirementEvidence,
    known: Iterable[tuple[State, Rotation]],
    setting: Setting,
) -> Origins:
    same = [
        (state, claim)
        for state, each in known
        if (each.id, each.version) == (rotation.id, rotation.version)
        and (claim := policy.claim(each, setting.today))
        and _bare(claim) == _bare(evidence)
    ]
    first = next((_commit(state) for state, _ in same), None)
    release = next((_commit(state) for state, claim in same if claim == evidence), None)
    return Origins(first, release)


def _bare(evidence: Evidence | RetirementEvidence) -> Evidence | RetirementEvidence:
    """Leave out who confirmed it later."""
    return replace(evidence, confirmed_by=None) if isinstance(evidence, Evidence) else evidence


def _commit(state: State) -> Origin:
    return Origin(state.commit, state.path, is_cut=state.is_cut)
