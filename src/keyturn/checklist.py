"""What to do, in which order: a provider's steps, a platform's and the strategy, composed for one key and one reason.

A routine order never kills a key before its replacement is in use where the provider allows both at once. Where
strangers may know the key the order turns around: contain first, restore after.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from keyturn.actions import Section, Span, Task
from keyturn.model import Phase, Platform, Step, Strategy, Why

if TYPE_CHECKING:
    from datetime import timedelta

    from keyturn.model import Catalogue, Connection, Consumer, Provider, Rotation, Steps

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_STYLED = re.compile(r"\*\*([^*]+)\*\*|`([^`]+)`")

_STORE = Step("Store the new value in your secret store; never in an issue, a chat or a file of this repository.")
_GENERIC: Mapping[Phase, Steps] = {
    Phase.CREATE: (Step("Create a new key with the same rights as the old one."), _STORE),
    Phase.REVOKE: (Step("Revoke the old key."),),
    Phase.RESET: (Step("Reset the key; the old value ends at that moment."), _STORE),
    Phase.CONTACT: (
        Step("Ask whoever manages this account at the provider for a new key, and how it will reach you."),
    ),
}
_REPLACE = (Step("Replace the old value with the new one."),)
_CHECK = (Step("Check that it works with the new key."),)

_DOWNTIME: Mapping[Strategy, str] = {
    Strategy.RESET: "The reset ends the old key at once: every consumer is down until it has the new one.",
    Strategy.REVOKE_FIRST: "The old key must go before a new one can be made: every consumer is down in between.",
    Strategy.REAUTHORIZE: "Reauthorizing ends the old access at once: the connection is down until it is complete.",
}
_CONTAINMENT = "Strangers may know this key: end it first, even though consumers stop; then restore them."


def downtime(provider: Provider) -> str | None:
    """Return the warning that the provider's strategy deserves, or None where old and new key overlap."""
    return _DOWNTIME.get(provider.strategy)


def sections(rotation: Rotation, catalogue: Catalogue, why: Why) -> tuple[Section, ...]:
    """Compose the checklist of one key: after a leak contained first, and for a retired key only ended."""
    provider = catalogue.providers[rotation.slug].variant(rotation.variant)
    case = _Case(rotation, provider, catalogue.platforms)
    order = _order(why)[provider.strategy]
    return tuple(section for part in order if (section := part(case)))


def _order(why: Why) -> Mapping[Strategy, tuple[_Part, ...]]:
    if why.is_leak:
        return _CONTAINING
    return _RETIRING if why is Why.RETIRED else _ROUTINE


@dataclass(frozen=True, slots=True)
class _Case:
    """One key with everything that its checklist is composed from."""

    rotation: Rotation
    provider: Provider
    platforms: Mapping[str, Platform]

    def tasks(self, phase: Phase) -> tuple[Task, ...]:
        """Give the provider's tasks of a phase, or generic ones, with the key's params filled in."""
        return _tasks(self.provider.steps.get(phase) or _GENERIC[phase], self.rotation.params)


_Part: TypeAlias = Callable[[_Case], Section | None]


# -- the sections --------------------------------------------------------------------------------------------------


def _announcement(case: _Case) -> Section:
    tasks = ("Tell the owners of every consumer when it happens.", "Open every place below now, to keep the gap short.")
    return Section("Announce the window", tuple(map(_plain, tasks)), warning=downtime(case.provider))


def _creation(case: _Case) -> Section:
    return Section("Create the new key", case.tasks(Phase.CREATE))


def _creation_beside(case: _Case) -> Section:
    return Section("Create the new key", (*_freed_slot(case.provider), *case.tasks(Phase.CREATE)))


def _freed_slot(provider: Provider) -> Iterator[Task]:
    if provider.max_keys:
        yield _plain(f"If all {provider.max_keys} slots are taken, free one: remove a key that nothing uses any more.")


def _wait(case: _Case) -> Section | None:
    if not (delay := case.provider.activation_delay):
        return None
    return Section("Wait", (_plain(f"Wait {_spoken(delay)}: before that the new key does not work."),))


