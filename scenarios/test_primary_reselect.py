"""primary_reselect: when a primary that recovers takes over again."""

import pytest

from harness import claim, contradicted, control, ms
from scenarios.topologies import OneSwitch
from scenarios.variants import SpareSlave

POLICIES = ("always", "better", "failure")
DOWN = 300 * ms


@claim("PRESEL-1", "PRESEL-3", "PRESEL-4")
@pytest.mark.parametrize("mode", ["active-backup", "balance-tlb", "balance-alb"])
@pytest.mark.parametrize(
    ("primary_reselect", "used"),
    [
        ("always", ["eth0", "eth1", "eth0"]),
        ("better", ["eth0", "eth1"]),
        ("failure", ["eth0", "eth1"]),
    ],
)
def test_the_policy_decides_about_a_primary_that_recovers(
    one_switch: OneSwitch, mode: str, primary_reselect: str, used: list[str]
) -> None:
    """It takes over always, if it is faster than the active slave (these are alike), or not."""
    one_switch.dut.bond(mode=mode, primary="eth0", primary_reselect=primary_reselect)
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=DOWN)
    assert run.active_slaves == used
    assert run.link_states == {"eth0": "up", "eth1": "up"}


@claim("PRESEL-4", "PRESEL-3")
@control("test_the_policy_decides_about_a_primary_that_recovers")
@pytest.mark.parametrize("primary_reselect", ["better", "failure"])
def test_a_primary_that_waits_takes_over_when_the_active_slave_fails(
    one_switch: OneSwitch, primary_reselect: str
) -> None:
    """What keeps it from taking over is only that the active slave works."""
    one_switch.dut.bond(primary="eth0", primary_reselect=primary_reselect)
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=DOWN)
        one_switch.after(DOWN)
        one_switch.eth1.cut()
    assert run.active_slaves == ["eth0", "eth1", "eth0"]


@claim("PRESEL-4", "PRESEL-3")
@control("test_the_policy_decides_about_a_primary_that_recovers")
@contradicted(
    "PRESEL-4",
    kernels=">=6.1",
    evidence="bond_option_primary_set sets force_primary, bond_choose_primary_or_current clears "
    "it when it first finds the primary up, whenever that is (difference 72)",
)
@pytest.mark.parametrize("primary_reselect", ["better", "failure"])
def test_a_primary_that_was_named_while_it_was_down_obeys_the_policy(
    one_switch: OneSwitch, primary_reselect: str
) -> None:
    """The active slave works when the primary recovers, and stays active."""
    bond = one_switch.dut.bond(primary_reselect=primary_reselect)
    with one_switch.watch() as run:
        one_switch.eth1.cut()
        one_switch.after(DOWN)
        one_switch.dut.set(bond, primary="eth1")
        one_switch.after(DOWN)
        one_switch.eth1.heal()
    assert run.active_slaves == ["eth0"]
    assert run.link_states == {"eth0": "up", "eth1": "up"}


@claim("PRESEL-5")
@pytest.mark.parametrize(
    ("primary_reselect", "used"),
    [
        ("always", ["eth0", None, "eth1", "eth0"]),
        ("better", ["eth0", None, "eth1"]),
        ("failure", ["eth0", None, "eth1"]),
    ],
)
def test_without_an_active_slave_the_first_to_recover_is_used(
    one_switch: OneSwitch, primary_reselect: str, used: list[str | None]
) -> None:
    """No policy keeps a dark bond waiting for its primary; later on the policy counts again."""
    bond = one_switch.dut.bond(primary="eth0", primary_reselect=primary_reselect)
    with one_switch.watch() as run:
        one_switch.eth1.cut()  # before the active one, so that it does not take over
        one_switch.eth0.cut()
        one_switch.after(DOWN)
        one_switch.eth1.heal()
        one_switch.after(DOWN)
        one_switch.eth0.heal()
    assert run.active_slaves == used
    assert run.slave("eth1").recovery <= bond.miimon


@claim("PRESEL-6")
@pytest.mark.parametrize("primary_reselect", POLICIES)
@pytest.mark.parametrize(
    ("primary", "became"),
    [("eth2", {"primary": "eth2", "active_slave": "eth2"}), ("eth0", {})],
)
def test_a_primary_is_active_when_it_is_enslaved(
    spare_slave: SpareSlave, primary_reselect: str, primary: str, became: dict[str, str]
) -> None:
    """The policy is ignored when the primary is enslaved, and another slave is not preferred."""
    bond = spare_slave.dut.bond(primary_reselect=primary_reselect)
    spare_slave.dut.write(bond, "primary", primary)
    answer = spare_slave.dut.attempt.enslave(bond, spare_slave.eth2)
    assert (answer.error, answer.became) == ("", became)


@claim("PRESEL-7")
@pytest.mark.parametrize(
    ("primary_reselect", "active"), [("always", "eth0"), ("better", "eth1"), ("failure", "eth1")]
)
@pytest.mark.parametrize("by", ["netlink", "sysfs"])
def test_a_new_policy_selects_at_once(
    one_switch: OneSwitch, by: str, primary_reselect: str, active: str
) -> None:
    """When the request returns, the active slave is the one that the new policy selects."""
    old = "better" if primary_reselect == "failure" else "failure"
    bond = one_switch.dut.bond(primary="eth0", primary_reselect=old)
    one_switch.dut.set(bond, active_slave="eth1")
    answer = one_switch.dut.attempt.set_by(by, bond, "primary_reselect", primary_reselect)
    assert answer.error == ""
    assert bond.now.netlink["primary_reselect"] == primary_reselect
    assert bond.now.netlink["active_slave"] == active


@claim("PRESEL-8")
@pytest.mark.parametrize(
    ("primary_reselect", "used"),
    [("always", ["eth0", "eth1"] * 4 + ["eth0"]), ("failure", ["eth0", "eth1"])],
)
def test_a_primary_that_flaps_is_followed_or_not(
    one_switch: OneSwitch, primary_reselect: str, used: list[str]
) -> None:
    """Four losses of its carrier move the bond eight times, or once."""
    one_switch.dut.bond(primary="eth0", primary_reselect=primary_reselect)
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=DOWN, up=DOWN, times=4)
    assert run.active_slaves == used
    assert run.failures["eth0"] == 4
