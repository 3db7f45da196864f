"""Write providers/<slug>.yaml from a few answers: asked one by one without arguments, or given as options with a name.

What you don't know is left out, so answer with Enter. The file is checked before it is written, and what is still
missing is said.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from keyturn import files
from keyturn.model import Strategy
from keyturn.schema import Schemas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Answers: TypeAlias = Mapping[str, Any]

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# yaml-language-server: $schema=../schemas/provider.schema.json"
WIDTH = 120
STRATEGIES = {
    Strategy.OVERLAP: "two keys can be valid at the same time",
    Strategy.RESET: "making a new key ends the old one at once",
    Strategy.REVOKE_FIRST: "the old key must be deleted before a new one can be made",
    Strategy.REAUTHORIZE: "there is no key to copy; the connection is authorised again",
    Strategy.CONTACT: "only the provider's people can make or revoke a key",
}
PHASES = {
    Strategy.OVERLAP: ("create", "revoke"),
    Strategy.RESET: ("reset",),
    Strategy.REVOKE_FIRST: ("revoke", "create"),
    Strategy.REAUTHORIZE: ("reset",),
    Strategy.CONTACT: ("contact",),
}
KNOWN = {"yes": True, "no": False}
AMBIGUOUS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
LABELS = "one sentence each, labels in **bold**"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as a prompt and as the help of its option."""

    name: str
    asks: str
    many: bool = False
    choices: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # asked only where one of these was answered; `strategy=overlap` asks for its value
    is_required: bool = False


QUESTIONS = (
    Question("name", "What the provider is called today", is_required=True),
    Question("alias", "Former names and other spellings", many=True),
    Question("strategy", "What it allows", choices=tuple(each.value for each in STRATEGIES), is_required=True),
    Question("console", "Address of the page on which the keys are"),
    Question("docs", "Address of its documentation of keys"),
    Question("term", "Its own word for the key, such as API token"),
    Question("self-service", "Its users can make a key themselves", choices=tuple(KNOWN)),
    Question("shown-once", "A new key is shown only once", choices=tuple(KNOWN)),
    Question("last-used", "The console shows when a key was last used", choices=tuple(KNOWN)),
    Question("role", "The role that one needs"),
    Question("create", f"How to make a key: {LABELS}", many=True, needs=("strategy=overlap", "strategy=revoke-first")),
    Question(
        "revoke", f"How to end the old key: {LABELS}", many=True, needs=("strategy=overlap", "strategy=revoke-first")
    ),
    Question("reset", f"How to replace the key: {LABELS}", many=True, needs=("strategy=reset", "strategy=reauthorize")),
    Question("contact", "Whom to ask and what to say: one sentence each", many=True, needs=("strategy=contact",)),
    Question("confirm", "How one sees that the new key is in use", many=True),
    Question("probe", "Address of a request that only reads and needs the key; Enter if there is none"),
    Question(
        "probe-auth",
        "How it carries the key: bearer, header NAME, header NAME: Token {api_key}, or query NAME",
        needs=("probe",),
        is_required=True,
    ),
    Question("accepted", "HTTP statuses that show a good key", many=True, needs=("probe",), is_required=True),
    Question("rejected", "HTTP statuses that show a bad key", many=True, needs=("probe",), is_required=True),
    Question(
        "confidence",
        "Where you have that from",
        choices=("documented", "detector", "inferred"),
        needs=("probe",),
        is_required=True,
    ),
    Question("note", "What else to know; without a probe, why there is none", many=True),
    Question("source", "Addresses of the pages that say all this", many=True, is_required=True),
)


# -- answers -------------------------------------------------------------------------------------------------------


