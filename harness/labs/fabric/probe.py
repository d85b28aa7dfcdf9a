"""What this kernel's traffic control can do: tried in a namespace of its own."""

from __future__ import annotations

from contextlib import closing

from harness.errors import KernelRefused
from harness.labs.netns.control import Control
from harness.labs.netns.namespace import Namespace
from harness.rtnl import messages, shaping

DEVICE = 2


def has_classifiers() -> bool:
    """Tell whether frames can be taken away by classifiers at a device."""
    with closing(Namespace("the fabric's trial")) as place, closing(Control(place)) as control:
        info = messages.kind_of("bridge")
        try:
            control.send(
                messages.new_link("a device", DEVICE, "trial", info),
                shaping.clsact(DEVICE),
                shaping.drop_all(DEVICE, "ingress", shaping.LOSE),
                shaping.drop_garp(DEVICE, "192.0.2.1"),
            )
        except KernelRefused:
            return False
    return True
