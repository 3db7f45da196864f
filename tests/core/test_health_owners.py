"""Who owns a path by CODEOWNERS, as GitHub's documentation says, and whether a version lies within a range."""

from __future__ import annotations

import pytest

from keyturn.health import owners
from keyturn.health.versions import is_within

A, B = ("@alice",), ("@acme/data",)
FITS = {
    "everything": ("* @alice", "src/x.py", A),
    "everything, at the top": ("* @alice", "x.py", A),
    "a blank file": ("", "x.py", ()),
    "a comment": ("# * @alice", "x.py", ()),
    "a comment behind": ("* @alice # and nobody else", "x.py", A),
    "the last wins": ("* @alice\n/providers/ @acme/data", "providers/x.yaml", B),
    "the last wins, whatever it says": ("/providers/ @acme/data\n* @alice", "providers/x.yaml", A),
    "owners taken away": ("* @alice\n/providers/", "providers/x.yaml", ()),
    "a folder, deep": ("/providers/ @alice", "providers/a/b.yaml", A),
    "a folder is not a file": ("/keyturn.yaml/ @alice", "keyturn.yaml", ()),
    "a folder anywhere": ("providers/ @alice", "keys/providers/x.yaml", A),
    "an anchored folder": ("/providers/ @alice", "keys/providers/x.yaml", ()),
    "a slash within anchors": ("keys/providers @alice", "other/keys/providers/x.yaml", ()),
    "a folder without its slash": ("/providers @alice", "providers/a/b.yaml", A),
    "a star is shallow": ("/providers/* @alice", "providers/a/b.yaml", ()),
    "a star fits a file": ("/providers/* @alice", "providers/x.yaml", A),
    "a star at the top": ("/* @alice", "providers/x.yaml", ()),
    "an ending anywhere": ("*.yaml @alice", "providers/x.yaml", A),
    "another ending": ("*.yaml @alice", "providers/x.yml", ()),
    "stars across folders": ("/src/**/x.py @alice", "src/a/b/x.py", A),
    "stars across none": ("/src/**/x.py @alice", "src/x.py", A),
    "stars in a row": ("/src/**/**/x.py @alice", "src/x.py", A),
    "stars at the end": ("/src/** @alice", "src/a/b/x.py", A),
    "one character": ("/sr? @alice", "src/x.py", A),
    "letters count as written": ("/SRC/ @alice", "src/x.py", ()),
    "a mail address": ("* alice@example.com", "x.py", ("alice@example.com",)),
    "no owner's name": ("* alice", "x.py", ()),
    "brackets are not understood": ("/sr[abc] @alice", "src", ()),
    "negation is not understood": ("!src @alice", "src", ()),
    "nothing but slashes": ("// @alice", "src", ()),
}


@pytest.mark.parametrize(("text", "path", "found"), FITS.values(), ids=FITS)
def test_owners_of_a_path(text: str, path: str, found: tuple[str, ...]) -> None:
    assert owners.owners_of(path, owners.rules(text)) == found


def test_hostile_patterns_take_no_time_to_speak_of() -> None:
    text = "\n".join((f"{'**/*a' * 2_000}b @alice", f"/{'a*' * 2_000}b @alice", "/".join("a" * 20_000)))
    assert owners.owners_of(f"{'a' * 200}/{'a' * 200}/{'a' * 200}", owners.rules(text)) == ()


@pytest.mark.parametrize(
    ("version", "supported", "expected"),
    [
        ("6.0.2", ">=6.0.2,<7", True),
        ("6.0.1", ">=6.0.2,<7", False),
        ("7.0.0", "<7,>=6.0.2", False),
        ("6.10", ">=6.9", True),
        ("7.0", ">=7", True),
        ("3.14.0rc2", ">=3.11,<3.15", True),
        ("unknown", ">=1", False),
        ("1", "", True),
    ],
    ids=["lowest", "below", "next major", "numbers, not text", "zeros", "candidate", "no version", "any"],
)
def test_versions_within_a_range(version: str, supported: str, *, expected: bool) -> None:
    assert is_within(version, supported) is expected
