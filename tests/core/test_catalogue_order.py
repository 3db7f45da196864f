"""The safe order, for every provider, each of its variants and every reason: in the sections, and in the words too."""

from __future__ import annotations

import re

import pytest
from core.catalogue_samples import KINDS, LEAKS, ROUTINES, cases, kind, name, sections, texts

from keyturn import checklist
from keyturn.model import Phase, Strategy, Why

SWITCH, CONFIRM, RECORD = "Switch the consumers", "Confirm that the new key is in use", "Record the evidence"
REVOKE, FAREWELL = "Revoke the old key", "Ask for the old key to be revoked"
ACTS = {Strategy.RESET: "Reset the key", Strategy.REVOKE_FIRST: REVOKE, Strategy.REAUTHORIZE: "Reauthorize"}
ENDS = {*ACTS.values(), FAREWELL, "End the old key"}
LAST_ACTS = {Strategy.OVERLAP: REVOKE, Strategy.CONTACT: FAREWELL}

# Words that end a key. In the steps before the new one is in use they are wrong, unless they speak of something else.
ENDING = re.compile(
    r"\b(delet|remov|revok|revoc|reset|regenerat|invalidat|deactivat|disabl|roll|rotat|refresh|trash|purg|kill|destroy"
    r"|promot|overwrit|replac)\w*",
    re.IGNORECASE,
)
# What was looked at and does not end the key in use; every one must still be there.
REVIEWED: dict[str, dict[str, str]] = {
    "adjust": {"If they can only reset it, agree on the minute": "a fallback, with every consumer ready"},
    "bigcommerce": {"Delete the text file": "a download of the new key"},
    "cloudflare": {"leave **Roll** of the old one alone": "a warning"},
    "ecwid": {
        "Ask Ecwid Support to reset the secret token": "the next step asks that the old one goes on working",
        "agree on the minute of the reset": "a fallback, with every consumer ready",
    },
    "github-fine-grained-pat": {"leave **Regenerate token** of the old one alone": "a warning"},
    "google-cloud-service-account-key": {"delete it here": "a download of the new key"},
    "heroku": {'--description "rotated"': "the name of the new key"},
    "hubspot": {"Click **Rotate** and choose **Rotate and expire this token later**": "the old one works on"},
    "moloco-dsp": {"if the page offers only **Reset**, stop": "a warning"},
    "shopify-dev-dashboard-app": {"**Rotate** → **Generate**": "adds a secret; the old one works until it is revoked"},
    "snowflake": {
        "REFRESH OAUTH_CLIENT_SECRET": "fills the slot that the step before has shown to be out of use",
    },
    "simplesat": {
        "Make the replacement yourself": "the new key",
        "to revoke it only on your word": "what is asked for later",
    },
    "sprinklr": {"refresh token": "a part of the new key"},
    "stripe": {
        "take the value that its rotation gave": "said where the old key has ended before",
        "choose **Rotate key**, and give the old key an expiry that leaves time": "the old one works until then",
    },
    "twilio-auth-token": {"was promoted a moment ago": "said where a leaked key has ended before"},
    "yext": {"in order to delete the old key": "said where a leaked key has ended before"},
}
BEFORE_THE_SWITCH = {Strategy.OVERLAP: Phase.CREATE, Strategy.CONTACT: Phase.CONTACT}
MAKING = [(slug, variant) for slug, variant in KINDS if kind(slug, variant).strategy in BEFORE_THE_SWITCH]


def routine(*strategies: Strategy) -> list[tuple[str, str | None, Why]]:
    return [case for case in cases(ROUTINES) if kind(case[0], case[1]).strategy in strategies]


def titles(slug: str, variant: str | None, why: Why) -> list[str]:
    return [section.title for section in sections(slug, variant, why)]


@pytest.mark.parametrize(("slug", "variant", "why"), routine(Strategy.OVERLAP, Strategy.CONTACT), ids=name)
def test_where_keys_can_overlap_the_old_one_ends_after_the_new_one_is_in_use(
    slug: str, variant: str | None, why: Why
) -> None:
    order = titles(slug, variant, why)
    assert order.index(SWITCH) < order.index(CONFIRM) < order.index(LAST_ACTS[kind(slug, variant).strategy])
    assert [title for title in order if title in ENDS] == [LAST_ACTS[kind(slug, variant).strategy]]


@pytest.mark.parametrize(
    ("slug", "variant", "why"),
    routine(Strategy.RESET, Strategy.REVOKE_FIRST, Strategy.REAUTHORIZE),
    ids=name,
)
def test_a_downtime_is_warned_of_before_the_act(slug: str, variant: str | None, why: Why) -> None:
    first, act, *rest = sections(slug, variant, why)
    assert first.warning == checklist.downtime(kind(slug, variant))
    assert first.warning
    assert first.title not in ENDS
    assert act.title == ACTS[kind(slug, variant).strategy]
    assert [section.title for section in rest if section.title in ENDS] == []


@pytest.mark.parametrize(("slug", "variant", "why"), cases(LEAKS), ids=name)
def test_a_leak_is_contained_first(slug: str, variant: str | None, why: Why) -> None:
    first, *rest = sections(slug, variant, why)
    assert first.title.startswith("Contain: ")
    assert first.warning
    assert first.tasks
    assert [section.title for section in rest if section.title in ENDS] == []
    assert rest[-1].title == RECORD


@pytest.mark.parametrize(("slug", "variant"), KINDS, ids=name)
def test_a_retired_key_is_ended_and_not_replaced(slug: str, variant: str | None) -> None:
    end, record = titles(slug, variant, Why.RETIRED)
    assert end in ENDS
    assert record == RECORD


@pytest.mark.parametrize(("slug", "variant"), MAKING, ids=name)
def test_no_step_before_the_switch_ends_the_key_in_use(slug: str, variant: str | None) -> None:
    provider = kind(slug, variant)
    said = [f"{step.text} {step.code or ''}" for step in provider.steps.get(BEFORE_THE_SWITCH[provider.strategy], ())]
    for reviewed in REVIEWED.get(slug, {}):
        said = [text.replace(reviewed, "…") for text in said]
    assert [text for text in said if ENDING.search(text)] == []


@pytest.mark.parametrize("slug", sorted(REVIEWED))
def test_what_was_reviewed_still_stands_there(slug: str) -> None:
    kinds = [kind(slug, variant) for each, variant in KINDS if each == slug]
    steps = [step for each in kinds for phase in BEFORE_THE_SWITCH.values() for step in each.steps.get(phase, ())]
    said = " ".join(f"{step.text} {step.code or ''}" for step in steps)
    assert [part for part in REVIEWED[slug] if part not in said] == []


@pytest.mark.parametrize(("slug", "variant", "why"), routine(Strategy.CONTACT), ids=name)
def test_a_provider_is_asked_to_end_the_old_key_only_after_the_new_one_is_in_use(
    slug: str, variant: str | None, why: Why
) -> None:
    asked, *_ = found = sections(slug, variant, why)
    assert asked.title == "Ask for a new key"
    if kind(slug, variant).steps.get(Phase.CONTACT):
        assert re.search(r"until you report|only on your word", " ".join(texts([asked])))
    [farewell] = [section for section in found if section.title == FAREWELL]
    assert "revoke the old key" in " ".join(texts([farewell]))
