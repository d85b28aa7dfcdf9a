"""Requests to the DUT's kernel: options, slaves, MACs, names, and files of /proc and /sys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from harness import testability
from harness.bonding import BondOptions, BondSettings, SlaveSettings
from harness.errors import ScenarioError
from harness.record import bond_maker, files
from harness.record.bond import Bond
from harness.record.journal import Effect, FaultContext, Role
from harness.record.machine_actions import MachineActions
from harness.rtnl import bonds, messages
from harness.topology import DUT, BondPlan, NamedPart
from harness.units import MS, Span, timed


class DutRequests(MachineActions):
    """What is changed at the DUT; written into the history unless it says otherwise."""

    def __init__(self, context: FaultContext, hz: int, release: str) -> None:
        self._context = context
        self._hz = hz
        self._release = release
        self.bonds: dict[str, Bond] = {}

    def set(self, bond: Bond | None = None, **options: Unpack[BondSettings]) -> None:
        """Change options of an existing bond, by default the first; written into the history.

        Raises KernelRefused, NotPromised for options that the kernel is known to lack.
        """
        bond = self._bond(bond)
        changes = BondOptions.unchecked(**options)
        if lacking := testability.unknown_options(changes, self._release):
            raise lacking

        def do() -> None:
            bond_maker.set_options(self._context.network, bond.plan, changes)

        self._change(bond, "set", do, options=changes.text())

    def set_slave(self, link: NamedPart, **options: Unpack[SlaveSettings]) -> None:
        """Change options of a slave by netlink; raises KernelRefused."""
        number = self._context.network.ifindex(DUT, link.name)
        change = bonds.change_slave(link.name, number, options)
        text = " ".join(f"{name}={value}" for name, value in options.items())
        self._context.apply(
            link.name, "set", "stimulus", lambda: self._request(change), options=text
        )

    def take_down(self, bond: Bond) -> Effect:
        """Set a bond administratively down until the returned effect is ended."""
        self._admin(bond, up=False)
        return Effect(lambda: self._admin(bond, up=True))

    def _admin(self, bond: Bond, *, up: bool) -> None:
        action = "admin_up" if up else "admin_down"
        role: Role = "repair" if up else "fault"
        self._context.apply(
            bond.name, action, role, lambda: self._context.admin(DUT, bond.name, up=up)
        )

    def rename(self, part: NamedPart, to: str) -> None:
        """Rename a link or a bond; the topology keeps its own name for it.

        Kernels before 6.2 refuse that while it is up. Raises KernelRefused.
        """
        number = self._context.network.ifindex(DUT, part.name)
        change = messages.set_link(f"name of {part.name}", number, ifname=to)
        self._context.apply(part.name, "rename", "stimulus", lambda: self._request(change), to=to)

    def set_mac(self, bond: Bond, mac: str) -> None:
        """Set a bond's MAC; written into the history as a stimulus."""
        index = self._context.network.ifindex(DUT, bond.name)
        change = messages.set_link(f"MAC of {bond.name}", index, address=mac)
        self._context.apply(
            bond.name, "set_mac", "stimulus", lambda: self._request(change), mac=mac
        )

    @timed
    def set_locktime(self, bond: Bond, span: Span) -> None:
        """Set neigh.<bond>.locktime: how old an ARP entry must be before a reply replaces its MAC.

        The unit of the sysctl is 1/100 s (arp(7)). Written into the history as a stimulus. The age
        of an entry counts from its last change.
        """
        path = f"/proc/sys/net/ipv4/neigh/{bond.name}/locktime"
        text, dut = str(span.ns // (10 * MS)), self._context.network.host(DUT)
        self._context.apply(
            bond.name,
            "set_locktime",
            "stimulus",
            lambda: files.write(dut, path, text),
            ms=span.ns // MS,
        )

    def enslave(self, bond: Bond, link: NamedPart) -> None:
        """Enslave a link or a bond that is down, as hotplug scripts do; raises KernelRefused."""
        self._master(bond, link, "enslave", self._context.network.ifindex(DUT, bond.name))

    def release(self, bond: Bond, link: NamedPart) -> None:
        """Release a slave from a bond; raises KernelRefused."""
        self._master(bond, link, "release", 0)

    def _master(self, bond: Bond, link: NamedPart, action: str, index: int) -> None:
        number = self._context.network.ifindex(DUT, link.name)
        change = messages.set_link(f"slave {link.name}", number, master=index)
        role: Role = "repair" if index else "fault"
        self._context.apply(link.name, action, role, lambda: self._request(change), bond=bond.name)

    def write(self, bond: Bond, option: str, text: str) -> None:
        """Write to a file of a bond in sysfs, as scripts do; raises KernelRefused."""
        path = f"/sys/class/net/{bond.name}/bonding/{option}"
        dut, line = self._context.network.host(DUT), f"{text}\n"
        self._change(bond, "write", lambda: files.write(dut, path, line), option=option, text=text)

    def write_file(self, path: str, text: str) -> None:
        """Write a line to a file in /proc or /sys; raises KernelRefused, LabError for no file.

        It is not written into the history; bond options are set by `set` and `write`.
        """
        self._context.journal.note_read()
        files.write(self._context.network.host(DUT), path, f"{text}\n")

    def read_file(self, path: str) -> str | None:
        """Return the text of a file in /proc or /sys, None if there is none."""
        self._context.journal.note_read()
        return files.read(self._context.network.host(DUT), path)

    def _request(self, *requests: messages.Request) -> None:
        self._context.network.host(DUT).send(*requests)

    def _change(self, bond: Bond, action: str, do: Callable[[], None], **what: object) -> None:
        """Apply a change of a bond's options, and record those that the kernel then reports."""
        became: dict[str, object] = {}
        try:
            self._context.apply(bond.name, action, "stimulus", do, became=became, **what)
        finally:  # the kernel may have applied some of them
            became |= self._reread(bond)

    def _reread(self, bond: Bond) -> dict[str, object]:
        """Return the options that have changed; none if the bond no longer exists."""
        seen = bond_maker.read_back(self._context.network, bond.plan)
        return bond.reread(seen) if seen else {}

    def _bond(self, bond: Bond | None) -> Bond:
        """Return a bond, or the first that was created; raises ScenarioError if there is none."""
        made = bond or next(iter(self.bonds.values()), None)
        if made is None:
            raise ScenarioError("no bond was created yet", hint="create it first: net.dut.bond()")
        return made

    def _plan(self, name: str | None) -> BondPlan:
        topology = self._context.topology
        return topology.bond(name) if name else topology.bonds[0]
