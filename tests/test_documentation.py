"""What the documentation says is so: links lead somewhere, samples are valid, commands parse, messages are ours."""

from __future__ import annotations

import ast
import functools
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml
from markdown_it import MarkdownIt

from keyturn import cli
from keyturn.cli import arguments
from keyturn.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from markdown_it.token import Token

pytestmark = pytest.mark.repository

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
WRITTEN = [page for page in PAGES if page.parent.name != "providers"]  # those are made of the catalogue, and alike
SCHEMA = re.compile(r"# yaml-language-server: \$schema=\S*?(\w+)\.schema\.json\n")
HOME = re.compile(r"# (rotation|incident|provider|platform)s/")
PLACES = {"policy": "keyturn.yaml"}
LEAST_WORDS = 12  # letters of a message that are not filled in


@functools.cache
def tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def inline(page: Path) -> Iterator[Token]:
    for token in tokens(page):
        yield from token.children or ()


class Sample(NamedTuple):
    """A fenced block and where it begins."""

    where: str
    language: str
    text: str


def samples(language: str) -> list[object]:
    found = (
        Sample(f"{page.relative_to(ROOT)}:{(token.map or [0])[0] + 1}", token.info.strip(), token.content)
        for page in PAGES
        if page.parent.name != "decisions"  # what was measured there is no advice
        for token in tokens(page)
        if token.type == "fence"
    )
    return [pytest.param(each, id=each.where) for each in found if each.language == language]


# -- links -----------------------------------------------------------------------------------------------------------


@functools.cache
def anchors(page: Path) -> set[str]:
    """Return the names of a page's headings, as GitHub gives them."""
    heads = (
        after for token, after in zip(tokens(page), tokens(page)[1:], strict=False) if token.type == "heading_open"
    )
    texts = ("".join(each.content for each in head.children or ()) for head in heads)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}


def broken(page: Path, address: str) -> bool:
    path, _, anchor = address.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return True
    return bool(anchor) and target.suffix == ".md" and anchor not in anchors(target)


def test_every_internal_link_leads_somewhere() -> None:
    pairs = (
        (page, str(token.attrGet("href") or token.attrGet("src") or "")) for page in PAGES for token in inline(page)
    )
    internal = [(page, each) for page, each in pairs if each and not re.match(r"[a-z]+:", each)]
    assert len(internal) > len(PAGES)
    assert [f"{page.relative_to(ROOT)}: {each}" for page, each in internal if broken(page, each)] == []


def test_every_page_is_reached_from_the_readme() -> None:
    """By links, or by standing in a folder that is linked."""
    seen, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page not in PAGES:
            continue
        seen.add(page)
        targets = ((page.parent / str(token.attrGet("href")).partition("#")[0]).resolve() for token in inline(page))
        waiting += [each for target in targets for each in (target.glob("*.md") if target.is_dir() else [target])]
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in seen] == []


# -- samples ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", samples("yaml"))
def test_every_sample_of_yaml_is_valid(sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kind = next((found[1] for form in (SCHEMA, HOME) if (found := form.match(sample.text))), None)
    if kind is None or re.fullmatch(r"#.*\n", sample.text):
        document = yaml.safe_load(sample.text)
        assert not isinstance(document, dict) or "owners" not in document, "say which schema it has, in its first line"
        return
    (tmp_path / "keyturn.yaml").touch()
    place = tmp_path / PLACES.get(kind, f"{kind}s/sample.yaml")
    place.parent.mkdir(exist_ok=True)
    place.write_text(sample.text, encoding="utf-8")
    if kind == "incident":  # which is wrong where it matches nothing
        (tmp_path / "rotations").mkdir()
        for provider in ("mixpanel", "close"):
            text = f"provider: {provider}\nkey: a\nowners: [bob]\ncreated: 2026-11-01\nconsumers: []\ntags: [pii]\n"
            (tmp_path / f"rotations/{provider}.yaml").write_text(text, encoding="utf-8")
    status = cli.main(["validate", "--root", str(tmp_path), "--today", "2026-11-21"])
    assert status == 0, capsys.readouterr().out


# -- commands --------------------------------------------------------------------------------------------------------


def understood(line: str) -> str:
    """Return why the command line would be refused; nothing where it is not."""
    command = re.split(r"\s{2,}|\s[|>#]", line.removeprefix("$ "))[0]
    given = shlex.split(command)[1:]
    try:
        if given != ["--version"]:
            arguments.parser(given).parse_args(given)
    except UsageError as error:
        return f"{command}: {error}"
    except SystemExit:  # `--help`
        return ""
    return ""


@pytest.mark.parametrize("sample", samples("console"))
def test_every_command_of_a_sample_is_understood(sample: Sample) -> None:
    lines = re.sub(r"^ {20,}.*\n", "", re.sub(r"\\\n\s*", "", sample.text), flags=re.MULTILINE).splitlines()
    ours = [line for line in lines if re.match(r"(\$ )?keyturn ", line)]
    assert [why for line in ours if (why := understood(line))] == []


def test_every_command_in_a_text_is_understood() -> None:
    code = (token for page in WRITTEN for token in inline(page) if token.type == "code_inline")
    spans = {token.content.replace("\n", " ") for token in code}
    whole = [each for each in spans if each.startswith("keyturn ") and not re.search(r"[…\[<]|\bCOMMAND\b|/.*/", each)]
    said = (why for each in whole if (why := understood(each)))
    assert [
        why for why in said if not re.search("are required|expected .*argument", why)
    ] == []  # a command may be named alone


# -- messages --------------------------------------------------------------------------------------------------------


@functools.cache
def messages() -> tuple[re.Pattern[str], ...]:
    """Return every text of the source that has enough words, with its blanks open."""
    sources = (ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "src").rglob("*.py")))
    return tuple(form for tree in sources for node in ast.walk(tree) if (form := _form(node)) is not None)


