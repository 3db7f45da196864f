"""What to say of a setting that could not be read: never that it is well."""

from __future__ import annotations

from keyturn.health.diagnosis import UNASKED, Diagnosis, Weight
from keyturn.health.facts import Obstacle, Unread

_ADMINISTRATION = "Administration"
_ADVICE = {
    Obstacle.TOKENLESS: "set GITHUB_TOKEN to a token that may read the repository",
    Obstacle.REFUSED: "give a valid token in GITHUB_TOKEN",
    Obstacle.SILENT: "check the connection and GITHUB_API_URL, and run again",
}
_CODES = {Obstacle.DENIED: "unread", Obstacle.SILENT: "no-answer"}


def diagnosis(check: str, found: Unread) -> Diagnosis:
    """Say that a check could not be made, and what would make it possible."""
    is_meant = found.obstacle in {Obstacle.LOCAL, Obstacle.NEEDLESS}
    weight = Weight.INFO if is_meant else Weight.UNKNOWN
    code = _CODES.get(found.obstacle, UNASKED)
    return Diagnosis(check, found.obstacle.value, weight, code, advice=_advice(found))


def _advice(found: Unread) -> str:
    if found.obstacle is not Obstacle.DENIED:
        return _ADVICE.get(found.obstacle, "")
    grant = f"grant the token in GITHUB_TOKEN the permission `{found.grant}`"
    if found.grant.startswith(_ADMINISTRATION):
        return f"{grant}, which the token of a workflow cannot have: run this with one of an administrator"
    return grant
