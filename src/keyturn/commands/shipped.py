"""What comes with the package and never changes while a command runs."""

from __future__ import annotations

from functools import cache

from keyturn.files import distribution
from keyturn.schema import Schemas


@cache
def schemas() -> Schemas:
    """Give the schemas of every kind of file; each is compiled once, however many ask."""
    return Schemas(distribution.schemas())
