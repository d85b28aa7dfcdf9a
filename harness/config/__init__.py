"""Configurations of bonds that people bring: read in any format, linted, written in any other."""

from harness.config.model import (
    BondConfig,
    ConfigError,
    Configuration,
    Extra,
    Given,
    Place,
    SlaveConfig,
)
from harness.config.read import load, parse
from harness.config.source import Source

__all__ = [
    "BondConfig",
    "ConfigError",
    "Configuration",
    "Extra",
    "Given",
    "Place",
    "SlaveConfig",
    "Source",
    "load",
    "parse",
]
