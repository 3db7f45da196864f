"""`pytest --hypothesis-profile=deep` draws twenty times as many examples, wherever a test does not say how many."""

from __future__ import annotations

import signal
from pathlib import Path

from hypothesis import settings

settings.register_profile("deep", max_examples=2000, deadline=None)

# A shell has what it starts in the background ignore interrupts, and so would the processes that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# These read the repository's own pages while they are collected; the tests of the wheel have none beside them.
_PAGES = ["test_documentation.py", "test_editors.py", "test_security.py"]
collect_ignore = [] if (Path(__file__).parent.parent / "SECURITY.md").exists() else _PAGES
