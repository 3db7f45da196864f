"""A provider on loopback that answers by a script, byte by byte if need be, and remembers what it heard."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from keyturn.probes import Bounds, Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
PUBLIC = "1.2.3.4"
QUICK = Bounds(connect=2, read=2, total=4)


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as it came; the names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


Script: TypeAlias = "Callable[[Heard, socket.socket], bytes]"  # what is said last; before it the script may say more


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """Compose an answer."""
    given = {"Content-Length": str(len(body)), **{name.replace("_", "-"): text for name, text in headers.items()}}
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {text}" for name, text in given.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def always(answer: bytes) -> Script:
    return lambda _heard, _connection: answer


def refuse_all(_heard: Heard, _connection: socket.socket) -> bytes:
    return reply(418)


class Service(socketserver.ThreadingTCPServer):
    """A listening provider; over TLS where it has a context."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.context = context
        self.script: Script = refuse_all
        self.heard: list[Heard] = []
        self.errors: list[BaseException] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that hangs up is what many tests are about."""

    def tell(self, script: Script) -> None:
        self.script = script
        self.heard.clear()


class _Visit(socketserver.BaseRequestHandler):
    server: Service

    def handle(self) -> None:
        plain: socket.socket = self.request
        plain.settimeout(5)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = self.server.context
        connection = context.wrap_socket(plain, server_side=True) if context else plain
        with contextlib.closing(connection):
            heard = _read(connection)
            self.server.heard.append(heard)
            connection.sendall(self.server.script(heard, connection))
            if isinstance(connection, ssl.SSLSocket):
                connection.unwrap()


def _read(connection: socket.socket) -> Heard:
    found = b""
    while b"\r\n\r\n" not in found:
        found += _more(connection)
    head, _, body = found.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): text.strip() for name, _, text in pairs}
    while len(body) < int(headers.get("content-length", "0")):
        body += _more(connection)
    method, target, _ = first.split(" ")
    return Heard(method, target, headers, body)


def _more(connection: socket.socket) -> bytes:
    if not (found := connection.recv(65_536)):
        raise ConnectionError
    return found


@contextlib.contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Service]:
    with Service(context) as service:
        thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield service
        service.shutdown()
        thread.join()


# -- the world between ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Roads:
    """Names and addresses that all lead to one service, while the client believes in them; it remembers who asked."""

    service: Service
    addresses: Sequence[str] | Callable[[str], Sequence[str]] = (PUBLIC,)
    resolved: list[str] = field(default_factory=list)
    dialled: list[tuple[str, int]] = field(default_factory=list)

    def resolve(self, host: str, _port: int) -> Sequence[str]:
        self.resolved.append(host)
        return self.addresses(host) if callable(self.addresses) else self.addresses

    def connect(self, address: str, port: int, timeout: float) -> socket.socket:
        self.dialled.append((address, port))
        return socket.create_connection(("127.0.0.1", self.service.port), timeout)

    def network(self, trust: ssl.SSLContext | None = None, bounds: Bounds = QUICK) -> Network:
        return Network(lambda: NOW, self.resolve, self.connect, lambda: trust or nobody(), bounds)


def nobody() -> ssl.SSLContext:
    """Return a context that trusts no authority."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


# -- certificates --------------------------------------------------------------------------------------------------


def certified(folder: Path, hosts: Iterable[str]) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make an authority and a certificate for these hosts; return the contexts of the server and of who trusts it."""
    authority, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A test's authority")])
    root = _certificate(issuer, authority, issuer, authority, x509.BasicConstraints(ca=True, path_length=0))
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    signed = _certificate(x509.Name([]), leaf, issuer, authority, names)
    path = folder / "server.pem"
    key = leaf.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(key + signed.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=root.public_bytes(serialization.Encoding.PEM).decode())
    return server, client


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    start = datetime.now(UTC) - timedelta(days=1)  # noqa: TID251 # a certificate has to be valid now
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3))
        .add_extension(extension, critical=True)
        .sign(signer, hashes.SHA256())
    )
