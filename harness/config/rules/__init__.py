"""All rules of `harness check`, in the order of the documentation's sections."""

from harness.config.rules import (
    applied,
    driver,
    late,
    monitors,
    slaves,
    surroundings,
    times,
    tools,
)

RULES = (
    *driver.RULES,
    *late.RULES,
    *slaves.RULES,
    *monitors.RULES,
    *times.RULES,
    *surroundings.RULES,
    *tools.RULES,
)
APPLIED = applied.RULES  # where a bond runs beside its configuration

__all__ = ["APPLIED", "RULES"]
