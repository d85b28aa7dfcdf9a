"""Valid names of interfaces."""

from __future__ import annotations

import re

from harness.config.model import ConfigError
from harness.config.place import Place

INTERFACE = re.compile(r"[^\s/:]{1,15}")


def interface(name: str, place: Place) -> str:
    """Return the name of an interface; raises ConfigError for an invalid one."""
    if not INTERFACE.fullmatch(name) or name in (".", "..") or not name.isprintable():
        raise ConfigError(
            f"{name!r} is no interface's name",
            place,
            hint="a name has 1 to 15 characters, no space, no / and no :",
        )
    return name


def interface_of(name: str) -> str:
    """Return the interface of an alias: bond0:1 is a label of a further address of bond0."""
    return name.partition(":")[0]
