"""Requests that the kernel may refuse: its answer is an observation, not an error."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Unpack

from harness.bonding import BondSettings, Setting, SlaveSettings
from harness.errors import KernelRefused
from harness.record.bond import Bond
from harness.record.dut_requests import DutRequests
from harness.suggest import suggesting
from harness.topology import NamedPart


@dataclass(frozen=True, slots=True)
class Answer:
    """The kernel's answer to a request.

    `error` is the name of the errno with which it was refused, "" if it was accepted; `detail` is
    what the kernel said besides (extended ACK). `became` has the options of the bond that read
    otherwise afterwards: {} for a request that changed nothing, refused or silently ignored.
    """

    error: str = ""
    detail: str = ""
    became: Mapping[str, Setting | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attempts:
    """The DUT's requests, each with an Answer: `dut.attempt.set(bond, miimon=-1).error`."""

    dut: DutRequests

    if not TYPE_CHECKING:
        __getattr__ = suggesting("dut.attempt")

    def set(self, bond: Bond, **options: Unpack[BondSettings]) -> Answer:
        """Change options by netlink, all in one request; values may be out of range."""
        return self._answer(bond, lambda: self.dut.set(bond, **options))

    def set_slave(self, bond: Bond, link: NamedPart, **options: Unpack[SlaveSettings]) -> Answer:
        """Change options of a slave by netlink."""
        return self._answer(bond, lambda: self.dut.set_slave(link, **options))

    def set_mac(self, bond: Bond, mac: str) -> Answer:
        """Set the bond's MAC."""
        return self._answer(bond, lambda: self.dut.set_mac(bond, mac))

    def write(self, bond: Bond, option: str, text: str) -> Answer:
        """Write to a file of the bond in sysfs."""
        return self._answer(bond, lambda: self.dut.write(bond, option, text))

    def set_by(self, by: str, bond: Bond, option: str, text: str) -> Answer:
        """Change an option by "netlink", or by its file in "sysfs"."""
        if by == "sysfs":
            return self.write(bond, option, text)
        return self.set(bond, **{option: text})

    def write_file(self, bond: Bond, path: str, text: str) -> Answer:
        """Write to any file of the DUT in /proc or /sys."""
        return self._answer(bond, lambda: self.dut.write_file(path, text))

    def enslave(self, bond: Bond, link: NamedPart) -> Answer:
        """Enslave an interface."""
        return self._answer(bond, lambda: self.dut.enslave(bond, link))

    def release(self, bond: Bond, link: NamedPart) -> Answer:
        """Release an interface."""
        return self._answer(bond, lambda: self.dut.release(bond, link))

    def _answer(self, bond: Bond, do: Callable[[], None]) -> Answer:
        before, error, detail = bond.now.netlink, "", ""
        try:
            do()
        except KernelRefused as refused:
            error = errno.errorcode.get(refused.errno, str(refused.errno))
            detail = refused.detail
        after = bond.now.netlink
        names = sorted(before.keys() | after.keys())
        became = {name: after.get(name) for name in names if after.get(name) != before.get(name)}
        return Answer(error, detail, became)
