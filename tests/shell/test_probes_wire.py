"""One exchange with a scripted provider on loopback: faults, traps, bounds, tokens, and silence about all of it."""

from __future__ import annotations

import gzip
import http.client
import logging
import socket
import ssl
import struct
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from shell.scripted_provider import (
    NOW,
    PUBLIC,
    QUICK,
    Heard,
    Roads,
    Service,
    always,
    certified,
    refuse_all,
    reply,
    serving,
)

from keyturn import parse
from keyturn.model import Outcome, Reason, Verdict
from keyturn.probes import Bounds, Network, Question, ask, control

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shell.scripted_provider import Script

CANARY = "canary0value"
HOST = "provider.example"
HTTP = (f"http://{HOST}",)
PROBE: dict[str, Any] = {
    "url": f"http://{HOST}/me",
    "auth": {"scheme": "query", "name": "key"},
    "accepted": [200],
    "rejected": [401],
    "confidence": "documented",
}
MARKED = {"match": {"accepted": "alive", "rejected": "dead"}}
VALUES = {"token": CANARY}
OK = always(reply(200))


def question(
    *,
    hosts: tuple[str, ...] = HTTP,
    is_shipped: bool = True,
    values: Mapping[str, str] = VALUES,
    given: Mapping[str, str] | None = None,
    **more: Any,
) -> Question:
    document = {"name": "Example", "strategy": "overlap", "probe": {**PROBE, **more}}
    probe = parse.provider("example", document).probe
    assert probe
    return Question(probe, given or {}, values, hosts, is_shipped)


def unknown(reason: Reason, status: int | None = None, retry_after: float | None = None) -> Verdict:
    return Verdict(Outcome.UNKNOWN, reason, NOW, status, retry_after)


ACCEPTED = Verdict(Outcome.ACCEPTED, Reason.LISTED_STATUS, NOW, 200)
REJECTED = Verdict(Outcome.REJECTED, Reason.LISTED_STATUS, NOW, 401)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certified(tmp_path_factory.mktemp("tls"), [HOST])


