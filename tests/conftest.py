"""What holds for all tests of the harness."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine must not fail a property: no time limit for an example, nor for drawing it.
settings.register_profile("harness", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("harness")
