"""Write docs/formats/: a page for every kind of file that people write, from its schema.

With `--check` nothing is written: it names what differs, and exits with 1 if anything does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import page_folder
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FOLDER = Path("docs/formats")
SCRIPT = "scripts/generate_format_pages.py"
KINDS = {
    "rotation": "`rotations/`, any `*.yaml` or `*.yml` at any depth",
    "incident": "`incidents/`, one file for each incident",
    "policy": "`keyturn.yaml`, which also marks the root; it may be empty",
    "provider": "`providers/<slug>.yaml`",
    "platform": "`platforms/<slug>.yaml`",
}
INDEX = """\
# Formats

Everything that people write is YAML, and every kind of file has a schema. A file may say so in its first line; then an
editor with the YAML language server completes and explains every field:

```yaml
# yaml-language-server: $schema=../schemas/rotation.schema.json
```

{table}

What holds for all of them: UTF-8, one document, no anchors, aliases, tags or merge keys, and nothing that looks like a
credential, in values and comments alike. Text that YAML 1.1 and 1.2 read differently (`no`, `on`, `12:30`) stands in
quotes. Dates need none. [Every problem code](../codes.md) says what to write instead.
"""


FIELDS = """\
A field in bold is required where the one around it is there. `[]` stands for each item of a list, `<name>` for a name
of your own.
"""


class _Plain(yaml.SafeDumper):
    """Writes dates without quotes, as people do."""


_Plain.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()
}


class Field(NamedTuple):
    """A field at its place, such as `consumers[].platform`, with its schema."""

    place: str
    schema: Mapping[str, Any]
    required: bool


def pages(root: Path) -> Mapping[Path, str]:
    """Map every file of the folder to what it has to hold."""
    schemas = {kind: json.loads((root / f"schemas/{kind}.schema.json").read_text(encoding="utf-8")) for kind in KINDS}
    texts = {FOLDER / f"{kind}.md": _page(kind, schema) for kind, schema in schemas.items()}
    rows = [
        (f"[{each['title']}]({kind}.md)", KINDS[kind], _cell(each["description"])) for kind, each in schemas.items()
    ]
    index = INDEX.format(table=_table(("Kind", "Where", "What it says"), rows))
    return {**texts, FOLDER / "README.md": f"{page_folder.mark(SCRIPT, 'schemas/')}\n{index}"}


def _page(kind: str, schema: Mapping[str, Any]) -> str:
    source = f"schemas/{kind}.schema.json"
    rows = [_row(field, schema) for field in _fields(schema, schema, "")]
    return "\n".join(
        [
            page_folder.mark(SCRIPT, source),
            f"# {schema['title']}\n",
            f"{schema['description']}\n",
            f"Where: {KINDS[kind]}. Schema: [`{source}`](../../{source}).\n",
            "## Example\n",
            f"```yaml\n# yaml-language-server: $schema=../{source}\n{_yaml(schema['examples'][0])}```\n",
            "## Fields\n",
            FIELDS,
            f"{_table(('Field', 'Value', 'Meaning', 'Example'), rows)}\n",
        ]
    )


def _fields(schema: Mapping[str, Any], top: Mapping[str, Any], before: str) -> Iterator[Field]:
    """Walk over all fields in the order of the schema, each followed by those inside it."""
    for name, given in _members(schema):
        place = f"{before}.{name}" if before else name
        field = Field(place, _resolved(given, top), name in schema.get("required", ()))
        yield field
        yield from _inside(field, top)


def _inside(field: Field, top: Mapping[str, Any]) -> Iterator[Field]:
    yield from _fields(field.schema, top, field.place)
    if "items" in field.schema:
        yield from _fields(_resolved(field.schema["items"], top), top, f"{field.place}[]")


def _members(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from schema.get("properties", {}).items()
    for given in schema.get("patternProperties", {}).values():
        yield "<name>", given


def _resolved(schema: Mapping[str, Any], top: Mapping[str, Any]) -> Mapping[str, Any]:
    """Lay a schema over the definition that it refers to."""
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].removeprefix("#/$defs/")
    return {**_resolved(top["$defs"][name], top), **schema}


def _row(field: Field, top: Mapping[str, Any]) -> tuple[str, str, str, str]:
    name = f"**`{field.place}`**" if field.required else f"`{field.place}`"
    example = field.schema.get("examples", [""])[0]
    shown = "" if isinstance(example, dict | list) and len(str(example)) > 60 else example  # noqa: PLR2004 - a cell
    return name, _kind(field.schema, top), _cell(field.schema.get("description", "")), _code(shown)


def _kind(schema: Mapping[str, Any], top: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " ".join(_code(each) for each in schema["enum"] if each is not None)
    if "items" in schema:
        most = f" (at most {schema['maxItems']})" if "maxItems" in schema else ""
        return f"list{most}; each {_kind(_resolved(schema['items'], top), top)}"
    kinds = schema.get("type", [])
    kind = kinds if isinstance(kinds, str) else next((each for each in kinds if each != "null"), "")
    return {"object": "mapping", "string": _text(schema), "integer": _number(schema), "boolean": "true or false"}.get(
        kind, kind or "any"
    )


def _text(schema: Mapping[str, Any]) -> str:
    named = {"uri": "URL", "date": "date", "date-time": "moment"}.get(schema.get("format", ""))
    return named or str(schema.get("title", "text")).replace("<", "&lt;")


def _number(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    bounds = f" from {least}" if most is None else f" from {least} to {most}"
    return f"number{bounds}" if least is not None else "number"


def _yaml(document: Any) -> str:  # noqa: ANN401 # whatever a schema gives as an example
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100)


def _code(value: Any) -> str:  # noqa: ANN401 # whatever a schema gives as an example
    if value == "":
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`{_cell(text)}`" if "`" not in text else f"`` {_cell(text)} ``"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(page_folder.run(sys.argv[1:], __doc__, SCRIPT, (FOLDER, "kind of file", pages)))
