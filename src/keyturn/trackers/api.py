"""GitHub's REST API through PyGithub's requester: paced, patient, and no write is ever repeated blindly.

Loaded with the first request only: PyGithub takes a quarter of a second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from github import Auth, Github, GithubRetry

from keyturn import __version__
from keyturn.errors import UnfinishedError
from keyturn.trackers.answers import MOVED, NONE, OK, Answer, document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from github.Requester import Requester

    Decoder = Callable[[str], Any]

_READS = frozenset({"GET", "HEAD"})
_FORBIDDEN = 403
_VERSION = "2022-11-28"


@dataclass(frozen=True, slots=True)
class _Request:
    verb: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, object] | None = None
    decoder: Decoder = document

    @property
    def is_read(self) -> bool:
        return self.verb in _READS


class MovedError(Exception):
    """The address has moved."""


class Repeats(GithubRetry):
    """Repeats reads after faults of the server or the connection.

    A redirect ends the request: PyGithub would send it again, whatever its method, to the new place and without its
    query. Limits are not waited for in here, where no cap would hold.
    """

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - urllib3 makes copies with its own arguments
        fixed = {"allowed_methods": _READS, "respect_retry_after_header": False, "raise_on_status": False}
        super().__init__(**{**settings, **fixed})

    def is_retry(self, method: str, status_code: int, *is_delayed: bool) -> bool:
        """Tell whether `increment` is to look at an answer."""
        is_limit = status_code == _FORBIDDEN  # for which GithubRetry would wait by itself
        return status_code == MOVED or (not is_limit and super().is_retry(method, status_code, *is_delayed))

    def increment(self, *place: Any, **event: Any) -> Any:  # noqa: ANN401 - urllib3's many arguments
        """Count a failure, or end the request where its address has moved."""
        response = event.get("response")
        if response is not None and response.status == MOVED:
            response.drain_conn()
            raise MovedError
        return super().increment(*place, **event)


@dataclass(slots=True, kw_only=True)
class Api:
    """Sends requests one after the other and waits where GitHub asks for it."""

    token: str = field(repr=False)
    url: str
    now: Callable[[], datetime]
    wait: Callable[[float], object]
    notify: Callable[[str], object]
    pause: float
    patience: float  # seconds; what is left of it
    floor: int
    timeout: int
    _reader: Requester = field(init=False, repr=False)
    _writer: Requester = field(init=False, repr=False)
    _last: Answer = field(init=False, default_factory=lambda: Answer(NONE))
    _written: datetime | None = field(init=False, default=None)
    doubts: int = field(init=False, default=0)  # how many writes in a row had no answer that says what came of them

    def __post_init__(self) -> None:
        """Prepare one connection that repeats reads, and one that repeats nothing."""
        self._reader = self._requester(Repeats(total=3, backoff_factor=self.pause))
        self._writer = self._requester(Repeats(total=0))

    def read(self, path: str, query: Mapping[str, str], decoder: Decoder = document) -> Answer:
        """Get a document; status NONE where nothing came after several attempts. `decoder` reads a good answer."""
        return self._patiently(_Request("GET", path, query, decoder=decoder))

    def write(self, verb: str, path: str, fields: Mapping[str, object]) -> Answer:
        """Send a change once, and again only where a rate limit has refused it."""
        self._keep_distance()
        answer = self._patiently(_Request(verb, path, fields=fields))
        self.doubts = self.doubts + 1 if answer.is_ambiguous else 0
        return answer

    def _requester(self, repeats: Repeats) -> Requester:
        return Github(
            auth=Auth.Token(self.token),
            base_url=self.url,
            timeout=self.timeout,
            user_agent=f"keyturn/{__version__}",
            retry=repeats,
            seconds_between_requests=0,
            seconds_between_writes=0,
        ).requester

    def _patiently(self, request: _Request) -> Answer:
        self._keep_reserve()
        answer, times = self._sent(request), 0
        while answer.is_limit:
            self._rest(answer.seconds_to_wait(self.now(), times))
            answer, times = self._sent(request), times + 1
        return answer

    def _sent(self, request: _Request) -> Answer:
        requester = self._reader if request.is_read else self._writer
        headers = {"X-GitHub-Api-Version": _VERSION, "Accept": "application/vnd.github+json"}
        try:
            status, found, text = requester.requestJson(
                request.verb, request.path, dict(request.query), headers, request.fields
            )
        except MovedError:
            self._last = Answer(MOVED)
        except Exception:  # noqa: BLE001 - the texts of the libraries quote headers and addresses: none may get out
            self._last = Answer(NONE)
        else:
            self._last = Answer(status, found, request.decoder(text) if status == OK else document(text))
        if not request.is_read:
            self._written = self.now()
        return self._last

    def _keep_distance(self) -> None:
        """Wait until the last write is long enough ago."""
        if self._written is not None:
            since = (self.now() - self._written).total_seconds()
            if (left := self.pause - max(0.0, since)) > 0:
                self.wait(left)

    def _keep_reserve(self) -> None:
        """Leave some requests of the hour to others who use the same token."""
        remaining = self._last.remaining
        if remaining is not None and remaining <= self.floor:
            self._rest(self._last.seconds_to_reset(self.now()))

    def _rest(self, seconds: float) -> None:
        """Wait for the end of a limit, as far as patience goes."""
        until = f"{self.now() + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} UTC"
        if seconds > self.patience:
            raise UnfinishedError(
                f"GitHub's rate limit is reached; run again after {until}: the next run goes on where this one stopped"
            )
        self.patience -= seconds
        self._last = Answer(NONE)  # what it says of the limit is over
        self.notify(f"waiting for GitHub's rate limit until {until}")
        self.wait(seconds)
