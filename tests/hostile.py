"""Text that tries to come alive wherever it is shown, and what has come alive in a text.

`hostile_texts()` is a strategy of such texts. `live_in_markdown`, `live_on_a_terminal` and `live_in_html` name what a
reader's program would act on; each is empty for a text that is inert. `markdown_shape` and `html_shape` give the
structure of a page without its words, which no value of a field may change.
"""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hypothesis import strategies as st
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

# -- what attackers write ------------------------------------------------------------------------------------------

MENTIONS = ("@alice", "@acme/team", "@\u200balice", "a@b.co", "mailto:a@b.co", "&#64;alice", "&commat;x", "\\@alice")
REFERENCES = (
    *("#1", "closes #1", "Fixes: #1", "resolves GH-1", "close acme/x#1", "fix https://github.com/acme/x/issues/1"),
    *("acme/x#1", "acme/x@0123456789abcdef0123456789abcdef01234567", "GHSA-aaaa-bbbb-cccc", "CVE-2024-12345"),
    *("https://github.com/acme/x/pull/1", "closes\u00a0#1", "closes&#32;&#35;1", "&num;1", "0123456", "a" * 40),
)
ADDRESSES = (
    *("https://x.example", "www.x.co", "x.com", "//x.co", "ftp://x.co", "www.x", "https://localhost/x", "//localhost"),
    *("ftp://10.0.0.1/x", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "\\\\x\\y"),
    *("https://x.example/i.png?a=1&b=2", "http://a:b@x.co", "file:///etc/passwd", "https://[::1]/", "https://x.co\\@y"),
)
MARKDOWN = (
    *("<https://x.example>", "![x](https://x.example/i.png)", "[x](//x.co)", "[x](javascript:a)", "[x](y)", "![x](y)"),
    *("[x]: https://x.example", "[^1]", "[^1]: x", "[x]", "**b**", "__b__", "*i*", "~~s~~", "`c`", "```", "~~~"),
    *("|", "| --- |", "# h", "- [ ] t", "- [x] t", "* [ ] t", "1. [ ] t", "[ ] t", "1. x", "2) x", "+ x", "> q"),
    *("> [!NOTE]", "===", "---", "***", "=", "-", "\\", "_", "&lt;", "&amp;", "    code", "\t", "  ", " ", "$x$"),
    *("$$", "$`x`$", ":smile:", ":+1:", "\n", "\r\n", "\n\n", "\n- [ ] t\n", "\n# h\n", "\n```\n", "\n> q\n\n"),
)
OURS = (
    *("<!-- keyturn {} -->", "<!-- /keyturn -->", "<!-- keyturn-reminder 2026-11-22+7 -->", "<!-- keyturn-note -->"),
    *('\n<!-- keyturn {"scope": "acme/keys:.", "id": "examplary/loader"} -->\n', "\n<!-- /keyturn -->\n"),
    *("<!-- keyturn-review acme/keys:. -->", "<!-- /keyturn-note -->", "Continued in #12."),
)
HTML = (
    *("<!-- x -->", "<!--", "-->", "--!>", "<b onclick=x>", "<script>alert(1)</script>", "</script>", "</style>"),
    *('"><svg onload=x>', "'><img src=x onerror=y>", '" onmouseover="x', "' autofocus onfocus='x", "<x", "</td>"),
    *("<details>", "<a href=javascript:x>", "<![CDATA[x]]>", "<?x?>", "<!DOCTYPE x>", "</title>", "</textarea>"),
    *("&lt;script&gt;", "&#60;b&#62;", "{{ 7 * 7 }}", "{% raw %}", "{# x", "${{ github.token }}", "`${x}`"),
)
COMMANDS = (
    *("::", "::error::x", "::error file=x::y", "  ::add-mask::x", "\n::set-output name=x::y", "::stop-commands::x"),
    *("##[error]x", "##[add-mask]x", "##[error]@x", "%0A::error::x", "%0a::warning::x", "\r::debug::x", "%25", "::::"),
    *("\n##[group]x", "\u2028::error::x", "\x85::error::x", "\v::error::x", "\f::error::x", "\u200b::error::x"),
)
CONTROLS = (
    *("\x00", "\x07", "\x08", "\x1b[31m", "\x1b]0;x\x07", "\x1b]8;;https://x.example\x1b\\x", "\x1bP+q\x1b\\", "\x7f"),
    *("\x85", "\x9b31m", "\x9d0;x\x9c", "\r", "\v", "\f", "\u061c", "\u200b", "\u200e", "\u202e", "\u2028", "\u2029"),
    *("\u2066x\u2069", "\ufeff", "\xad", "\ufff9", "\U000e0041", "\u115f", "\u3164", "\u034f", "\ud800", "\udfff"),
)
PIECES = (*MENTIONS, *REFERENCES, *ADDRESSES, *MARKDOWN, *OURS, *HTML, *COMMANDS, *CONTROLS)


