"""What the drivers of NICs do not report, and a failure therefore does not prove."""

from __future__ import annotations

from harness.errors import NotTestable
from harness.history import History
from harness.judge import driver_lag, unknown_speed


def distorted(history: History) -> NotTestable | None:
    """Return why a failure is no evidence on the bonding driver, None where it may be."""
    return driver_lag.distorted(history) or unknown_speed.distorted(history)
