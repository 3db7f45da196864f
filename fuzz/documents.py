"""Fuzz load, validate, plan and render, guided by which lines of keyturn a document reaches.

An input is one document. Its first byte says of which kind it is and how the rest makes it: half of the inputs are
the bytes of a file as they are, the others edit a valid sample, field by field, so that they get past the parser.
"""

from __future__ import annotations

import argparse
import json
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import atheris

ROOT = Path(__file__).parents[1]
FOUND = ROOT / "build" / "fuzz"
EXAMPLES = ROOT / "tests" / "examples"
LONGEST = 16_384  # bytes of an input
MOST_MEMORY = 1024  # MiB
SLOWEST = 10  # seconds for one document, on a machine that does other things as well

sys.path.insert(0, str(ROOT / "tests"))
with atheris.instrument_imports(include=["keyturn"]):
    # What keyturn imports only when it is used would otherwise be imported without counters.
    from journey import KINDS, travel

    import keyturn.credentials
    import keyturn.files.disk
    import keyturn.files.edits
    import keyturn.files.loader
    import keyturn.files.places  # noqa: F401 - the imports are the point
    from keyturn import files

_EDITED = 0x80  # a first byte with this bit: the rest edits a sample
_LEAVES = [None, True, False, 0, -1, 10**17, 1.5, "", [], {}]


def samples() -> dict[str, list[Any]]:
    """Return the valid documents of every kind, as data."""
    found: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for path in sorted((EXAMPLES / "valid").glob("*.yaml")):
        document = files.read(path, path.name)
        if isinstance(document, files.Document) and isinstance(document.data, dict):
            found[path.name.partition("-")[0]].append(document.data)
    return found


SAMPLES = samples()


def document(data: bytes) -> tuple[str, bytes]:
    """Turn an input into the kind of a file and its bytes."""
    first, rest = (data[0], data[1:]) if data else (0, b"")
    kind = KINDS[(first & ~_EDITED) % len(KINDS)]
    return kind, _edited(kind, atheris.FuzzedDataProvider(rest)) if first & _EDITED else rest


def _edited(kind: str, source: Any) -> bytes:
    sample = deepcopy(source.PickValueInList(SAMPLES[kind]))
    for _ in range(source.ConsumeIntInRange(1, 8)):
        _edit(sample, source)
    # JSON is YAML; lone surrogates are written as they are escaped.
    return json.dumps(sample, ensure_ascii=source.ConsumeBool()).encode("utf-8", "surrogatepass")


def _edit(sample: Any, source: Any) -> None:
    places = list(_places(sample))
    if not places:
        return
    collection, key = source.PickValueInList(places)
    match source.ConsumeIntInRange(0, 5):
        case 0 | 1 | 2:
            collection[key] = source.ConsumeUnicode(source.ConsumeIntInRange(0, 40))
        case 3:
            collection[key] = deepcopy(source.PickValueInList(_LEAVES))
        case 4:
            collection[key] = deepcopy(source.PickValueInList(places)[0])
        case _:
            del collection[key]


def _places(value: Any) -> list[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


def once(data: bytes) -> None:
    """Take one document all the way."""
    travel(*document(data))


def seeds(folder: Path) -> None:
    """Write every example as an input of every kind that it could be of."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(EXAMPLES.rglob("*.yaml")):
        named = path.name.partition("-")[0]
        for number, kind in enumerate(KINDS):
            if named not in KINDS or kind == named:
                (folder / f"{kind}-{path.parent.name}-{path.name}").write_bytes(bytes([number]) + path.read_bytes())
    for number, kind in enumerate(KINDS):
        for turn in range(32):
            noise = bytes((turn * 37 + place * 101) % 256 for place in range(64))
            (folder / f"{kind}-edited-{turn}").write_bytes(bytes([_EDITED | number]) + noise)


def main() -> None:
    """Fuzz for some seconds, or take the inputs that are given; ends with 0 only where nothing was found."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seconds", type=int, default=300, help="how long to look (default: 300)")
    parser.add_argument("--documents", type=int, default=-1, help="stop after so many documents")
    parser.add_argument("inputs", nargs="*", help="inputs to take once each, such as one that was found")
    options = parser.parse_args()
    corpus = FOUND / "corpus"
    seeds(corpus)
    arguments = [
        f"-max_total_time={options.seconds}",
        f"-runs={options.documents}",
        f"-max_len={LONGEST}",
        f"-rss_limit_mb={MOST_MEMORY}",
        f"-timeout={SLOWEST}",
        f"-dict={Path(__file__).with_name('documents.dict')}",
        f"-artifact_prefix={FOUND}/",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *(options.inputs or [*arguments, str(corpus)])], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
