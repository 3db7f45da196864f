"""One exchange on a connection whose address was checked: no redirect, no proxy, no repetition, bounded in all ways."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from urllib3.connection import HTTPConnection
from urllib3.exceptions import ProtocolError, SSLError, TimeoutError as Late

from keyturn.model import Reason
from keyturn.probes.judgement import Answer
from keyturn.probes.silence import silence
from keyturn.probes.unsettled import UnsettledError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from urllib3.response import HTTPResponse

    from keyturn.probes.composition import HttpRequest

T = TypeVar("T")
_SECONDS = re.compile(r"[0-9]{1,9}")


Resolve: TypeAlias = "Callable[[str, int], Sequence[str]]"  # the addresses of a name for a port; or OSError
Connect: TypeAlias = "Callable[[str, int, float], socket.socket]"  # to an address, port, in seconds; or OSError


def resolved(host: str, port: int) -> list[str]:
    """Return every address of a name, as the system knows it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def connected(address: str, port: int, timeout: float) -> socket.socket:
    """Open a TCP connection to an address."""
    connection = socket.create_connection((address, port), timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # head and body are written one after the other
    return connection


def trust() -> ssl.SSLContext:
    """Return what verifies a server: the system's authorities, its name, TLS 1.2 or later, and no log of the keys."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    return context


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long (seconds) and how much (bytes, decoded) one exchange may take."""

    connect: float = 10
    read: float = 20
    total: float = 40
    body: int = 256 * 1024
    addresses: int = 4


@dataclass(frozen=True, slots=True)
class Network:
    """The world outside: its clock, its names, its connections and whom it trusts."""

    now: Callable[[], datetime]
    resolve: Resolve = resolved
    connect: Connect = connected
    trust: Callable[[], ssl.SSLContext] = trust
    bounds: Bounds = Bounds()


def answer(
    request: HttpRequest, network: Network, may_connect: Callable[[str], bool], needs_body: Callable[[int], bool]
) -> Answer:
    """Send one request and return its answer; raises UnsettledError with a reason for whatever goes wrong."""
    end = monotonic() + network.bounds.total
    addresses = _addresses(request, network, may_connect)
    with closing(_connection(request, network, addresses, end)) as connection, _deadline(connection, end) as is_cut:
        found = _tried(lambda: _exchanged(request, network, connection, needs_body))
        if is_cut.is_set():  # which may look like anything, also like the end of a body
            raise UnsettledError(Reason.TIMED_OUT)
    if isinstance(found, UnsettledError):
        raise found
    return found


def _tried(exchange: Callable[[], Answer]) -> Answer | UnsettledError:
    try:
        with silence():
            return exchange()
    except UnsettledError as fault:
        return fault
    except Exception as fault:  # noqa: BLE001 # whatever a library raises here may quote the key
        return UnsettledError(_reason(fault))


# -- to the right machine ------------------------------------------------------------------------------------------


def _addresses(request: HttpRequest, network: Network, may_connect: Callable[[str], bool]) -> Sequence[str]:
    origin = request.origin
    try:
        found = _in_time(lambda: network.resolve(origin.host, origin.port), network.bounds.connect)
    except (OSError, UnicodeError):
        raise UnsettledError(Reason.NAME_NOT_RESOLVED) from None
    if not found:
        raise UnsettledError(Reason.NAME_NOT_RESOLVED)
    if not all(map(may_connect, found)):  # one wrong address among right ones is how rebinding begins
        raise UnsettledError(Reason.ADDRESS_REFUSED)
    return found[: network.bounds.addresses]


def _in_time(call: Callable[[], T], seconds: float) -> T:
    """Return what a call gives that knows no time-out of its own; a late one is left behind."""
    outcome: list[T | Exception] = []

    def run() -> None:
        try:
            outcome.append(call())
        except Exception as fault:  # noqa: BLE001 # raised again by the one who waits
            outcome.append(fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise UnsettledError(Reason.TIMED_OUT)
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def _connection(request: HttpRequest, network: Network, addresses: Sequence[str], end: float) -> socket.socket:
    reason = Reason.TIMED_OUT
    for address in addresses:
        if (left := end - monotonic()) <= 0:
            break
        try:
            plain = network.connect(address, request.origin.port, min(left, network.bounds.connect))
        except OSError as fault:
            reason = Reason.TIMED_OUT if isinstance(fault, TimeoutError) else Reason.CONNECTION_FAILED
        else:
            return _wrapped(request, network, plain)
    raise UnsettledError(reason)


def _wrapped(request: HttpRequest, network: Network, plain: socket.socket) -> socket.socket:
    if request.origin.scheme == "http":
        return plain
    try:
        return network.trust().wrap_socket(
            plain, server_hostname=request.origin.host, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
    except (OSError, ValueError):
        plain.close()
        raise UnsettledError(Reason.TLS_FAILED) from None


@contextmanager
def _deadline(connection: socket.socket, end: float) -> Iterator[threading.Event]:
    """Cut a connection when its time is over, however slowly the other side goes on; the event says so."""
    is_cut = threading.Event()
    timer = threading.Timer(max(end - monotonic(), 0), _cut, (connection, is_cut))
    timer.daemon = True
    timer.start()
    try:
        yield is_cut
    finally:
        timer.cancel()


def _cut(connection: socket.socket, is_cut: threading.Event) -> None:
    is_cut.set()
    with suppress(OSError):  # TLS's own shutdown would take its state from under the hands of the one who reads
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


# -- what is said --------------------------------------------------------------------------------------------------


def _exchanged(
    request: HttpRequest, network: Network, connection: socket.socket, needs_body: Callable[[int], bool]
) -> Answer:
    bounds = network.bounds
    connection.settimeout(bounds.read)
    if isinstance(connection, ssl.SSLSocket):
        _shaken(connection)
    with closing(HTTPConnection(request.origin.host, request.origin.port, timeout=bounds.read)) as speaker:
        speaker.set_debuglevel(0)  # somebody may have set it for all, and it prints
        speaker.sock = connection
        speaker.request(
            request.method, request.target, body=request.body, headers=request.headers, preload_content=False
        )
        with closing(speaker.getresponse()) as response:
            return Answer(
                status=response.status,
                body=_body(response, bounds.body) if needs_body(response.status) else b"",
                is_web_page=response.headers.get("Content-Type", "").strip().lower().startswith("text/html"),
                retry_after=_retry_after(response.headers.get("Retry-After", ""), network.now()),
            )


def _shaken(connection: ssl.SSLSocket) -> None:
    try:
        connection.do_handshake()
    except TimeoutError:
        raise UnsettledError(Reason.TIMED_OUT) from None
    except OSError:
        raise UnsettledError(Reason.TLS_FAILED) from None


def _body(response: HTTPResponse, limit: int) -> bytes:
    # urllib3 decodes no more than it is asked for; one byte above the limit tells a larger body.
    found = response.read(limit + 1, decode_content=True)
    if len(found) > limit:
        raise UnsettledError(Reason.TOO_LARGE, response.status)
    return found


def _retry_after(text: str, now: datetime) -> float | None:
    """Read seconds or a date (RFC 9110, section 10.2.3); None where it is neither."""
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - now).total_seconds(), 0)
    except (TypeError, ValueError):
        return None


# The first that fits. What breaks while a body is read comes as urllib3's own, what breaks before as Python's.
_REASONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Reason], ...] = (
    ((TimeoutError, Late), Reason.TIMED_OUT),
    ((ProtocolError, SSLError, ssl.SSLEOFError), Reason.CUT_SHORT),
    (ssl.SSLError, Reason.TLS_FAILED),
    (OSError, Reason.CONNECTION_FAILED),
)


def _reason(fault: Exception) -> Reason:
    return next((reason for kind, reason in _REASONS if isinstance(fault, kind)), Reason.UNREADABLE)
