"""Hold the search for credentials against detect-secrets on one corpus: precision, recall, and time for a page."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from core.credential_corpus import LEAKED, ORDINARY, positives
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings, transient_settings
from measure import table

from keyturn import credentials

PAGES = 20
GUESSING = {"Base64HighEntropyString", "HexHighEntropyString", "KeywordDetector"}

Finder = Callable[[list[str]], set[int]]  # the numbers, from 1, of the lines that it reports


class Score(NamedTuple):
    """What a search found of what it should find and of what it should leave alone, and its time for a page."""

    found: int
    taken: int
    milliseconds: float

    @property
    def recall(self) -> float:
        """Give the part of the credentials that is found."""
        return self.found / len(positives())

    @property
    def precision(self) -> float:
        """Give the part of what is reported that is a credential."""
        return self.found / max(self.found + self.taken, 1)


def markdown(_scale: int, _place: Path) -> str:
    """Give the table for the results."""
    head = ["", "found", "taken for one", "recall", "precision", "ms a page"]
    rows = [
        [
            name,
            str(each.found),
            str(each.taken),
            f"{each.recall:.1%}",
            f"{each.precision:.1%}",
            f"{each.milliseconds:.1f}",
        ]
        for name, each in scores().items()
    ]
    corpus = f"{len(positives())} credentials of {len(LEAKED)} kinds, {len(ORDINARY)} ordinary lines:"
    return f"{corpus}\n\n{table(head, rows)}"


def by_keyturn(lines: list[str]) -> set[int]:
    """Search as `validate` does."""
    return {line for line, _, _ in credentials.findings("\n".join(lines))}


def by_detect_secrets(lines: list[str]) -> set[int]:
    """Search a file, as its users do, with the plugins and filters that are in force."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(lines))
        file.flush()
        return {secret.line_number for secret in scan_file(file.name)}


def score(finds: Finder) -> Score:
    """Search all credentials, then all ordinary lines, and the ordinary ones again for the time."""
    found = finds([f"note: {value}" for value in positives().values()])
    ordinary = list(ORDINARY.values())
    taken = finds(ordinary)
    start = time.perf_counter()
    for _ in range(PAGES):
        finds(ordinary)
    return Score(len(found), len(taken), (time.perf_counter() - start) / PAGES * 1000)


def scores() -> dict[str, Score]:
    """Score both, and detect-secrets also without the plugins that guess from entropy and keywords."""
    with default_settings() as settings:
        whole = score(by_detect_secrets)
        typed = [{"name": name} for name in settings.plugins if name not in GUESSING]
    with transient_settings({"plugins_used": typed}):
        return {
            "keyturn": score(by_keyturn),
            "detect-secrets": whole,
            "detect-secrets, typed plugins only": score(by_detect_secrets),
        }
