"""The bonding driver's options, their netlink form, and the times that follow from them."""

from harness.bonding.horizon import horizon, settle
from harness.bonding.options import MODES, Option, Setting
from harness.bonding.parse import BondOptions, default
from harness.bonding.settings import BondSettings, SlaveSettings
from harness.bonding.table import OPTIONS, SLAVE_OPTIONS
from harness.bonding.wheel import Period, period, wheel
from harness.bonding.windows import BondTimes, Window, spans, whole
from harness.bonding.wire import (
    Ignored,
    decode,
    ignored,
    packed,
    slave_numbers,
)

__all__ = [
    "MODES",
    "OPTIONS",
    "SLAVE_OPTIONS",
    "BondOptions",
    "BondSettings",
    "BondTimes",
    "Ignored",
    "Option",
    "Period",
    "Setting",
    "SlaveSettings",
    "Window",
    "decode",
    "default",
    "horizon",
    "ignored",
    "packed",
    "period",
    "settle",
    "slave_numbers",
    "spans",
    "wheel",
    "whole",
]