@pytest.fixture(scope="module")
def plain() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def secure(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[Service]:
    with serving(contexts[0]) as running:
        yield running


@pytest.fixture(autouse=True)
def _says_nothing(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)  # as somebody looking for a fault may leave it
    yield
    assert CANARY not in "".join([caplog.text, *capfd.readouterr()])


# -- what is answered ----------------------------------------------------------------------------------------------


def drip(heard: Heard, connection: socket.socket) -> bytes:
    """Send a header a byte at a time, each in time, all together far too late."""
    del heard
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    return trickle(connection)


def drip_body(heard: Heard, connection: socket.socket) -> bytes:
    del heard
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nalive ")
    return trickle(connection)


def trickle(connection: socket.socket) -> bytes:
    for _ in range(100):
        time.sleep(0.02)
        connection.sendall(b"x")
    return b""


def hang(heard: Heard, connection: socket.socket) -> bytes:
    del heard, connection
    time.sleep(0.5)
    return b""


def reset(heard: Heard, connection: socket.socket) -> bytes:
    del heard
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return b""


BOMB = gzip.compress(b"\0" * 50_000_000)
PAGE = b"<!doctype html><title>Sign in</title>"
SHORT = replace(QUICK, read=0.15)
BRIEF = replace(QUICK, total=0.25)


@pytest.mark.parametrize(
    ("asked", "script", "bounds", "expected"),
    [
        pytest.param(question(), OK, QUICK, ACCEPTED, id="accepts"),
        pytest.param(question(), always(reply(401)), QUICK, REJECTED, id="rejects"),
        pytest.param(
            question(**MARKED), lambda heard, _: reply(401, f"dead {heard}".encode()), QUICK, REJECTED, id="echoes"
        ),
        pytest.param(question(), always(reply(403)), QUICK, unknown(Reason.UNLISTED_STATUS, 403), id="wrong-scope"),
        pytest.param(
            question(),
            always(reply(200, PAGE, Content_Type="Text/HTML; charset=utf-8")),
            QUICK,
            unknown(Reason.WEB_PAGE, 200),
            id="page-to-sign-in",
        ),
        pytest.param(
            question(**MARKED),
            always(reply(200, PAGE, Content_Type="text/html")),
            QUICK,
            unknown(Reason.MARKER_MISSING, 200),
            id="page-without-the-mark",
        ),
        pytest.param(
            question(),
            always(reply(302, Location="/elsewhere")),
            QUICK,
            unknown(Reason.REDIRECT, 302),
            id="redirect-same-host",
        ),
        pytest.param(
            question(),
            always(reply(307, Location="http://trap.example/")),
            QUICK,
            unknown(Reason.REDIRECT, 307),
            id="redirect-elsewhere",
        ),
        pytest.param(question(), always(reply(500)), QUICK, unknown(Reason.SERVER_ERROR, 500), id="500"),
        pytest.param(
            question(),
            always(reply(503, Retry_After="120")),
            QUICK,
            unknown(Reason.SERVER_ERROR, 503, 120),
            id="503-with-seconds",
        ),
        pytest.param(
            question(),
            always(reply(429, Retry_After="Sat, 21 Nov 2026 09:00:30 GMT")),
            QUICK,
            unknown(Reason.RATE_LIMITED, 429, 30),
            id="429-with-a-date",
        ),
        pytest.param(
            question(),
            always(reply(429, Retry_After="Sat, 21 Nov 2020 09:00:30 GMT")),
            QUICK,
            unknown(Reason.RATE_LIMITED, 429, 0),
            id="429-with-a-past-date",
        ),
        *(
            pytest.param(
                question(),
                always(reply(429, Retry_After=text)),
                QUICK,
                unknown(Reason.RATE_LIMITED, 429),
                id=f"429-with {text!r}",
            )
            for text in ("soon", "", "-1", "1e9", "9" * 400, "Sat, 21 Nov 2026 09:00:30 -0000")
        ),
        pytest.param(question(), hang, SHORT, unknown(Reason.TIMED_OUT), id="hangs"),
        pytest.param(question(), drip, BRIEF, unknown(Reason.TIMED_OUT), id="drips-headers"),
        pytest.param(question(**MARKED), drip_body, BRIEF, unknown(Reason.TIMED_OUT), id="drips-a-body-without-an-end"),
        pytest.param(
            question(**MARKED),
            always(reply(200, b"alive", Content_Length="999")),
            QUICK,
            unknown(Reason.CUT_SHORT),
            id="truncates",
        ),
        pytest.param(question(**MARKED), hang, SHORT, unknown(Reason.TIMED_OUT), id="hangs-with-a-mark"),
        pytest.param(question(), reset, QUICK, unknown(Reason.CONNECTION_FAILED), id="resets"),
        pytest.param(question(), always(b""), QUICK, unknown(Reason.CONNECTION_FAILED), id="hangs-up"),
        pytest.param(
            question(),
            always(f"{CANARY} is no HTTP\r\n\r\n".encode()),
            QUICK,
            unknown(Reason.UNREADABLE),
            id="no-http",
        ),
        pytest.param(
            question(),
            always(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
            QUICK,
            unknown(Reason.UNREADABLE),
            id="too-many-headers",
        ),
        pytest.param(
            question(**MARKED),
            always(reply(200, b"alive" * 100_000)),
            QUICK,
            unknown(Reason.TOO_LARGE, 200),
            id="too-large",
        ),
        pytest.param(question(), always(reply(200, b"alive" * 100_000)), QUICK, ACCEPTED, id="large-but-not-read"),
        pytest.param(
            question(**MARKED),
            always(reply(200, b"alive".ljust(QUICK.body))),
            QUICK,
            ACCEPTED,
            id="as-large-as-may-be",
        ),
        pytest.param(
            question(**MARKED),
            always(reply(200, BOMB, Content_Encoding="gzip")),
            QUICK,
            unknown(Reason.TOO_LARGE, 200),
            id="gzip-bomb",
        ),
        pytest.param(
            question(**MARKED),
            always(reply(200, gzip.compress(b"alive"), Content_Encoding="gzip")),
            QUICK,
            ACCEPTED,
            id="gzip-unasked",
        ),
        pytest.param(
            question(**MARKED),
            always(reply(200, b"alive", Content_Encoding="gzip")),
            QUICK,
            unknown(Reason.UNREADABLE),
            id="gzip-that-is-none",
        ),
        pytest.param(
            question(**MARKED),
            always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nali\r\n2\r\nve\r\n0\r\n\r\n"),
            QUICK,
            ACCEPTED,
            id="chunked",
        ),
        pytest.param(
            question(**MARKED),
            always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nalive"),
            QUICK,
            unknown(Reason.CUT_SHORT),
            id="chunks-of-nonsense",
        ),
        pytest.param(
            question(),
            always(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\n\r\n"),
            QUICK,
            REJECTED,
            id="continue-first",
        ),
    ],
)
def test_an_answer(asked: Question, script: Script, bounds: Bounds, expected: Verdict, plain: Service) -> None:
    plain.tell(script)
    roads = Roads(plain)
    assert ask(asked, roads.network(bounds=bounds)) == expected
    assert (roads.resolved, roads.dialled, len(plain.heard)) == ([HOST], [(PUBLIC, 80)], 1)


def test_a_question_to_the_real_loopback(plain: Service) -> None:
    """Nothing is put between: names, connections and bounds are those of the product."""
    plain.tell(OK)
    origin = f"http://localhost:{plain.port}"
    asked = question(hosts=(origin,), url=f"{origin}/me")
    assert ask(asked, Network(lambda: NOW)) == ACCEPTED
    assert plain.heard[0].headers["host"] == f"localhost:{plain.port}"


# -- where a key never goes ----------------------------------------------------------------------------------------


SHOP = {"url": "{shop}/me", "params": {"shop": {"kind": "host"}}}
FIXED = {"url": f"https://{HOST}/me"}


@pytest.mark.parametrize(
    ("asked", "addresses", "expected"),
    [
        *(
            pytest.param(question(**FIXED), [address], Reason.ADDRESS_REFUSED, id=f"leads to {address}")
            for address in (
                "127.0.0.1",
                "10.0.0.5",
                "169.254.169.254",
                "100.64.0.1",
                "224.0.0.1",
                "::1",
                "::ffff:127.0.0.1",
                "64:ff9b::a9fe:a9fe",
                "fe80::1%eth0",
            )
        ),
        pytest.param(question(**FIXED), [PUBLIC, "127.0.0.1"], Reason.ADDRESS_REFUSED, id="one-of-two-is-private"),
        pytest.param(
            question(**FIXED, hosts=("10.0.0.5",)), ["10.0.0.6"], Reason.ADDRESS_REFUSED, id="another-private-one"
        ),
        pytest.param(question(), ["169.254.169.254"], Reason.ADDRESS_REFUSED, id="http-to-link-local"),
        pytest.param(question(**FIXED), [], Reason.NAME_NOT_RESOLVED, id="leads-nowhere"),
        pytest.param(question(**FIXED, is_shipped=False), [PUBLIC], Reason.HOST_NOT_PERMITTED, id="overridden"),
        pytest.param(
            question(**FIXED, is_shipped=False, hosts=(f"http://{HOST}", f"{HOST}:8443")),
            [PUBLIC],
            Reason.HOST_NOT_PERMITTED,
            id="overridden-and-permitted-otherwise",
        ),
        pytest.param(question(hosts=()), [PUBLIC], Reason.HOST_NOT_PERMITTED, id="plain-http"),
        pytest.param(
            question(**SHOP, given={"shop": "evil.example"}), [PUBLIC], Reason.HOST_NOT_PERMITTED, id="another-shop"
        ),
        pytest.param(
            question(**SHOP, given={"shop": HOST}), [PUBLIC], Reason.HOST_NOT_PERMITTED, id="a-shop-permitted-by-http"
        ),
        pytest.param(question(**SHOP), [PUBLIC], Reason.PARAM_MISSING, id="no-shop"),
        *(
            pytest.param(question(**SHOP, given={"shop": text}), [PUBLIC], Reason.PARAM_MALFORMED, id=f"shop {text!r}")
            for text in (
                f"http://{HOST}\\@evil.example",
                f"http://{HOST}@evil.example",
                f"http://{HOST}/..//evil.example",
                f"http://{HOST}#evil.example",
                f"http://{HOST} evil.example",
                f"http://{HOST}\r\nHost: evil.example",
            )
        ),
        pytest.param(
            question(
                auth={
                    "scheme": "oauth2_client_credentials",
                    "client_id": "{token}",
                    "client_secret": "{token}",
                    "token_url": "https://evil.example/token",
                },
                is_shipped=False,
            ),
            [PUBLIC],
            Reason.HOST_NOT_PERMITTED,
            id="token-url-elsewhere",
        ),
    ],
)
def test_the_trap_hears_nothing(asked: Question, addresses: list[str], expected: Reason, plain: Service) -> None:
    plain.tell(OK)
    roads = Roads(plain, addresses)
    assert ask(asked, roads.network()) == unknown(expected)
    assert (roads.dialled, plain.heard) == ([], [])


def test_a_name_is_resolved_once_and_its_address_connected_to(
    secure: Service, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    secure.tell(OK)
    answers = iter([[PUBLIC], ["127.0.0.1"]])  # as a rebinding name server would give them
    roads = Roads(secure, lambda _host: next(answers))
    assert ask(question(**FIXED), roads.network(contexts[1])) == ACCEPTED
    assert (roads.resolved, roads.dialled) == ([HOST], [(PUBLIC, 443)])


def test_a_redirect_is_not_followed(plain: Service) -> None:
    with serving() as trap:
        plain.tell(always(reply(308, Location=f"http://127.0.0.1:{trap.port}/")))
        assert ask(question(), Roads(plain).network()).reason is Reason.REDIRECT
        assert trap.heard == []


def test_no_proxy_and_no_netrc_is_used(
    plain: Service, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / ".netrc").write_text("default login alice password mallory\n", encoding="utf-8")
    with serving() as trap:
        monkeypatch.setenv("HOME", str(home))
        for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{trap.port}")
        plain.tell(OK)
        assert ask(question(), Roads(plain).network()) == ACCEPTED
        assert trap.heard == []
    assert "authorization" not in plain.heard[0].headers


def test_a_private_address_that_the_policy_names(
    secure: Service, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    secure.tell(OK)
    roads = Roads(secure, ["10.0.0.5"])
    assert ask(question(**FIXED, hosts=("10.0.0.5",)), roads.network(contexts[1])) == ACCEPTED


# -- the way there -------------------------------------------------------------------------------------------------


def test_the_next_address_is_tried(plain: Service) -> None:
    plain.tell(OK)
    roads = Roads(plain, ["2606:4700::1111", PUBLIC])

    def connect(address: str, port: int, timeout: float) -> socket.socket:
        if ":" in address:
            raise OSError
        return roads.connect(address, port, timeout)

    assert ask(question(), replace(roads.network(), connect=connect)) == ACCEPTED


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(ConnectionRefusedError(CANARY), Reason.CONNECTION_FAILED, id="refused"),
        pytest.param(TimeoutError(CANARY), Reason.TIMED_OUT, id="late"),
    ],
)
def test_no_address_answers(fault: OSError, expected: Reason, plain: Service) -> None:
    tried = []

    def connect(address: str, _port: int, _timeout: float) -> socket.socket:
        tried.append(address)
        raise fault

    roads = Roads(plain, [f"1.2.3.{number}" for number in range(1, 9)])
    assert ask(question(), replace(roads.network(), connect=connect)) == unknown(expected)
    assert tried == ["1.2.3.1", "1.2.3.2", "1.2.3.3", "1.2.3.4"]


def test_no_address_is_tried_when_the_time_is_over(plain: Service) -> None:
    roads = Roads(plain)
    assert ask(question(), roads.network(bounds=replace(QUICK, total=0))) == unknown(Reason.TIMED_OUT)
    assert roads.dialled == []


@pytest.mark.parametrize(
    "fault", [socket.gaierror(CANARY), UnicodeError(CANARY)], ids=["unknown-name", "name-that-no-one-can-have"]
)
def test_a_name_that_does_not_resolve(fault: Exception, plain: Service) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise fault

    assert ask(question(), replace(Roads(plain).network(), resolve=resolve)) == unknown(Reason.NAME_NOT_RESOLVED)


def test_a_name_server_that_hangs(plain: Service) -> None:
    end = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        end.wait(5)
        return [PUBLIC]

    network = replace(Roads(plain).network(bounds=replace(QUICK, connect=0.05)), resolve=resolve)
    assert ask(question(), network) == unknown(Reason.TIMED_OUT)
    end.set()


# -- TLS -----------------------------------------------------------------------------------------------------------


def test_the_certificate_must_be_for_the_name(secure: Service, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    secure.tell(OK)
    asked = question(url="https://other.example/me")
    assert ask(asked, Roads(secure).network(contexts[1])) == unknown(Reason.TLS_FAILED)
    assert secure.heard == []


def test_the_certificate_must_be_trusted(secure: Service) -> None:
    """The authorities of the system don't know the test's own."""
    secure.tell(OK)
    roads = Roads(secure)
    network = Network(lambda: NOW, roads.resolve, roads.connect, bounds=QUICK)
    assert ask(question(**FIXED), network) == unknown(Reason.TLS_FAILED)
    assert secure.heard == []


def test_a_server_without_tls_gets_nothing(plain: Service) -> None:
    plain.tell(refuse_all)
    assert ask(question(**FIXED), Roads(plain).network(bounds=SHORT)).reason in {Reason.TLS_FAILED, Reason.TIMED_OUT}
    assert plain.heard == []


def test_a_handshake_that_hangs(plain: Service) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        network = replace(Roads(plain).network(bounds=SHORT), connect=lambda *_: _dial(deaf))
        assert ask(question(**FIXED), network) == unknown(Reason.TIMED_OUT)


def _dial(server: socket.socket) -> socket.socket:
    return socket.create_connection(server.getsockname(), 1)


def test_authorities_that_cannot_be_read(plain: Service) -> None:
    def trust() -> ssl.SSLContext:
        raise ssl.SSLError(CANARY)

    network = replace(Roads(plain).network(), trust=trust)
    assert ask(question(**FIXED), network) == unknown(Reason.TLS_FAILED)


def test_an_encrypted_answer_that_is_cut_off_shows_nothing(
    secure: Service, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    def cut(_heard: Heard, connection: socket.socket) -> bytes:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nalive, so far")
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # without the goodbye of TLS
        return b""

    secure.tell(cut)
    assert ask(question(**FIXED, **MARKED), Roads(secure).network(contexts[1])) == unknown(Reason.CUT_SHORT)


# -- tokens --------------------------------------------------------------------------------------------------------

GIVEN = "canary0token"
OAUTH: dict[str, Any] = {
    "auth": {
        "scheme": "oauth2_client_credentials",
        "client_id": "{id}",
        "client_secret": "{token}",
        "token_url": f"http://{HOST}/token",
    }
}
CLIENT = {"id": "acme", "token": CANARY}


def giving(token: bytes, then: bytes) -> Script:
    return lambda heard, _connection: token if heard.target == "/token" else then


GRANTED = reply(200, b'{"access_token": "canary0token", "expires_in": 60}')


@pytest.mark.parametrize(
    ("script", "expected", "targets"),
    [
        pytest.param(giving(GRANTED, reply(200)), ACCEPTED, ["/token", "/me"], id="accepted"),
        pytest.param(giving(GRANTED, reply(401)), REJECTED, ["/token", "/me"], id="token-rejected"),
        pytest.param(
            giving(GRANTED, reply(403)), unknown(Reason.UNLISTED_STATUS, 403), ["/token", "/me"], id="wrong-scope"
        ),
        pytest.param(always(reply(401, b'{"error": "invalid_client"}')), REJECTED, ["/token"], id="invalid-client"),
        pytest.param(
            always(reply(401, b'{"error": "invalid_scope"}')),
            unknown(Reason.TOKEN_REFUSED, 401),
            ["/token"],
            id="refused-for-another-reason",
        ),
        pytest.param(
            always(reply(429, b"", Retry_After="9")),
            unknown(Reason.RATE_LIMITED, 429, 9),
            ["/token"],
            id="rate-limited",
        ),
        pytest.param(always(reply(200, PAGE)), unknown(Reason.TOKEN_UNREADABLE, 200), ["/token"], id="no-token"),
    ],
)
def test_a_probe_with_a_token(script: Script, expected: Verdict, targets: list[str], plain: Service) -> None:
    plain.tell(script)
    assert ask(question(**OAUTH, values=CLIENT), Roads(plain).network()) == expected
    assert [heard.target for heard in plain.heard] == targets
    assert CANARY not in repr(plain.heard[1:])
    assert [heard.headers["authorization"] for heard in plain.heard[1:]] == [f"Bearer {GIVEN}"] * (len(targets) - 1)


# -- control, new, old ---------------------------------------------------------------------------------------------


def test_a_probe_that_accepts_everything_is_found_out(plain: Service) -> None:
    plain.tell(OK)
    asked = question()
    made = control(VALUES, (), asked.probe)
    assert made
    assert ask(replace(asked, values=made), Roads(plain).network()) == ACCEPTED
    assert CANARY not in repr(plain.heard)


def test_the_loggers_speak_again_afterwards(plain: Service, caplog: pytest.LogCaptureFixture) -> None:
    plain.tell(OK)
    ask(question(), Roads(plain).network())
    logging.getLogger("urllib3.connection").debug("heard")
    assert "heard" in caplog.text


def test_what_urllib3_says_of_a_url_is_not_heard(plain: Service, caplog: pytest.LogCaptureFixture) -> None:
    """A broken header makes it warn, with the URL and so with the key."""
    plain.tell(always(b"HTTP/1.1 200 OK\r\nno header at all\r\nX: y\r\n\r\n"))
    assert ask(question(), Roads(plain).network()) == ACCEPTED
    assert [record for record in caplog.records if record.name.startswith("urllib3")] == []
