"""What a lab file describes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.labs.ssh.address import SshAddress

LabKind = Literal["rack", "virtualbox", "libvirt"]
QEMU = "qemu"
KINDS = ("rack", "virtualbox", "libvirt", QEMU)
FAR_END, HYPERVISOR, SWITCH = "far-end", "hypervisor", "switch"
USB_POWER, LABGRID = "usb-power", "labgrid"
CUTS = (FAR_END, HYPERVISOR, SWITCH, USB_POWER, LABGRID)


@dataclass(frozen=True, slots=True)
class LabNic:
    """A test NIC of the DUT and its cable.

    `far_end` is the tester's NIC at the other end; `cut` is how the cable loses its carrier: the
    far end goes down, and what is between the two ends follows: the hypervisor pulls the cable of
    its `adapter` (VirtualBox's number); a managed switch shuts `switch_port`; or `hub_port` of the
    USB hub at the location `hub`, or labgrid's `place`, loses its power, and with it a media
    converter or a switch in the cable.
    Only addresses of the NIC or its far end that are in `addresses`, and membership in one of
    `masters`, may be taken away.
    `driver` is the driver under test, "" for any; `lag` is how late it may report its
    carrier, in ms, 0 for what a trial shows.
    """

    name: str
    far_end: str
    cut: str = FAR_END
    driver: str = ""
    addresses: tuple[str, ...] = ()
    masters: tuple[str, ...] = ()
    adapter: int = 0
    lag: int = 0
    switch_port: str = ""
    hub: str = ""
    hub_port: int = 0
    place: str = ""


@dataclass(frozen=True, slots=True)
class VirtualMachine:
    """A DUT in a hypervisor: its name there, and the machine that runs it (None: the tester).

    `uri` is libvirt's connection, "" for VirtualBox.
    """

    name: str
    host: SshAddress | None = None
    uri: str = ""


@dataclass(frozen=True, slots=True)
class ManagedSwitch:
    """A managed switch between the ends of cables: where its command line is, and its commands.

    `type` is netmiko's device_type. `password` and `secret` (of Cisco's `enable`) name variables
    of the environment, "" for none. `shut` and `open` are lines of its configuration mode, in
    which {port} is the port; without them those of the type are used.
    """

    address: SshAddress
    type: str
    password: str = ""
    secret: str = ""
    shut: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabFile:
    """A lab: its DUT, the DUT's management interface, its test NICs.

    The DUT puts its NICs back when the tester has been silent for `silence` seconds. `hub_host`
    has the USB hub whose ports lose their power (None: the tester); `coordinator` is labgrid's, ""
    for what the environment says.
    """

    path: Path
    kind: LabKind
    dut: SshAddress
    management: str
    nics: tuple[LabNic, ...]
    machine: VirtualMachine | None = None
    silence: float = 15.0
    switch: ManagedSwitch | None = None
    hub_host: SshAddress | None = None
    coordinator: str = ""


@dataclass(frozen=True, slots=True)
class QemuFile:
    """A lab whose DUT is started in QEMU for each run: the models of its NICs, as `--nic` has."""

    path: Path
    nics: tuple[str, ...]
