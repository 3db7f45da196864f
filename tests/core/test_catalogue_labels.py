"""What both seed articles name is there: every provider, and every label of their interfaces in the steps.

The labels are those that stand on the providers' screens; a provider whose article only says whom to ask has none.
"""

from __future__ import annotations

import pytest
from core.catalogue_samples import CATALOGUE, PLATFORMS, PROVIDERS, bold, sections, texts

from keyturn import checklist
from keyturn.model import UNKNOWN, Consumer, Rotation, Why

LABELS: dict[str, tuple[str, ...]] = {
    "activecampaign": ("Account Settings", "Developer", "Reset API key"),
    "adjust": ("Settings", "Account settings", "Reset API Token"),
    "adobe-commerce": ("System", "Extensions", "Integrations", "Reauthorize"),
    "adtraction": ("Account", "Settings", "API"),
    "affluent": (),
    "appsflyer": ("Security center", "AppsFlyer API tokens", "Manage your AppsFlyer API tokens", "Delete token"),
    "awin": ("API credentials", "Revoke my API token"),
    "axon": ("API Keys", "Revoke", "Last Used"),
    "bambuser": ("Settings", "Integrations", "API Keys", "Delete"),
    "bigcommerce": (
        "BigCommerce Control Panel",
        "Store Owner",
        "Settings",
        "API",
        "Store-level API accounts",
        "API Account",
        "Delete",
    ),
    "bing-webmaster-tools": ("Settings", "API Access", "Delete", "Generate API Key"),
    "branch": ("Settings", "Account", "Reset Key", "Reset Secret"),
    "brevo": ("SMTP & API", "API Keys", "Delete API Key"),
    "callrail": ("Integrations", "Data access", "API keys", "Delete"),
    "capterra": (),
    "centra": ("System", "API tokens", "Delete"),
    "cj-affiliate": ("Remove Token",),
    "clockify": ("Preferences", "Advanced", "Generate API key"),
    "close": ("Settings", "Developer", "API Keys", "Delete", "Last Used", "IP address", "User Agent"),
    "doubleverify": ("Analytics", "Data API", "Actions"),
    "ecwid": (),
    "everflow": ("Control Center", "Security", "API key(s)", "Revoke"),
    "impact": ("Settings", "Technical", "API", "API Credentials", "Reset Token"),
    "matomo": ("Administration", "Personal", "Security", "Auth tokens", "delete"),
    "meltwater": ("Account", "Meltwater API", "Revoke"),
    "mixpanel": (
        "Settings",
        "Project settings",
        "Service accounts",
        "Service account",
        "Service account name",
        "Service account secret",
    ),
    "moloco-dsp": ("User settings", "API Access", "Reset"),
    "omnisend": ("Store settings", "Create an API key"),
    "partnerize": ("Account settings",),
    "piano-analytics": ("See profile", "API Keys", "Enable API key"),
    "piwik-pro": ("Menu", "API keys"),
    "plausible": ("API keys", "New API Key", "Stats API", "Sites API"),
    "prestashop": ("Settings", "Advanced Parameters", "Webservice", "Edit", "Key", "Generate"),
    "prisjakt": (),
    "rakuten-advertising": ("Publisher Dashboard", "APIs", "Manage Tokens", "Update Token"),
    "recharge": ("Tools & apps", "API tokens", "Delete"),
    "shopware": (
        "Settings",
        "System",
        "Integrations",
        "API credentials",
        "Regenerate API access key",
        "Access Key ID",
        "Secret Access Key",
    ),
    "similarweb": ("Settings", "Account", "API", "Standard API"),
    "simplesat": ("Account settings", "Account key"),
    "smarp": ("Access token", "Create new access token"),
    "snowflake": ("SYSADMIN", "Change", "ACCOUNTADMIN", "OAUTH_CLIENT_SECRET_2"),
    "sprinklr": ("Apps",),
    "sprout-social": ("Settings", "Global Features", "API"),
    "squarespace-commerce": ("Settings", "Developer Tools", "Developer API Keys"),
    "stackadapt": (),
    "teads": ("Settings", "Generate API key", "API keys"),
    "tradedoubler": (),
    "vibe": ("Settings", "API Keys", "Revoke", "Last Used"),
    "wix": ("Rotate",),
    "woocommerce": ("Revoke",),
    "yext": ("Developer", "Developer console", "API Credentials", "API Keys", "Add key"),
}
# Terms of the articles that are words rather than labels, and the role that one of them asks for.
WORDS: dict[str, tuple[str, ...]] = {
    "affluent": ("Affluent administrator",),
    "capterra": ("account manager",),
    "centra": ("Centra",),
    "ecwid": ("Ecwid", "support"),
    "piwik-pro": ("client ID", "client secret"),
    "prisjakt": ("contact",),
    "stackadapt": ("account manager", "GraphQL"),
    "tradedoubler": ("client ID", "client secret"),
    "woocommerce": ("Shop Manager",),
}
BEYOND_THE_ARTICLES = (
    "segment",
    "segment-write-key",
    "intercom",
    "github-fine-grained-pat",
    "github-classic-pat",
    "github-deploy-key",
    "gitlab-pat",
    "aws-iam-access-key",
    "stripe",
    "slack",
    "sendgrid",
    "twilio-api-key",
    "twilio-auth-token",
    "mailchimp",
    "hubspot",
    "shopify-admin-custom-app",
    "shopify-dev-dashboard-app",
    "openai",
    "anthropic",
    "datadog-api-key",
    "datadog-application-key",
    "pagerduty",
    "cloudflare",
)
FORMER_NAMES = {
    "at-internet": "piano-analytics",
    "applovin": "axon",
    "magento": "adobe-commerce",
    "close-crm": "close",
    "haiilo": "smarp",
    "sendinblue": "brevo",
    "linkshare": "rakuten-advertising",
}


