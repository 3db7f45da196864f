"""Validation beyond one machine: what each shard costs beside one run, and the matrix of a called workflow in act."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import corpus
import peers
from measure import Contender, costs, table

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fake_github import BOT, FakeGitHub
from workflows.caller import Caller, release
from workflows.shards import Sharded, sharded

FILES, SHARDS = 10_000, 4


def main() -> int:
    """Print both; fail where the shards together say something else than one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="?", type=int, default=FILES, help=f"how many (default: {FILES})")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(measured(options.files, Path(folder)))
        found = matrix(options.files, Path(folder))
        print(f"\n{shown(found)}")
    return not found.is_same


def markdown(scale: int, place: Path) -> str:
    """Give the tables for the results."""
    return f"{measured(FILES // scale, place)}\n\n{shown(matrix(FILES // scale, place))}"


def measured(files: int, place: Path) -> str:
    """Measure one run, and each shard by itself."""
    root = place / "corpus"
    root.mkdir()
    corpus.declare(root, files)
    command = (peers.KEYTURN, "validate")
    shards = [f"{number}/{SHARDS}" for number in range(1, SHARDS + 1)]
    found = costs(
        [
            Contender("one run", command, (1,)),
            *(Contender(f"shard {shard}", (*command, "--shard", shard), (1,)) for shard in shards),
        ],
        root,
    )
    rows = [[name, f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.peak:.0f}"] for name, cost in found.items()]
    return table([f"{files:,} files", "wall s", "CPU s", "peak MiB"], rows)


def matrix(files: int, place: Path) -> Sharded:
    """Let another repository call the workflow, whose jobs act runs at the same time on this machine."""
    folder = place / "caller"
    folder.mkdir()
    with FakeGitHub() as fake:
        fake.add_repository("acme/keys")
        token = fake.add_token(BOT, installation=True)
        caller = Caller(folder, fake.url, token, upstream=release(place / "keyturn"))
        return sharded(caller, files, -(-(files + 1) // SHARDS))


def shown(found: Sharded) -> str:
    """Say what the jobs of the matrix read and found."""
    said = "as one run says" if found.is_same else "NOT what one run says"
    files = " + ".join(str(count) for count in sorted(found.files))
    return f"In a matrix of {len(found.files)} jobs: {files} files, {found.problems} problems, {said}."


if __name__ == "__main__":
    sys.exit(main())