def _switch(case: _Case) -> Section:
    tasks = _consumer_tasks(case, lambda connection: connection.steps or _REPLACE)
    return Section("Switch the consumers", tasks or (_plain("Replace the key wherever it is used."),))


def _confirmation(case: _Case) -> Section:
    provider_tasks = _tasks(case.provider.confirm, case.rotation.params)
    consumer_tasks = _consumer_tasks(case, lambda connection: connection.confirm or _CHECK)
    return Section("Confirm that the new key is in use", (*provider_tasks, *consumer_tasks) or _tasks(_CHECK, {}))


def _revocation(case: _Case) -> Section:
    return Section("Revoke the old key", case.tasks(Phase.REVOKE))


def _reset(case: _Case) -> Section:
    return Section("Reset the key", case.tasks(Phase.RESET))


def _reauthorization(case: _Case) -> Section:
    # One act both renews the access and hands it to the consumers, so they stand in the same section.
    tasks = _consumer_tasks(case, lambda connection: connection.steps or _REPLACE)
    return Section("Reauthorize", (*case.tasks(Phase.RESET), *tasks))


def _ending_reset(case: _Case) -> Section:
    # Where no key can be revoked, a reset whose new value nobody keeps comes to the same.
    unkept = _plain("Keep the new value nowhere, or delete the account or integration altogether.")
    return Section("End the old key", (*case.tasks(Phase.RESET), unkept))


def _inquiry(case: _Case) -> Section:
    return Section("Ask for a new key", case.tasks(Phase.CONTACT))


def _receipt(_: _Case) -> Section:
    return Section("Receive the new key", _tasks((_STORE,), {}))


def _farewell(_: _Case) -> Section:
    task = "Ask the same contact to revoke the old key, and to confirm in writing that it is dead."
    return Section("Ask for the old key to be revoked", (_plain(task),))


def _record(case: _Case) -> Section:
    task = _plain("Record what you did in a pull request; once it is merged, this issue closes by itself.")
    return Section("Record the evidence", (Task(task.spans, f"keyturn record {case.rotation.id}", "sh"),))


def _contained(part: Callable[[_Case], Section]) -> _Part:
    """Make a section the one that contains a leak, with the warning that goes with it."""

    def section(case: _Case) -> Section:
        plain = part(case)
        return Section(f"Contain: {plain.title[0].lower()}{plain.title[1:]}", plain.tasks, warning=_CONTAINMENT)

    return section


def _containing_inquiry(case: _Case) -> Section:
    urgent = _plain("Ask for the old key to be revoked at once, because it leaked; say since when.")
    return Section("Ask for the old key to be revoked", (urgent, *case.tasks(Phase.CONTACT)))


_ROUTINE: Mapping[Strategy, tuple[_Part, ...]] = {
    Strategy.OVERLAP: (_creation_beside, _wait, _switch, _confirmation, _revocation, _record),
    Strategy.RESET: (_announcement, _reset, _wait, _switch, _confirmation, _record),
    Strategy.REVOKE_FIRST: (_announcement, _revocation, _creation, _wait, _switch, _confirmation, _record),
    Strategy.REAUTHORIZE: (_announcement, _reauthorization, _confirmation, _record),
    Strategy.CONTACT: (_inquiry, _receipt, _wait, _switch, _confirmation, _farewell, _record),
}
_CONTAINING: Mapping[Strategy, tuple[_Part, ...]] = {
    Strategy.OVERLAP: (_contained(_revocation), _creation, _wait, _switch, _confirmation, _record),
    Strategy.RESET: (_contained(_reset), _wait, _switch, _confirmation, _record),
    Strategy.REVOKE_FIRST: (_contained(_revocation), _creation, _wait, _switch, _confirmation, _record),
    Strategy.REAUTHORIZE: (_contained(_reauthorization), _confirmation, _record),
    Strategy.CONTACT: (_contained(_containing_inquiry), _receipt, _wait, _switch, _confirmation, _record),
}
_RETIRING: Mapping[Strategy, tuple[_Part, ...]] = {
    Strategy.OVERLAP: (_revocation, _record),
    Strategy.RESET: (_ending_reset, _record),
    Strategy.REVOKE_FIRST: (_revocation, _record),
    Strategy.REAUTHORIZE: (_ending_reset, _record),
    Strategy.CONTACT: (_farewell, _record),
}


