"""From a request to an answer: schedule, authorization, limits, contract, view, record. Knows no socket."""

from __future__ import annotations

import contextlib
import json
import math
import threading
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import contract
from .contract import Violation
from .documents import Documents, rate_limit
from .faults import PRIMARY, SECONDARY, Fault, Faults, Kind, faulty_reply, limited
from .replies import Json, RefusedError, Reply, not_found, refusal, validation_failed
from .routing import Call, Route, Routes
from .state import HOUR, Access, Account, State, Token
from .turnstile import Turnstile

if TYPE_CHECKING:
    from collections.abc import Mapping

API_VERSION = "2022-11-28"
ANONYMOUS_LIMIT = 60
MANNERS = frozenset({Kind.RESET, Kind.HANG, Kind.TRUNCATED})


@dataclass(frozen=True, slots=True)
class Request:
    """What came in."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str]  # by lower-case name


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as tests see it; `status` is None where no answer was sent."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Json
    status: int | None
    has_authorization: bool
    api_version: str | None


@dataclass(frozen=True, slots=True)
class Unexpected:
    """A call to an endpoint, or a query parameter, that the fake does not know."""

    method: str
    path: str
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out, and the fault in the way it goes out."""

    reply: Reply
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Fault | None = None

    @property
    def status(self) -> int | None:
        """Return the status that the client sees, if any."""
        return None if self.manner and self.manner.kind in {Kind.RESET, Kind.HANG} else self.reply.status


class Service:
    """Answers requests one at a time and remembers them."""

    def __init__(self, state: State, documents: Documents, routes: Routes) -> None:
        self.state, self.documents, self.routes = state, documents, routes
        self.faults = Faults()
        self.turnstile = Turnstile()
        self.lock = threading.RLock()
        self.requests: list[Recorded] = []
        self.unexpected: list[Unexpected] = []
        self.violations: list[Violation] = []
        state.opened = self.faults.hide

    def answer(self, request: Request) -> Answer:
        """Serve one request; what is to happen in between happens first, outside the lock."""
        self.turnstile.enter(bearer(request))
        self._interludes(request)
        with self.lock:
            is_stopped, act = self.faults.is_stopped()
            answer = Answer(Reply(500, None), manner=Fault(Kind.RESET)) if is_stopped else self._scheduled(request)
            self.requests.append(recorded(request, answer.status))
        if act is not None:
            with contextlib.suppress(Exception):  # the crash that it plays
                act()
        return answer

    def _interludes(self, request: Request) -> None:
        with self.lock:
            due = self.faults.due_interludes(request.method, request.path)
        for act in due:
            try:
                act()
            except Exception:  # noqa: BLE001 - a test's own code failed in our thread: the test must hear of it
                self.crash(request.method, request.path)

    def _scheduled(self, request: Request) -> Answer:
        rule = self.faults.struck(request.method, request.path)
        if rule is None:
            return self._headed(request, self._reply(request))
        reply = self._reply(request) if rule.is_after else Reply(502, {"message": "Server Error"})
        instead = faulty_reply(rule.fault, self.state.now())
        return self._headed(request, instead or reply, rule.fault if rule.fault.kind in MANNERS else None)

    def _headed(self, request: Request, reply: Reply, manner: Fault | None = None) -> Answer:
        """Add the headers that every answer has."""
        token = self._token(request) or anonymous()
        limits = rate_limit(token, self.state.now())
        headers = {f"x-ratelimit-{name}": str(value) for name, value in limits.items()}
        headers |= {"x-ratelimit-resource": "core", "x-github-request-id": f"FAKE:{len(self.requests) + 1}"}
        return Answer(reply, {**headers, **reply.headers}, manner)

    def _reply(self, request: Request) -> Reply:
        try:
            return self._served(request)
        except RefusedError as refused:
            shape = "ValidationError | BasicError" if refused.reply.status == 422 else "BasicError"
            return self._held(request, shape, refused.reply)
        except Exception:  # noqa: BLE001 - a defect of the fake or of an added route: the test must hear of it
            self.crash(request.method, request.path)
            return Reply(500, {"message": "Server Error"})

    def _served(self, request: Request) -> Reply:
        route, parameters = self._route(request)
        token = self._authorized(request, route)
        self._check_query(request, route)
        body = self._body(request, route)
        hidden = self.faults.hidden(is_first_page="after" not in request.query) if route.is_issue_list else frozenset()
        call = Call(self.state, self.documents, token, parameters, request.query, body, hidden)
        return self._held(request, route.sends, route.view(call))

    def _route(self, request: Request) -> tuple[Route, Mapping[str, str]]:
        found = self.routes.find(request.method, request.path)
        if found is None:
            self.unexpected.append(Unexpected(request.method, request.path))
            raise not_found()
        return found

    def _authorized(self, request: Request, route: Route) -> Token:
        token = self._token(request)
        if token is None:
            raise refusal(401, "Bad credentials" if "authorization" in request.headers else "Requires authentication")
        if request.headers.get("x-github-api-version", API_VERSION) != API_VERSION:
            raise refusal(400, "The API version in X-GitHub-Api-Version is not supported.")
        if not route.is_free:
            spend(token, self.state)
        if request.method != "GET":
            count_write(token, self.state)
        return token

    def _token(self, request: Request) -> Token | None:
        return self.state.tokens.get(bearer(request))

    def _check_query(self, request: Request, route: Route) -> None:
        """Note the parameters that the fake would silently ignore."""
        for name in sorted(request.query.keys() - route.query):
            self.unexpected.append(Unexpected(request.method, request.path, name))

    def _body(self, request: Request, route: Route) -> Json:
        """Return the document of a request that has the shape GitHub wants."""
        if route.receives is None:
            return None
        try:
            document = json.loads(request.body or b"null")
        except ValueError:
            raise refusal(400, "Problems parsing JSON") from None
        detail = contract.fault(route.receives, document)
        if detail is not None:
            self.violations.append(Violation("received", request.method, request.path, route.receives, detail))
            raise validation_failed({"code": "invalid", "message": detail})
        return document

    def _held(self, request: Request, shape: str, reply: Reply) -> Reply:
        """Return a reply that GitHub could have sent; 500 in its place otherwise."""
        detail = contract.fault(shape, reply.document)
        if detail is None:
            return reply
        self.violations.append(Violation("sent", request.method, request.path, shape, detail))
        return Reply(500, {"message": "Server Error"})

    def crash(self, method: str, path: str) -> None:
        """Note the exception being handled."""
        self.violations.append(Violation("crashed", method, path, "", traceback.format_exc()))


