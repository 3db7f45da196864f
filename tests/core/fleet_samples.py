"""Keys and fleets to start a case from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.samples import TODAY, rotation

from keyturn import fleet as facts, policy as judge
from keyturn.fleet import Fleet, Key
from keyturn.fleet.past import Past
from keyturn.model import Catalogue, Policy, Provider, Strategy

PROVIDERS = {
    slug: Provider(slug, slug.capitalize(), strategy, console=f"https://{slug}.example/keys", docs="https://d.example")
    for slug, strategy in {"mixpanel": Strategy.OVERLAP, "close": Strategy.RESET}.items()
}


def key(id_: str = "mixpanel/loader", created: str = "2026-11-01", **changes: Any) -> Key:
    """Judge a key by itself; `issue`, `past` and `incidents` are of the fleet, all else of its file."""
    provider, _, name = id_.partition("/")
    issue, past = changes.pop("issue", None), changes.pop("past", Past())
    incidents = changes.pop("incidents", ())
    declared = rotation(created, provider=provider, slug=provider, key=name, path=f"rotations/{name}.yaml", **changes)
    standing = judge.standing(declared, None, Policy(), incidents, TODAY)
    (made,) = facts.keys([(standing, issue)], Catalogue(PROVIDERS), Policy(), {declared.id: past}, TODAY)
    return made


def fleet(*keys: Key, **changes: Any) -> Fleet:
    """Put keys together, the most urgent first."""
    standings = [(each.standing, each.issue) for each in keys]
    past = {each.rotation.id: each.past for each in keys}
    ordered = facts.keys(standings, Catalogue(PROVIDERS), Policy(), past, TODAY)
    return replace(Fleet(TODAY, "acme/keys", "acme/keys:.", ordered), **changes)
