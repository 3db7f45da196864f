"""What an answer shows: the table of statuses and marks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keyturn.model import Auth, Confidence, Marks, Outcome, Probe, Reason, Scheme
from keyturn.probes import tokens
from keyturn.probes.judgement import Answer, needs_body, verdict_of
from keyturn.probes.unsettled import UnsettledError


def probe(accepted: set[int], rejected: set[int], *marks: str | None) -> Probe:
    return Probe(
        "https://api.example.com/me",
        Auth(Scheme.BEARER),
        frozenset(accepted),
        frozenset(rejected),
        Confidence.DOCUMENTED,
        match=Marks(*((mark,) if mark else () for mark in marks)),
    )


PLAIN = probe({200, 204}, {401})
MARKED = probe({200}, {400}, "alive", "dead")
SHARED = probe({200}, {200}, "alive", "dead")
HALF = probe({200}, {200}, None, "dead")
CARELESS = probe({302, 429, 500}, {301, 503})
ACCEPTED, REJECTED, UNKNOWN = Outcome


@pytest.mark.parametrize(
    ("asked", "status", "body", "expected"),
    [
        pytest.param(PLAIN, 200, "", (ACCEPTED, Reason.LISTED_STATUS), id="accepted"),
        pytest.param(PLAIN, 204, "", (ACCEPTED, Reason.LISTED_STATUS), id="accepted-too"),
        pytest.param(PLAIN, 401, "", (REJECTED, Reason.LISTED_STATUS), id="rejected"),
        pytest.param(PLAIN, 403, "", (UNKNOWN, Reason.UNLISTED_STATUS), id="unlisted"),
        pytest.param(PLAIN, 103, "", (UNKNOWN, Reason.UNLISTED_STATUS), id="early-hints"),
        pytest.param(PLAIN, 302, "", (UNKNOWN, Reason.REDIRECT), id="redirect"),
        pytest.param(PLAIN, 429, "", (UNKNOWN, Reason.RATE_LIMITED), id="rate-limited"),
        pytest.param(PLAIN, 500, "", (UNKNOWN, Reason.SERVER_ERROR), id="500"),
        pytest.param(PLAIN, 599, "", (UNKNOWN, Reason.SERVER_ERROR), id="599"),
        pytest.param(CARELESS, 302, "", (UNKNOWN, Reason.REDIRECT), id="listed-redirect"),
        pytest.param(CARELESS, 429, "", (UNKNOWN, Reason.RATE_LIMITED), id="listed-429"),
        pytest.param(CARELESS, 503, "", (UNKNOWN, Reason.SERVER_ERROR), id="listed-5xx"),
        pytest.param(MARKED, 200, "is alive", (ACCEPTED, Reason.LISTED_STATUS), id="mark-accepts"),
        pytest.param(MARKED, 200, "is dead", (UNKNOWN, Reason.MARKER_MISSING), id="accepting-mark-missing"),
        pytest.param(MARKED, 400, "is dead", (REJECTED, Reason.LISTED_STATUS), id="mark-rejects"),
        pytest.param(MARKED, 400, "is alive", (UNKNOWN, Reason.MARKER_MISSING), id="rejecting-mark-missing"),
        pytest.param(SHARED, 200, "alive", (ACCEPTED, Reason.LISTED_STATUS), id="shared-accepts"),
        pytest.param(SHARED, 200, "dead", (REJECTED, Reason.LISTED_STATUS), id="shared-rejects"),
        pytest.param(SHARED, 200, "dead or alive", (UNKNOWN, Reason.CONTRADICTORY), id="shared-both"),
        pytest.param(SHARED, 200, "", (UNKNOWN, Reason.MARKER_MISSING), id="shared-none"),
        pytest.param(HALF, 200, "dead", (REJECTED, Reason.LISTED_STATUS), id="half-rejects"),
        pytest.param(HALF, 200, "", (UNKNOWN, Reason.MARKER_MISSING), id="half-never-accepts-by-absence"),
    ],
)
def test_a_verdict(asked: Probe, status: int, body: str, expected: tuple[Outcome, Reason]) -> None:
    assert verdict_of(asked, Answer(status, body.encode())) == expected


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        pytest.param(PLAIN, 200, (UNKNOWN, Reason.WEB_PAGE), id="a-page-to-sign-in-accepts-nobody"),
        pytest.param(PLAIN, 401, (REJECTED, Reason.LISTED_STATUS), id="a-rejection-may-be-a-page"),
        pytest.param(MARKED, 200, (ACCEPTED, Reason.LISTED_STATUS), id="a-mark-decides"),
        pytest.param(PLAIN, 503, (UNKNOWN, Reason.SERVER_ERROR), id="out-of-order"),
    ],
)
def test_a_verdict_on_a_web_page(asked: Probe, status: int, expected: tuple[Outcome, Reason]) -> None:
    assert verdict_of(asked, Answer(status, b"<p>alive</p>", is_web_page=True)) == expected


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        pytest.param(PLAIN, 200, False, id="no-marks"),
        pytest.param(MARKED, 200, True, id="marked"),
        pytest.param(MARKED, 418, False, id="unlisted"),
        pytest.param(HALF, 200, True, id="one-side"),
        pytest.param(probe({429}, {401}, "alive"), 429, False, id="says-nothing-anyway"),
    ],
)
def test_a_body_is_read_only_where_it_decides(asked: Probe, status: int, *, expected: bool) -> None:
    assert needs_body(asked, status) is expected


def test_an_answer_shows_no_body() -> None:
    assert "canary" not in repr(Answer(200, b"canary"))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(401, '{"error":"invalid_client"}', (REJECTED, Reason.LISTED_STATUS), id="invalid-client"),
        pytest.param(401, "the key is dead", (REJECTED, Reason.LISTED_STATUS), id="own-mark"),
        pytest.param(401, '{"error":"invalid_scope"}', (UNKNOWN, Reason.TOKEN_REFUSED), id="scope"),
        pytest.param(401, "[]", (UNKNOWN, Reason.TOKEN_REFUSED), id="no-object"),
        pytest.param(401, "<p>", (UNKNOWN, Reason.TOKEN_REFUSED), id="no-json"),
        pytest.param(400, '{"error":"invalid_client"}', (UNKNOWN, Reason.TOKEN_REFUSED), id="unlisted"),
        pytest.param(429, '{"error":"invalid_client"}', (UNKNOWN, Reason.RATE_LIMITED), id="rate-limited"),
        pytest.param(503, '{"error":"invalid_client"}', (UNKNOWN, Reason.SERVER_ERROR), id="5xx"),
    ],
)
def test_a_refused_token(status: int, body: str, expected: tuple[Outcome, Reason]) -> None:
    asked = probe({200}, {401}, None, "dead")
    assert tokens.refusal_of(asked, Answer(status, body.encode())) == expected


def test_a_refused_token_without_a_mark_to_look_for() -> None:
    assert tokens.refusal_of(PLAIN, Answer(401, b"no")) == (UNKNOWN, Reason.TOKEN_REFUSED)


@pytest.mark.parametrize(
    "body",
    ["", "{}", '{"access_token": 7}', '{"access_token": ""}', '{"access_token": "a\\r\\nX: y"}', "[" * 100_000, "\xff"],
    ids=["empty", "absent", "number", "blank", "line-break", "deep", "not-utf-8"],
)
def test_a_token_that_no_header_can_carry(body: str) -> None:
    with pytest.raises(UnsettledError) as caught:
        tokens.token(Answer(200, body.encode("latin-1")))
    assert (caught.value.reason, caught.value.status) == (Reason.TOKEN_UNREADABLE, 200)


def test_only_what_may_pass_is_asked_again() -> None:
    assert {reason for reason in Reason if reason.is_passing} == {
        Reason.RATE_LIMITED,
        Reason.SERVER_ERROR,
        Reason.CUT_SHORT,
        Reason.TIMED_OUT,
        Reason.CONNECTION_FAILED,
        Reason.NAME_NOT_RESOLVED,
    }


def test_of_several_marks_one_is_enough() -> None:
    several = replace(probe(set(), {200}), match=Marks(rejected=("revoked", "expired")))
    assert verdict_of(several, Answer(200, b"the key is expired"))[0] is Outcome.REJECTED
    assert verdict_of(several, Answer(200, b"the server has a fault"))[0] is Outcome.UNKNOWN
