"""Text that looks like a credential: typed detectors behind one cheap pre-filter.

The detectors are those of detect-secrets, called in process: no command, no verification over the network, no guess
from entropy alone; and a few of our own for what it lacks. Importing them costs more than reading a thousand files,
so nothing is imported before the pre-filter has met something.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detect_secrets.plugins.base import RegexBasedDetector

KEYWORD, BASIC_AUTH = "a value after a keyword", "basic-auth URL"  # detectors that judge by what stands around

# What detect-secrets lacks: a prefix that its issuer documents, then enough random characters.
_OWN = {
    "GitHub fine-grained token": r"github_pat_[0-9A-Za-z_]{30,}",
    "GitLab token": r"gl(?:pat|dt|ft|soat|rt|rtr|cbt|imt|ptt|agent|oas|ffct)-[0-9A-Za-z_.\-]{20,}",
    "Google API key": r"AIza[0-9A-Za-z_\-]{35}",
    "Google OAuth client secret": r"GOCSPX-[0-9A-Za-z_\-]{28}",
    "Google OAuth token": r"ya29\.[0-9A-Za-z_\-]{20,}",
    "Anthropic API key": r"sk-ant-[0-9A-Za-z_\-]{20,}",
    "OpenAI API key": r"sk-(?:proj|svcacct|admin)-[0-9A-Za-z_\-]{20,}"
    r"|(?<![0-9A-Za-z_\-])sk-[0-9A-Za-z_\-]{20,200}?T3BlbkFJ[0-9A-Za-z]{20}",
    "Stripe key": r"[rs]k_(?:live|test)_[0-9A-Za-z]{16,}",
    "Stripe webhook secret": r"whsec_[0-9A-Za-z+/]{24,}",
    "Shopify token": r"shp(?:at|ca|pa|ss|ua)_[0-9a-fA-F]{32}",
    "HubSpot private app token": r"pat-(?:na|eu|ap)[0-9]-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "npm token": r"npm_[0-9A-Za-z]{36}|:_authToken=[ ]*[0-9A-Za-z_\-]{20,}",
    "JSON Web Token": r"(?<![0-9A-Za-z_\-])eyJ[0-9A-Za-z_\-]{10,}\.eyJ[0-9A-Za-z_\-]{10,}",
    "Slack token": r"xapp-[0-9]-[0-9A-Z]+-[0-9]+-[0-9a-f]{20,}|xox[abeoprs]-[0-9A-Za-z\-]{20,}",
    "Square token": r"sq0(?:atp|csp|idp)-[0-9A-Za-z_\-]{22,}|EAAA[0-9A-Za-z_\-]{60}",
    "DigitalOcean token": r"do[opr]_v1_[0-9a-f]{64}",
    "Databricks token": r"dapi[0-9a-f]{32}",
    "Linear API key": r"lin_api_[0-9A-Za-z]{32,}",
    "Notion token": r"(?:ntn_|secret_)[0-9A-Za-z]{40,}",
    "Airtable token": r"pat[0-9A-Za-z]{14}\.[0-9a-f]{64}",
    "Postman API key": r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    "New Relic key": r"NR(?:AK|JS|II)-[0-9A-Za-z]{20,}",
    "Grafana token": r"gl(?:sa|c)_[0-9A-Za-z+/=_]{32,}",
    "Sentry token": r"sntr(?:ys|yu)_[0-9A-Za-z+/=_]{40,}",
    "Facebook access token": r"EAA[0-9A-Za-z]{80,}",
    "Brevo API key": r"xkeysib-[0-9a-f]{64}-[0-9A-Za-z]{16}",
    "Mailgun key": r"key-[0-9a-f]{32}",
    "Artifactory API key": r"AKCp[0-9A-Za-z]{60,}",
    "RubyGems API key": r"rubygems_[0-9a-f]{48}",
    "Docker Hub token": r"dckr_(?:pat|oat)_[0-9A-Za-z_\-]{27,}",
    "Heroku API key": r"HRKU-AA[0-9A-Za-z_\-]{58}",
    "HashiCorp Vault token": r"hv[sbr]\.[0-9A-Za-z_\-]{24,}",
    "HCP Terraform token": r"[0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z_=\-]{60,}",
    "Azure client secret": r"(?<![\w~.\-])[0-9A-Za-z_~.\-]{3}[0-9]Q~[0-9A-Za-z_~.\-]{31,34}(?![\w~.\-])",
    "Atlassian API token": r"ATATT3[0-9A-Za-z_\-]{100,}|ATBB[0-9A-Za-z]{32}",
    "Figma token": r"figd_[0-9A-Za-z_\-]{40}",
    "Dynatrace token": r"dt0[a-z][0-9]{2}\.[0-9A-Z]{24}\.[0-9A-Z]{64}",
    "Hugging Face token": r"(?<![0-9A-Za-z_\-])hf_[0-9A-Za-z]{34}(?![0-9A-Za-z])",
    "Replicate token": r"(?<![0-9A-Za-z_\-])r8_[0-9A-Za-z]{37}(?![0-9A-Za-z])",
    "Groq API key": r"gsk_[0-9A-Za-z]{52}",
    "Perplexity API key": r"pplx-[0-9A-Za-z]{48}",
    "Supabase key": r"sbp_[0-9a-f]{40}|sb_secret_[0-9A-Za-z_\-]{30,}",
    "PlanetScale token": r"pscale_(?:tkn|pw|oauth)_[0-9A-Za-z_\-=.]{32,}",
    "Netlify token": r"(?<![0-9A-Za-z])nfp_[0-9A-Za-z]{36,}",
    "Doppler token": r"(?<![0-9A-Za-z])dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[0-9A-Za-z_\-]{1,35}\.)?[0-9A-Za-z]{40,44}",
    "Pulumi token": r"(?<![0-9A-Za-z])pul-[0-9a-f]{40}",
    "Contentful token": r"CFPAT-[0-9A-Za-z_\-]{43}",
    "1Password service account token": r"ops_eyJ[0-9A-Za-z_\-+/=]{150,}",
    "Tailscale key": r"tskey-[a-z]+-[0-9A-Za-z]{8,}-[0-9A-Za-z]{20,}",
    "EasyPost API key": r"EZ[AT]K[0-9A-Za-z]{54}",
    "Shippo token": r"shippo_(?:live|test)_[0-9a-f]{40}",
    "Typeform token": r"(?<![0-9A-Za-z])tfp_[0-9A-Za-z_\-.=]{59}",
    "Buildkite token": r"(?<![0-9A-Za-z])bkua_[0-9a-f]{40}",
    "Braintree access token": r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
    "PGP or SSH private key": r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----",
    "age secret key": r"AGE-SECRET-KEY-1[0-9A-Z]{58}",
    BASIC_AUTH: r"://[^\s/?#@:\"'{}]*:[^\s/?#@\"'{}]+@",
    "bearer token": r"(?i:\bbearer[ ]+)(?=[0-9A-Za-z._~+/\-]*[0-9])[0-9A-Za-z._~+/\-]{20,}",
}

# Words that announce a value. They are words of our own files as well, so `key` needs one before it, and what
# follows must look random.
_KEYWORD = r"""(?x)
    (?P<word>key|secret|token|password|passwd|passphrase|pwd|credentials?)
    ["'\]*`]{0,3} [ ]? (?: :=? | =>? ) [ ]?
    ["'`]? (?P<value> [^\s"'`,;{}\[\]<>()$]{8,} )
    """
_BEFORE_KEY = r"(?i)(?:api|app|application|access|auth|account|secret|private|signing|encryption|license|dd)[ _-]?\Z"

_NAME = r"[A-Z][A-Z0-9_]*|[a-z0-9]{1,15}(?:[-_./:][a-z0-9]{1,15})+|[A-Za-z]+(?:[-_./ ][A-Za-z]+)*[.:!?]?"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_URL = r"[a-z]+://\S+"
_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.+Zz-]*)?"
_RANDOM_LETTERS = r"(?=.*[A-Za-z])(?=.*[0-9!@#%^&+=?*])"

# -- the pre-filter

# Every value with a known prefix stands in a long word that has one of these.
# fmt: off
_PREFIXES = (
    "github_pat_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "gldt-", "glft-", "glsoat-", "glrt-", "glrtr-",
    "glcbt-", "glimt-", "glptt-", "glagent-", "gloas-", "glffct-", "GR1348941", "AIza", "GOCSPX-", "ya29.", "sk-",
    "sk_", "rk_", "whsec_", "shpat_", "shpca_", "shppa_", "shpss_", "shpua_", "pat-", "npm_", "authToken", "xapp-",
    "sq0", "EAA", "_v1_", "dapi", "lin_api_", "ntn_", "secret_", "PMAK-", "NRAK-", "NRJS-", "NRII-", "glsa_",
    "glc_", "sntry", "xkeysib-", "key-", "AKCp", "AKIA", "ASIA", "ABIA", "ACCA", "A3T", "AccountKey=", "eyJ",
    "pypi-A", "SG.", "AGE-SECRET-KEY", "xox", "XOX", "rubygems_", "dckr_", "HRKU-AA", "hvs.", "hvb.", "hvr.",
    ".atlasv1.", "Q~", "ATATT3", "ATBB", "figd_", "dt0", "hf_", "r8_", "gsk_", "pplx-", "sbp_", "pscale_", "nfp_",
    "dp.", "pul-", "CFPAT-", "tskey-", "EZAK", "EZTK", "shippo_", "tfp_", "access_token$", "bkua_",
)
# fmt: on
_SHORTEST = 20  # characters of a word with such a prefix
_SHORTEST_BUILD = 34

# Values without a prefix have a build of their own; the last one is a run that only a keyword makes suspicious.
_BUILDS = r"""(?x)
      [0-9a-z]{32}-us[0-9]                                            # Mailchimp
    | [0-9]{8}:[0-9A-Za-z_-]{35}                                      # Telegram
    | [MNO][0-9A-Za-z_-]{23,25}\.[0-9A-Za-z_-]{6}\.[0-9A-Za-z_-]{27}  # Discord
    | (?:AC|SK)[0-9a-z]{32}                                           # Twilio
    | pat[0-9A-Za-z]{14}\.[0-9a-f]{64}                                # Airtable
    | [0-9A-Za-z/+_-]{40}                                             # AWS, IBM, SoftLayer, Cloudant
    """
_BLOCK = 64  # lines

# These are found in any case.
_WORDS = ("private key", "putty-user-key-file", "softlayer.com", "hooks.slack")
_CLOUDANT = re.compile(r"[0-9a-z]{24}")  # what follows the name is as long; `cloudflare` is an ordinary word

# A keyword, a colon or equals sign, and a word with a digit or a sign in it; read backwards from the sign, in text
# of lower case without quotes, because signs are rarer than letters.
_ANNOUNCED = re.compile(
    r"""(?x)
    [:=] (?<=(?:key|ret|ken|ord|swd|ase|pwd|ial|als).)
    (?: (?<=[ipnshteg][_\ -]key.) | (?<=[ipnshteg]key.) | (?<=dd[_\ -]key.) | (?<=secret.) | (?<=token.)
      | (?<=password.) | (?<=passwd.) | (?<=passphrase.) | (?<=pwd.) | (?<=credential.) | (?<=credentials.) )
    [=>]?[ ]? [^\s,;{}<>()$]{0,256} [0-9!@\#%^&+=?]
    """,
)
_QUOTES = "\"'`*]"


def findings(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield line, column (both from 1) and detector of whatever looks like a credential; never the text itself."""
    if is_suspect(text):
        for number, line in _suspect_lines(text.split("\n")):
            for column, detector in sorted(_of_line(line)):
                yield number, column, detector


def _suspect_lines(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Narrow down by blocks of lines: a large file may have a hundred thousand of them."""
    for start in range(0, len(lines), _BLOCK):
        block = lines[start : start + _BLOCK]
        if is_suspect("\n".join(block)):
            yield from ((start + number, line) for number, line in enumerate(block, start=1) if is_suspect(line))


@cache
def _builds() -> re.Pattern[str]:
    return re.compile(_BUILDS)


@cache
def _own(name: str) -> re.Pattern[str]:
    return re.compile(_OWN[name])


@cache
def _keyword() -> re.Pattern[str]:
    return re.compile(_KEYWORD, re.IGNORECASE)


@cache
def _before_key() -> re.Pattern[str]:
    return re.compile(_BEFORE_KEY)


@cache
def _own_pattern() -> re.Pattern[str]:
    return re.compile("|".join(f"({pattern})" for pattern in _OWN.values()))


def in_one_piece(scalar: str) -> str:
    """Join the lines of a scalar, so that a value that was broken over them shows again."""
    return re.sub(r"\\?\r?\n[ \t]*", "", scalar)


def is_suspect(text: str) -> bool:
    """Tell, quickly, whether the detectors should look at this text; may say yes too often, never no."""
    lowered = text.lower()
    return (
        _has_build(text)
        or _is_announced(lowered)
        or any(word in lowered for word in _WORDS)
        or ("clou" in lowered and _CLOUDANT.search(lowered) is not None)
        or ("bearer " in lowered and _own("bearer token").search(text) is not None)
        or ("@" in text and _own(BASIC_AUTH).search(text) is not None)
    )


def _has_build(text: str) -> bool:
    long = [word for word in text.split() if len(word) >= _SHORTEST]
    if not long:
        return False
    longest = [word for word in long if len(word) >= _SHORTEST_BUILD]
    # A pattern of them all is no faster, and takes longer to compile than a file to read.
    return any(map(" ".join(long).__contains__, _PREFIXES)) or (
        bool(longest) and _builds().search(" ".join(longest)) is not None
    )


def _is_announced(lowered: str) -> bool:
    flat = lowered
    for sign in _QUOTES:
        if sign in flat:
            flat = flat.replace(sign, "")
    flat = flat.replace(" :", ":").replace(" =", "=")
    return _ANNOUNCED.search(flat) is not None


# -- the detectors


def _of_line(line: str) -> set[tuple[int, str]]:
    """Return the places in one line, each once; a typed detector speaks before a keyword."""
    found = {**dict(_of_plugins(line)), **dict(_of_prefixes(line))}
    return set(found.items()) or set(_keywords(line))


def _of_prefixes(line: str) -> Iterator[tuple[int, str]]:
    for match in _own_pattern().finditer(line):
        yield match.start() + 1, next(name for name, group in zip(_OWN, match.groups(), strict=True) if group)


def _keywords(text: str) -> Iterator[tuple[int, str]]:
    for match in _keyword().finditer(text):
        is_key = match["word"].lower() == "key"
        is_announced = not is_key or _before_key().search(text, max(0, match.start() - 12), match.start())
        if is_announced and _is_random(match["value"]):
            yield match.start("value") + 1, KEYWORD


def _is_random(value: str) -> bool:
    """Tell a value from the names, dates, places and UUIDs that follow such keywords in ordinary files."""
    ordinary = (_NAME, _UUID, _URL, _MOMENT)
    return re.match(_RANDOM_LETTERS, value) is not None and not any(re.fullmatch(kind, value) for kind in ordinary)


# Some of the plugins' patterns take quadratic time, which a line of 256 KiB would turn into hours.
_PIECE, _STEP = 1000, 750


def _of_plugins(line: str) -> Iterator[tuple[int, str]]:
    for start in range(0, len(line), _STEP):
        piece = line[start : start + _PIECE]
        yield from ((start + column, detector) for plugin in _plugins() for column, detector in _of(plugin, piece))


def _of(plugin: RegexBasedDetector, piece: str) -> Iterator[tuple[int, str]]:
    for match in (match for pattern in plugin.denylist for match in pattern.finditer(piece)):
        if _is_meant(plugin, match):
            yield match.start() + 1, plugin.secret_type


def _is_meant(plugin: RegexBasedDetector, found: re.Match[str]) -> bool:
    """Ask once more where a plugin's pattern also fits ordinary text: any long name after `key:`, any `eyJ`."""
    match type(plugin).__name__:
        case "IbmCloudIamDetector":
            return _is_random(found[1])
        case "JwtTokenDetector":
            return any(token == found[0] for token in plugin.analyze_string(found[0]))
        case _:
            return True


@cache
def _plugins() -> tuple[RegexBasedDetector, ...]:
    """Import the typed plugins, all but those that take ordinary text for secrets.

    Those are entropy, public addresses, keywords, Artifactory's short prefixes, and URLs with placeholders. npm's and
    OpenAI's take quadratic time; ours stand above.
    """
    from detect_secrets.plugins import (
        aws,
        azure_storage_key,
        cloudant,
        discord,
        github_token,
        gitlab_token,
        ibm_cloud_iam,
        ibm_cos_hmac,
        jwt,
        mailchimp,
        private_key,
        pypi_token,
        sendgrid,
        slack,
        softlayer,
        square_oauth,
        stripe,
        telegram_token,
        twilio,
    )  # fmt: skip

    return (
        aws.AWSKeyDetector(),
        azure_storage_key.AzureStorageKeyDetector(),
        cloudant.CloudantDetector(),
        discord.DiscordBotTokenDetector(),
        github_token.GitHubTokenDetector(),
        gitlab_token.GitLabTokenDetector(),
        ibm_cloud_iam.IbmCloudIamDetector(),
        ibm_cos_hmac.IbmCosHmacDetector(),
        jwt.JwtTokenDetector(),
        mailchimp.MailchimpDetector(),
        private_key.PrivateKeyDetector(),
        pypi_token.PypiTokenDetector(),
        sendgrid.SendGridDetector(),
        slack.SlackDetector(),
        softlayer.SoftlayerDetector(),
        square_oauth.SquareOAuthDetector(),
        stripe.StripeDetector(),
        telegram_token.TelegramBotTokenDetector(),
        twilio.TwilioKeyDetector(),
    )
