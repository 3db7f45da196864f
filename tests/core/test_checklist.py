"""What to do in which order: every strategy for every reason, composed from what the catalogue knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from core.samples import CATALOGUE, rotation

from keyturn import checklist
from keyturn.actions import Section, Span, Task
from keyturn.model import (
    Catalogue,
    Connection,
    Consumer,
    Phase,
    Platform,
    Provider,
    Rotation,
    Step,
    Strategy,
    Why,
)

FULL = Provider(
    "mixpanel",
    "Mixpanel",
    Strategy.OVERLAP,
    activation_delay=timedelta(minutes=30),
    steps={phase: (Step(f"Do the {phase}."),) for phase in Phase},
    confirm=(Step("Look at the **Last used** column."),),
)


def catalogue(provider: Provider = FULL, *platforms: Platform) -> Catalogue:
    return replace(
        CATALOGUE, providers={"mixpanel": provider}, platforms={platform.slug: platform for platform in platforms}
    )


def sections(
    provider: Provider, why: Why = Why.DUE, given: Rotation | None = None, *platforms: Platform
) -> tuple[Section, ...]:
    return checklist.sections(given or rotation(), catalogue(provider, *platforms), why)


def titles(strategy: Strategy, why: Why) -> list[str]:
    return [section.title for section in sections(replace(FULL, strategy=strategy), why)]


def text(task: Task) -> str:
    """Give a task as its file would write it."""
    marks = {"plain": "", "bold": "**", "code": "`"}
    return "".join(f"{marks[span.style]}{span.text}{marks[span.style]}" for span in task.spans)


def texts(found: tuple[Section, ...], title: str) -> list[str]:
    [section] = [each for each in found if each.title == title]
    return [text(task) for task in section.tasks]


# -- order ---------------------------------------------------------------------------------------------------------

ANNOUNCE, CREATE, WAIT = "Announce the window", "Create the new key", "Wait"
SWITCH, CONFIRM = "Switch the consumers", "Confirm that the new key is in use"
REVOKE, RESET, RECORD = "Revoke the old key", "Reset the key", "Record the evidence"
ASK, RECEIVE, FAREWELL = "Ask for a new key", "Receive the new key", "Ask for the old key to be revoked"
REAUTHORIZE, END = "Reauthorize", "End the old key"

ROUTINE = {
    Strategy.OVERLAP: [CREATE, WAIT, SWITCH, CONFIRM, REVOKE, RECORD],
    Strategy.RESET: [ANNOUNCE, RESET, WAIT, SWITCH, CONFIRM, RECORD],
    Strategy.REVOKE_FIRST: [ANNOUNCE, REVOKE, CREATE, WAIT, SWITCH, CONFIRM, RECORD],
    Strategy.REAUTHORIZE: [ANNOUNCE, REAUTHORIZE, CONFIRM, RECORD],
    Strategy.CONTACT: [ASK, RECEIVE, WAIT, SWITCH, CONFIRM, FAREWELL, RECORD],
}
LEAK = {
    Strategy.OVERLAP: ["Contain: revoke the old key", CREATE, WAIT, SWITCH, CONFIRM, RECORD],
    Strategy.RESET: ["Contain: reset the key", WAIT, SWITCH, CONFIRM, RECORD],
    Strategy.REVOKE_FIRST: ["Contain: revoke the old key", CREATE, WAIT, SWITCH, CONFIRM, RECORD],
    Strategy.REAUTHORIZE: ["Contain: reauthorize", CONFIRM, RECORD],
    Strategy.CONTACT: ["Contain: ask for the old key to be revoked", RECEIVE, WAIT, SWITCH, CONFIRM, RECORD],
}
RETIRED = {
    Strategy.OVERLAP: [REVOKE, RECORD],
    Strategy.RESET: [END, RECORD],
    Strategy.REVOKE_FIRST: [REVOKE, RECORD],
    Strategy.REAUTHORIZE: [END, RECORD],
    Strategy.CONTACT: [FAREWELL, RECORD],
}
ORDERS = {Why.LEAKED: LEAK, Why.INCIDENT: LEAK, Why.RETIRED: RETIRED}


@pytest.mark.parametrize(("strategy", "why"), [*product(Strategy, Why)], ids=str)
def test_the_order_of_sections(strategy: Strategy, why: Why) -> None:
    assert titles(strategy, why) == ORDERS.get(why, ROUTINE)[strategy]


@pytest.mark.parametrize("why", [why for why in Why if not why.is_leak and why is not Why.RETIRED])
def test_where_keys_overlap_the_old_one_dies_last(why: Why) -> None:
    order = titles(Strategy.OVERLAP, why)
    assert order.index(CREATE) < order.index(SWITCH) < order.index(CONFIRM) < order.index(REVOKE)


@pytest.mark.parametrize(("strategy", "why"), [*product(Strategy, [Why.LEAKED, Why.INCIDENT])], ids=str)
def test_a_leak_is_contained_first(strategy: Strategy, why: Why) -> None:
    first, *rest = sections(replace(FULL, strategy=strategy), why)
    assert first.title.startswith("Contain: ")
    assert first.warning == "Strangers may know this key: end it first, even though consumers stop; then restore them."
    assert not [each for each in rest if each.warning]


@pytest.mark.parametrize(
    ("strategy", "act"),
    [(Strategy.RESET, RESET), (Strategy.REVOKE_FIRST, REVOKE), (Strategy.REAUTHORIZE, REAUTHORIZE)],
    ids=str,
)
def test_a_downtime_is_announced_before_the_act(strategy: Strategy, act: str) -> None:
    provider = replace(FULL, strategy=strategy)
    first, second, *rest = sections(provider)
    assert (first.title, second.title) == (ANNOUNCE, act)
    assert first.warning == checklist.downtime(provider)
    assert first.warning is not None
    assert not [each for each in (second, *rest) if each.warning]


@pytest.mark.parametrize("strategy", [Strategy.OVERLAP, Strategy.CONTACT])
def test_without_a_downtime_nothing_warns(strategy: Strategy) -> None:
    provider = replace(FULL, strategy=strategy)
    assert checklist.downtime(provider) is None
    assert not [each for each in sections(provider) if each.warning]


@pytest.mark.parametrize(("strategy", "why"), [*product(Strategy, Why)], ids=str)
def test_every_section_has_something_to_do_and_the_last_records_it(strategy: Strategy, why: Why) -> None:
    bare = Provider("mixpanel", "Mixpanel", strategy)
    *_, last = found = sections(bare, why, rotation(consumers=()))
    assert all(section.tasks for section in found)
    assert all(text(task) for section in found for task in section.tasks)
    assert [(task.code, task.language) for task in last.tasks] == [("keyturn record mixpanel/loader", "sh")]


# -- steps of the provider -----------------------------------------------------------------------------------------

STORE = "Store the new value in your secret store; never in an issue, a chat or a file of this repository."


@pytest.mark.parametrize(
    ("strategy", "why", "title", "expected"),
    [
        (Strategy.OVERLAP, Why.DUE, CREATE, ["Create a new key with the same rights as the old one.", STORE]),
        (Strategy.OVERLAP, Why.DUE, REVOKE, ["Revoke the old key."]),
        (Strategy.REVOKE_FIRST, Why.DUE, REVOKE, ["Revoke the old key."]),
        (Strategy.RESET, Why.DUE, RESET, ["Reset the key; the old value ends at that moment.", STORE]),
        (
            Strategy.CONTACT,
            Why.DUE,
            ASK,
            ["Ask whoever manages this account at the provider for a new key, and how it will reach you."],
        ),
        (Strategy.CONTACT, Why.DUE, RECEIVE, [STORE]),
        (
            Strategy.CONTACT,
            Why.LEAKED,
            "Contain: ask for the old key to be revoked",
            [
                "Ask for the old key to be revoked at once, because it leaked; say since when.",
                "Ask whoever manages this account at the provider for a new key, and how it will reach you.",
            ],
        ),
        (
            Strategy.RESET,
            Why.RETIRED,
            END,
            [
                "Reset the key; the old value ends at that moment.",
                STORE,
                "Keep the new value nowhere, or delete the account or integration altogether.",
            ],
        ),
    ],
    ids=str,
)
def test_a_provider_with_only_a_name_and_a_strategy_has_generic_steps(
    strategy: Strategy, why: Why, title: str, expected: list[str]
) -> None:
    assert texts(sections(Provider("mixpanel", "Mixpanel", strategy), why), title) == expected


@pytest.mark.parametrize(
    ("strategy", "title", "phase"),
    [
        (Strategy.OVERLAP, CREATE, Phase.CREATE),
        (Strategy.OVERLAP, REVOKE, Phase.REVOKE),
        (Strategy.RESET, RESET, Phase.RESET),
        (Strategy.CONTACT, ASK, Phase.CONTACT),
    ],
    ids=str,
)
def test_a_provider_says_its_own_steps(strategy: Strategy, title: str, phase: Phase) -> None:
    assert texts(sections(replace(FULL, strategy=strategy)), title) == [f"Do the {phase}."]


def test_reauthorizing_hands_the_access_to_every_consumer_in_one_section() -> None:
    found = sections(replace(FULL, strategy=Strategy.REAUTHORIZE))
    assert texts(found, REAUTHORIZE) == [
        "Do the reset.",
        "**manual “Nightly export”**: Replace the old value with the new one.",
    ]


def test_a_step_keeps_what_there_is_to_copy() -> None:
    step = Step("Run this in {region}.", code="ALTER USER {user};", language="sql")
    found = sections(replace(FULL, steps={Phase.CREATE: (step,)}), given=rotation(params={"user": "ETL"}))
    assert found[0].tasks == (Task((Span("Run this in ‹region›."),), "ALTER USER ETL;", "sql"),)


def test_a_variant_replaces_what_differs() -> None:
    secret = replace(
        FULL, strategy=Strategy.RESET, steps={Phase.RESET: (Step("Reset the secret."),)}, activation_delay=None
    )
    provider = replace(FULL, variants={"secret": secret})
    found = sections(provider, given=rotation(variant="secret"))
    assert [each.title for each in found] == [ANNOUNCE, RESET, SWITCH, CONFIRM, RECORD]
    assert texts(found, RESET) == ["Reset the secret."]


@pytest.mark.parametrize("variant", [None, "unheard-of"])
def test_without_its_variant_a_provider_stays_itself(variant: str | None) -> None:
    provider = replace(FULL, variants={"secret": replace(FULL, strategy=Strategy.RESET)})
    assert sections(provider, given=rotation(variant=variant)) == sections(FULL)


SLOT = "If all 2 slots are taken, free one: remove a key that nothing uses any more."


@pytest.mark.parametrize(
    ("strategy", "slots", "expected"),
    [
        pytest.param(Strategy.OVERLAP, 2, [SLOT, "Do the create."], id="overlap"),
        pytest.param(Strategy.OVERLAP, None, ["Do the create."], id="as many keys as one likes"),
        pytest.param(Strategy.REVOKE_FIRST, 2, ["Do the create."], id="revoke-first has freed one"),
    ],
)
def test_with_few_slots_a_first_step_frees_one(strategy: Strategy, slots: int | None, expected: list[str]) -> None:
    assert texts(sections(replace(FULL, strategy=strategy, max_keys=slots)), CREATE) == expected


@pytest.mark.parametrize(
    ("delay", "spoken"),
    [
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=45), "45 seconds"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=30), "30 minutes"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=3), "3 days"),
        (timedelta(hours=36), "36 hours"),
    ],
    ids=str,
)
def test_a_delay_is_spoken(delay: timedelta, spoken: str) -> None:
    found = sections(replace(FULL, activation_delay=delay))
    assert texts(found, WAIT) == [f"Wait {spoken}: before that the new key does not work."]


@pytest.mark.parametrize("delay", [None, timedelta()], ids=["unknown", "none"])
def test_without_a_delay_nothing_waits(delay: timedelta | None) -> None:
    assert WAIT not in [each.title for each in sections(replace(FULL, activation_delay=delay))]


# -- values --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "params", "spans"),
    [
        pytest.param("Open Settings.", {}, [Span("Open Settings.")], id="plain"),
        pytest.param(
            "Open **Settings**, then `keys`.",
            {},
            [Span("Open "), Span("Settings", "bold"), Span(", then "), Span("keys", "code"), Span(".")],
            id="styles",
        ),
        pytest.param("**Save**", {}, [Span("Save", "bold")], id="a style alone"),
        pytest.param("Go to {account}.", {"account": "acme"}, [Span("Go to acme.")], id="a param"),
        pytest.param("Go to {account}.", {}, [Span("Go to ‹account›.")], id="a missing one leaves a named blank"),
        pytest.param(
            "`{account}`/**{name}**",
            {"account": "a", "name": "b"},
            [Span("a", "code"), Span("/"), Span("b", "bold")],
            id="inside styles",
        ),
        pytest.param("Go to {account}.", {"account": "**x**"}, [Span("Go to **x**.")], id="stars stay literal"),
        pytest.param(
            "Go to `{account}`.", {"account": "a`b"}, [Span("Go to "), Span("a`b", "code"), Span(".")], id="backticks"
        ),
        pytest.param("{a} {b}", {"a": "{b}", "b": "{a}"}, [Span("{b} {a}")], id="braces stay literal"),
        pytest.param("{a}", {"a": r"\1 \g<0>"}, [Span(r"\1 \g<0>")], id="backslashes stay literal"),
        pytest.param("{Account} {} {a-b} {{a}}", {"a": "x"}, [Span("{Account} {} {a-b} {x}")], id="no placeholders"),
        pytest.param("2 ** 3 and `open", {}, [Span("2 ** 3 and `open")], id="unpaired marks"),
        pytest.param("", {}, [], id="nothing"),
    ],
)
def test_values_are_filled_in_and_never_become_a_style(written: str, params: dict[str, str], spans: list[Span]) -> None:
    provider = replace(FULL, steps={Phase.CREATE: (Step(written),)})
    found = sections(provider, given=rotation(params=params))
    assert found[0].tasks == (Task(tuple(spans)),)


# -- consumers -----------------------------------------------------------------------------------------------------

SEGMENT = Platform(
    "segment",
    "Segment",
    {
        "api_key": Connection(
            (Step("Paste it at the {at} **{name}**."),), (Step("Look at the {at}'s **Event Delivery**."),)
        ),
        "oauth": Connection((Step("Choose **Reconnect**."),)),
        "other": Connection(confirm=(Step("Ask {provider}'s owner."),)),
    },
)
SECRET = Platform(
    "github-secret", "GitHub secret", {"repository": Connection((Step("Set `{secret}` in {repository}."),))}
)
TOKEN = "TOK" + "EN"  # the name of a secret, which a linter would take for one
CONSUMERS = (
    Consumer("segment", name="Mixpanel", at="destination", connection="api_key"),
    Consumer("segment", name="Mixpanel", at="source", connection="oauth"),
    Consumer("segment", name="Third", connection="other"),
    Consumer("github-secret", repository="acme/etl", secret=TOKEN, environment="prod"),
    Consumer("github-secret", organization="acme", secret=TOKEN),
    Consumer("spreadsheet", name="Budget {x}"),
    Consumer("spreadsheet"),
)


def test_consumers_are_switched_and_confirmed_one_by_one() -> None:
    found = sections(FULL, Why.DUE, rotation(consumers=CONSUMERS), SEGMENT, SECRET)
    assert texts(found, SWITCH) == [
        "**Segment destination “Mixpanel”**: Paste it at the destination **Mixpanel**.",
        "**Segment source “Mixpanel”**: Choose **Reconnect**.",
        "**Segment “Third”**: Replace the old value with the new one.",
        "**GitHub secret “acme/etl prod TOKEN”**: Set `TOKEN` in acme/etl.",
        "**GitHub secret “acme TOKEN”**: Set `TOKEN` in ‹repository›.",
        "**spreadsheet “Budget {x}”**: Replace the old value with the new one.",
        "**spreadsheet**: Replace the old value with the new one.",
    ]
    assert texts(found, CONFIRM) == [
        "Look at the **Last used** column.",
        "**Segment destination “Mixpanel”**: Look at the destination's **Event Delivery**.",
        "**Segment source “Mixpanel”**: Check that it works with the new key.",
        "**Segment “Third”**: Ask Mixpanel's owner.",
        "**GitHub secret “acme/etl prod TOKEN”**: Check that it works with the new key.",
        "**GitHub secret “acme TOKEN”**: Check that it works with the new key.",
        "**spreadsheet “Budget {x}”**: Check that it works with the new key.",
        "**spreadsheet**: Check that it works with the new key.",
    ]


def test_a_consumer_without_a_connection_has_the_platforms_first() -> None:
    found = sections(FULL, Why.DUE, rotation(consumers=(Consumer("segment", name="X", at="source"),)), SEGMENT)
    assert texts(found, SWITCH) == ["**Segment source “X”**: Paste it at the source **X**."]


@pytest.mark.parametrize(
    ("consumer", "expected"),
    [
        pytest.param(Consumer("github", repository="acme/etl", secret=TOKEN), "of a repository", id="repository"),
        pytest.param(Consumer("github", organization="acme", secret=TOKEN), "of an organization", id="organization"),
        pytest.param(
            Consumer("github", repository="acme/etl", environment="prod", secret=TOKEN),
            "of an environment",
            id="environment",
        ),
        pytest.param(Consumer("github", name="T"), "of a repository", id="the first where nothing says which"),
        pytest.param(
            Consumer("github", repository="acme/etl", connection="organization"),
            "of an organization",
            id="said outright",
        ),
    ],
)
def test_the_place_of_a_secret_says_which_connection_it_has(consumer: Consumer, expected: str) -> None:
    kinds = {"repository": "a repository", "organization": "an organization", "environment": "an environment"}
    github = Platform("github", "GitHub", {name: Connection((Step(f"of {kind}"),)) for name, kind in kinds.items()})
    [switched] = texts(sections(FULL, Why.DUE, rotation(consumers=(consumer,)), github), SWITCH)
    assert switched.endswith(f": {expected}")


def test_several_steps_of_a_platform_each_name_the_consumer() -> None:
    platform = Platform("x", "X", {"default": Connection((Step("One."), Step("Two.")))})
    consumers = (Consumer("x", name="a"), Consumer("x", name="b"))
    found = sections(FULL, Why.DUE, rotation(consumers=consumers), platform)
    assert texts(found, SWITCH) == ["**X “a”**: One.", "**X “a”**: Two.", "**X “b”**: One.", "**X “b”**: Two."]


def test_a_name_of_a_consumer_never_becomes_a_style() -> None:
    found = sections(
        FULL, Why.DUE, rotation(consumers=(Consumer("segment", name="**x** `y` {at}", at="source"),)), SEGMENT
    )
    [task] = found[2].tasks
    assert task.spans == (
        Span("Segment source “**x** `y` {at}”", "bold"),
        Span(": "),
        Span("Paste it at the source "),
        Span("**x** `y` {at}", "bold"),
        Span("."),
    )


def test_without_consumers_the_key_is_replaced_wherever_it_is_used() -> None:
    found = sections(replace(FULL, confirm=()), given=rotation(consumers=()))
    assert texts(found, SWITCH) == ["Replace the key wherever it is used."]
    assert texts(found, CONFIRM) == ["Check that it works with the new key."]


# -- catalogue -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"), [("mixpanel", "mixpanel"), ("mix-panel", "mixpanel"), ("stripe", "stripe")], ids=str
)
def test_an_alias_is_understood(written: str, expected: str) -> None:
    assert replace(CATALOGUE, aliases={"mix-panel": "mixpanel", "mixpanel": "other"}).slug(written) == expected
