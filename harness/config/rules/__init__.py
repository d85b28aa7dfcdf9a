"""All rules of `harness check`, in the order in which the documentation speaks of the matter."""

from harness.config.rules import driver, monitors, surroundings, times, tools

RULES = (*driver.RULES, *monitors.RULES, *times.RULES, *surroundings.RULES, *tools.RULES)

__all__ = ["RULES"]
