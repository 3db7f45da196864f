"""How much Hypothesis tries: little by itself, much where KEYTURN_HYPOTHESIS=deep asks for it, as `make fuzz` does."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Both build on what Hypothesis itself chooses, which in CI is the same examples every time. A test that names a number
# of examples of its own keeps it.
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", settings(), **SLOW)
settings.register_profile("deep", settings(), max_examples=2_000, derandomize=False, **SLOW)
settings.load_profile(os.environ.get("KEYTURN_HYPOTHESIS", "quick"))  # noqa: TID251 - the one thing asked from outside
