"""The keys of a lab file: their values, and their defaults."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import Any

from harness.drivers import DEFAULT_MODEL, QEMU_DEVICES
from harness.labs.description.model import CUTS, KINDS

INTERFACE = re.compile(r"[^\s/:]{1,15}")  # dev_valid_name, and no ":" of an alias
HOST = re.compile(r"(?!-)\S{1,253}")  # 253: the longest name of a host
SILENCES = 3, 600  # seconds: heartbeats are one second apart
LAGS = range(1, 20_001)  # ms; no driver polls its chip less often
PORTS = range(1, 1 << 16)  # of TCP
ADAPTERS = range(1, 37)  # VirtualBox: 8 with chipset PIIX3, 36 with ICH9
HUB = re.compile(r"\d+(-\d+(\.\d+)*)?")  # a USB location as uhubctl has it: 1 or 2-1.4
HUB_PORTS = range(1, 10)  # to an uhubctl before 2.1, "-p 12" are ports 1 and 2
URI = "qemu:///system"  # libvirt's usual connection
WRONG = object()  # what a reader returns for a wrong value
REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Key:
    """A key: what reads its value (WRONG for one that it does not take), what it expects."""

    read: Callable[[Any], Any]
    expected: str
    default: Any = REQUIRED


def _text(value: Any) -> Any:
    whole = isinstance(value, str) and value.strip() == value and value and value.isprintable()
    return value if whole else WRONG


def _host(value: Any) -> Any:
    """Return the name of a host: without a space, and not taken for an option of ssh."""
    whole = _text(value) is not WRONG and HOST.fullmatch(value)
    return value if whole else WRONG


def _user(value: Any) -> Any:
    """Return the name of a user, which may have a space on Windows, but is no option of ssh."""
    return WRONG if isinstance(value, str) and value.startswith("-") else _text(value)


def _interface(value: Any) -> Any:
    whole = isinstance(value, str) and INTERFACE.fullmatch(value) and value not in (".", "..")
    return value if whole else WRONG


def _flag(value: Any) -> Any:
    return value if isinstance(value, bool) else WRONG


def _number_in(allowed: range) -> Callable[[Any], Any]:
    """Return what reads a whole number of a range; true and false are none."""
    return lambda value: value if type(value) is int and value in allowed else WRONG


def _seconds(value: Any) -> Any:
    whole = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if whole and SILENCES[0] <= value <= SILENCES[1] else WRONG


def _addresses(value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return WRONG  # a number would be read as an address, 3 as 0.0.0.3
    try:
        return tuple(str(ip_interface(one).ip) for one in value)
    except ValueError:
        return WRONG


def _interfaces(value: Any) -> Any:
    whole = isinstance(value, list) and all(_interface(one) is not WRONG for one in value)
    return tuple(value) if whole else WRONG


def _lines(value: Any) -> Any:
    whole = isinstance(value, list) and value and all(_text(one) is not WRONG for one in value)
    return tuple(value) if whole else WRONG


def _hub(value: Any) -> Any:
    return value if isinstance(value, str) and HUB.fullmatch(value) else WRONG


def _models(value: Any) -> Any:
    known = tuple(QEMU_DEVICES)  # not every value of TOML can be looked up in a mapping
    whole = isinstance(value, list) and value and all(name in known for name in value)
    return tuple(value) if whole else WRONG


def one_of(*words: str) -> Key:
    """Return a key that takes one of some words, by default the first."""
    has = ", ".join(f'"{word}"' for word in words)
    return Key(lambda value: value if value in words else WRONG, f"one of {has}", words[0])


SSH = {
    "address": Key(_host, 'a host name or address, such as "192.0.2.20"'),
    "user": Key(_user, 'a user, such as "root"', ""),
    "port": Key(_number_in(PORTS), "a TCP port from 1 to 65535", 0),
    "key": Key(_text, "the path of a private key", ""),
    "known_hosts": Key(_text, "the path of a file of host keys", ""),
    "sudo": Key(_flag, "true or false", True),
}
DUT = SSH | {
    "management": Key(_interface, "the DUT's interface that SSH uses"),
    "python": Key(_text, "the path of a Python 3.6 or later", ""),
    "silence": Key(_seconds, f"seconds from {SILENCES[0]} to {SILENCES[1]}", 15.0),
}
NIC = {
    "name": Key(_interface, "the name of an interface of the DUT"),
    "far_end": Key(_interface, "the name of the tester's interface at the cable's other end"),
    "cut": one_of(*CUTS),
    "driver": Key(_text, 'the name of a driver, such as "igb"', ""),
    "lag": Key(_number_in(LAGS), f"milliseconds from 1 to {LAGS[-1]}", 0),
    "addresses": Key(_addresses, 'a list of addresses such as ["10.0.0.5/24"]', ()),
    "masters": Key(_interfaces, 'a list of interfaces such as ["br0"]', ()),
    "adapter": Key(_number_in(ADAPTERS), "the number of VirtualBox's adapter, from 1 to 36", 0),
    "switch_port": Key(_text, "a port as the switch names it, such as Gi1/0/3", ""),
    "hub": Key(_hub, 'the location of a USB hub as uhubctl shows it, such as "1-1.4"', ""),
    "hub_port": Key(_number_in(HUB_PORTS), "the number of the hub's port, from 1 to 9", 0),
    "place": Key(_text, "a place of labgrid", ""),
}
MACHINE = {key: Key(one.read, one.expected, "") for key, one in SSH.items()} | {
    "machine": Key(_text, "the name of the virtual machine"),
    "port": Key(_number_in(PORTS), "a TCP port from 1 to 65535", 0),
    "sudo": Key(_flag, "true or false", default=False),
}
LIBVIRT = MACHINE | {"uri": Key(_text, "a connection of virsh, such as qemu:///session", URI)}
COMMAND_LINES = 'a list of lines such as ["interface {port}", "shutdown"]'
SWITCH = {key: one for key, one in SSH.items() if key != "sudo"} | {
    "type": Key(_text, "a device type of netmiko, such as cisco_ios"),
    "password": Key(_text, "the name of an environment variable", ""),
    "secret": Key(_text, "the name of an environment variable", ""),
    "shut": Key(_lines, COMMAND_LINES, ()),
    "open": Key(_lines, COMMAND_LINES, ()),
}
HUB_HOST = {**SSH, "sudo": Key(_flag, "true or false", default=True)}
LABGRID = {"coordinator": Key(_text, "the address of a coordinator: HOST:PORT", "")}
QEMU = {"nics": Key(_models, f"a list of {', '.join(QEMU_DEVICES)}", (DEFAULT_MODEL,))}
TABLES = {"dut": DUT, "nic": NIC, "virtualbox": MACHINE, "libvirt": LIBVIRT, "qemu": QEMU}
TABLES |= {"switch": SWITCH, "hub": HUB_HOST, "labgrid": LABGRID}
TOP = {"kind": one_of(*KINDS)}
