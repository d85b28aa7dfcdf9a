"""Settings for all tests of the harness."""

from __future__ import annotations

import pytest

try:
    from hypothesis import HealthCheck, settings
except ModuleNotFoundError as error:
    raise pytest.UsageError(
        f"the tests of the harness need {error.name}, which is not installed\n"
        "hint: pip install -e '.[test]', or run the scenarios only: pytest scenarios/"
    ) from None

# A busy machine must not fail a property: no time limit for an example, nor for drawing it.
settings.register_profile("harness", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("harness")
