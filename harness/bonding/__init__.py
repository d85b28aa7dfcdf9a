"""The bonding driver's options, their wire form, and the times that follow from them."""

from harness.bonding.horizon import horizon, settle
from harness.bonding.options import MODES, Option, Setting
from harness.bonding.parse import BondOptions, default
from harness.bonding.settings import BondSettings
from harness.bonding.table import OPTIONS, SLAVE_OPTIONS
from harness.bonding.wheel import Period, period, wheel
from harness.bonding.windows import BondTimes, Window, spans, whole
from harness.bonding.wire import (
    Ignored,
    decode,
    encode,
    encode_slave,
    ignored,
    packed,
    slave_settings,
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
    "Window",
    "decode",
    "default",
    "encode",
    "encode_slave",
    "horizon",
    "ignored",
    "packed",
    "period",
    "settle",
    "slave_settings",
    "spans",
    "wheel",
    "whole",
]
