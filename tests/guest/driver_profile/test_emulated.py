"""`harness driver-profile --kernel`: an emulated NIC in a guest, from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.driver_profile import facts
from harness.driver_profile.conclusions import conclude
from harness.driver_profile.facts import AddressChange, LinkQuery, Profile, Reception, Speed
from harness.units import MS
from tests.virtual_kernel import virtual_kernel

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.guest(inside=False)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", "driver-profile", *arguments],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "140"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def kernel() -> str:
    return virtual_kernel()


def profile(kernel: str, nic: str) -> dict[str, Any]:
    done = command("--kernel", kernel, "--nic", nic, "--json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_the_same_facts_come_each_time(kernel: str) -> None:
    found = profile(kernel, "veth")
    assert found["identity"]["driver"] == "veth"
    assert found["clock"] == "virtual"
    assert len(found["carrier"]["down_flag"]["ns"]) == 5
    assert profile(kernel, "veth") == found


INTERRUPTS = 64 * MS  # rtl8150 asks for 100 ms, and host controllers round that down


@pytest.fixture(scope="module")
def adapter(kernel: str) -> Profile:
    """The USB adapter of the model, with the kernel's own driver."""
    done = command("--kernel", kernel, "--nic", "rtl8150", "--repeat", "8", "--json")
    if done.returncode == 1 and "has no " in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    (found,) = facts.load_all(done.stdout)
    return found


def answers(found: Profile) -> dict[str, str]:
    return {one.subject: one.answer for one in conclude(found)}


def test_the_adapter_has_its_own_driver_and_no_mii_ioctl(adapter: Profile) -> None:
    assert adapter.identity.driver == "rtl8150"
    assert adapter.identity.bus.startswith("usb-vhci")
    assert adapter.mii == LinkQuery(refused="EOPNOTSUPP")  # what mii-tool met in seed 000
    assert adapter.ethtool_link == LinkQuery(link=True, followed=True)
    assert adapter.speed == Speed(100, "full", autoneg=True)


def test_the_adapter_tells_of_its_link_at_an_interrupt(adapter: Profile) -> None:
    seen = adapter.carrier
    assert seen is not None
    assert seen.reported
    for samples in (seen.down_flag, seen.up_flag, seen.down_event, seen.up_event):
        assert len(samples.came) == 8
        assert 0 < max(samples.came) <= INTERRUPTS + seen.resolution
    assert max(seen.down_flag.came) > INTERRUPTS / 2  # the faults meet it in all its phases
    assert answers(adapter)["miimon (carrier)"] == "yes"


def test_the_adapter_refuses_a_new_mac_while_it_is_up(adapter: Profile) -> None:
    assert adapter.mac_up == AddressChange(refused="EBUSY")
    assert adapter.mac_down == AddressChange(hears=True)
    told = answers(adapter)
    assert (told["none"], told["active"], told["follow"]) == ("yes", "yes", "no")
    assert told["new MAC of a running bond"] == told["balance-alb"] == "no"
    alb, follow = adapter.trial("balance-alb"), adapter.trial("fail_over_mac=follow")
    assert alb is not None
    assert alb.refused == "EOPNOTSUPP"
    assert follow is not None
    assert follow.addresses_right is False
    assert any("Error 16 setting MAC" in line for line in follow.log)


def test_the_adapter_filters_strangers_until_it_is_promiscuous(adapter: Profile) -> None:
    promisc = next(one for one in adapter.survivals if one.setting == "promisc")
    assert promisc.filters is True
    assert promisc.survives
    assert promisc.away == promisc.off == Reception(flag=False, hears=False)


def test_people_get_a_table(kernel: str) -> None:
    done = command("--kernel", kernel, "--nic", "dummy")
    assert done.returncode == 0, done.stderr
    assert "primary_reselect=better" in done.stdout
    assert "booting" in done.stderr
    assert "Traceback" not in done.stderr
