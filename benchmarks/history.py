"""When every key was last changed, beside one raw `git log`: 100,000 files and 1,000 commits."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = 5
FILES, COMMITS, EACH = 100_000, 1000, 20  # a commit changes so many files
START, DAY = 1_700_000_000, 86_400  # seconds
RAW = ("git", "log", "--first-parent", "-m", "-z", "--name-only", "--no-renames", "--format=%ct", "--", "rotations")
STARTED = """\
from pathlib import Path
from keyturn.history import changed
"""
MAP = """\
assert len(changed(Path.cwd(), "rotations")) == {files}
"""


class Row(NamedTuple):
    """What one way took, in seconds of processor time of it and of the git that it starts."""

    what: str
    seconds: float
    ratio: float  # to git alone


def generate(root: Path, files: int = FILES, commits: int = COMMITS) -> None:
    """Make a repository of one large first commit and many small ones, without a work tree."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(root)], check=True)  # noqa: S607 - git as PATH has it
    with subprocess.Popen(["git", "fast-import", "--quiet"], cwd=root, stdin=subprocess.PIPE) as process:  # noqa: S607 - git
        for chunk in _stream(files, commits):
            process.stdin.write(chunk)  # type: ignore[union-attr] # there is a pipe
        process.stdin.close()  # type: ignore[union-attr] # there is a pipe
    if process.returncode:
        sys.exit("git fast-import failed")


def _stream(files: int, commits: int) -> Iterator[bytes]:
    for commit in range(commits):
        changed = range(files) if commit == 0 else range(commit * EACH % files, commit * EACH % files + EACH)
        yield _commit(commit)
        for number in changed:
            text = f"provider: mixpanel\nkey: key-{number}\n# version {commit}\n".encode()
            yield b"M 100644 inline %s\ndata %d\n%s\n" % (_path(number % files).encode(), len(text), text)


def _commit(number: int) -> bytes:
    who = f"alice <alice@acme.example> {START + number * DAY} +0000"
    return f"commit refs/heads/main\ncommitter {who}\ndata 6\nChange\n".encode()


def _path(number: int) -> str:
    return f"rotations/{number // 1000:03}/key-{number}.yaml"


def rows(files: int = FILES, commits: int = COMMITS) -> list[Row]:
    """Measure both ways in turn, so that a busy machine is as busy for one as for the other; keep the cheapest."""
    python = (sys.executable, "-c")
    ways = {
        "git log": RAW,
        "keyturn, loaded": (*python, STARTED),
        "keyturn's map": (*python, STARTED + MAP.format(files=files)),
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        generate(root, files, commits)
        runs = [{what: _cost(command, root) for what, command in ways.items()} for _ in range(RUNS)]
    git, loaded, whole = (min(run[what] for run in runs) for what in ways)
    return [
        Row("git log", git, 1.0),
        Row("the map", whole - loaded, (whole - loaded) / git),
        Row("with the start of Python", whole, whole / git),
    ]


def _cost(command: tuple[str, ...], root: Path) -> float:
    before = _children()
    subprocess.run(command, cwd=root, stdout=subprocess.DEVNULL, check=True)
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print a table: processor time and the ratio to git alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="?", type=int, default=FILES, help="files (default: 100000)")
    parser.add_argument("commits", nargs="?", type=int, default=COMMITS, help="commits (default: 1000)")
    given = parser.parse_args()
    print(f"{'':<25} {'CPU s':>7} {'ratio':>6}")
    for row in rows(given.files, given.commits):
        print(f"{row.what:<25} {row.seconds:>7.3f} {row.ratio:>6.2f}")


if __name__ == "__main__":
    main()
