"""Two USB adapters (seed 000, as test_usb_nics.py): unplugged, wrong link bits, misconfigured.

What was reported. After an adapter had been plugged in elsewhere, or the network restarted, names
and slaves were not what they had been; restarting the network ended in "echo: write error: Invalid
argument" until a line that takes the ARP target out was added to the scripts.

What is shown. An adapter that is pulled out of the USB is a slave that is gone: the bond goes on
at once, keeps its MAC, and does not take the adapter back when it is plugged in again: somebody
has to enslave it, as hotplug scripts do. Chips that tell a wrong link now and then make miimon
fail over a good link, unless `downdelay` forgives them. The script's error was a target added to
a bond that had it already: bonds survive `networking stop`, and so do their targets.

What was measured (virtual 7.2.13, HZ=100): outage when pulled out 10 ms; after the adapter was
plugged in again its interface was there after 440 ms.
"""

import pytest

from harness import KernelRefused, claim, control, s
from scenarios.topologies import UsbNics

TARGET = "192.168.0.1"


@claim("MAC-2", "MODE-AB-2")
def test_an_adapter_that_is_pulled_out_is_not_missed(usb_nics: UsbNics) -> None:
    """The bond goes on with the other adapter sooner than any monitor could tell it."""
    bond = usb_nics.dut.bond(miimon=100)
    with usb_nics.watch() as run:
        usb_nics.eth1.unplug()
    assert run.active_slaves == ["eth1", "eth2"]
    assert run.mac_addresses == [usb_nics.eth1.mac]
    assert run.outage < bond.inspection
    assert not run.slave("eth1").detected


@claim("FAQ-6", "MODE-AB-2")
def test_an_adapter_plugged_in_again_belongs_to_no_bond(usb_nics: UsbNics) -> None:
    """The adapter has its old name again, and the bond does not know it."""
    usb_nics.dut.bond(miimon=100)
    with usb_nics.watch() as run:
        usb_nics.eth1.unplug()
        usb_nics.after(1 * s)
        usb_nics.eth1.replug()
        usb_nics.after(1 * s)
        usb_nics.eth2.cut()
    assert run.active_slaves == ["eth1", "eth2", None]
    assert not run.recovered


@claim("CFG-1", "FAQ-6")
@control("test_an_adapter_plugged_in_again_belongs_to_no_bond")
@control("test_an_adapter_that_is_pulled_out_is_not_missed")
def test_enslaved_by_hand_it_serves_again(usb_nics: UsbNics) -> None:
    """Once it is enslaved again, it takes over when the other one fails."""
    bond = usb_nics.dut.bond(miimon=100)
    with usb_nics.watch() as run:
        usb_nics.eth1.unplug()
        usb_nics.after(1 * s)
        usb_nics.eth1.replug()
        usb_nics.after(1 * s)
        usb_nics.dut.enslave(bond, usb_nics.eth1)
        usb_nics.after(1 * s)
        usb_nics.eth2.cut()
    assert run.active_slaves == ["eth1", "eth2", "eth1"]
    assert run.slave("eth2").detected
    assert run.recovered


@claim("MIIMON-1", "PRESEL-8")
def test_a_chip_that_babbles_fails_a_good_link(usb_nics: UsbNics) -> None:
    """One wrong link bit in five packets moves the bond each time, though the cable is good."""
    usb_nics.dut.bond(miimon=50, primary="eth1")
    with usb_nics.watch() as run:
        usb_nics.eth1.misreport_link(every=5)
        usb_nics.after(2 * s)
    assert run.active_slaves[:3] == ["eth1", "eth2", "eth1"]
    assert run.slave("eth1").failures > 1


@claim("DOWNDELAY-5", "DOWNDELAY-9")
@control("test_a_chip_that_babbles_fails_a_good_link")
def test_downdelay_forgives_the_babble(usb_nics: UsbNics) -> None:
    """A lie is over before downdelay is, so nothing fails over."""
    usb_nics.dut.bond(miimon=50, primary="eth1", downdelay=200)
    with usb_nics.watch() as run:
        usb_nics.eth1.misreport_link(every=5)
        usb_nics.after(2 * s)
    assert run.active_slaves == ["eth1"]
    assert run.slave("eth1").failures == 0


@claim("ARPTGT-3")
@pytest.mark.parametrize(
    ("text", "answer"), [(f"+{TARGET}", "EINVAL"), ("-192.168.0.9", "EINVAL"), (TARGET, "EPERM")]
)
def test_a_target_the_bond_has_is_an_invalid_argument(
    usb_nics: UsbNics, text: str, answer: str
) -> None:
    """Refused are a target that is there already, one that is not there, one without a sign."""
    bond = usb_nics.dut.bond(arp_interval=1000, arp_ip_target=TARGET)
    with pytest.raises(KernelRefused) as refused:
        usb_nics.dut.write(bond, "arp_ip_target", text)
    assert f"was refused with {answer}" in str(refused.value)


@claim("ARPTGT-3")
@control("test_a_target_the_bond_has_is_an_invalid_argument")
def test_a_target_is_taken_out_before_it_is_added_again(usb_nics: UsbNics) -> None:
    """What the report found out: first minus, then plus; the monitor goes on."""
    bond = usb_nics.dut.bond(arp_interval=1000, arp_ip_target=TARGET)
    with usb_nics.watch() as run:
        usb_nics.dut.write(bond, "arp_ip_target", f"-{TARGET}")
        usb_nics.dut.write(bond, "arp_ip_target", f"+{TARGET}")
        usb_nics.after(4 * bond.arp_interval)
    assert run.active_slaves == ["eth1"]
    assert run.lost == 0
