"""The request that a probe describes, with the credential where its scheme puts it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from keyturn.model import ClientAuth, Reason, Scheme
from keyturn.probes import blanks
from keyturn.probes.origins import Origin, place, require_permission
from keyturn.probes.unsettled import UnsettledError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from keyturn.model import Probe

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_HEADER = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_OURS = {"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect", "cookie"}
_UNDISPUTED = re.compile(r"[A-Za-z0-9._-]+")  # what the form encoding of RFC 6749, section 2.3.1, leaves as it is


@dataclass(frozen=True, slots=True)
class Question:
    """A probe with what fills it: a rotation's params and the credential's values in the order of its fields.

    `hosts` is the policy's `probe.hosts`; `is_shipped` says that the probe comes from the shipped catalogue,
    not overridden.
    """

    probe: Probe
    params: Mapping[str, str]
    values: Mapping[str, str] = field(repr=False)
    hosts: Sequence[str]
    is_shipped: bool


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request, ready to be sent; nothing of it may be shown but its origin."""

    origin: Origin
    method: str = field(repr=False)
    target: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


def probe_request(question: Question) -> HttpRequest:
    """Build the probe's own request; raises UnsettledError where something is missing or can't be sent."""
    probe = question.probe
    headers = {name: blanks.filled(text, _text(question)) for name, text in probe.headers.items()}
    plain = HttpRequest(*_place(question, probe.url, probe.method), headers, _body(question, headers))
    return _sealed(_PLACES[probe.auth.scheme](question, plain))


def token_request(question: Question) -> HttpRequest:
    """Build the request for a token (RFC 6749, sections 4.3 and 4.4), to the token URL or else the probe's own."""
    probe, auth = question.probe, question.probe.auth
    headers = {name: blanks.filled(text, _text(question)) for name, text in probe.headers.items()}
    if auth.token_url is None and probe.body is not None:
        raise UnsettledError(Reason.PROBE_MALFORMED)  # there is one body, and the grant is in it
    where = _place(question, auth.token_url or probe.url, "POST")
    grant = _grant(question)
    client = {"client_id": _field(question, auth.client_id), "client_secret": _field(question, auth.client_secret)}
    kind = auth.client_auth or _client_auth(headers)
    if kind is ClientAuth.BASIC:
        headers = _with(headers, "Authorization", _basic(*map(_undisputed, client.values())))
    else:
        grant |= client
    body, written = (json.dumps(grant), JSON) if kind is ClientAuth.JSON else (urlencode(grant), FORM)
    return _sealed(HttpRequest(*where, _with(headers, "Content-Type", written), body.encode()))


def authorized_request(question: Question, token: str) -> HttpRequest:
    """Build the probe's own request with a token that the credential has just been given."""
    template = question.probe.auth.format or "Bearer {access_token}"
    auth = replace(question.probe.auth, scheme=Scheme.BEARER, format=template)
    probe = replace(question.probe, auth=auth)
    return probe_request(replace(question, probe=probe, values={**question.values, "access_token": token}))


# -- the credential in its place -----------------------------------------------------------------------------------


def _in_bearer(question: Question, request: HttpRequest) -> HttpRequest:
    value = _value(question, "Bearer {}")
    return replace(request, headers=_with(request.headers, "Authorization", value))


def _in_header(question: Question, request: HttpRequest) -> HttpRequest:
    return replace(request, headers=_with(request.headers, question.probe.auth.name or "", _value(question)))


def _in_query(question: Question, request: HttpRequest) -> HttpRequest:
    name, value = quote(question.probe.auth.name or "", safe=""), quote(_value(question), safe="")
    return replace(request, target=f"{request.target}{'&' if '?' in request.target else '?'}{name}={value}")


def _in_basic(question: Question, request: HttpRequest) -> HttpRequest:
    auth = question.probe.auth
    value = _basic(_field(question, auth.username), _field(question, auth.password))
    return replace(request, headers=_with(request.headers, "Authorization", value))


def _in_body(question: Question, request: HttpRequest) -> HttpRequest:
    if not (name := question.probe.auth.name):  # then the body's template holds it
        return request
    given = f"{request.body.decode()}&" if request.body else ""
    body = given + urlencode({name: _value(question)})
    return replace(request, body=body.encode(), headers=_with(request.headers, "Content-Type", FORM))


