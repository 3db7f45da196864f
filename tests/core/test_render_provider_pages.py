"""The page of a provider and the index, compared as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from keyturn.actions import Section, Span, Task
from keyturn.render import provider_pages
from keyturn.render.providers import Guide

if TYPE_CHECKING:
    from collections.abc import Callable


def task(text: str) -> Task:
    return Task((Span(text),))


CREATE = Section("Create the new key", (task("Make one."),))
REVOKE = Section("Revoke the old key", (task("Delete the old one."),))
CONTAIN = Section("Contain: revoke the old key", REVOKE.tasks, "Strangers may know this key.")
RESET = Section("Reset the key", (task("Reset it."),), "All consumers are down.")
URGENT = Section("Contain: ask", (task("Ask for it at once, because of #1."),), "Strangers may know this key.")

RAW: dict[str, Any] = {
    "name": "Exa <b>mplary</b>",
    "strategy": "overlap",
    "aliases": ["example"],
    "console": "https://examplary.example/settings",
    "self_service": True,
    "reveal_once": False,
    "last_used": True,
    "notes": ["Its guide deletes first; see `slot-2`.", "Closes #1 for @alice."],
    "variants": {"slot-2": {}},
    "probe": {
        "method": "POST",
        "url": "https://{account}.examplary.example/v1/me",
        "auth": {"scheme": "header", "name": "Api-Token"},
        "accepted": [200],
        "rejected": [400, 401],
        "match": {"rejected": "INVALID|KEY"},
        "confidence": "documented",
        "notes": ["It only reads."],
        "sources": ["https://examplary.example/docs", "https://github.com/acme/keys/issues/1"],
    },
    "sources": [
        {"url": "https://examplary.example/docs", "checked_on": "2026-11-20"},
        {"url": "https://examplary.example/api", "checked_on": "2026-11-21"},
    ],
}
SLOT = {**RAW, "strategy": "reset", "notes": ["It ends at once."], "probe": None}
GUIDE = Guide(
    "examplary",
    RAW,
    (CREATE, REVOKE),
    leak=(CONTAIN, CREATE),
    variants={
        "slot-2": Guide("examplary", SLOT, (RESET,), leak=(RESET,), downtime="All consumers are down."),
        "same": Guide("examplary", RAW, (CREATE, REVOKE), leak=(CONTAIN, CREATE)),
    },
)
BARE = Guide("bare", {"name": "Bare", "strategy": "contact"}, (CREATE,), leak=(URGENT, CREATE))


def test_the_page_of_a_provider(golden: Callable[[str, str], None]) -> None:
    golden("provider-page.md", f"{provider_pages.page(GUIDE)}\n")


def test_the_page_of_a_provider_of_which_little_is_known(golden: Callable[[str, str], None]) -> None:
    golden("provider-page-bare.md", f"{provider_pages.page(BARE)}\n")


def test_the_page_for_one_reason_says_nothing_of_others() -> None:
    shown = provider_pages.page(Guide("bare", BARE.raw, (URGENT,), downtime="It is *down*."))
    assert "## Downtime\n\nIt is \\*down\\*.\n\n## Steps" in shown
    assert "After a leak" not in shown


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ({"scheme": "bearer"}, "in the header `Authorization` as a bearer token"),
        ({"scheme": "basic"}, "as user name and password (HTTP Basic)"),
        ({"scheme": "body"}, "in the body"),
        ({"scheme": "oauth2_client_credentials"}, "as an OAuth 2.0 client that asks for a token"),
        ({"scheme": "header", "name": "X-Key"}, "in the header `X-Key`"),
        ({"scheme": "query", "name": "key"}, "in the query parameter `key`"),
    ],
    ids=lambda value: value["scheme"] if isinstance(value, dict) else "",
)
def test_how_a_probe_sends_the_key(auth: dict[str, str], expected: str) -> None:
    probe = {"url": "https://x.example", "auth": auth, "accepted": [200], "rejected": [401], "confidence": "inferred"}
    shown = provider_pages.page(Guide("bare", {**BARE.raw, "probe": probe}, ()))
    assert f"| Request | `GET https://x.example` |\n| The key goes | {expected} |\n| Accepted | 200 |\n" in shown
    assert "\n\nInferred: put together from weaker evidence" in shown
    assert "Read in" not in shown


def test_the_index_is_in_the_order_of_names() -> None:
    assert provider_pages.index([GUIDE, BARE], "{slug}.md") == (
        "2 providers, 1 of them with a probe.\n\n"
        "| Provider | Also known as | What is known | Checked on |\n"
        "| --- | --- | --- | --- |\n"
        "| [Bare](bare.md) |  | `contact` `no probe` | not known |\n"
        "| [Exa &lt;b&gt;mplary&lt;/b&gt;](examplary.md) | example |"
        " `overlap` `probe: documented` `last use shown` `self-service` `shown again` | 2026-11-21 |"
    )
