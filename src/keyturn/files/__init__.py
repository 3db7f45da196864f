"""YAML and JSON from disk, safely, and edits that keep every byte they do not concern."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyturn.files.disk import Document, declared, document, read, shown, source, write
    from keyturn.files.distribution import (
        catalogue,
        entry,
        is_override,
        report_sources,
        schemas,
        shipped,
        slugs,
        templates,
    )
    from keyturn.files.edits import Change, Plain, Put, Remove, edited
    from keyturn.files.places import locate
    from keyturn.files.tree import root_of

__all__ = [
    "Change",
    "Document",
    "Plain",
    "Put",
    "Remove",
    "catalogue",
    "declared",
    "document",
    "edited",
    "entry",
    "is_override",
    "locate",
    "read",
    "report_sources",
    "root_of",
    "schemas",
    "shipped",
    "shown",
    "slugs",
    "source",
    "templates",
    "write",
]

_MODULES = {
    **dict.fromkeys(("Document", "declared", "document", "read", "shown", "source", "write"), "disk"),
    **dict.fromkeys(
        ("catalogue", "entry", "is_override", "report_sources", "schemas", "shipped", "slugs", "templates"),
        "distribution",
    ),
    **dict.fromkeys(("Change", "Plain", "Put", "Remove", "edited"), "edits"),
    "locate": "places",
    "root_of": "tree",
}


def __getattr__(name: str) -> object:
    """Import what is asked for from the module that defines it: what only looks for files needs no parser."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
