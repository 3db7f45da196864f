"""How a provider is asked about a key, and what its answer shows; never a value of a key, never a body."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from keyturn.model.catalogue import Param


class Scheme(StrEnum):
    """How a key is sent."""

    BEARER = "bearer"
    HEADER = "header"
    QUERY = "query"
    BASIC = "basic"
    BODY = "body"
    OAUTH2_CLIENT_CREDENTIALS = "oauth2_client_credentials"


class ClientAuth(StrEnum):
    """How a client shows itself to a token endpoint."""

    BASIC = "basic"
    FORM = "form"
    JSON = "json"


class Confidence(StrEnum):
    """Where the facts of a probe come from."""

    DOCUMENTED = "documented"
    DETECTOR = "detector"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class Auth:
    """How the key is sent; in the templates a field of the credential stands as {name}."""

    scheme: Scheme
    name: str | None = None  # of a header, a query parameter or a form field
    format: str | None = None  # the whole value; None is the first field, after "Bearer " for bearer
    username: str | None = None
    password: str | None = None
    token_url: str | None = None  # None where the probe's own URL gives the token
    client_id: str | None = None
    client_secret: str | None = None
    client_auth: ClientAuth | None = None
    grant_type: str = "client_credentials"  # or password
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """Texts of which the body must hold one as well for a verdict; none where the status is enough."""

    accepted: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """A read-only request that tells an accepted key from a rejected one."""

    url: str
    auth: Auth
    accepted: frozenset[int]
    rejected: frozenset[int]
    confidence: Confidence
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    params: Mapping[str, Param] = field(default_factory=dict)
    match: Marks = field(default_factory=Marks)
    sources: tuple[str, ...] = ()


class Outcome(StrEnum):
    """What an answer shows of a key."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a verdict is what it is; all but the first are reasons for `unknown`."""

    LISTED_STATUS = "listed-status"  # with the text in the body where the probe asks for it
    UNLISTED_STATUS = "unlisted-status"
    MARKER_MISSING = "marker-missing"
    CONTRADICTORY = "contradictory"  # what shows an accepted key and what shows a rejected one, at once
    WEB_PAGE = "web-page"  # HTML with a status that would accept: a page to sign in, or a wrong address
    RATE_LIMITED = "rate-limited"
    SERVER_ERROR = "server-error"
    REDIRECT = "redirect"
    TOKEN_REFUSED = "token-refused"  # noqa: S105 # the name of a reason; the refusal did not say whether the key was why
    TOKEN_UNREADABLE = "token-unreadable"  # noqa: S105 # the name of a reason
    TOO_LARGE = "too-large"
    CUT_SHORT = "cut-short"
    UNREADABLE = "unreadable"  # not HTTP, or an encoding that does not decode
    TIMED_OUT = "timed-out"
    CONNECTION_FAILED = "connection-failed"
    TLS_FAILED = "tls-failed"
    NAME_NOT_RESOLVED = "name-not-resolved"
    ADDRESS_REFUSED = "address-refused"  # the name leads to an address that is not public
    HOST_NOT_PERMITTED = "host-not-permitted"  # `probe.hosts` of the policy does not list it
    PARAM_MISSING = "param-missing"
    PARAM_MALFORMED = "param-malformed"
    FIELD_MISSING = "field-missing"  # a field of the credential without a value
    FIELD_UNSENDABLE = "field-unsendable"  # line breaks, not ASCII, or what its place in the request can't carry
    PROBE_MALFORMED = "probe-malformed"  # the catalogue's own fault

    @property
    def is_passing(self) -> bool:
        """Tell whether asking again may bring another answer."""
        return self in _PASSING


_PASSING = {
    Reason.RATE_LIMITED,
    Reason.SERVER_ERROR,
    Reason.CUT_SHORT,
    Reason.TIMED_OUT,
    Reason.CONNECTION_FAILED,
    Reason.NAME_NOT_RESOLVED,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one probe showed, when and why."""

    outcome: Outcome
    reason: Reason
    at: datetime
    status: int | None = None  # None where no answer came
    retry_after: float | None = None  # seconds that the provider asks to wait
