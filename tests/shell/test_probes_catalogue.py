"""Every probe of the shipped catalogue, against a provider on loopback that behaves as its facts say.

The provider here reads the request by itself: nothing of what builds it is used to check it.
"""

from __future__ import annotations

import base64
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import Phase, find, settings, strategies
from shell.scripted_provider import Heard, Roads, Service, always, certified, reply, serving

from keyturn import files, parse
from keyturn.model import Outcome, Provider, Reason, Verdict
from keyturn.probes import Question, ask, control

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Iterator, Mapping

    from shell.scripted_provider import Script

CANARY = "canary"
FIRST = settings(phases=[Phase.generate], derandomize=True, database=None)


@dataclass(frozen=True, slots=True)
class Case:
    """A provider or a variant of it, with the probe as its file writes it and params that fit."""

    provider: Provider
    raw: Mapping[str, Any]
    params: Mapping[str, str]

    def values(self, which: str) -> dict[str, str]:
        """Return a credential whose fields are all different."""
        assert self.provider.credential
        return {field.name: f"{CANARY}-{which}-{field.name}" for field in self.provider.credential.fields}

    @property
    def url(self) -> str:
        return _put(self.raw["url"], self.params)

    def question(self, values: Mapping[str, str]) -> Question:
        assert self.provider.probe
        hosts = [text for name, text in self.params.items() if self.provider.params[name].kind == "host"]
        return Question(self.provider.probe, self.params, values, hosts, is_shipped=True)


def _put(template: str, texts: Mapping[str, str]) -> str:
    for name, text in texts.items():
        template = template.replace(f"{{{name}}}", text)
    return template


def _cases() -> Iterator[tuple[str, Case]]:
    for slug, document in files.catalogue("providers"):
        assert not isinstance(document, tuple)
        provider = parse.provider(slug, document.data)
        yield slug, _case(provider, document.data)
        for name, own in (document.data.get("variants") or {}).items():
            if {"probe", "credential", "params"} & own.keys():  # else it asks what the provider asks
                yield f"{slug}-{name}", _case(provider.variant(name), {**document.data, **own})


def _case(provider: Provider, raw: Mapping[str, Any]) -> Case:
    probe = raw.get("probe") or {}
    return Case(provider, probe, {name: _fitting(param) for name, param in probe.get("params", {}).items()})


def _fitting(param: Mapping[str, Any]) -> str:
    if param["kind"] == "value":
        pattern = strategies.from_regex(f"(?a:{param['pattern']})", fullmatch=True)
        return find(pattern, lambda text: text.strip() == text, settings=FIRST)
    return {"label": "acme", "host": "https://keys.customer.example"}[param["kind"]]


ALL = dict(_cases())
PROBED = {name: case for name, case in ALL.items() if case.provider.probe}
every_probe = pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in PROBED.items()])


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    hosts = {str(urlsplit(_put(case.raw[key], case.params)).hostname) for case in PROBED.values() for key in ("url",)}
    tokens = {str(urlsplit(url).hostname) for case in PROBED.values() if (url := case.raw["auth"].get("token_url"))}
    return certified(tmp_path_factory.mktemp("tls"), sorted(hosts | tokens))


