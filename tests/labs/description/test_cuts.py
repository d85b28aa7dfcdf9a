"""How a lab file says what cuts a cable, and what is told of one that lacks something for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.labs.description.model import ManagedSwitch
from harness.labs.description.read import load, read
from harness.labs.ssh.address import SshAddress
from tests.lab_files import DUT, NIC, OTHER, assert_rejected, lab

SWITCH = '[switch]\naddress = "sw"\nuser = "bench"\ntype = "cisco_ios"\n'
PORT = 'cut = "switch"\nswitch_port = "Gi1/0/3"\n'


def test_a_switch_has_an_address_a_type_and_lines(tmp_path: Path) -> None:
    more = 'password = "PW"\nshut = ["port {port} off"]\nopen = ["port {port} on"]\n'
    found = read(lab(tmp_path, DUT + NIC + PORT + SWITCH + more))
    assert found.switch == ManagedSwitch(
        SshAddress("sw", "bench"),
        "cisco_ios",
        password="PW",  # noqa: S106
        shut=("port {port} off",),
        open=("port {port} on",),
    )
    assert found.nics[0].switch_port == "Gi1/0/3"


def test_a_hub_is_the_testers_unless_the_file_says_another(tmp_path: Path) -> None:
    nic = NIC + 'cut = "usb-power"\nhub = "1-1.4"\nhub_port = 2\n'
    assert read(lab(tmp_path, DUT + nic)).hub_host is None
    found = read(lab(tmp_path, f'{DUT}{nic}[hub]\naddress = "shelf"\n'))
    assert found.hub_host == SshAddress("shelf")
    assert (found.nics[0].hub, found.nics[0].hub_port) == ("1-1.4", 2)


def test_a_place_of_labgrid(tmp_path: Path) -> None:
    nic = NIC + 'cut = "labgrid"\nplace = "converter"\n'
    found = read(lab(tmp_path, f'{DUT}{nic}[labgrid]\ncoordinator = "lg:20408"\n'))
    assert (found.nics[0].place, found.coordinator) == ("converter", "lg:20408")


@pytest.mark.parametrize(
    ("text", "line", "said", "hint"),
    [
        (DUT + NIC + PORT, 7, "there is no table [switch]", "address and type"),
        (DUT + NIC + 'cut = "switch"\n' + SWITCH, 7, "knows the cable of eth1 by its port", "Gi"),
        (DUT + NIC + PORT + OTHER + PORT + SWITCH, 13, "switch_port is Gi1/0/3, as", "in common"),
        (DUT + NIC + PORT + '[switch]\naddress = "sw"\n', 9, "type is missing", "netmiko"),
        (DUT + NIC + PORT + SWITCH + 'shut = ["x"]\n', 9, "open is missing", "shut and open"),
        (DUT + NIC + PORT + SWITCH + "shut = []\n", 13, "shut is [], expected a list of", "READ"),
        (DUT + NIC + 'cut = "usb-power"\nhub = "1-1"\n', 7, "is a port of a hub", "hub_port"),
        (DUT + NIC + 'hub = "left"\n', 7, 'hub is "left", expected the location', "README"),
        (DUT + NIC + "hub_port = 12\n", 7, "hub_port is 12, expected", "README"),
        (DUT + NIC + 'cut = "labgrid"\n', 7, "is a place of labgrid", "place = NAME"),
    ],
)
def test_what_a_cut_lacks_is_reported_with_its_place(
    tmp_path: Path, text: str, line: int, said: str, hint: str
) -> None:
    assert_rejected(lab(tmp_path, text), line, said, hint)


def test_a_lab_in_qemu_has_no_switch(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\[switch\] is in a lab of kind"):
        load(lab(tmp_path, f'kind = "qemu"\n{SWITCH}'))
