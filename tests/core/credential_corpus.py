"""What credentials of many vendors look like, and what only looks like one; put together at run time, all made up.

`LEAKED` has the documented shapes of values by vendor, `ANNOUNCED` values that only the word before them gives away,
`ORDINARY` what stands in files like ours without being secret.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid

LOWER, UPPER, DIGITS, HEX = "abcdefghij" * 20, "ABCDEFGHIJ" * 20, "0123456789" * 20, "0123456789abcdef" * 20
BASE32, MIXED = "ABCDEFGHIJ234567" * 20, "aB3dE6gH9j" * 20
UUID = str(uuid.UUID(int=2**127 + 12345))


def _part(content: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _jwt() -> str:
    return _part({"alg": "HS256", "typ": "JWT"}) + "." + _part({"sub": "1234567890"}) + "." + MIXED[:43]


def _pem(kind: str) -> str:
    return f"-----BEGIN {kind}" + "PRIVATE KEY-----"


LEAKED: dict[str, tuple[str, ...]] = {
    "GitHub": (*("gh" + f"{kind}_" + MIXED[:36] for kind in "pousr"), "github" + "_pat_" + MIXED[:82]),
    "GitLab": (
        *("gl" + f"{kind}-" + MIXED[:20] for kind in ("pat", "dt", "ft", "rt", "rtr", "cbt", "ptt", "soat", "oas")),
        "gl" + "pat-" + MIXED[:51] + ".01." + "0w1hn5bxy",
        "GR" + "1348941" + MIXED[:20],
    ),
    "AWS": ("AK" + "IA" + BASE32[:16], "AS" + "IA" + BASE32[:16]),
    "Google": ("AI" + "za" + MIXED[:35], "GOC" + "SPX-" + MIXED[:28], "ya29" + "." + MIXED[:80]),
    "Azure": (
        "AccountKey" + "=" + MIXED[:86] + "==",
        MIXED[:3] + "8Q" + "~" + MIXED[:34],
    ),
    "Slack": (
        "xox" + "b-" + DIGITS[:12] + "-" + DIGITS[:13] + "-" + MIXED[:24],
        "xox" + "p-" + DIGITS[:12] + "-" + DIGITS[:12] + "-" + DIGITS[:13] + "-" + HEX[:32],
        "xapp" + "-1-A" + UPPER[:9] + "-" + DIGITS[:13] + "-" + HEX[:64],
        "https://hooks.slack" + ".com/services/T" + UPPER[:8] + "/B" + UPPER[:8] + "/" + MIXED[:24],
    ),
    "Stripe": tuple(f"{kind}_" + MIXED[:32] for kind in ("sk_" + "live", "rk_" + "live", "sk_" + "test", "wh" + "sec")),
    "Twilio": ("S" + "K" + HEX[:32],),
    "SendGrid": ("S" + "G." + MIXED[:22] + "." + MIXED[:43],),
    "Mailgun": ("key" + "-" + HEX[:32],),
    "Mailchimp": (HEX[:32] + "-us" + "12",),
    "Brevo": ("xkey" + "sib-" + HEX[:64] + "-" + MIXED[:16],),
    "npm": ("npm" + "_" + MIXED[:36], "//registry.example/:" + "_authToken=" + UUID),
    "PyPI": ("pypi-" + "AgEIcHlwaS5vcmc" + MIXED[:150],),
    "RubyGems": ("ruby" + "gems_" + HEX[:48],),
    "Docker Hub": ("dckr" + "_pat_" + MIXED[:27],),
    "Heroku": ("HRKU" + "-AA" + MIXED[:58],),
    "DigitalOcean": tuple(f"do{kind}_v1_" + HEX[:64] for kind in "opr"),
    "HashiCorp Vault": ("hv" + "s." + MIXED[:95], "hv" + "b." + MIXED[:140]),
    "HCP Terraform": (MIXED[:14] + ".atlas" + "v1." + MIXED[:64],),
    "Databricks": ("da" + "pi" + HEX[:32], "da" + "pi" + HEX[:32] + "-2"),
    "Shopify": tuple(f"sh{kind}_" + HEX[:32] for kind in ("pat", "pca", "ppa", "pss")),
    "HubSpot": ("pat-" + "na1-" + UUID, "pat-" + "eu1-" + UUID),
    "Airtable": ("pat" + MIXED[:14] + "." + HEX[:64],),
    "Notion": ("ntn" + "_" + MIXED[:46], "secret" + "_" + MIXED[:43]),
    "Linear": ("lin" + "_api_" + MIXED[:40],),
    "Atlassian": ("ATATT3" + "xFfGF0" + MIXED[:160] + "=" + UPPER[:8], "ATBB" + MIXED[:32]),
    "Figma": ("fig" + "d_" + MIXED[:40],),
    "Postman": ("PMAK" + "-" + HEX[:24] + "-" + HEX[:34],),
    "New Relic": ("NR" + "AK-" + UPPER[:27],),
    "Grafana": ("gl" + "sa_" + MIXED[:32] + "_" + HEX[:8], "gl" + "c_" + MIXED[:60]),
    "Sentry": ("sntr" + "ys_" + MIXED[:80], "sntr" + "yu_" + HEX[:64]),
    "Dynatrace": ("dt0" + "c01." + BASE32[:24] + "." + BASE32[:64],),
    "Discord": ("M" + MIXED[:23] + "." + MIXED[:6] + "." + MIXED[:27],),
    "Telegram": (DIGITS[:10] + ":" + "AA" + MIXED[:33],),
    "Facebook": ("EAA" + MIXED[:120],),
    "Square": ("sq0" + "atp-" + MIXED[:22], "sq0" + "csp-" + MIXED[:43], "EAAA" + MIXED[:60]),
    "OpenAI": ("sk-" + "proj-" + MIXED[:120], "sk-" + MIXED[:20] + "T3Blbk" + "FJ" + MIXED[:20]),
    "Anthropic": ("sk-" + "ant-" + "api03-" + MIXED[:95],),
    "Hugging Face": ("hf" + "_" + MIXED[:34],),
    "Replicate": ("r8" + "_" + MIXED[:37],),
    "Groq": ("gsk" + "_" + MIXED[:52],),
    "Perplexity": ("pplx" + "-" + MIXED[:48],),
    "Supabase": ("sb" + "p_" + HEX[:40], "sb_" + "secret_" + MIXED[:31]),
    "PlanetScale": ("pscale" + "_tkn_" + MIXED[:43], "pscale" + "_pw_" + MIXED[:43]),
    "Netlify": ("nf" + "p_" + MIXED[:40],),
    "Doppler": ("dp" + ".pt." + MIXED[:43], "dp" + ".st.prd." + MIXED[:43]),
    "Pulumi": ("pul" + "-" + HEX[:40],),
    "Contentful": ("CF" + "PAT-" + MIXED[:43],),
    "1Password": ("ops" + "_eyJ" + MIXED[:200],),
    "Tailscale": (
        "tskey" + "-auth-" + MIXED[:17] + "-" + MIXED[:32],
        "tskey" + "-api-" + MIXED[:17] + "-" + MIXED[:32],
    ),
    "EasyPost": ("EZ" + "AK" + MIXED[:54],),
    "Shippo": ("shippo" + "_live_" + HEX[:40],),
    "Typeform": ("tfp" + "_" + MIXED[:44] + "_" + MIXED[:14],),
    "Buildkite": ("bk" + "ua_" + HEX[:40],),
    "Artifactory": ("AK" + "Cp" + MIXED[:69],),
    "Braintree": ("access_token" + "$production$" + MIXED[:16].lower() + "$" + HEX[:32],),
    "age": ("AGE-SECRET" + "-KEY-1" + UPPER[:58],),
    "a private key": tuple(_pem(kind) for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "DSA ")),
    "a JSON Web Token": (_jwt(),),
    "an address": (
        "https://" + "alice:" + MIXED[:12] + "@db.example",
        "redis://" + ":" + MIXED[:12] + "@db.example:6379",
    ),
    "a header": ("Authorization: Bearer " + MIXED[:40],),
}

ANNOUNCED: dict[str, str] = {
    "AWS": "aws_secret_access_key = " + (MIXED[:38] + "/+"),
    "Datadog": "dd_api_key: " + HEX[:32],
    "Cloudflare": "cloudflare_api_token: " + MIXED[:40],
    "Mixpanel": "api_secret: " + HEX[:32],
    "AppsFlyer": "api_token: " + UUID.replace("-", "") + "Zz",
    "PagerDuty": "api_key=" + "u+" + MIXED[:18],
    "Zendesk": '"token": "' + MIXED[:40] + '"',
    "IBM Cloud": "ibm_cloud_api_key: " + MIXED[:44],
    "SoftLayer": "softlayer_api_key: " + HEX[:64],
    "Plausible": "plausible_api_key=" + MIXED[:64],
    "a person": "password: " + "hun" + "ter22!",
    "an application": "client_secret := " + MIXED[:24],
}

_SHA1 = hashlib.sha1(b"x", usedforsecurity=False).hexdigest()
_SHA256, _SHA512 = hashlib.sha256(b"x").hexdigest(), hashlib.sha512(b"x").digest()
_PICTURE = base64.b64encode(bytes(range(256))).decode()

ORDINARY: dict[str, str] = {
    "UUID": f"id: {UUID}",
    "UUID in upper case": UUID.upper(),
    "URN": f"urn:uuid:{UUID}",
    "git SHA": f"commit: {_SHA1}",
    "short SHA": _SHA1[:12],
    "SHA-256": f"sha256: {_SHA256}",
    "image": f"image: ghcr.io/acme/etl@sha256:{_SHA256}",
    "hash-locked requirement": f"    --hash=sha256:{_SHA256} \\",
    "npm integrity": f'      "integrity": "sha512-{base64.b64encode(_SHA512).decode()}",',
    "cargo checksum": f'checksum = "{_SHA256}"',
    "go.sum": f"github.com/acme/keys v1.2.3 h1:{base64.b64encode(hashlib.sha256(b'g').digest()).decode()}",
    "poetry": f'    {{file = "acme-1.2.3-py3-none-any.whl", hash = "sha256:{_SHA256}"}},',
    "pinned action": f"      - uses: actions/checkout@{_SHA1} # v4.2.2",
    "etag": f'ETag: "{hashlib.md5(b"e", usedforsecurity=False).hexdigest()}"',
    "fingerprint": "fingerprint: 81c2d90be3aa",
    "SSH fingerprint": f"SHA256:{base64.b64encode(hashlib.sha256(b's').digest()).decode().rstrip('=')}",
    "SSH public key": "ssh-ed25519 "
    + base64.b64encode(b"\0\0\0\x0bssh-ed25519" + bytes(range(36))).decode()
    + " alice",
    "certificate": "-----BEGIN CERTIFICATE-----",
    "public key": "-----BEGIN PUBLIC KEY-----",
    "picture": f"![logo](data:image/png;base64,{_PICTURE})",
    "font": f"src: url(data:font/woff2;base64,{_PICTURE});",
    "date": "created: 2026-08-24",
    "moment": "at: 2026-08-24T15:18:02.123456+02:00",
    "cron": 'cron: "17 5,11,17 * * *"',
    "duration": "rotate_every: 90d",
    "run": "run: https://github.com/acme/keys/actions/runs/12345678901/attempts/2",
    "commit link": f"https://github.com/acme/keys/commit/{_SHA1}",
    "console": "https://console.aws.amazon.com/iam/home?region=us-east-1#/users/etl?section=security_credentials",
    "query": "https://x.example/search?q=token&sort=created&key=name",
    "placeholder URL": "https://{user}:{password}@api.example.com/v1",
    "scp": "git@github.com:acme/keys.git",
    "ARN of a role": "arn:aws:iam::123456789012:role/etl-loader",
    "ARN of a secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/etl/mixpanel-AbCdEf",
    "secret of GitHub": "secret: MIXPANEL_SERVICE_ACCOUNT_SECRET_2",
    "expression": "token: ${{ secrets.GITHUB_TOKEN }}",
    "variable": "api_key: $MIXPANEL_API_KEY",
    "call": "password = os.environ['PGPASSWORD_2']",
    "template": "password: {{ lookup('env', 'PGPASSWORD1') }}",
    "blank": "token: ‹token›",
    "masked": "api_key: ********",
    "name of a key": "key: warehouse-loader-2026-emea-and-apac",
    "long name": "name: the-nightly-export-of-all-events-to-the-warehouse-of-the-reporting-team-2",
    "snake": "description: load_events_from_mixpanel_to_bigquery_every_night_at_2",
    "class": "com.acme.keys.rotation.TokenRotationServiceFactoryImpl2",
    "path": "/home/runner/work/keys/keys/rotations/mixpanel/2026/loader.yaml",
    "module": "node_modules/@acme/sk-button/dist/index.esm.js",
    "version": "secret-manager==2.16.1",
    "region": "aws-us-east-1, eu-west-us2",
    "sentence": "Ask bob for the password: he keeps it in the vault of team 7.",
    "step": "Open **Settings**, choose **API keys**, then **Create key**: name it `keyturn-2026`.",
    "question": "Which token? The token: see page 12.",
    "prefix in words": "Tokens begin with `ghp_`, keys with `sk_live_` or `AKIA`.",
    "detector": 'pattern: "sk_live_[0-9a-zA-Z]{24}"',
    "publishable Stripe key": "pk" + "_live_" + MIXED[:24],
    "phone": "+1 555 010 0199",
    "IBAN": "DE89 3704 0044 0532 0130 00",
    "IPv6": "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
    "MAC": "00:1b:44:11:3a:b7",
    "colour": "background: #a1b2c3d4",
    "hexdump": "0000010: 89504e47 0d0a1a0a 0000000d 49484452",
    "DNA": "ACGT" * 20,
    "words": "correct horse battery staple",
    "coverage": "TOTAL 4213 0 1202 0 100.00%",
    "kebab with sk": "sk-navigation-with-a-very-long-class-name-of-css",
    "French": "clé: l'équipe des données d'événements",
    "connection": "- {platform: segment, name: Mixpanel, at: destination, connection: api_key}",
    "secrets": "secrets: {token: {new: ACME_NEW, old: ACME_OLD2}, api_key: {new: A2_KEY}}",
    "evidence": "new_key: {method: probe, at: 2026-08-24T15:18:02Z, fingerprint: 81c2d90be3aa}",
    "credential": "credential: {kind: api_token, term: API V2 token, fields: [token]}",
    "header": 'auth: {scheme: header, name: Authorization, format: "Token token={token}"}',
    "bearer": 'format: "Bearer {api_key}"',
    "marker": f'<!-- keyturn {{"scope": "acme/keys:.", "digest": "{_SHA256[:16]}"}} -->',
}


def positives() -> dict[str, str]:
    """Give every value that must be found, by a name of its own."""
    shapes = {f"{vendor} {number}": value for vendor, values in LEAKED.items() for number, value in enumerate(values)}
    return shapes | {f"{vendor}, announced": line for vendor, line in ANNOUNCED.items()}
