"""The parser's complaints in our own words: where, what, and what to write instead; never what the file says."""

from __future__ import annotations

import re
from typing import Any

from keyturn.model import Problem

# By what the parser's own message says; the first that fits.
_WORDING = (
    (r"mapping values are not allowed", "a colon cannot start a value here; quote the text, or begin a new line"),
    (r"cannot start any token", "a value cannot start like this; quote it, and indent with spaces, not tabs"),
    (r"unexpected end of stream|end of the stream", "a quote is opened here and never closed; close it"),
    (r"unexpected document", "a quote is opened here and never closed; close it"),
    (r"expected ',' or", "a bracket is opened on line {opened} and not closed before this; close it, or add a comma"),
    (r"could not find expected ':'", "a key without a colon; write `key: value`"),
    (r"did not find expected key", "this line does not fit the lines above; align it with them, or close the quote"),
    (r"expected '-' indicator|block end", "this line does not fit the lines above; align it with them"),
    (r"block sequence entries are not allowed", "a list item cannot start here; begin a new line"),
    (r"escape", "this escape sequence is not YAML; write the character itself, or use single quotes"),
    (r"hexdecimal|hexadecimal|Unicode", "this escape sequence is not YAML; write the character itself"),
    (r"document start", "text after the end of the document; remove it"),
    (r"tab", "a tab cannot indent; use spaces"),
    (r"directive|version", "a directive cannot stand here; remove it"),
    (r"anchor|alias", "anchors and aliases are not allowed; write the value out"),
    (r"tag", "tags are not allowed; remove it"),
)
_ELSE = "this is not valid YAML; look for a missing quote, colon or bracket on this line or the one before"
_AT_ITS_START = re.compile("unexpected end of stream|end of the stream|unexpected document")


def problem(error: Exception, shown: str) -> Problem:
    """Turn an exception of the parser into a problem at its place."""
    said = str(getattr(error, "problem", None) or "")
    opened = getattr(error, "context_mark", None)
    mark = opened if opened and _AT_ITS_START.search(said) else getattr(error, "problem_mark", None) or opened
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Problem(shown, line, column, "yaml-syntax", _message(said, opened))


def _message(said: str, opened: Any) -> str:
    wording = next((words for pattern, words in _WORDING if re.search(pattern, said)), _ELSE)
    return wording.format(opened=opened.line + 1 if opened else "?")