def _form(node: ast.AST) -> re.Pattern[str] | None:
    if not isinstance(node, ast.JoinedStr | ast.Constant):
        return None
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
    if sum(len(re.findall("[A-Za-z]", text)) for text in texts if isinstance(text, str)) < LEAST_WORDS:
        return None
    return re.compile("".join(re.escape(text) if isinstance(text, str) else ".*" for text in texts))


def quotes() -> Iterator[str]:
    depth = 0
    for token in tokens(ROOT / "docs/faq.md"):
        depth += (token.type == "blockquote_open") - (token.type == "blockquote_close")
        if depth and token.type == "inline":
            yield token.content.replace("\n", " ")


def test_every_message_that_is_explained_can_be_met() -> None:
    found = list(quotes())
    assert len(found) > 10
    assert [each for each in found if not any(form.fullmatch(each) for form in messages())] == []


def test_a_message_that_nobody_says_is_found_out() -> None:
    assert not any(form.fullmatch("the moon is in the wrong house; wait for the next one") for form in messages())


# -- generated pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["command", "format"])
def test_generated_pages_are_up_to_date(kind: str) -> None:
    script = ROOT / f"scripts/generate_{kind}_pages.py"
    ran = subprocess.run([sys.executable, str(script), "--check"], check=False, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.parametrize("kind", ["command", "format"])
def test_a_check_names_what_differs_and_writes_nothing(kind: str, tmp_path: Path) -> None:
    script, folder = ROOT / f"scripts/generate_{kind}_pages.py", tmp_path / f"docs/{kind}s"
    (tmp_path / "schemas").symlink_to(ROOT / "schemas")
    subprocess.run([sys.executable, str(script), "--root", str(tmp_path)], check=True)
    (folder / "README.md").write_text("changed by hand", encoding="utf-8")
    (folder / "gone.md").touch()
    checked = subprocess.run(
        [sys.executable, str(script), "--root", str(tmp_path), "--check"], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 1
    assert checked.stdout.splitlines()[:2] == [
        f"docs/{kind}s/README.md differs",
        f"docs/{kind}s/gone.md belongs to no {'command' if kind == 'command' else 'kind of file'}",
    ]
    assert (folder / "README.md").read_text(encoding="utf-8") == "changed by hand"


# -- the site --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; a warning fails it, such as a link that MkDocs cannot follow."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


def test_the_site_has_every_page(site: Path) -> None:
    def built(page: Path) -> Path:
        inside = page.relative_to(ROOT / "docs") if page.is_relative_to(ROOT / "docs") else Path(page.name.lower())
        return site / (inside.with_name("index.md") if inside.name == "README.md" else inside).with_suffix(".html")

    pages = [page for page in PAGES if page != ROOT / "README.md"]
    assert [str(page) for page in pages if not built(page).is_file()] == []


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    loading: Mapping[str, re.Pattern[str]] = {
        "*.html": re.compile(r"<(?:script|img|iframe|source)[^>]*\ssrc=\"?(?:https?:)?//|<link[^>]+href=\"?https?://"),
        # What the theme's script would ask for: the stars of a repository, and the library that draws diagrams.
        "**/*.html": re.compile(r"data-md-component=\"?source\b|class=\"?mermaid\b"),
        "*.css": re.compile(r"url\(\"?https?://|@import"),
    }
    found = [
        str(path.relative_to(site))
        for kind, pattern in loading.items()
        for path in site.rglob(kind)
        if pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
