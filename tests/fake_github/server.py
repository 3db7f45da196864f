"""The loopback server: HTTP/1.1 with keep-alive, and the faults that happen on the wire."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import struct
import sys
import threading
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .faults import Fault, Kind
from .service import Answer, Request, Service

LOOPBACK = "127.0.0.1"
POLL_SECONDS = 0.02


class Server(ThreadingHTTPServer):
    """Hands each connection to a thread, and ends them all when it is closed."""

    daemon_threads = True
    request_queue_size = 128
    service: Service

    def __init__(self, port: int) -> None:
        super().__init__((LOOPBACK, port), Connection)
        self.is_closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,), daemon=True)

    @property
    def url(self) -> str:
        """Return the base URL."""
        return f"http://{LOOPBACK}:{self.server_port}"

    def server_bind(self) -> None:
        """Bind without asking the resolver for a name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.socket.getsockname()[1]

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving and end every connection."""
        self.is_closing.set()
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def note(self, connection: socket.socket) -> None:
        """Remember an open connection."""
        with self._lock:
            self._open.add(connection)

    def forget(self, connection: socket.socket) -> None:
        """Drop a connection that ended."""
        with self._lock:
            self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Note a defect; a client that went away is none."""
        del request, client_address
        if not isinstance(sys.exception(), ConnectionError):
            self.service.crash("", "")


class Connection(BaseHTTPRequestHandler):
    """One connection with its requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # 1 ms a request instead of 40
    server: Server
    connection: socket.socket

    def setup(self) -> None:
        """Begin."""
        super().setup()
        self.server.note(self.connection)

    def finish(self) -> None:
        """End."""
        self.server.forget(self.connection)
        super().finish()

    def answer(self) -> None:
        """Answer one request of any method."""
        answer = self.server.service.answer(self._request())
        if answer.manner is None:
            self._send(answer)
        else:
            self._misbehave(answer, answer.manner)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 - names the library looks for

    def _request(self) -> Request:
        target = urlsplit(self.path)  # may be absolute: a client that takes us for its proxy
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, unquote(target.path), query, body, headers)

    def _send(self, answer: Answer, most: int | None = None) -> None:
        """Write an answer, or the first `most` bytes of its body under the length of the whole."""
        body = json.dumps(answer.reply.document).encode()
        self.send_response_only(answer.reply.status)
        self.send_header("Date", format_datetime(self.server.service.state.now(), usegmt=True))
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:most])

    def _misbehave(self, answer: Answer, fault: Fault) -> None:
        """End the connection in the way of the fault."""
        self.close_connection = True
        if fault.kind is Kind.TRUNCATED:
            self._send(answer, most=len(json.dumps(answer.reply.document)) // 2)
        elif fault.kind is Kind.HANG:
            self.server.is_closing.wait(fault.seconds)
        else:
            self._reset()

    def _reset(self) -> None:
        """Close with a reset instead of an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.server.forget(self.connection)
        self.rfile.close()
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
        """Stay silent."""
