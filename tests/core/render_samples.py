"""A provider, a rotation and the content of its issue, to start a case from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from keyturn import checklist
from keyturn.actions import Content, Note
from keyturn.files.distribution import shipped
from keyturn.model import (
    Catalogue,
    Connection,
    Consumer,
    Marker,
    Phase,
    Platform,
    Provider,
    Rotation,
    Status,
    Step,
    Strategy,
    Tier,
    Version,
    Why,
)
from keyturn.render.issue_body import body
from keyturn.render.issue_view import Links
from keyturn.render.templates import ISSUE, Templates

SOURCE = (shipped("templates") / ISSUE).read_text(encoding="utf-8")
TEMPLATES = Templates({ISSUE: SOURCE})
LINKS = Links(file="https://github.com/acme/keys/blob/main/rotations/loader.yaml")
DUE = date(2026, 11, 22)

PROVIDER = Provider(
    slug="examplary",
    name="Examplary",
    strategy=Strategy.OVERLAP,
    console="https://{subdomain}.examplary.example/settings?tab=keys&sort=age",
    docs="https://examplary.example/docs",
    max_keys=2,
    steps={
        Phase.CREATE: (
            Step("Open **Settings** → **API keys** of `{subdomain}` and click **Create**."),
            Step("Put a new secret into the second slot.", "SELECT $1 || '{subdomain}'\nFROM a|b;", "sql"),
        ),
        Phase.REVOKE: (Step("Delete the old key under **API keys**."),),
        Phase.RESET: (Step("Click **Reset**."),),
        Phase.CONTACT: (Step("Write to support@examplary.example."),),
    },
)
PLATFORM = Platform(
    "warehouse", "Warehouse", {"api_key": Connection((Step("Edit **{name}** and paste the new key."),))}
)
ROTATION = Rotation(
    path="rotations/loader.yaml",
    provider="examplary",
    slug="examplary",
    key="loader",
    version=Version.read("2026-08-24"),
    owners=("alice", "bob"),
    consumers=(Consumer("warehouse", "Nightly load"), Consumer("warehouse", "Hourly load")),
    params={"subdomain": "acme"},
)
MARKER = Marker(
    scope="acme/keys:.",
    id="examplary/loader",
    version=ROTATION.version,
    due=DUE,
    why=Why.DUE,
    status=Status.DUE_SOON,
    opened=date(2026, 11, 21),
    digest="0123456789abcdef",
    assigned=("alice", "bob"),
)


def content(strategy: Strategy = Strategy.OVERLAP, why: Why = Why.DUE, **changes: object) -> Content:
    provider = replace(PROVIDER, strategy=strategy)
    catalogue = Catalogue({"examplary": provider}, {"warehouse": PLATFORM})
    plain = Content(
        id=ROTATION.id,
        title="Rotate examplary/loader",
        status=Status.LEAKED if why.is_leak else Status.DUE,
        why=why,
        due=DUE,
        path=ROTATION.path,
        owners=ROTATION.owners,
        tier=Tier.CRITICAL,
        created=ROTATION.version.text,
        provider=provider.name,
        strategy=strategy.value,
        sections=checklist.sections(ROTATION, catalogue, why),
        team="acme/data-platform",
        description="Loads events; ask @carol before #12.",
        environment="production",
        tags=("pii", "etl"),
        console=checklist.filled(provider.console or "", ROTATION.params),
        docs=provider.docs,
        downtime=checklist.downtime(provider),
    )
    return replace(plain, **changes)


def written(text: Content | Note, previous: str = "") -> str:
    return body(text, MARKER, previous, TEMPLATES, LINKS)
