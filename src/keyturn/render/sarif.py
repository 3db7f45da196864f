"""Problems as SARIF 2.1.0, for code scanning and other viewers.

Source: the OASIS standard, Static Analysis Results Interchange Format 2.1.0; the numbers below are its sections.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from keyturn import __version__
from keyturn.render import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from keyturn.model import Problem

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://github.com/keyturn/keyturn"
CODES = f"{HOME}/blob/main/docs/codes.md"
ROOT = "%SRCROOT%"
# Brackets make links and braces make blanks in a message (3.11.5, 3.11.6).
_LITERALLY = str.maketrans({"\\": r"\\", "[": r"\[", "]": r"\]", "{": "{{", "}": "}}"})


def document(problems: Sequence[Problem]) -> dict[str, Any]:
    """Give the SARIF log of one run: a rule for every code met, a result for every problem, in order."""
    ordered = sorted(problems)
    codes = sorted({each.code for each in ordered})
    driver = {
        "name": "keyturn",
        "semanticVersion": __version__,
        "informationUri": HOME,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "keyturn/validate/"},
        "columnKind": "unicodeCodePoints",
        "results": list(_results(ordered, codes)),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    words = code.replace("-", " ")
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in words.split()),
        "shortDescription": {"text": f"{words.capitalize()}."},
        "help": {"text": f"What it means and what to write instead stands under {code} in {CODES}"},
        "helpUri": CODES,
    }


def _results(ordered: Sequence[Problem], codes: Sequence[str]) -> Iterator[dict[str, Any]]:
    seen = Counter[str]()
    for problem in ordered:
        print_ = _fingerprint(problem)
        seen[print_] += 1
        yield {
            "ruleId": problem.code,
            "ruleIndex": codes.index(problem.code),
            "level": problem.severity.value,
            "message": {"text": escape.visible(problem.message).translate(_LITERALLY)},
            "locations": [{"physicalLocation": _place(problem)}],
            "partialFingerprints": {"keyturnProblem/v1": f"{print_}:{seen[print_]}"},
        }


def _place(problem: Problem) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": quote(problem.path, safe="/"), "uriBaseId": ROOT},
        "region": {"startLine": problem.line, "startColumn": problem.column},
    }


def _fingerprint(problem: Problem) -> str:
    """Know a problem again when lines above it come and go: by file, code and message, never by its place."""
    text = f"{problem.path}\0{problem.code}\0{problem.message}"
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