def _nowhere(_question: Question, request: HttpRequest) -> HttpRequest:
    return request  # a token stands for it


_PLACES: Mapping[Scheme, Callable[[Question, HttpRequest], HttpRequest]] = {
    Scheme.BEARER: _in_bearer,
    Scheme.HEADER: _in_header,
    Scheme.QUERY: _in_query,
    Scheme.BASIC: _in_basic,
    Scheme.BODY: _in_body,
    Scheme.OAUTH2_CLIENT_CREDENTIALS: _nowhere,
}


def _value(question: Question, default: str = "{}") -> str:
    first = next(iter(question.values), "key")  # a name that then has no value
    return _field(question, question.probe.auth.format or default.replace("{}", f"{{{first}}}"))


def _basic(username: str, password: str) -> str:
    if ":" in username:  # RFC 7617, section 2
        raise UnsettledError(Reason.FIELD_UNSENDABLE)
    return f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"


def _undisputed(text: str) -> str:
    # RFC 6749 wants client id and secret form-encoded before Basic, many servers don't: where that makes a difference
    # a rejection would show nothing.
    if not _UNDISPUTED.fullmatch(text):
        raise UnsettledError(Reason.FIELD_UNSENDABLE)
    return text


def _grant(question: Question) -> dict[str, str]:
    auth = question.probe.auth
    grant = {"grant_type": auth.grant_type}
    if auth.grant_type == "password":
        grant |= {"username": _field(question, auth.username), "password": _field(question, auth.password)}
    return grant | ({"scope": _field(question, auth.scope)} if auth.scope else {})


def _client_auth(headers: Mapping[str, str]) -> ClientAuth:
    return ClientAuth.JSON if _kind(headers) == JSON else ClientAuth.FORM


def _field(question: Question, template: str | None) -> str:
    # Never a param: a control key must not be sent with a real user name.
    return blanks.filled(template or "", lambda name: blanks.field(name, question.values))


# -- the rest of it ------------------------------------------------------------------------------------------------


def _place(question: Question, template: str, method: str) -> tuple[Origin, str, str]:
    url, is_chosen = blanks.url(template, question.probe.params, question.params)
    found = place(url)
    require_permission(found.origin, question.hosts, is_fixed=question.is_shipped and not is_chosen)
    return found.origin, method, found.target


def _text(question: Question) -> Callable[[str], str]:
    """Return what fills a header or a body: the credential's fields, then the params."""

    def text(name: str) -> str:
        if name in question.values:
            return blanks.field(name, question.values)
        return blanks.param(name, question.probe.params, question.params, "label", "value")

    return text


_ESCAPES: Mapping[str, Callable[[str], str]] = {
    JSON: lambda text: json.dumps(text)[1:-1],
    FORM: lambda text: quote(text, safe=""),
}


def _body(question: Question, headers: Mapping[str, str]) -> bytes | None:
    if question.probe.body is None:
        return None
    escape = _ESCAPES.get(_kind(headers), _undisputed)
    return blanks.filled(question.probe.body, lambda name: escape(_text(question)(name))).encode()


def _kind(headers: Mapping[str, str]) -> str:
    given = next((text for name, text in headers.items() if name.lower() == "content-type"), "")
    kind = given.partition(";")[0].strip().lower()
    return JSON if kind.endswith("+json") else kind


def _with(headers: Mapping[str, str], name: str, value: str) -> dict[str, str]:
    """Return the headers with one set, whatever the catalogue says of it in any spelling."""
    return {**{own: text for own, text in headers.items() if own.lower() != name.lower()}, name: value}


def _sealed(request: HttpRequest) -> HttpRequest:
    """Return the request with the headers that every one has; raises UnsettledError where one could break out."""
    for name, text in request.headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OURS or not blanks.sendable(text):
            raise UnsettledError(Reason.PROBE_MALFORMED)
    ours = {"Host": request.origin.authority, "Accept-Encoding": "identity", "Connection": "close"}
    agent = {} if any(name.lower() == "user-agent" for name in request.headers) else {"User-Agent": "keyturn"}
    headers = {name: text for name, text in request.headers.items() if name.lower() != "accept-encoding"}
    return replace(request, headers={**headers, **agent, **ours})
