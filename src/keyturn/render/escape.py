"""Make text from files inert wherever it is shown: in Markdown, on a terminal, in workflow commands.

GitHub looks for mentions, references, addresses, emoji and formulas in the text that Markdown leaves behind, so neither
backslashes nor entities stop it; it only leaves code alone. Words that could come alive are therefore shown as code,
and everything else is escaped so that it reads as it was written.
"""

from __future__ import annotations

import json
import re
import unicodedata
from urllib.parse import quote, urlsplit

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")  # letters and marks that show nothing

# What GitHub or a linkifier would bring to life in a word, judged by what a reader sees.
_ALIVE = re.compile(
    r"""
      [@$]                                                # mentions, mail addresses, formulas
    | \#(?=\w)                                            # issue references
    | //                                                  # addresses of every scheme
    | www\.                                               # addresses without one
    | \.(?=[^\W\d_]{2}|xn--)                              # host names, and file names that look like one
    | (?<![0-9a-z])(?:gh|ghsa|cve)-(?=\w)                 # references by name
    | (?<![0-9a-z])[0-9a-f]{7,64}(?![0-9a-z])             # commits
    | :[\w+-]+:                                           # emoji
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OPENING, _CLOSING = "\"'(", "\"').,;:!?"  # what surrounds a word without belonging to it
# `]:` would make a definition of a link's text; `##[` begins a command of GitHub's log, wherever it stands in a line.
_NEVER_IN_CODE = re.compile(r"([`|<>]|\](?=:)|#(?=#\[))")
_SPECIAL = re.compile(r"[\\`*\[\]~<>&|#]|(?<![^\W_])_|_(?![^\W_])")
_ENTITIES = {"`": "&#96;", "|": "&#124;", "<": "&lt;", ">": "&gt;", "&": "&amp;"}
_BESIDE_CODE = {**_ENTITIES, "]": "&#93;", "#": "&#35;"}
_BLOCK_START = re.compile(r"[0-9]{1,9}[.)](?= |$)|[-+=:]")
_BLANK = re.compile(r"[^\S\t]")
_LANGUAGE = re.compile(r"[A-Za-z0-9+-]{1,20}")

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
# A link to one of these tells the other side that it was mentioned.
_CROSS_REFERENCE = re.compile(r"/[^/]+/[^/]+/(?:issues|pull|discussions|commit)/", re.IGNORECASE)
_WORKFLOW_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)")


# -- Markdown ------------------------------------------------------------------------------------------------------


def markdown(text: str) -> str:
    """Return one value as inert Markdown on one line, for any place: paragraph, cell, item, heading, link text."""
    return block_safe(inline(text))


def inline(text: str) -> str:
    """Return one value as inert Markdown for the middle of a line."""
    return " ".join(_word(word) for word in visible(text).split())


def block_safe(text: str) -> str:
    """Return inline Markdown so that no block begins where a line begins with it: a list, a heading's underline."""
    found = _BLOCK_START.match(text)
    return f"{text[: found.end() - 1]}\\{text[found.end() - 1 :]}" if found else text


def code(text: str) -> str:
    """Return one value as code on one line; what may not stand in a code span stands between two of them."""
    return "".join(_code_piece(piece) for piece in _NEVER_IN_CODE.split(" ".join(visible(text).split())))


def code_block(text: str, language: str | None = None) -> str:
    """Return text as a fenced block whose fence the text cannot close."""
    lines = [_BLANK.sub(" ", visible(line)).rstrip() for line in text.splitlines()]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    named = language if language and _LANGUAGE.fullmatch(language) else ""
    return "\n".join((f"{fence}{named}", *lines, fence))


def url(text: str) -> str | None:
    """Return an http or https address as the target of a Markdown link, or None where it should not be one."""
    try:
        parts = urlsplit(visible(text).strip())
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc) or _CROSS_REFERENCE.match(parts.path):
        return None
    return quote(parts.geturl(), safe="/:?#[]@!,;=%+-.~&").replace("&", "&amp;")


def link(label: str, target: str) -> str:
    """Return a link with a label of ours; an address that should not be a link is shown as code."""
    address = url(target)
    return f"[{label}]({address})" if address else f"{label}: {code(target)}"


def visible(text: str) -> str:
    """Return text without what cannot be seen: controls, bidirectional and zero-width characters, blank letters."""
    if _is_plain(text):
        return text
    return "".join(character for character in text if not _is_hidden(character) or character.isspace())


def _is_plain(text: str) -> bool:
    # Says of nearly every text in one step that nothing in it is hidden.
    return text.isprintable() and (text.isascii() or _BLANK_LETTERS.isdisjoint(text))


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN_CATEGORIES or character in _BLANK_LETTERS


def _word(word: str) -> str:
    if not _ALIVE.search(word):
        return _SPECIAL.sub(_escaped, word)
    alive = word.lstrip(_OPENING).rstrip(_CLOSING)
    before, _, after = word.partition(alive)
    return before + code(alive) + after


def _escaped(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0], f"\\{found[0]}")


def _code_piece(piece: str) -> str:
    if piece in _BESIDE_CODE:
        return _BESIDE_CODE[piece]
    inner = piece.strip()
    return piece.replace(inner, f"`{inner}`", 1) if inner else piece


# -- terminals and workflow commands -------------------------------------------------------------------------------


def terminal(text: str) -> str:
    """Return text on one line in which whatever would steer a terminal or GitHub's log can be seen."""
    shown = text if _is_plain(text) else "".join(map(_shown, text))
    return _WORKFLOW_COMMAND.sub(lambda found: f"{found[1] or ''}\\x{ord(found[0][-1]):02x}", shown)


def terminal_lines(text: str) -> str:
    """Return text on its lines, each as `terminal` shows it."""
    return "\n".join(map(terminal, text.split("\n")))


def workflow_data(text: str) -> str:
    """Return text as the message of a workflow command."""
    lines = "\n".join(terminal(line) for line in re.split("\r\n|\r|\n", text))
    return lines.replace("%", "%25").replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """Return text as the value of a workflow command's property."""
    return workflow_data(text).replace(":", "%3A").replace(",", "%2C")


def json_text(text: str) -> str:
    """Return a JSON document that says the same, in which nothing is hidden and nothing steers GitHub's log."""
    lines = text.split("\n")
    plain = (line if _is_plain(line) else "".join(map(_in_json, line)) for line in lines)
    return "\n".join(plain).replace("##[", "#\\u0023[")


def _in_json(character: str) -> str:
    return json.dumps(character)[1:-1] if _is_hidden(character) else character


def _shown(character: str) -> str:
    if not _is_hidden(character):
        return character
    return character.encode("unicode-escape", "surrogatepass").decode("ascii")