def bearer(request: Request) -> str:
    """Return the token in a request, known or not; empty where there is none."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() in ("token", "bearer") else ""


def spend(token: Token, state: State) -> None:
    """Take one request from the token's hour; GitHub's refusal when none is left."""
    if token.remaining(state.now()) == 0:
        raise RefusedError(Reply(403, limited(PRIMARY)))
    token.used += 1


def count_write(token: Token, state: State) -> None:
    """Count a write; GitHub's refusal, with how long it lasts, where too many came in a short time."""
    now = state.now()
    for span, most in state.write_limits:
        recent = [moment for moment in token.writes if moment > now - span]
        if len(recent) >= most:
            left = math.ceil((recent[-most] + span - now).total_seconds())
            raise RefusedError(Reply(403, limited(SECONDARY), {"Retry-After": str(max(1, left))}))
    if state.write_limits:
        token.writes = [*(moment for moment in token.writes if moment > now - HOUR), now]


def anonymous() -> Token:
    """Return what stands for a request without a known token."""
    return Token("", Account(0, "anonymous"), installation=False, access=Access.READ, limit=ANONYMOUS_LIMIT)


def recorded(request: Request, status: int | None) -> Recorded:
    """Return the record of a request: its body as a document where it is JSON, else as text."""
    try:
        body = json.loads(request.body) if request.body else None
    except ValueError:
        body = request.body.decode(errors="replace")
    has_authorization = "authorization" in request.headers
    version = request.headers.get("x-github-api-version")
    return Recorded(request.method, request.path, request.query, body, status, has_authorization, version)
