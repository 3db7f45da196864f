"""`pytest --hypothesis-profile=deep` draws twenty times as many examples, wherever a test does not say how many."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("deep", max_examples=2000, deadline=None)