def given(arguments: list[str]) -> tuple[dict[str, Any], argparse.Namespace]:
    """Return what the options answer, and the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", help="what the provider is called today; without it, all is asked")
    parser.add_argument("--slug", help="the file's name (default: from the name)")
    for question in QUESTIONS[1:]:
        again = "; may be given again" if question.many else ""
        parser.add_argument(
            f"--{question.name}",
            action="append" if question.many else "store",
            choices=question.choices or None,
            metavar=None if question.choices else "TEXT",
            help=f"{question.asks[0].lower()}{question.asks[1:]}{again}",
        )
    parser.add_argument("--checked-on", metavar="YYYY-MM-DD", help="when you read the sources (default: today)")
    parser.add_argument("--root", type=Path, default=ROOT, metavar="DIR", help="the repository (default: this one)")
    parser.add_argument("--dry-run", action="store_true", help="print the file and write nothing")
    options = parser.parse_args(arguments)
    answers = {question.name: getattr(options, question.name.replace("-", "_")) for question in QUESTIONS}
    missing = [question for question in QUESTIONS if question.is_required and is_asked(question, answers)]
    lacking = [f"--{question.name}" for question in missing if not answers[question.name]]
    if options.name and lacking:
        parser.error(f"missing: {', '.join(lacking)}; or give no argument at all, and all is asked")
    return answers, options


def is_asked(question: Question, answers: Answers) -> bool:
    """Tell whether a question makes sense after the answers before it."""
    pairs = (need.partition("=") for need in question.needs)
    return not question.needs or any(
        answers.get(name) and (not value or answers[name] == value) for name, _, value in pairs
    )


def asked() -> dict[str, Any]:
    """Ask every question that makes sense after the answers before it."""
    answers: dict[str, Any] = {}
    for question in QUESTIONS:
        if is_asked(question, answers):
            answers[question.name] = several(question) if question.many else single(question)
    return answers


def several(question: Question) -> list[str]:
    """Take lines until an empty one."""
    print(f"{question.asks} (one a line, Enter ends):")
    lines = list(iter(lambda: input("  - ").strip(), ""))
    return several(question) if question.is_required and not lines else lines


def single(question: Question) -> str:
    """Take one line, and ask again where it does not do."""
    if question.name == "strategy":
        for strategy, meaning in STRATEGIES.items():
            print(f"  {strategy}: {meaning}")
    choices = f" ({' / '.join(question.choices)})" if question.choices else ""
    answer = input(f"{question.asks}{choices}: ").strip()
    is_wrong = bool(answer and question.choices and answer not in question.choices)
    return single(question) if is_wrong or (question.is_required and not answer) else answer


# -- the entry -----------------------------------------------------------------------------------------------------


def slug_of(name: str) -> str:
    """Turn a name into lower-case ASCII with hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", plain))


def entry(answers: Answers, checked_on: str) -> dict[str, Any]:
    """Lay the answers out as a provider's file has them; what was not answered is left out."""
    phases = PHASES[Strategy(answers["strategy"])]
    laid_out = {
        "name": answers["name"],
        "aliases": [slug_of(alias) for alias in answers.get("alias") or ()],
        "console": answers.get("console"),
        "docs": answers.get("docs"),
        "credential": {"term": answers.get("term") or "API key", "fields": ["api_key"]},
        "self_service": KNOWN.get(answers.get("self-service") or ""),
        "strategy": answers["strategy"],
        "reveal_once": KNOWN.get(answers.get("shown-once") or ""),
        "role": answers.get("role"),
        "last_used": KNOWN.get(answers.get("last-used") or ""),
        "steps": {phase: sentences(answers[phase]) for phase in phases if answers.get(phase)},
        "confirm": sentences(answers.get("confirm")),
        "notes": sentences(answers.get("note")),
        "probe": probe(answers) if answers.get("probe") else None,
        "sources": [{"url": url, "checked_on": checked_on} for url in answers.get("source") or ()],
    }
    return {key: value for key, value in laid_out.items() if value is False or value}


def sentences(texts: list[str] | None) -> list[str]:
    """Begin every sentence with a capital, and end it with a full stop."""
    return [f"{text[0].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}" for text in texts or ()]


def probe(answers: Answers) -> dict[str, Any]:
    """Lay a probe out; the key goes where `probe-auth` says."""
    scheme, _, rest = answers["probe-auth"].partition(" ")
    name, _, value = rest.partition(":")
    auth = (
        {"scheme": scheme, "name": name.strip(), "format": value.strip() or "{api_key}"} if name else {"scheme": scheme}
    )
    return {
        "method": "GET",
        "url": answers["probe"],
        "auth": auth,
        "accepted": statuses(answers["accepted"]),
        "rejected": statuses(answers["rejected"]),
        "confidence": answers["confidence"],
        "sources": list(answers["source"]),
    }


def statuses(texts: list[str]) -> list[Any]:
    """Read statuses as numbers; anything else stays, for the check to name it."""
    return [
        int(word) if word.isascii() and word.isdigit() else word for text in texts for word in re.split("[ ,]+", text)
    ]


# -- the file ------------------------------------------------------------------------------------------------------


def written(data: Mapping[str, Any]) -> str:
    """Write an entry as YAML: sentences in lists, everything small on one line."""
    return "\n".join([HEADER, *(line for key, value in data.items() for line in lines(key, value, ""))]) + "\n"


