"""The request that a probe describes, whole, for every scheme."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from keyturn import parse
from keyturn.model import CredentialField, Param, Reason
from keyturn.probes import Question, control
from keyturn.probes.composition import HttpRequest, authorized_request, probe_request, token_request
from keyturn.probes.unsettled import UnsettledError

PROBE = {"url": "https://api.example.com/me", "accepted": [200], "rejected": [401], "confidence": "documented"}
VALUES = {"token": "s3c", "other": "o+/= &"}
COMMON = {"User-Agent": "keyturn", "Host": "api.example.com", "Accept-Encoding": "identity", "Connection": "close"}
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
CLIENT = {"scheme": "oauth2_client_credentials", "client_id": "{id}", "client_secret": "{secret}"}
CLIENT_VALUES = {"id": "acme", "secret": "s3c", "user": "alice", "password": "p w"}


def question(auth: dict[str, Any], values: dict[str, str] | None = None, **more: Any) -> Question:
    params = more.pop("given", {})
    document = {"name": "Example", "strategy": "overlap", "probe": {**PROBE, "auth": auth, **more}}
    probe = parse.provider("example", document).probe
    assert probe
    return Question(probe, params, VALUES if values is None else values, (), is_shipped=True)


def shown(request: HttpRequest) -> tuple[str, str, dict[str, str], bytes | None]:
    assert COMMON.keys() <= request.headers.keys()
    own = {name: text for name, text in request.headers.items() if (name, text) not in COMMON.items()}
    return request.method, request.target, own, request.body


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            question({"scheme": "bearer"}), ("GET", "/me", {"Authorization": "Bearer s3c"}, None), id="bearer"
        ),
        pytest.param(
            question({"scheme": "bearer", "format": "Bearer {other}"}),
            ("GET", "/me", {"Authorization": "Bearer o+/= &"}, None),
            id="bearer-format",
        ),
        pytest.param(
            question({"scheme": "header", "name": "X-Key"}), ("GET", "/me", {"X-Key": "s3c"}, None), id="header"
        ),
        pytest.param(
            question({"scheme": "header", "name": "Authorization", "format": 'Token token="{token}_{other}"'}),
            ("GET", "/me", {"Authorization": 'Token token="s3c_o+/= &"'}, None),
            id="header-format",
        ),
        pytest.param(
            question({"scheme": "query", "name": "api.key", "format": "{other}"}),
            ("GET", "/me?api.key=o%2B%2F%3D%20%26", {}, None),
            id="query",
        ),
        pytest.param(
            question({"scheme": "query", "name": "k"}, url="https://api.example.com/me?x=1"),
            ("GET", "/me?x=1&k=s3c", {}, None),
            id="query-goes-on",
        ),
        pytest.param(
            question({"scheme": "basic", "username": "{token}", "password": ""}),
            ("GET", "/me", {"Authorization": basic("s3c:")}, None),
            id="basic",
        ),
        pytest.param(
            question(
                {"scheme": "body"},
                {"token": 'a"b\\'},
                method="POST",
                headers={"content-type": "application/json; charset=utf-8"},
                body='{"query":"{ me }","key":"{token}"}',
            ),
            (
                "POST",
                "/me",
                {"content-type": "application/json; charset=utf-8"},
                b'{"query":"{ me }","key":"a\\"b\\\\"}',
            ),
            id="body-json",
        ),
        pytest.param(
            question(
                {"scheme": "body"}, method="POST", headers={"Content-Type": "application/vnd.api+json"}, body="{other}"
            ),
            ("POST", "/me", {"Content-Type": "application/vnd.api+json"}, b"o+/= &"),
            id="body-json-kind",
        ),
        pytest.param(
            question({"scheme": "body"}, method="POST", headers={"Content-Type": FORM}, body="key={other}"),
            ("POST", "/me", {"Content-Type": FORM}, b"key=o%2B%2F%3D%20%26"),
            id="body-form",
        ),
        pytest.param(
            question({"scheme": "body"}, method="POST", body="<key>{token}</key>"),
            ("POST", "/me", {}, b"<key>s3c</key>"),
            id="body-of-another-kind",
        ),
        pytest.param(
            question({"scheme": "body", "name": "key"}, method="POST"),
            ("POST", "/me", {"Content-Type": FORM}, b"key=s3c"),
            id="form-field",
        ),
        pytest.param(
            question({"scheme": "body", "name": "key", "format": "{other}"}, method="POST", body="a=b"),
            ("POST", "/me", {"Content-Type": FORM}, b"a=b&key=o%2B%2F%3D+%26"),
            id="form-field-goes-on",
        ),
        pytest.param(
            question(
                {"scheme": "bearer"},
                url="https://api.example.com/{day}",
                method="POST",
                body='{"day":"{day}"}',
                headers={"X-Day": "{day}", "Content-Type": JSON, "User-Agent": "acme", "accept-encoding": "gzip"},
                params={"day": {"kind": "value", "pattern": "[0-9-]+"}},
                given={"day": "2026-11-21"},
            ),
            (
                "POST",
                "/2026-11-21",
                {"X-Day": "2026-11-21", "Content-Type": JSON, "User-Agent": "acme", "Authorization": "Bearer s3c"},
                b'{"day":"2026-11-21"}',
            ),
            id="params-everywhere",
        ),
    ],
)
def test_a_request(asked: Question, expected: tuple[Any, ...]) -> None:
    assert shown(probe_request(asked)) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            question(CLIENT, CLIENT_VALUES),
            ("POST", "/me", {"Content-Type": FORM}, b"grant_type=client_credentials&client_id=acme&client_secret=s3c"),
            id="form-by-default",
        ),
        pytest.param(
            question(CLIENT, CLIENT_VALUES, headers={"Content-Type": JSON}),
            (
                "POST",
                "/me",
                {"Content-Type": JSON},
                b'{"grant_type": "client_credentials", "client_id": "acme", "client_secret": "s3c"}',
            ),
            id="json-by-its-header",
        ),
        pytest.param(
            question({**CLIENT, "client_auth": "json"}, CLIENT_VALUES, headers={"Accept": JSON}),
            (
                "POST",
                "/me",
                {"Accept": JSON, "Content-Type": JSON},
                b'{"grant_type": "client_credentials", "client_id": "acme", "client_secret": "s3c"}',
            ),
            id="json",
        ),
        pytest.param(
            question(
                {
                    **CLIENT,
                    "client_auth": "basic",
                    "grant_type": "password",
                    "username": "{user}",
                    "password": "{password}",
                    "scope": "read all",
                },
                CLIENT_VALUES,
            ),
            (
                "POST",
                "/me",
                {"Authorization": basic("acme:s3c"), "Content-Type": FORM},
                b"grant_type=password&username=alice&password=p+w&scope=read+all",
            ),
            id="basic-with-password",
        ),
        pytest.param(
            question({**CLIENT, "client_auth": "form", "token_url": "https://api.example.com/token"}, CLIENT_VALUES),
            (
                "POST",
                "/token",
                {"Content-Type": FORM},
                b"grant_type=client_credentials&client_id=acme&client_secret=s3c",
            ),
            id="token-url",
        ),
    ],
)
def test_a_request_for_a_token(asked: Question, expected: tuple[Any, ...]) -> None:
    assert shown(token_request(asked)) == expected


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        pytest.param(CLIENT, "Bearer t0k", id="bearer"),
        pytest.param({**CLIENT, "format": "Token {access_token}"}, "Token t0k", id="format"),
    ],
)
def test_a_request_with_a_token(auth: dict[str, Any], expected: str) -> None:
    asked = question({**auth, "token_url": "https://api.example.com/token"}, CLIENT_VALUES)
    assert shown(authorized_request(asked, "t0k")) == ("GET", "/me", {"Authorization": expected}, None)


def test_a_probe_without_its_token_adds_nothing() -> None:
    assert shown(probe_request(question(CLIENT, CLIENT_VALUES))) == ("GET", "/me", {}, None)


BROKEN = ("a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "a\tb", "a\x7f", "caf\u00e9", "\uff41", " a", "a ", "a\n")
PLACES = {
    "bearer": {"scheme": "bearer"},
    "header": {"scheme": "header", "name": "X-Key"},
    "query": {"scheme": "query", "name": "key"},
    "username": {"scheme": "basic", "username": "{token}", "password": ""},
    "password": {"scheme": "basic", "username": "alice", "password": "{token}"},
    "form": {"scheme": "body", "name": "key"},
}


@pytest.mark.parametrize("value", BROKEN, ids=repr)
@pytest.mark.parametrize("auth", PLACES.values(), ids=PLACES)
def test_no_value_breaks_out_of_its_place(auth: dict[str, Any], value: str) -> None:
    with pytest.raises(UnsettledError) as caught:
        probe_request(question(auth, {"token": value}, method="POST"))
    assert caught.value.reason is Reason.FIELD_UNSENDABLE


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        pytest.param(question({"scheme": "bearer"}, {}), Reason.FIELD_MISSING, id="no-fields"),
        pytest.param(question({"scheme": "bearer"}, {"token": ""}), Reason.FIELD_MISSING, id="empty-field"),
        pytest.param(
            question({"scheme": "bearer", "format": "{key}"}, given={"key": "x"}),
            Reason.FIELD_MISSING,
            id="never-a-param",
        ),
        pytest.param(
            question({"scheme": "basic", "username": "{token}", "password": ""}, {"token": "a:b"}),
            Reason.FIELD_UNSENDABLE,
            id="colon-in-user-name",
        ),
        pytest.param(
            question({"scheme": "bearer"}, url="https://api.example.com/{token}"),
            Reason.PROBE_MALFORMED,
            id="field-in-url",
        ),
        pytest.param(
            question({"scheme": "body"}, method="POST", body="<key>{other}</key>"),
            Reason.FIELD_UNSENDABLE,
            id="escape-unknown",
        ),
        pytest.param(
            question({"scheme": "body"}, method="POST", body="{key}"),
            Reason.PROBE_MALFORMED,
            id="unknown-blank-in-body",
        ),
        *(
            pytest.param(question({"scheme": "header", "name": name}), Reason.PROBE_MALFORMED, id=f"ours-{name}")
            for name in ("Host", "content-length", "Transfer-Encoding", "Connection", "Cookie", "a b", "a\n", "")
        ),
        pytest.param(
            question({"scheme": "bearer"}, headers={"X-Y": "a\nb"}), Reason.PROBE_MALFORMED, id="line-break-in-header"
        ),
        pytest.param(
            question({"scheme": "bearer"}, url="http://api.example.com/me"), Reason.HOST_NOT_PERMITTED, id="plain-http"
        ),
    ],
)
def test_a_request_that_cannot_be_sent(asked: Question, reason: Reason) -> None:
    with pytest.raises(UnsettledError) as caught:
        probe_request(asked)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        pytest.param(question(CLIENT, CLIENT_VALUES, method="POST", body="x"), Reason.PROBE_MALFORMED, id="two-bodies"),
        pytest.param(
            question({**CLIENT, "client_auth": "basic"}, {"id": "acme", "secret": "a+b"}),
            Reason.FIELD_UNSENDABLE,
            id="encodings-that-servers-read-differently",
        ),
        pytest.param(question(CLIENT, {"id": "acme"}), Reason.FIELD_MISSING, id="no-secret"),
        pytest.param(
            question({**CLIENT, "token_url": "http://api.example.com/"}, CLIENT_VALUES),
            Reason.HOST_NOT_PERMITTED,
            id="plain-http",
        ),
    ],
)
def test_a_request_for_a_token_that_cannot_be_sent(asked: Question, reason: Reason) -> None:
    with pytest.raises(UnsettledError) as caught:
        token_request(asked)
    assert caught.value.reason is reason


def test_nothing_of_a_request_is_shown_but_where_it_goes() -> None:
    asked = question({"scheme": "query", "name": "key"}, {"token": "canary"}, method="POST", body="{token}")
    assert "canary" not in repr(asked) + repr(probe_request(asked))


# -- a probe as its file writes it ---------------------------------------------------------------------------------


def test_the_defaults_of_a_probe() -> None:
    found = question(
        {"scheme": "bearer", "name": None}, method=None, headers={}, body=None, match={"accepted": None}
    ).probe
    plain = question({"scheme": "bearer"}).probe
    assert found == plain
    assert (plain.method, plain.headers, plain.body, plain.params, plain.sources) == ("GET", {}, None, {}, ())
    assert (plain.auth.client_auth, plain.auth.grant_type) == (None, "client_credentials")


def test_a_probe_knows_the_params_of_its_provider() -> None:
    document = {
        "name": "Example",
        "strategy": "overlap",
        "params": {"account": {"kind": "label"}, "day": {"kind": "label"}},
        "probe": {**PROBE, "auth": {"scheme": "bearer"}, "params": {"day": {"kind": "value", "pattern": "[0-9]+"}}},
        "variants": {"none": {"probe": None}, "own": {"probe": {**PROBE, "auth": {"scheme": "query", "name": "k"}}}},
    }
    found = parse.provider("example", document)
    assert found.probe
    assert found.probe.params == {"account": Param("label"), "day": Param("value", pattern="[0-9]+")}
    assert [each.probe and each.probe.auth.scheme for each in found.variants.values()] == [None, "query"]


# -- the control key -----------------------------------------------------------------------------------------------

SECRET = (CredentialField("token"),)
BEARER = question({"scheme": "bearer"}).probe


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("3f9a0c21d4e5", "0f0f0f00f0f0", id="hex"),
        pytest.param("3F9A0C21D4E5", "0F0F0F00F0F0", id="upper-hex"),
        pytest.param("3f9a0c21-d4e5-4b6c", "0f0f0f00-f0f0-0f0f", id="uuid"),
        pytest.param("12345678", "00000000", id="digits"),
        pytest.param("aZ3_xY-9+/=.", "xX0_xX-0+/=.", id="classes"),
        pytest.param("ghp_" + "aB3" * 12, "ghp_" + "xX0" * 12, id="prefix"),
        pytest.param("sk_live_" + "aB3" * 12, "sk_live_" + "xX0" * 12, id="two-prefixes"),
        pytest.param("key-short", "xxx-xxxxx", id="no-prefix-of-a-short-value"),
        pytest.param("alice@acme.example", "nobody@keyturn.invalid", id="address"),
        pytest.param("xxXX00", "zzZZ99", id="already-made-up"),
        pytest.param("000ff", "999ee", id="already-made-up-hex"),
        pytest.param("caf\u00e9-1", "xxx\u00e9-0", id="not-ascii"),
    ],
)
def test_a_made_up_key(value: str, expected: str) -> None:
    assert control({"token": value}, SECRET, BEARER) == {"token": expected}


@pytest.mark.parametrize("value", ["", "+++", "nobody@keyturn.invalid"])
def test_a_key_that_cannot_be_made_up(value: str) -> None:
    assert control({"token": value}, SECRET, BEARER) is None


def test_no_real_user_name_is_sent_and_the_client_id_stays() -> None:
    fields = tuple(CredentialField(name, secret=name in {"secret", "password"}) for name in CLIENT_VALUES)
    probe = question(CLIENT, CLIENT_VALUES).probe
    made = control(CLIENT_VALUES, fields, probe)
    assert made == {"id": "acme", "secret": "x0x", "user": "xxxxx", "password": "x x"}
    assert list(made) == list(CLIENT_VALUES)


def test_a_user_name_keeps_no_prefix() -> None:
    fields = (CredentialField("user", secret=False),)
    assert control({"user": "alice_" + "aB3" * 4}, fields, BEARER) == {"user": "xxxxx_" + "xX0" * 4}


def test_a_credential_of_nothing_but_a_client_id_has_no_control() -> None:
    assert control({"id": "acme"}, (CredentialField("id", secret=False),), question(CLIENT).probe) is None
