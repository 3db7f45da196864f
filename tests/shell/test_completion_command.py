"""`keyturn completion`: its script in a real bash, and every command in those of the other shells."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from shell.desk import Desk

from keyturn.commands import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    (folder / "keyturn.bash").write_text(Desk(folder).keyturn("completion", "bash").out, encoding="utf-8")
    return folder / "keyturn.bash"


def bash(script: Path, line: str) -> list[str]:
    """Run a line in a bash that has loaded the script, and nothing else."""
    ran = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", f'source "$1" && {line}', "bash", str(script)],
        check=True,
        capture_output=True,
        text=True,
    )
    return ran.stdout.split()


def offered(script: Path, *words: str) -> list[str]:
    """Return what is offered for the last of some words, as bash asks for it at the tabulator."""
    typed = " ".join(f"'{word}'" for word in words)
    return bash(
        script,
        f'COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; COMP_LINE="{" ".join(words)}"; '
        '$(complete -p keyturn | sed "s/.*-F \\([^ ]*\\).*/\\1/") keyturn; '
        'printf "%s\\n" "${COMPREPLY[@]}"',
    )


def test_bash_completes_the_command(script: Path) -> None:
    assert bash(script, "complete -p keyturn")[-1] == "keyturn"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(("keyturn", ""), set(COMMANDS), id="every command"),
        pytest.param(("keyturn", "val"), {"validate"}, id="a command"),
        pytest.param(("keyturn", "verify", "--base"), {"--baseline"}, id="an option"),
        pytest.param(("keyturn", "plan", "--roo"), {"--root"}, id="an option of all"),
        pytest.param(("keyturn", "request", "--reason", "l"), {"leaked"}, id="a choice"),
        pytest.param(("keyturn", "validate", "--format", "s"), {"sarif"}, id="a format"),
    ],
)
def test_bash_offers(script: Path, words: tuple[str, ...], expected: set[str]) -> None:
    assert set(offered(script, *words)) - {"-h", "--help", "--version"} == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_script_names_every_command(desk: Desk, shell: str) -> None:
    done = desk.keyturn("completion", shell)
    assert done.status == 0
    assert [name for name in COMMANDS if name not in done.out] == []
    assert "leaked" in done.out


def test_without_its_library_it_says_what_to_install(desk: Desk) -> None:
    code = "import sys; sys.modules['shtab'] = None; from keyturn.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "completion", "bash"], cwd=desk.folder, check=False, capture_output=True, text=True
    )
    assert (done.returncode, "pip install 'keyturn[completion]'" in done.stderr) == (2, True)
