"""Lab files: what they mean, and what is told of those that mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.labs.description.model import QemuFile, VirtualMachine
from harness.labs.description.read import load, read
from harness.labs.ssh.address import SshAddress
from tests.lab_files import DUT, NIC, OTHER, assert_rejected, lab

LABS = Path(__file__).parents[3] / "labs"
BOX = '[virtualbox]\nmachine = "failover-dut"\n'


def test_the_least_that_a_lab_is(tmp_path: Path) -> None:
    found = read(lab(tmp_path, DUT + NIC))
    assert found.dut == SshAddress("192.0.2.20")
    assert (found.kind, found.management, found.machine) == ("rack", "eno1", None)
    assert [(nic.name, nic.far_end, nic.cut) for nic in found.nics] == [
        ("eth1", "enp5s0", "far-end")
    ]


def test_keys_are_found_beside_the_file_and_at_home(tmp_path: Path) -> None:
    text = DUT + 'key = "id"\nknown_hosts = "~/known"\nuser = "admin"\nport = 2222\n' + NIC
    dut = read(lab(tmp_path, text)).dut
    assert dut.key == str(tmp_path / "id")
    assert dut.known_hosts == str(Path("~/known").expanduser())
    assert (dut.user, dut.port) == ("admin", 2222)


def test_virtualbox_may_run_elsewhere(tmp_path: Path) -> None:
    nic = NIC + 'cut = "hypervisor"\nadapter = 2\n'
    text = f'kind = "virtualbox"\n{DUT}{nic}{BOX}'
    assert read(lab(tmp_path, text)).machine == VirtualMachine("failover-dut")
    there = read(lab(tmp_path, text + 'address = "desk"\nuser = "anna"\n')).machine
    assert there == VirtualMachine("failover-dut", SshAddress("desk", "anna", sudo=False))


@pytest.mark.parametrize("path", sorted(LABS.glob("*.toml")), ids=lambda path: path.name)
def test_those_that_ship_can_be_read(path: Path) -> None:
    if path.name == "kernels.toml":
        pytest.skip("it describes kernels, no lab")
    found = load(path)
    assert isinstance(found, QemuFile) or len(found.nics) >= 4


QEMU_LAB = 'kind = "qemu"\n'


@pytest.mark.parametrize(
    ("text", "nics"),
    [
        (QEMU_LAB, ("virtio-net",)),
        (QEMU_LAB + '[qemu]\nnics = ["rtl8139", "e1000"]\n', ("rtl8139", "e1000")),
    ],
)
def test_a_lab_in_qemu_is_its_nics(tmp_path: Path, text: str, nics: tuple[str, ...]) -> None:
    path = lab(tmp_path, text)
    assert load(path) == QemuFile(path, nics)


def test_a_lab_in_qemu_has_no_machine_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the DUT exists only during a run"):
        read(lab(tmp_path, QEMU_LAB))


@pytest.mark.parametrize(
    ("text", "line", "said", "hint"),
    [
        (DUT, 1, "there is no [[nic]]", "name the test NICs"),
        (NIC, 1, "there is no table [dut]", "the DUT's address"),
        (DUT.replace("address", "adress") + NIC, 2, 'no key "adress" in [dut]', "mean address?"),
        (f'kinds = "rack"\n{DUT}{NIC}', 1, 'no key "kinds" in the file', "did you mean kind?"),
        (DUT + NIC + "[nics]\n", 7, 'no key "nics" in the file', "did you mean nic?"),
        (DUT + "port = 70000\n" + NIC, 4, "port is 70000, expected a TCP port", "README"),
        (DUT + "port = true\n" + NIC, 4, "port is true, expected a TCP port", "README"),
        (DUT + 'sudo = "yes"\n' + NIC, 4, 'sudo is "yes", expected true or false', "README"),
        (DUT.replace("eno1", "eno 1") + NIC, 3, 'management is "eno 1", expected', "README"),
        ('[dut]\naddress = "x"\n' + NIC, 1, "management is missing", "the DUT's interface"),
        (DUT + NIC + '[[nic]]\nname = "eth2"\n', 7, "far_end is missing", "cable's other end"),
        (DUT + NIC + OTHER + 'cut = "usb"\n', 10, 'cut is "usb", expected one of', "README"),
        (DUT + NIC + 'addresses = ["10.0.0"]\n', 7, "addresses is", "README"),
        (DUT + NIC + 'addresses = "10.0.0.1"\n', 7, "addresses is", "README"),
        (DUT.replace("eno1", "eth1") + NIC, 5, "eth1 is the management interface", "another NIC"),
        (DUT + NIC + NIC, 8, "name is eth1, as another NIC's is", "no two cables"),
        (DUT + NIC + NIC.replace("eth1", "eth9"), 9, "far_end is enp5s0, as", "no two cables"),
        (DUT + NIC + 'cut = "hypervisor"\n', 7, "in a lab of kind", "no hypervisor"),
        (f'kind = "virtualbox"\n{DUT}{NIC}', 1, "there is no table [virtualbox]", "names the"),
        (DUT + NIC + BOX, 7, "[virtualbox] belongs to kind", "change the kind"),
        (f'kind = "rock"\n{DUT}{NIC}', 1, 'kind is "rock", expected one of "rack"', "README"),
        ("dut = 3\n" + NIC, 1, "expected a table [dut], not 3", "README"),
        ("nic = 3\n" + DUT, 1, "expected tables [[nic]]", "README"),
        (f'kind = "virtualbox"\n{DUT}{NIC}cut = "hypervisor"\n{BOX}', 8, "its adapter", "= 2"),
        ("[dut\n", 1, "Expected ']'", "README"),
        (f"{QEMU_LAB}{DUT}", 2, '[dut] is in a lab of kind "qemu"', "nics = [...]"),
        (f"{QEMU_LAB}[qemu]\nnics = []\n", 3, "nics is [], expected a list of virtio", "README"),
        (f'{QEMU_LAB}[qemu]\nnics = ["veth"]\n', 3, 'nics is ["veth"], expected', "README"),
        (f"{DUT}{NIC}[qemu]\n", 7, '[qemu] belongs to kind = "qemu"', "change the kind"),
        (f"{QEMU_LAB}[qemu]\nnics = [{{}}]\n", 3, "nics is [{}], expected a list of", "README"),
        (DUT + NIC + "addresses = [3]\n", 7, "addresses is [3], expected a list", "README"),
        (DUT + 'user = "-l"\n' + NIC, 4, 'user is "-l", expected a user', "README"),
        (DUT.replace("192.0.2.20", "-oX=1"), 2, 'address is "-oX=1", expected a host', "README"),
        (DUT.replace("192.0.2.20", "a" * 254), 2, "expected a host name", "README"),
        (DUT + 'key = "a\\u0000b"\n' + NIC, 4, "expected the path of a private key", "README"),
    ],
)
def test_what_is_wrong_is_reported_with_its_place(
    tmp_path: Path, text: str, line: int, said: str, hint: str
) -> None:
    assert_rejected(lab(tmp_path, text), line, said, hint)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file or directory"):
        read(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read: 'utf-8' codec"):
        read(tmp_path / "binary.toml")


def test_what_an_editor_of_windows_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lab.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (DUT + NIC).replace("\n", "\r\n").encode())
    assert read(path).dut == SshAddress("192.0.2.20")


def test_the_home_of_a_user_who_does_not_exist(tmp_path: Path) -> None:
    path = lab(tmp_path, DUT + 'key = "~no-such-user/id"\n' + NIC)
    with pytest.raises(UsageError, match=r"the home directory of ~no-such-user/id is not known"):
        read(path)
