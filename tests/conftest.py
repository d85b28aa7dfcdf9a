"""What holds for all tests of the harness."""

from __future__ import annotations

from hypothesis import settings

# A busy machine must not fail a property: no time limit for one example.
settings.register_profile("harness", deadline=None)
settings.load_profile("harness")
