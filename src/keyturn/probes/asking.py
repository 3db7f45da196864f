"""One question to a provider: does this key still answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from keyturn.model import Outcome, Scheme, Verdict
from keyturn.probes import tokens, wire
from keyturn.probes.composition import Question, authorized_request, probe_request, token_request
from keyturn.probes.judgement import needs_body, verdict_of
from keyturn.probes.origins import may_connect
from keyturn.probes.unsettled import UnsettledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyturn.model import Reason
    from keyturn.probes.composition import HttpRequest
    from keyturn.probes.judgement import Answer
    from keyturn.probes.wire import Network

__all__ = ["Question", "ask"]


def ask(question: Question, network: Network) -> Verdict:
    """Send a probe once and say what its answer shows; whatever goes wrong is `unknown` with its reason.

    With a token URL two requests are sent, and the token stays here.
    """
    try:
        outcome, reason, answer = _judged(question, network)
    except UnsettledError as fault:
        return Verdict(Outcome.UNKNOWN, fault.reason, network.now(), fault.status, fault.retry_after)
    return Verdict(outcome, reason, network.now(), answer.status, answer.retry_after)


def _judged(question: Question, network: Network) -> tuple[Outcome, Reason, Answer]:
    probe = question.probe
    needed = partial(needs_body, probe)
    if probe.auth.scheme is not Scheme.OAUTH2_CLIENT_CREDENTIALS:
        found = _answer(question, network, probe_request(question), needed)
    elif probe.auth.token_url is None:  # the request for a token is the probe
        found = _answer(question, network, token_request(question), needed)
    else:
        given = _answer(question, network, token_request(question), lambda _status: True)
        if given.status not in tokens.ANSWERED:
            return (*tokens.refusal_of(probe, given), given)
        found = _answer(question, network, authorized_request(question, tokens.token(given)), needed)
    return (*verdict_of(probe, found), found)


def _answer(question: Question, network: Network, request: HttpRequest, needed: Callable[[int], bool]) -> Answer:
    return wire.answer(request, network, lambda address: may_connect(address, request.origin, question.hosts), needed)
