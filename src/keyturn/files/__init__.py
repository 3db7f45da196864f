"""YAML and JSON from disk, safely, and edits that keep every byte they do not concern."""

from keyturn.files.disk import Document, declared, document, read, root_of, shown, source, write
from keyturn.files.distribution import catalogue, entry, is_override, report_sources, schemas, shipped, slugs, templates
from keyturn.files.edits import Change, Plain, Put, Remove, edited
from keyturn.files.places import locate

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
