"""Print the names that the templates read, as Python, for vulture: it would take them for unused."""

from __future__ import annotations

import sys
from pathlib import Path

from jinja2 import Environment, meta, nodes

ROOT = Path(__file__).resolve().parent.parent


def names(template: Path) -> set[str]:
    """Return every variable that a template is given, and every attribute that it reads."""
    tree = Environment(autoescape=True, extensions=["jinja2.ext.do"]).parse(template.read_text(encoding="utf-8"))
    return meta.find_undeclared_variables(tree) | {found.attr for found in tree.find_all(nodes.Getattr)}


def main() -> None:
    """Print one expression a name."""
    templates = (path for path in sorted((ROOT / "templates").rglob("*")) if path.is_file())
    for name in sorted(set[str]().union(*map(names, templates))):
        sys.stdout.write(f"_.{name}\n")


if __name__ == "__main__":
    main()
