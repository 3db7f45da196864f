"""Write what SchemaStore takes, in its layout: our schemas, files that fit and that do not, entries of its catalogue.

Run it with the folder of a checkout of SchemaStore, or any other folder, and look at the difference before a pull
request there. The entries go into `src/api/json/catalog.json` by hand, since that file is sorted and commented.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HOME = "https://www.schemastore.org"
EXAMPLES = ROOT / "tests/examples"
# Only the policy's name is ours alone: a folder called `rotations` or `providers` may be anybody's. The other files
# name their schema in their first line.
MATCHES = {"policy": ["keyturn.yaml"]}


def write(folder: Path) -> None:
    """Write everything below a folder, in place of what an earlier run wrote."""
    entries = [_written(path, folder) for path in sorted((ROOT / "schemas").glob("*.schema.json"))]
    _put(folder / "src/api/json/keyturn-entries.json", {"schemas": entries})


def _written(path: Path, folder: Path) -> dict[str, Any]:
    kind = path.name.removesuffix(".schema.json")
    name = f"keyturn-{kind}"
    schema = {**json.loads(path.read_text(encoding="utf-8")), "$id": f"{HOME}/{name}.json"}
    _put(folder / f"src/schemas/json/{name}.json", schema)
    _copied(kind, "valid", folder / "src/test" / name)
    _copied(kind, "invalid", folder / "src/negative_test" / name)
    entry = {"name": f"keyturn {kind}", "description": schema["description"]}
    return {**entry, "fileMatch": MATCHES.get(kind, []), "url": schema["$id"]}


def _copied(kind: str, which: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in (EXAMPLES / which).glob(f"{kind}-*.yaml"):
        shutil.copy(path, folder / path.name.removeprefix(f"{kind}-"))


def _put(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def main(given: list[str]) -> int:
    """Write to the folder that is given; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to write")
    write(parser.parse_args(given).folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
