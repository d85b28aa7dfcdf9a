"""updelay when all links were down and return together, as with a switch that was powered off."""

import pytest

from harness import claim, contradicted, control, ms
from scenarios.topologies import OneSwitch

OFF = 300 * ms


@claim("UPDELAY-1", "DELAY-3")
@contradicted(
    "UPDELAY-1",
    kernels=">=6.1",
    evidence="the table of usable slaves is not renewed when a slave comes up: it still says that "
    "there is none, and the next inspection ignores updelay too (difference 68)",
)
@pytest.mark.parametrize("mode", ["balance-alb", "balance-tlb"])
def test_only_the_first_slave_is_used_at_once(one_switch: OneSwitch, mode: str) -> None:
    """One slave ignores updelay, because there is no other; the second waits for it."""
    bond = one_switch.dut.bond(mode=mode, updelay=1000)
    with one_switch.watch() as run, one_switch.sw.power_off():
        one_switch.after(OFF)
    assert run.slave("eth0").recovery <= bond.miimon
    assert bond.updelay <= run.slave("eth1").recovery <= bond.updelay + bond.miimon


@claim("UPDELAY-1", "DELAY-3")
@control("test_only_the_first_slave_is_used_at_once")
@pytest.mark.parametrize(
    "settings", [{"mode": "active-backup"}, {"mode": "balance-tlb", "tlb_dynamic_lb": 0}]
)
def test_other_modes_let_the_second_slave_wait(
    one_switch: OneSwitch, settings: dict[str, object]
) -> None:
    """They ask for the active slave, or renew the table with each slave."""
    bond = one_switch.dut.bond(updelay=1000, **settings)  # type: ignore[arg-type]
    with one_switch.watch() as run, one_switch.sw.power_off():
        one_switch.after(OFF)
    assert run.slave("eth0").recovery <= bond.miimon
    assert bond.updelay <= run.slave("eth1").recovery <= bond.updelay + bond.miimon
