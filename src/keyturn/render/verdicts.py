"""A verification as lines, JSON and Markdown, and the pull request that records it; never a value of a key."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from keyturn.model import Outcome, Reason
from keyturn.model.verification import Conclusion
from keyturn.render import escape, tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from keyturn.model import Verdict
    from keyturn.model.verification import Verification

_HEAD = ("Key", "Verdict", "Status", "At", "Reason")
_NOT_ASKED = "not-asked"
_LABELS = {"control": "made-up key", "new_key": "new key", "old_key": "old key"}

_NEXT: Mapping[Reason, str] = {
    Reason.LISTED_STATUS: "the probe lists this answer",
    Reason.UNLISTED_STATUS: "the probe does not list this status; ask in the console instead, or correct the probe",
    Reason.MARKER_MISSING: "the answer lacks the text that the probe looks for; correct `match` of the probe",
    Reason.CONTRADICTORY: "the answer fits an accepted and a rejected key; correct `match` of the probe",
    Reason.WEB_PAGE: "a web page answered instead of the API; check the probe's address and the rotation's `params`",
    Reason.RATE_LIMITED: "the provider limits requests; run it again later",
    Reason.SERVER_ERROR: "the provider has a fault; run it again later",
    Reason.REDIRECT: "the provider redirects, which is never followed; check the probe's address and `params`",
    Reason.TOKEN_REFUSED: "the provider gave no token and did not say that the key is why; ask in the console instead",
    Reason.TOKEN_UNREADABLE: "the provider's token could not be read; correct the probe",
    Reason.TOO_LARGE: "the answer is too large to look through; correct the probe",
    Reason.CUT_SHORT: "the answer broke off; run it again",
    Reason.UNREADABLE: "the answer is not HTTP that can be read; check the probe's address and `params`",
    Reason.TIMED_OUT: "no answer in time; check the network, and run it again",
    Reason.CONNECTION_FAILED: "no connection; check the network, and run it again",
    Reason.TLS_FAILED: "the server did not show whose it is (TLS); check the address and this machine's authorities",
    Reason.NAME_NOT_RESOLVED: "the host's name is not known; check `params` of the rotation and the network",
    Reason.ADDRESS_REFUSED: (
        "the host's name leads to an address that is not public; where that is meant, list the origin in `probe.hosts` "
        "of keyturn.yaml"
    ),
    Reason.HOST_NOT_PERMITTED: "nothing was sent; to permit it, list the origin in `probe.hosts` of keyturn.yaml",
    Reason.PARAM_MISSING: "nothing was sent: write the params that the probe asks for into `params` of the rotation",
    Reason.PARAM_MALFORMED: "nothing was sent: a param does not have its form; correct `params` of the rotation",
    Reason.FIELD_MISSING: "nothing was sent: the probe asks for a field that the credential does not list",
    Reason.FIELD_UNSENDABLE: "nothing was sent: a value has a character that the request can't carry; paste it anew",
    Reason.PROBE_MALFORMED: "nothing was sent: the probe is not sound; correct it in the catalogue",
}

_UNTRUSTWORTHY = "The probe did not reject a made-up key, so it shows nothing about the real ones."
_CONTRADICTIONS = {
    (True, False): "The new key is rejected: check that it is the new one, and that it has been activated.",
    (False, True): "The old key is still accepted: revoke it, then run this again.",
    (True, True): "The new key is rejected and the old one accepted: are they the wrong way round?",
}
_MISMATCH = (
    "The old value is not the key that was in use: its fingerprint is neither the recorded one of the last rotation "
    "nor that of the baseline. Give the value that was replaced, and the same KEYTURN_FINGERPRINT_KEY as then."
)


def document(shown: Verification) -> dict[str, Any]:
    """Give the JSON document of `verify`."""
    control, new, old = shown.outcomes
    return {
        "rotation": shown.rotation,
        "control": control.value,
        "new_key": new.value,
        "old_key": old.value,
        "proves": shown.proves,
        "conclusion": shown.conclusion.value,
        "message": summary(shown),
        "details": {name: _detail(verdict) for name, verdict in _verdicts(shown)},
    }


def text(shown: Verification) -> list[str]:
    """Write a line for every key, then what follows."""
    lines = tables.columns(_row(shown, name, verdict) for name, verdict in _verdicts(shown))
    return [escape.terminal(shown.rotation), *(f"  {line}" for line in lines), escape.terminal(summary(shown))]


def markdown(shown: Verification) -> str:
    """Write the page for the summary of a job."""
    title = f"## keyturn verify {escape.code(shown.rotation)}: {shown.conclusion}"
    return f"{title}\n\n{_table(shown)}\n\n{escape.markdown(summary(shown))}\n"


def summary(shown: Verification) -> str:
    """Say in words what follows from the verdicts, and what to do."""
    if shown.is_mismatch:
        return _MISMATCH
    if shown.conclusion is Conclusion.COMPLETE:
        what = "The old key is accepted" if shown.is_baseline else "The new key is accepted and the old one rejected"
        return f"{what}, and a made-up one rejected."
    if shown.conclusion is Conclusion.CONTRADICTED:
        return _contradiction(shown)
    return _doubt(shown)


def _contradiction(shown: Verification) -> str:
    _, new, old = shown.outcomes
    if shown.is_baseline:
        return "The key in use is rejected: check that it is the value in use."
    said = _CONTRADICTIONS[new is Outcome.REJECTED, old is Outcome.ACCEPTED]
    return f"{said} {_sentence(shown.hint)}" if shown.hint else said


def _doubt(shown: Verification) -> str:
    if shown.hint:
        return _sentence(shown.hint)
    if shown.outcomes[0] is Outcome.ACCEPTED:
        return _UNTRUSTWORTHY
    for name, verdict in _verdicts(shown):
        if verdict and verdict.outcome is Outcome.UNKNOWN:
            return f"Nothing is known of the {_LABELS[name]}: {_NEXT[verdict.reason]}."
    return "Nothing was asked."


def _sentence(hint: str) -> str:
    return f"{hint[:1].upper()}{hint[1:]}."


# -- the pull request ----------------------------------------------------------------------------------------------


def title(shown: Verification) -> str:
    """Give the title of the pull request, which is the subject of its commit as well."""
    if shown.is_baseline:
        return f"Record the baseline of {shown.rotation}"
    return f"Record the rotation of {shown.rotation}"


def page(shown: Verification, evidence: Sequence[tuple[str, str, str, str]], notes: Sequence[str]) -> str:
    """Write the body of the pull request: what was found out, and what its file records.

    Each piece of evidence is a part with its method, moment and fingerprint.
    """
    rows = [[escape.markdown(cell) for cell in row] for row in evidence]
    recorded = tables.markdown(("Part", "Method", "At", "Fingerprint"), rows)
    said = [escape.markdown(note) for note in notes]
    parts = [escape.markdown(summary(shown)), _table(shown), "What the file records:", recorded, *said]
    return "\n\n".join(parts) + "\n"


# -- one verdict ---------------------------------------------------------------------------------------------------


def _verdicts(shown: Verification) -> Iterator[tuple[str, Verdict | None]]:
    yield "control", shown.control
    if not shown.is_baseline:
        yield "new_key", shown.new_key
    yield "old_key", shown.old_key


def _detail(verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {"status": None, "at": None, "reason": _NOT_ASKED}
    return {"status": verdict.status, "at": _moment(verdict), "reason": verdict.reason.value}


def _row(shown: Verification, name: str, verdict: Verdict | None) -> tuple[str, ...]:
    outcomes = dict(zip(("control", "new_key", "old_key"), shown.outcomes, strict=True))
    label = _LABELS[name]
    if verdict is None:
        return label, outcomes[name].value, "", "", _NOT_ASKED
    return label, outcomes[name].value, str(verdict.status or ""), _moment(verdict), verdict.reason.value


def _moment(verdict: Verdict) -> str:
    return verdict.at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _table(shown: Verification) -> str:
    rows = [[escape.markdown(cell) for cell in _row(shown, name, verdict)] for name, verdict in _verdicts(shown)]
    return tables.markdown(_HEAD, rows)
