"""While a key is on its way, no library says a word of it: not at the level debug, not to a terminal."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def silence() -> Iterator[None]:
    """Drop every record of urllib3's loggers, which may name a URL with its query."""
    loggers = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict) if _is_theirs(name)]
    for logger in loggers:
        logger.addFilter(_dropped)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_dropped)


def _is_theirs(name: str) -> bool:
    return name.partition(".")[0] == "urllib3"


def _dropped(_record: logging.LogRecord) -> bool:
    return False