def test_every_provider_of_the_articles_is_there() -> None:
    assert sorted({*LABELS, *BEYOND_THE_ARTICLES} - PROVIDERS.keys()) == []
    assert len(LABELS) == 51
    assert "segment" in PLATFORMS


def test_there_are_a_hundred_providers() -> None:
    assert len(PROVIDERS) >= 100


@pytest.mark.parametrize("slug", sorted(LABELS))
def test_the_checklist_names_every_label_of_the_article(slug: str) -> None:
    named = bold(sections(slug))
    assert [label for label in LABELS[slug] if label.casefold() not in named] == []


@pytest.mark.parametrize("slug", sorted(WORDS))
def test_the_checklist_says_what_else_the_article_names(slug: str) -> None:
    said = " ".join(texts(sections(slug))).casefold()
    assert [word for word in WORDS[slug] if word.casefold() not in said] == []


@pytest.mark.parametrize(("former", "slug"), FORMER_NAMES.items())
def test_former_names_lead_to_todays_provider(former: str, slug: str) -> None:
    assert former in CATALOGUE.providers[slug].aliases


def test_the_statements_for_snowflake_can_be_copied() -> None:
    copied = {
        (section.title, task.code)
        for section in sections("snowflake", integration="Reporting App")
        for task in section.tasks
        if task.language == "sql"
    }
    assert {
        ("Create the new key", 'ALTER SECURITY INTEGRATION "Reporting App" REFRESH OAUTH_CLIENT_SECRET_2;'),
        ("Create the new key", "SELECT SYSTEM$SHOW_OAUTH_CLIENT_SECRETS('Reporting App');"),
        ("Revoke the old key", 'ALTER SECURITY INTEGRATION "Reporting App" REFRESH OAUTH_CLIENT_SECRET;'),
    } <= copied


def test_the_address_for_smarp_takes_the_subdomain() -> None:
    provider = CATALOGUE.providers["smarp"]
    said = [provider.console or "", *texts(sections("smarp"))]
    assert any("smarpshare.com/#/profile/settings" in checklist.filled(text, {"subdomain": "acme"}) for text in said)


@pytest.mark.parametrize(
    ("connection", "labels"),
    [("api_key", ()), ("oauth", ("Reauthorize", "Disconnect", "Connect")), ("other", ())],
    ids=str,
)
@pytest.mark.parametrize("at", ["source", "destination"])
def test_each_place_on_segment_is_switched_by_its_kind_of_connection(
    connection: str, labels: tuple[str, ...], at: str
) -> None:
    consumers = (Consumer("segment", name="Intercom", at=at, connection=connection),)
    key = Rotation("", "intercom", "intercom", "key", UNKNOWN, owners=(), consumers=consumers)
    found = checklist.sections(key, CATALOGUE, Why.DUE)
    assert [label for label in labels if label.casefold() not in bold(found)] == []
    said = " ".join(texts(section for section in found if section.title in {"Switch the consumers", "Reauthorize"}))
    assert f"the settings of the {at} Intercom" in said