def hostile_texts(max_pieces: int = 6) -> st.SearchStrategy[str]:
    """Give texts put together from attacks, from the signs that attacks are made of, and from any characters."""
    piece = st.sampled_from(PIECES) | st.sampled_from("ab1 .:@#/`_*<>|[]()!-=+$&\\\n\"'%") | st.text(max_size=4)
    return st.lists(piece, max_size=max_pieces).map("".join)


# -- Markdown as GitHub reads it -----------------------------------------------------------------------------------

PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
PARSER.linkify.set({"fuzzy_link": True, "fuzzy_email": True})

# What GitHub looks for in the text that Markdown leaves between tags; code is left alone.
ALIVE = re.compile(
    r"""
      @[a-z0-9]                                       # mentions
    | (?<!\w)\#\d | [\w-]/[\w.-]+\#\d                 # references to issues, here and elsewhere
    | \bgh-\d | \bghsa-\w | \bcve-\d                  # references by name
    | \b[0-9a-f]{7,40}\b                              # commits
    | https?:// | ftp:// | mailto: | www\.            # addresses
    | :[a-z0-9_+-]+:                                  # emoji
    | \$                                              # formulas
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CLOSING = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s+(?:\S*#\d|GH-\d|https?://)", re.IGNORECASE)
_TASK = re.compile(r"\[[ xX]\](?:\s|$)")
_WEB = ("http", "https")


def inlines(text: str) -> Iterator[Token]:
    """Yield every token, those within a line after the line's own."""
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def markdown_shape(text: str) -> list[str]:
    """Give the structure of a text without its words, code and escapes; a task is told from another item."""
    found: list[str] = []
    for token in inlines(text):
        if token.type == "inline" and found[-2:-1] == ["list_item_open"] and _TASK.match(token.content):
            found.append("task")
        elif token.type not in {"text", "code_inline", "text_special", "inline"}:
            found.append(token.type)
    return found


def words(text: str) -> str:
    """Give what a reader sees outside of code; two runs that touch a tag or code are kept apart."""
    return "".join(
        token.content if token.type.startswith("text") else "\0" for token in inlines(text) if token.type != "inline"
    )


def seen(text: str) -> str:
    """Give all that a reader sees, code too."""
    shown = {"text", "code_inline", "text_special", "fence", "code_block"}
    return "".join(token.content for token in inlines(text) if token.type in shown)


def live_in_markdown(text: str) -> list[str]:
    """Name what GitHub would act on: mentions, references, closing words, images, links with a foreign scheme."""
    plain = words(text)
    found = [found[0] for pattern in (ALIVE, _CLOSING) for found in pattern.finditer(plain)]
    for token in inlines(text):
        target = str(token.attrGet("href") or token.attrGet("src") or "")
        if token.type == "image" or (token.type == "link_open" and urlsplit(target).scheme not in _WEB):
            found.append(f"{token.type} {target}")
    return found


# -- a terminal, and the log of a workflow -------------------------------------------------------------------------

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def live_on_a_terminal(text: str, *, in_actions: bool = True) -> list[str]:
    """Name what a terminal obeys or hides, and with `in_actions` each line that the runner takes for a command.

    The runner looks for `::` where a line begins, after blanks, and for `##[` anywhere in it.
    """
    odd = (char for char in text if char != "\n" and not char.isprintable())
    steering = [f"U+{ord(char):04X}" for char in odd if unicodedata.category(char) in _STEERING]
    lines = re.split(r"[\n\r]", text) if in_actions and ("::" in text or "##[" in text) else []
    return [*steering, *(line for line in lines if line.lstrip().startswith("::") or "##[" in line)]


# -- HTML ----------------------------------------------------------------------------------------------------------


class _Page(HTMLParser):
    """Notes the tags with the names of their attributes, and what should not be there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shape: list[str] = []
        self.live: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append(" ".join([tag, *(name for name, _ in attrs)]))
        for name, value in attrs:
            if name.startswith("on"):
                self.live.append(f"{tag} {name}")
            if name in {"href", "src", "action", "formaction", "srcset", "data"} and _is_foreign(value or ""):
                self.live.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        self.shape.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.shape.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.shape.append(f"declaration {decl}")

    def unknown_decl(self, data: str) -> None:
        self.shape.append(f"declaration {data}")

    def handle_pi(self, data: str) -> None:
        self.shape.append(f"instruction {data}")


def _is_foreign(address: str) -> bool:
    # A browser drops blanks and controls before it looks for a scheme.
    bare = "".join(char for char in address if char > " ")
    return re.match(r"[a-z][a-z0-9+.-]*:(?!//)|(?!https?:)[a-z][a-z0-9+.-]*://|//", bare, re.IGNORECASE) is not None


def html_shape(page: str) -> list[str]:
    """Give tags with the names of their attributes, ends, comments and declarations, without texts and values."""
    return _parsed(page).shape


def live_in_html(page: str) -> list[str]:
    """Name attributes that run code, and addresses that are neither of the web nor relative."""
    return _parsed(page).live


def _parsed(page: str) -> _Page:
    parser = _Page()
    parser.feed(page)
    parser.close()
    return parser
