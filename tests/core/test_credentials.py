"""What looks like a credential, what does not, and where it stands. Every value here is put together at run time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from keyturn import credentials

LOWER, UPPER, DIGITS, HEX = "abcdefghij" * 20, "ABCDEFGHIJ" * 20, "0123456789" * 20, "0123456789abcdef" * 20
MIXED = "aB3dE6gH9j" * 20


def _part(content: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


CAUGHT = {
    "AWS Access Key": "AK" + "IA" + UPPER[:12] + DIGITS[:4],
    "Azure Storage Account access key": "AccountKey" + "=" + MIXED[:86] + "==",
    "Discord Bot Token": "M" + MIXED[:23] + "." + MIXED[:6] + "." + MIXED[:27],
    "GitHub Token": "gh" + "o_" + MIXED[:36],
    "GitHub fine-grained token": "github" + "_pat_" + MIXED[:82],
    "GitLab token": "gl" + "pat-" + MIXED[:20],
    "GitLab token (runner)": "gl" + "rtr-" + MIXED[:20],
    "GitLab Token": "GR" + "1348941" + MIXED[:20],
    "IBM Cloud IAM Key": "ibm_cloud_api_key: " + MIXED[:44],
    "IBM COS HMAC Credentials": "cos_hmac_secret_access_key = " + HEX[:48],
    "SoftLayer Credentials": "softlayer_api_key: " + HEX[:64],
    "Cloudant Credentials": "cloudant_api_key: " + HEX[:64],
    "JSON Web Token": _part({"alg": "HS256", "typ": "JWT"}) + "." + _part({"sub": "1"}) + "." + MIXED[:43],
    "Mailchimp Access Key": HEX[:32] + "-us" + "12",
    "NPM tokens": "//registry.example/:" + "_authToken=" + "npm_" + MIXED[:20],
    "npm token": "npm" + "_" + MIXED[:36],
    "OpenAI API key": "sk-" + "proj-" + MIXED[:40],
    "OpenAI API key (user)": "sk-" + MIXED[:20] + "T3Blbk" + "FJ" + MIXED[:20],
    "Anthropic API key": "sk-" + "ant-" + "api03-" + MIXED[:80],
    "Private Key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "PGP or SSH private key": "-----BEGIN ENCRYPTED " + "PRIVATE KEY-----",
    "PyPI Token": "pypi-" + "AgEIcHlwaS5vcmc" + MIXED[:80],
    "SendGrid API Key": "S" + "G." + MIXED[:22] + "." + MIXED[:43],
    "Slack Token": "xox" + "b-" + DIGITS[:12] + "-" + LOWER[:24],
    "Slack webhook": "https://hooks.slack" + ".com/services/T" + UPPER[:8] + "/B" + UPPER[:8] + "/" + MIXED[:24],
    "Square OAuth Secret": "sq0" + "csp-" + MIXED[:43],
    "Square token": "sq0" + "atp-" + MIXED[:22],
    "Stripe Access Key": "sk" + "_live_" + MIXED[:24],
    "Stripe key": "rk" + "_test_" + MIXED[:24],
    "Telegram Bot Token": DIGITS[:9] + ":" + MIXED[:35],
    "Twilio API Key": "S" + "K" + HEX[:32],
    "Google API key": "AI" + "za" + MIXED[:35],
    "Google OAuth client secret": "GOC" + "SPX-" + MIXED[:28],
    "Shopify token": "shp" + "at_" + HEX[:32],
    "HubSpot private app token": "pat-" + "na1-" + str(uuid.UUID(int=7)),
    "Databricks token": "da" + "pi" + HEX[:32],
    "Airtable token": "pat" + MIXED[:14] + "." + HEX[:64],
    "New Relic key": "NR" + "AK-" + UPPER[:27],
    "Mailgun key": "key" + "-" + HEX[:32],
    "basic-auth URL": "https://" + "alice:" + MIXED[:8] + "@db.example",
    "basic-auth URL without user": "redis://" + ":" + MIXED[:8] + "@db.example",
    "bearer token": "Authorization: Bearer " + MIXED[:30],
    "AWS secret": "aws_secret_access_key = " + MIXED[:40],
    "Datadog by keyword": "dd_api_key: " + HEX[:32],
    "api_key": "api_key: " + MIXED[:20],
    "API key": "API key: " + MIXED[:20],
    "token": "token=" + MIXED[:12],
    "quoted token": '"token": "' + MIXED[:12] + '"',
    "password": "password: " + "hun" + "ter22!",
    "client secret": "client_secret := " + MIXED[:24],
    "colon apart": "access-token : " + MIXED[:24],
    "Plausible by keyword": "plausible_api_key=" + MIXED[:64],
}


@pytest.mark.parametrize("value", CAUGHT.values(), ids=list(CAUGHT))
@pytest.mark.parametrize("line", ["note: {}", "key: x # {}", "{}", "# ({})", "params: {{subdomain: {}}}"])
def test_credentials_are_found(value: str, line: str) -> None:
    text = "a: b\n" + line.format(value) + "\nc: d\n"
    found = list(credentials.findings(text))
    assert found
    assert {number for number, _column, _detector in found} == {2}
    assert all(value[8:20] not in detector for _line, _column, detector in found)


ORDINARY = {
    "UUID": str(uuid.UUID(int=2**127 + 12345)),
    "UUID in upper case": str(uuid.UUID(int=2**127 + 12345)).upper(),
    "git SHA": hashlib.sha1(b"x", usedforsecurity=False).hexdigest(),
    "SHA-256": hashlib.sha256(b"x").hexdigest(),
    "digest": "sha256:" + hashlib.sha256(b"y").hexdigest(),
    "action": "actions/checkout@" + hashlib.sha1(b"z", usedforsecurity=False).hexdigest() + " # v4.2.2",
    "fingerprint": "81c2d90be3aa",
    "run": "https://github.com/acme/keys/actions/runs/12345678901/attempts/2",
    "commit": "https://github.com/acme/keys/commit/" + hashlib.sha1(b"c", usedforsecurity=False).hexdigest(),
    "long name": "warehouse-loader-for-the-reporting-team-of-emea-and-apac-2",
    "name of 44": "key: a-name-that-has-forty-four-letters-in-it-abcdef"[:49],
    "picture": "data:image/png;base64," + base64.b64encode(bytes(range(200))).decode(),
    "environment": "ACME_NEW",
    "secret's name": "secret: MIXPANEL_SERVICE_ACCOUNT_2",
    "secrets": "secrets: {token: {new: ACME_NEW, old: ACME_OLD2}, api_key: {new: A2_KEY}}",
    "consumer": "- {platform: github-secret, repository: acme/etl, secret: MIXPANEL_SERVICE_ACCOUNT}",
    "connection": "- {platform: segment, name: Mixpanel, at: destination, connection: api_key}",
    "key": "key: warehouse-loader-2",
    "evidence": "new_key: {method: probe, at: 2026-08-24T15:18:02Z, fingerprint: 81c2d90be3aa}",
    "credential": "credential: {kind: api_token, term: API V2 token, fields: [token]}",
    "path": "/home/runner/work/keys/rotations/mixpanel/2026/loader.yaml",
    "date": "created: 2026-08-24",
    "moment of a token": "token: 2026-08-24T15:18:02Z",
    "link after token": "token: https://github.com/acme/keys/issues/12",
    "identity of a token": "token: " + str(uuid.UUID(int=2**127 + 12345)),
    "format": 'auth: {scheme: header, name: Authorization, format: "Token token={token}"}',
    "bearer": 'format: "Bearer {api_key}"',
    "bearer in words": "a bearer authentication-scheme-with-a-long-name",
    "URL": 'url: "https://{account}.api.example.com/v1/me?api_key={token}"',
    "URL with placeholders": 'url: "https://{user}:{password}@api.example.com/v1"',
    "mail": "see https://example.com/a:b or write to alice@example.com",
    "sentence": "# the password: see the vault of team 7, the token: ask bob",
    "step": "Open **Settings**, choose **API keys**, then **Create key**: name it `keyturn-2026`.",
    "rejected": "match: {rejected: INVALID_API_TOKEN}",
    "region": "aws-us-east-1, eu-west-us2",
    "three words": "eyJust-a-name.and-another.third",
    "version": "key: v1.2.3-rc4",
}


@pytest.mark.parametrize("text", ORDINARY.values(), ids=list(ORDINARY))
@pytest.mark.parametrize("line", ["{}", "a: {} # {}"])
def test_ordinary_text_is_left_alone(text: str, line: str) -> None:
    assert list(credentials.findings(line.replace("{}", text))) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b\n  c: " + CAUGHT["GitHub Token"], [(2, 6, "GitHub Token")]),
        ("# password: " + "hun" + "ter22!", [(1, 13, "a value after a keyword")]),
        (CAUGHT["Google API key"] + " " + CAUGHT["GitHub Token"], [(1, 1, "Google API key"), (1, 41, "GitHub Token")]),
    ],
    ids=["typed", "keyword", "two"],
)
def test_the_place_and_the_detector_are_named(text: str, expected: list[tuple[int, int, str]]) -> None:
    assert list(credentials.findings(text)) == expected


def test_a_scalar_over_several_lines_is_joined() -> None:
    assert credentials.in_one_piece('"ab\\\n   cd\r\n  ef\ngh"') == '"abcdefgh"'


def _patterns() -> list[re.Pattern[str]]:
    plugins = credentials._plugins()  # noqa: SLF001 - their patterns are the oracle
    return [pattern for plugin in plugins for pattern in plugin.denylist]


@given(st.sampled_from(_patterns()).flatmap(lambda pattern: st.from_regex(pattern, fullmatch=True)))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_filter_lets_everything_through_that_a_plugin_would_find(value: str) -> None:
    """Matches that are short, spaced or abbreviated apart: no such value is ever issued."""
    if value.isascii() and value.isprintable() and _is_issued(value):
        assert credentials.is_suspect(f"# {value}")


def _is_issued(value: str) -> bool:
    is_abbreviated = re.search(r"(?i)\bcl[_-]?(api|key|p|token)", value)  # Cloudant as `cl`: too short to tell
    return " " not in value and len(value) >= 20 and not is_abbreviated


HOSTILE = [
    "token:",
    "token=",
    "api_key: ",
    "eyJ",
    "sk-",
    "//",
    "://a:",
    "bearer ",
    "xoxb-1-",
    "aws key ",
    "a1-us",
    "1:",
]


@pytest.mark.long
@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("separator", ["", " ", "\n"], ids=["joined", "spaced", "lines"])
def test_no_pattern_takes_the_square_of_the_length(text: str, separator: str) -> None:
    # A quadratic pattern takes hours for this, so that the run of the tests would not end.
    hostile = separator.join([text] * (256 * 1024 // len(text))) + "\n" + CAUGHT["GitHub Token"]
    found = list(credentials.findings(hostile))
    assert "GitHub Token" in {detector for _line, _column, detector in found}


def test_a_long_line_is_searched_to_its_end() -> None:
    value = CAUGHT["AWS Access Key"]
    for column in (1, 740, 760, 990, 1000, 5001):
        assert (1, column, "AWS Access Key") in list(credentials.findings("-" * (column - 1) + value))
