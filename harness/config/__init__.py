"""Configurations of bonds: read in any format, checked, written in any other."""

from harness.config.addressing import Addressing, Upper
from harness.config.model import (
    BondConfig,
    ConfigError,
    Configuration,
    Given,
    Match,
    Remark,
    SlaveConfig,
)
from harness.config.place import Place
from harness.config.read import load, parse
from harness.config.source import Source

__all__ = [
    "Addressing",
    "BondConfig",
    "ConfigError",
    "Configuration",
    "Given",
    "Match",
    "Place",
    "Remark",
    "SlaveConfig",
    "Source",
    "Upper",
    "load",
    "parse",
]