@pytest.fixture(scope="module")
def service(secured: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[Service]:
    with serving(secured[0]) as running:
        yield running


@pytest.fixture
def asked(
    service: Service,
    secured: tuple[ssl.SSLContext, ssl.SSLContext],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Any]:
    """Give what asks; in the end nothing of any key may have been shown."""
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []

    def answer(case: Case, values: Mapping[str, str], script: Script) -> Verdict:
        service.tell(script)
        question = case.question(values)
        verdict = ask(question, Roads(service).network(secured[1]))
        shown.append(repr(verdict) + repr(question))
        return verdict

    yield answer
    assert CANARY not in "".join([*shown, caplog.text, *capfd.readouterr()])


# -- the provider --------------------------------------------------------------------------------------------------


def documented(case: Case, *, status: int | None = None, echoes: bool = False) -> Script:
    """Return a provider that accepts the credential `good` where its facts put it, and rejects every other."""

    def script(heard: Heard, _connection: socket.socket) -> bytes:
        if not _is_well_formed(case, heard):
            return reply(418)
        side = "accepted" if _carries(case, heard) else "rejected"
        mark = _first(case.raw.get("match", {}).get(side, ""))
        echo = f"{heard}" if echoes else ""
        return reply(status or case.raw[side][0], f"{echo}\n{mark}".encode())

    return script


def _is_well_formed(case: Case, heard: Heard) -> bool:
    url = urlsplit(case.url)
    query = dict(parse_qsl(url.query)).items() <= dict(parse_qsl(urlsplit(heard.target).query)).items()
    given = case.raw.get("headers", {})
    texts = {**case.params, **case.values("good")}
    headers = {name: text for name, text in given.items() if "{" not in text or _put(text, texts) in text}
    expected = {name.lower(): _put(text, case.params) for name, text in headers.items()}
    return (
        heard.method == case.raw.get("method", "GET")
        and heard.headers["host"] == url.netloc
        and urlsplit(heard.target).path == (url.path or "/")
        and query
        and expected.items() <= heard.headers.items()
    )


def _carries(case: Case, heard: Heard) -> bool:
    auth, good = case.raw["auth"], case.values("good")
    first = next(iter(good.values()))
    value = _put(auth["format"], good) if auth.get("format") else first
    match auth["scheme"]:
        case "bearer":
            return heard.headers["authorization"] == (value if auth.get("format") else f"Bearer {first}")
        case "header":
            return heard.headers[auth["name"].lower()] == value
        case "query":
            return parse_qs(urlsplit(heard.target).query)[auth["name"]] == [value]
        case "basic":
            return _of_basic(heard) == f"{_put(auth['username'], good)}:{_put(auth['password'], good)}"
        case "body":
            return set(good.values()) <= set(_of_body(heard).values())
    return _is_client(auth, good, heard)


def _of_basic(heard: Heard) -> str:
    return base64.b64decode(heard.headers["authorization"].removeprefix("Basic ")).decode()


def _of_body(heard: Heard) -> dict[str, Any]:
    is_json = heard.headers["content-type"] == "application/json"
    return dict(json.loads(heard.body)) if is_json else dict(parse_qsl(heard.body.decode()))


def _is_client(auth: Mapping[str, Any], good: Mapping[str, str], heard: Heard) -> bool:
    names = ["client_id", "client_secret"]
    body = _of_body(heard)
    grant = {"grant_type": auth.get("grant_type", "client_credentials")}
    grant |= {name: _put(auth[name], good) for name in ("username", "password", "scope") if auth.get(name)}
    client = {name: _put(auth[name], good) for name in names}
    kind = {"application/json": "json", "application/x-www-form-urlencoded": "form"}[heard.headers["content-type"]]
    if auth["client_auth"] == "basic":
        return kind == "form" and _of_basic(heard) == ":".join(client.values()) and body == grant
    return kind == auth["client_auth"] and body == grant | client


# -- what every probe does -----------------------------------------------------------------------------------------


def test_there_are_probes() -> None:
    assert len(PROBED) > len(ALL) // 2


@every_probe
def test_an_accepted_key_is_accepted(case: Case, asked: Any) -> None:
    found = asked(case, case.values("good"), documented(case))
    assert (found.outcome, found.reason, found.status) == (
        Outcome.ACCEPTED,
        Reason.LISTED_STATUS,
        case.raw["accepted"][0],
    )


@every_probe
def test_another_key_is_rejected(case: Case, asked: Any) -> None:
    found = asked(case, case.values("dead"), documented(case))
    assert (found.outcome, found.status) == (Outcome.REJECTED, case.raw["rejected"][0])


@every_probe
def test_a_made_up_key_is_rejected_and_holds_nothing_of_the_real_one(case: Case, asked: Any, service: Service) -> None:
    assert case.provider.credential
    assert case.provider.probe
    made = control(case.values("good"), case.provider.credential.fields, case.provider.probe)
    assert made is not None
    assert asked(case, made, documented(case)).outcome is Outcome.REJECTED
    secrets = [case.values("good")[field.name] for field in case.provider.credential.fields if field.secret]
    assert [secret for secret in secrets if any(secret in repr(heard) for heard in service.heard)] == []


@every_probe
def test_every_listed_status_counts(case: Case, asked: Any) -> None:
    for side, values in (("accepted", case.values("good")), ("rejected", case.values("dead"))):
        found = [asked(case, values, documented(case, status=status)) for status in case.raw[side]]
        assert {verdict.outcome for verdict in found} == {Outcome(side)}


@every_probe
def test_an_echoing_provider_changes_nothing(case: Case, asked: Any) -> None:
    assert asked(case, case.values("good"), documented(case, echoes=True)).outcome is Outcome.ACCEPTED
    assert asked(case, case.values("dead"), documented(case, echoes=True)).outcome is Outcome.REJECTED


@every_probe
@pytest.mark.parametrize(
    ("status", "reason"),
    [
        pytest.param(None, Reason.UNLISTED_STATUS, id="missing-scope"),
        pytest.param(429, Reason.RATE_LIMITED, id="rate-limited"),
        pytest.param(503, Reason.SERVER_ERROR, id="5xx"),
        pytest.param(302, Reason.REDIRECT, id="redirect"),
    ],
)
def test_what_shows_nothing_is_unknown(
    case: Case, status: int | None, reason: Reason, asked: Any, service: Service
) -> None:
    listed = {*case.raw["accepted"], *case.raw["rejected"]}
    code = status or next(each for each in (403, 404, 402, 409) if each not in listed)
    marks = "".join(map(_first, case.raw.get("match", {}).values())).encode()
    answer = reply(code, marks, Location="https://trap.example/", Retry_After="7")
    found = asked(case, case.values("good"), always(answer))
    assert (found.outcome, found.reason, found.status, found.retry_after) == (Outcome.UNKNOWN, reason, code, 7)
    assert len(service.heard) == 1


# -- where the status alone can't tell -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "body", "outcome"),
    [
        pytest.param("bing-webmaster-tools", 400, '{"ErrorCode":3,"Message":"ERROR!!! InvalidApiKey"}', "rejected"),
        pytest.param("bing-webmaster-tools", 400, '{"ErrorCode":4,"Message":"ERROR!!! ThrottleUser"}', "unknown"),
        pytest.param("bing-webmaster-tools", 400, '{"ErrorCode":14,"Message":"ERROR!!! NotAuthorized"}', "unknown"),
        pytest.param("bing-webmaster-tools", 401, "InvalidApiKey", "unknown"),
        pytest.param("ecwid", 403, '{"errorCode":"INVALID_API_TOKEN"}', "rejected"),
        pytest.param("ecwid", 403, '{"errorCode":"INSUFFICIENT_APP_SCOPE"}', "unknown"),
        pytest.param("similarweb", 403, "Invalid or missing API key", "rejected"),
        pytest.param("similarweb", 403, "Data not available", "unknown"),
        pytest.param("slack", 200, '{"ok":true,"user_id":"U0"}', "accepted"),
        pytest.param("slack", 200, '{"ok":false,"error":"invalid_auth"}', "rejected"),
        pytest.param("slack", 200, "{}", "unknown"),
        pytest.param("slack", 200, '{"ok":true,"user_id":"U0","error":"invalid_auth"}', "unknown"),
        pytest.param("slack", 429, '{"ok":false,"error":"ratelimited"}', "unknown"),
        pytest.param("snowflake", 400, '{"error":"invalid_grant"}', "accepted"),
        pytest.param("snowflake", 400, '{"error":"invalid_client"}', "rejected"),
        pytest.param("snowflake", 401, '{"error":"invalid_client"}', "rejected"),
        pytest.param("snowflake", 400, '{"error":"invalid_request"}', "unknown"),
        pytest.param("snowflake", 400, "invalid_client invalid_grant", "unknown"),
        pytest.param("snowflake", 200, "invalid_grant", "unknown"),
    ],
)
def test_the_body_decides_where_the_status_alone_cannot(
    name: str, status: int, body: str, outcome: str, asked: Any
) -> None:
    case = PROBED[name]
    assert asked(case, case.values("good"), always(reply(status, body.encode()))).outcome == outcome


def test_a_segment_write_key_is_not_probed_because_every_answer_is_200() -> None:
    document = files.entry("providers", "segment-write-key")
    assert isinstance(document, files.Document)
    assert ALL["segment-write-key"].provider.probe is None
    assert any("200" in note for note in document.data["notes"])


def _first(marks: str | list[str]) -> str:
    return marks if isinstance(marks, str) else marks[0]