def lines(key: str, value: object, indent: str) -> Iterator[str]:
    """Write one key."""
    if key in {"steps", "probe"}:
        yield f"{indent}{key}:"
        for name, inner in cast("Mapping[str, Any]", value).items():
            yield from lines(name, inner, f"{indent}  ")
    elif isinstance(value, list) and key not in {"aliases", "accepted", "rejected"}:
        yield f"{indent}{key}:"
        for item in value:
            yield from folded(f"{indent}  - ", item)
    elif isinstance(value, str):
        yield from folded(f"{indent}{key}: ", value)
    else:
        yield f"{indent}{key}: {flow(value)}"


def folded(start: str, value: object) -> list[str]:
    """Write a sentence over as many lines as it needs; what needs quotes stays on one."""
    if not isinstance(value, str) or not is_plain(value):
        return [f"{start}{flow(value)}"]
    below = " " * (
        len(start) - len(start.lstrip(" -")) if start.endswith("- ") else len(start) - len(start.lstrip()) + 2
    )
    return textwrap.wrap(start + value, WIDTH, subsequent_indent=below, break_long_words=False, break_on_hyphens=False)


def is_plain(text: str) -> bool:
    """Tell whether a text means itself in YAML without quotes."""
    is_word = text.lower() in AMBIGUOUS or not re.match("[A-Za-z(]", text)
    return not is_word and not re.search(r": |:$| #|\s{2}|\s$", text)


def flow(value: object) -> str:
    """Write a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    is_bare = isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_ -]*|\d{4}-\d\d-\d\d", value)
    return str(value) if is_bare and str(value).lower() not in AMBIGUOUS else json.dumps(value, ensure_ascii=False)


# -- checks --------------------------------------------------------------------------------------------------------


def faults(slug: str, text: str, root: Path) -> list[str]:
    """Say why this file should not be written."""
    if not slug:
        return ["the name has no ASCII letter or digit; give --slug"]
    named = {name: each for each in files.slugs("providers", root) for name in names(each, root)}
    shown = f"providers/{slug}.yaml"
    document = files.document(text, shown)
    if isinstance(document, tuple):
        return [problem.message for problem in document]
    data = cast("dict[str, Any]", document.data)
    clashes = [
        f"{name} is there already, in providers/{named[name]}.yaml; add what is missing to that file"
        for name in (slug, *data.get("aliases", ()))
        if name in named
    ]
    findings = Schemas(files.schemas()).findings("provider", shown, cast("Any", data))
    return [*clashes, *(f"{'.'.join(map(str, each.pointer))}: {each.message}" for each in findings)]


def names(slug: str, root: Path) -> list[str]:
    """Give what a provider of the catalogue is and was called, as slugs."""
    found = files.entry("providers", slug, root)
    data = cast("dict[str, Any]", found.data) if isinstance(found, files.Document) else {}
    return [slug, *(data.get("aliases") or ())]


def missing(data: Mapping[str, Any]) -> Iterator[str]:
    """Say what a reviewer will ask for."""
    for phase in PHASES[Strategy(data["strategy"])]:
        if phase not in data.get("steps", {}):
            yield f"steps.{phase}: until you write them, people get generic steps"
    for name in re.findall(r"\{([a-z][a-z0-9_]*)\}", (data.get("probe") or {}).get("url", "")):
        yield f"probe.params.{name}: say its kind and where people find its value"
    if not data.get("probe") and not data.get("notes"):
        yield "notes: say why there is no probe"


def main(arguments: list[str]) -> int:
    """Ask, check and write; return the exit status."""
    answers, options = given(arguments)
    if not options.name:
        try:
            answers = asked()
        except EOFError:
            print("\nStopped before the last question; nothing was written.", file=sys.stderr)
            return 1
    slug = options.slug or slug_of(answers["name"])
    # The day on which somebody runs this is the day on which they have read the pages.
    today = date.today().isoformat()  # noqa: DTZ011, TID251 - a script at the edge; the day of who runs it
    data = entry(answers, options.checked_on or today)
    text = written(data)
    if wrong := faults(slug, text, options.root):
        print("\n".join(wrong), file=sys.stderr)
        return 1
    if options.dry_run:
        print(text, end="")
        return 0
    path = options.root / "providers" / f"{slug}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    print(f"Wrote {path}.")
    for line in missing(data):
        print(f"Still missing, {line}.")
    print(f"Read it as others will: keyturn providers {slug}. CONTRIBUTING.md says how to go on.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
