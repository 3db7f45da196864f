"""Asking a provider about a made-up key, the new and the old one, with as much patience as it takes and no more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keyturn.commands import waiting
from keyturn.model import Outcome
from keyturn.probes import ask, control

if TYPE_CHECKING:
    from keyturn.commands.pair import Pair
    from keyturn.commands.world import World
    from keyturn.model import Verdict
    from keyturn.model.verification import Verification
    from keyturn.probes import Network, Question

PATIENCE = 120.0  # seconds of waiting after passing faults, for all questions together
MOST_TRIES = 5
_FIRST_REST = 2.0
_PAUSES, _SHORTEST, _LONGEST = 10, 10.0, 300.0  # how often, and in which steps, an activation is waited for


@dataclass(slots=True)
class Asker:
    """Asks the questions of one verification; `patience` is what is left of it."""

    world: World
    network: Network
    patience: float = PATIENCE

    def verification(self, blank: Verification, question: Question, pair: Pair, activation: float) -> Verification:
        """Ask about the control key, then the new, then the old one; without a rejected control about nothing else.

        `activation` is how many seconds a rejected new key may still take to become active.
        """
        made = control(pair.new or pair.old, pair.fields, question.probe)
        if made is None:
            hint = "no key of the same shape can be made up to test the probe with; ask in the console instead"
            return replace(blank, hint=hint)
        shown = replace(blank, control=self.verdict(replace(question, values=made)))
        if shown.outcomes[0] is not Outcome.REJECTED:
            return shown
        if pair.new:
            shown = replace(shown, new_key=self._activated(replace(question, values=pair.new), activation))
        return replace(shown, old_key=self.verdict(replace(question, values=pair.old)))

    def verdict(self, question: Question) -> Verdict:
        """Ask, and again where that may bring another answer."""
        found = ask(question, self.network)
        for tries in range(1, MOST_TRIES):
            if not (found.reason.is_passing and self._rested(found, tries)):
                break
            found = ask(question, self.network)
        return found

    def _rested(self, found: Verdict, tries: int) -> bool:
        """Wait as the provider asks, or longer each time; not at all where that is more than is left of patience."""
        seconds = max(_FIRST_REST**tries if found.retry_after is None else found.retry_after, 1)
        if seconds > self.patience:
            return False
        self.patience -= seconds
        with waiting.shown(self.world, seconds, f"no verdict yet ({found.reason})") as rest:
            rest(seconds)
        return True

    def _activated(self, question: Question, left: float) -> Verdict:
        """Ask about the new key until it is not rejected any more or its time to become active is over."""
        found = self.verdict(question)
        if found.outcome is not Outcome.REJECTED or left <= 0:
            return found
        step = min(max(left / _PAUSES, _SHORTEST), _LONGEST)
        with waiting.shown(self.world, left, "the new key is not active yet") as rest:
            while left > 0:
                rest(min(step, left))
                left -= step
                found = self.verdict(question)
                if found.outcome is not Outcome.REJECTED:
                    break
        return found
