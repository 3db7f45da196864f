"""Lets the requests of several runs through one at a time, in the order that a test chooses."""

from __future__ import annotations

import threading

PATIENCE = 60.0  # seconds until a run that neither asks for anything nor ends is taken for stuck


class Turnstile:
    """Holds the requests of the tokens that are watched until each is let through."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._watched: set[str] = set()
        self._waiting: set[str] = set()
        self._admitted: set[str] = set()

    def watch(self, token: str) -> None:
        """Hold this token's requests from now on."""
        with self._condition:
            self._watched.add(token)

    def release(self, token: str) -> None:
        """Hold this token's requests no longer: its run has ended, or is to end undisturbed."""
        with self._condition:
            self._watched.discard(token)
            self._condition.notify_all()

    def is_waiting(self, token: str) -> bool:
        """Wait until this token's run is at the turnstile or has ended; tells which."""
        with self._condition:
            if not self._condition.wait_for(lambda: token in self._waiting or token not in self._watched, PATIENCE):
                message = "a run neither asked for anything nor ended"
                raise TimeoutError(message)
            return token in self._waiting

    def admit(self, token: str) -> None:
        """Let the request of this token that waits go through."""
        with self._condition:
            self._waiting.discard(token)
            self._admitted.add(token)
            self._condition.notify_all()

    def enter(self, token: str) -> None:
        """Wait to be let through; where nobody watches, go on."""
        with self._condition:
            if token not in self._watched:
                return
            self._waiting.add(token)
            self._condition.notify_all()
            self._condition.wait_for(lambda: token in self._admitted or token not in self._watched)
            self._waiting.discard(token)
            self._admitted.discard(token)
