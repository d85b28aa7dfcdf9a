"""NICs of a DUT that has no Python for the agent, as its shell and its `ip` show them.

Scenarios need the agent. The shell shows which NICs there are, their drivers and who manages them;
which cable leads to which NIC, and the clock, are not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.doctor.check import BAD, GOOD, LACKING, CheckResult
from harness.labs.description.model import LabFile, LabNic
from harness.labs.ssh import services
from harness.labs.ssh.machine import SshMachine

LINK = re.compile(r"^\d+: ([^:@]+)[:@].*? state (\w+)", re.MULTILINE)
UNSEEN = "cable and clock are not seen without Python"


def rows(lab: LabFile, dut: SshMachine) -> Iterator[tuple[str, CheckResult]]:
    """Yield a result for the management interface and for each test NIC; raises Dropped."""
    there = dict(LINK.findall(dut.run("ip -o link").stdout))
    if not there:  # a row says already that `ip` is missing
        return
    yield f"DUT {lab.management}", _management(lab.management, there, dut)
    managing = services.running(dut.host)
    for nic in lab.nics:
        yield f"DUT {nic.name}", _nic(nic, there, dut, managing)


def _management(name: str, there: dict[str, str], dut: SshMachine) -> CheckResult:
    if name not in there:
        return _missing(there)
    if dut.session and dut.session not in _addresses(name, dut):
        return CheckResult(BAD, "the SSH connection uses another one", "name that as management")
    return CheckResult(GOOD, "carries the SSH connection; it is never changed")


def _nic(nic: LabNic, there: dict[str, str], dut: SshMachine, managing: list[str]) -> CheckResult:
    if nic.name not in there:
        return _missing(there)
    driver, firmware = services.driver(dut.host, nic.name)
    state = there[nic.name].lower()
    found = f"driver {driver or 'unknown'}{f', firmware {firmware}' if firmware else ''}, {state}"
    if nic.driver and nic.driver != driver:
        return CheckResult(
            BAD, f"{found}, expected {nic.driver}", f'driver = "{driver}", or other NICs'
        )
    foreign = [address for address in _addresses(nic.name, dut) if address not in nic.addresses]
    if foreign:
        why = f"{found}; it has the address {', '.join(foreign)}, which the lab file does not name"
        return CheckResult(BAD, why, "remove it, or add it to `addresses`")
    manager = services.manager(dut.host, nic.name, managing)
    if manager:
        return CheckResult(LACKING, f"{found}; {manager.name} manages it", manager.remedy)
    return CheckResult(LACKING, f"{found}; {UNSEEN}")


def _missing(there: dict[str, str]) -> CheckResult:
    return CheckResult(BAD, "the DUT has no such interface", f"it has: {', '.join(sorted(there))}")


def _addresses(name: str, dut: SshMachine) -> list[str]:
    """Return the addresses of an interface that others can reach."""
    shown = dut.run("ip -o address show dev %s scope global", name).stdout
    return re.findall(r"\binet6? ([0-9a-f.:]+)", shown)
