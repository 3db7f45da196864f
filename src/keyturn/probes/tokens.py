"""What a token endpoint answers (RFC 6749, section 5)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from keyturn.model import Outcome, Reason
from keyturn.probes import blanks
from keyturn.probes.judgement import silence_of
from keyturn.probes.unsettled import UnsettledError

if TYPE_CHECKING:
    from keyturn.model import Probe
    from keyturn.probes.judgement import Answer

ANSWERED = range(200, 300)


def token(answer: Answer) -> str:
    """Return the token of an answer; raises UnsettledError where there is none that a header can carry."""
    found = _document(answer).get("access_token")
    if not isinstance(found, str) or not blanks.sendable(found):
        raise UnsettledError(Reason.TOKEN_UNREADABLE, answer.status)
    return found


def refusal_of(probe: Probe, answer: Answer) -> tuple[Outcome, Reason]:
    """Judge a refused token request that came before the probe's own one.

    The probe's lists are about the probe's own answer. So a refusal shows a rejected key only where its status is among
    the rejected ones and the body says that the client is why: `invalid_client`, or the probe's own mark.
    """
    if (reason := silence_of(answer.status)) is not None:
        return Outcome.UNKNOWN, reason
    is_marked = any(mark.encode() in answer.body for mark in probe.match.rejected)
    is_ours = is_marked or _document(answer).get("error") == "invalid_client"
    if is_ours and answer.status in probe.rejected:
        return Outcome.REJECTED, Reason.LISTED_STATUS
    return Outcome.UNKNOWN, Reason.TOKEN_REFUSED


def _document(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