# -- tasks ---------------------------------------------------------------------------------------------------------


def _consumer_tasks(case: _Case, steps_of: Callable[[Connection], Steps]) -> tuple[Task, ...]:
    return tuple(task for consumer in case.rotation.consumers for task in _tasks_at(case, consumer, steps_of))


def _tasks_at(case: _Case, consumer: Consumer, steps_of: Callable[[Connection], Steps]) -> Iterator[Task]:
    platform = case.platforms.get(consumer.platform, Platform(consumer.platform, consumer.platform))
    place = (Span(_place(platform, consumer), "bold"), Span(": "))
    connection = platform.connection(consumer.connection or _implied_connection(platform, consumer))
    for task in _tasks(steps_of(connection), _values(case, consumer)):
        yield Task((*place, *task.spans), task.code, task.language)


def _implied_connection(platform: Platform, consumer: Consumer) -> str | None:
    # A secret's place says which kind it is; the innermost place that the platform tells apart wins.
    places = {
        "environment": consumer.environment,
        "repository": consumer.repository,
        "organization": consumer.organization,
    }
    return next((name for name, place in places.items() if place and name in platform.connections), None)


def _place(platform: Platform, consumer: Consumer) -> str:
    where = consumer.repository or consumer.organization
    named = " ".join(filter(None, (consumer.name, where, consumer.environment, consumer.secret)))
    return " ".join(filter(None, (platform.name, consumer.at, named and f"“{named}”")))


def _values(case: _Case, consumer: Consumer) -> Mapping[str, str]:
    given = {
        "name": consumer.name,
        "at": consumer.at,
        "connection": consumer.connection,
        "repository": consumer.repository,
        "organization": consumer.organization,
        "environment": consumer.environment,
        "secret": consumer.secret,
        "provider": case.provider.name,
    }
    return {name: value for name, value in given.items() if value}


def _tasks(steps: Steps, values: Mapping[str, str]) -> tuple[Task, ...]:
    return tuple(_task(step, values) for step in steps)


def _task(step: Step, values: Mapping[str, str]) -> Task:
    ready, has_blanks = _ready(step)
    if not has_blanks:
        return ready
    code = filled(step.code, values) if step.code else None
    return Task(tuple(_filled(span, values) for span in ready.spans), code, step.language)


def _filled(span: Span, values: Mapping[str, str]) -> Span:
    # Styles are read before values are filled in, so that no value can turn into a style.
    return Span(filled(span.text, values), span.style) if "{" in span.text else span


@lru_cache(maxsize=4096)  # steps are the same for all keys of a provider and all consumers on a platform
def _ready(step: Step) -> tuple[Task, bool]:
    """Give a step as a task whose blanks are still to be filled in, and whether it has any."""
    has_blanks = PLACEHOLDER.search(f"{step.text}\n{step.code or ''}") is not None
    return Task(tuple(_styled(step.text)), step.code, step.language), has_blanks


def _styled(text: str) -> Iterator[Span]:
    end = 0
    for found in _STYLED.finditer(text):
        yield from _plain_run(text[end : found.start()])
        bold, code = found.groups()
        yield Span(bold or code, "bold" if bold else "code")
        end = found.end()
    yield from _plain_run(text[end:])


def _plain_run(text: str) -> Iterator[Span]:
    if text:
        yield Span(text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Fill in a text's placeholders; a missing value leaves its name as a blank."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], f"‹{found[1]}›"), text)


_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def _plain(text: str) -> Task:
    return Task((Span(text),))


def _spoken(delay: timedelta) -> str:
    seconds = round(delay.total_seconds())
    unit, length = next(each for each in _UNITS if seconds % each[1] == 0)
    count = seconds // length
    return f"{count} {unit}{'s' * (count != 1)}"
