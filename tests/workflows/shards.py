"""A corpus that a called workflow validates in a matrix, beside one run on everything.

The tests do it with a thousand rotations, `benchmarks/sharding.py` with ten thousand.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workflows.caller import UNKNOWN, samples
from workflows.project import BIN, ROOT

if TYPE_CHECKING:
    from workflows.caller import Caller
    from workflows.project import Run

WORKFLOW = "validate.yml"
COUNTED = re.compile(r"^(\d+) files?: (\d+|no) ", flags=re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sharded:
    """What a matrix said, and what one run says."""

    told: Run
    whole: Any

    @property
    def files(self) -> list[int]:
        """Give how many files each shard had."""
        return [int(files) for files, _ in COUNTED.findall(self.told.log)]

    @property
    def problems(self) -> int:
        """Give how many problems all shards found."""
        return sum(int(problems) for _, problems in COUNTED.findall(self.told.log) if problems != "no")

    @property
    def is_same(self) -> bool:
        """Tell whether each file was in one shard, and as much was found as by one run."""
        return (sum(self.files), self.problems) == (self.whole["files"], len(self.whole["problems"]))


def versioned(name: str, sha: str = UNKNOWN, **inputs: object) -> str:
    """Return a documented workflow that also gives the commit of keyturn, which act does not tell."""
    return samples()[name].replace(" # v0.1.0\n", f"\n    with: {json.dumps({'version': sha, **inputs})}\n")


def sharded(caller: Caller, count: int, per: int) -> Sharded:
    """Validate that many rotations, one of them declared twice, in jobs of so many."""
    corpus = [f"{BIN}/python", str(ROOT / "benchmarks/corpus.py"), str(caller.folder), str(count)]
    subprocess.run(corpus, check=True, capture_output=True)
    first = min((caller.folder / "rotations").rglob("*.yaml"))
    caller.write("rotations/again.yaml", first.read_text(encoding="utf-8"))
    caller.call(WORKFLOW, versioned(WORKFLOW, per=str(per)))
    caller.push()
    told = caller.run(WORKFLOW, "pull_request")
    command = [f"{BIN}/python", "-m", "keyturn", "validate", "--format", "json"]
    ran = subprocess.run(command, cwd=caller.folder, check=False, capture_output=True)
    return Sharded(told, json.loads(ran.stdout))
