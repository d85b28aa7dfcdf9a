"""All rules of `harness check`, in the order in which the documentation speaks of the matter."""

from harness.config.rules import driver, monitors, surroundings, tools

RULES = (*driver.RULES, *monitors.RULES, *surroundings.RULES, *tools.RULES)

__all__ = ["RULES"]
