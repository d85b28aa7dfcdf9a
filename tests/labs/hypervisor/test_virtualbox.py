"""What VBoxManage says, in words recorded of the real one.

tests/data/virtualbox is from `VBoxManage showvminfo` of VirtualBox 7.2.22 (Debian sid), of a
machine made by `createvm --name failover-dut --ostype Debian_64 --register` and `modifyvm
--nic1 nat --nic2 hostonly --nic3 intnet --intnet3 lab-1 --nicpromisc3 deny --nic4 intnet --intnet4
lab-2 --nicpromisc4 allow-all --cableconnected4 off --nic5 intnet --nictype5 virtio ...`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.doctor import virtual
from harness.doctor.check import BAD, GOOD, LACKING
from harness.errors import LabError
from harness.labs.description.model import LabFile, LabNic, VirtualMachine
from harness.labs.hypervisor.virtualbox import RUNS, VBoxManage, VmAdapter, commands, machine_of
from harness.labs.ssh.address import SshAddress

pytestmark = pytest.mark.process

DATA = Path(__file__).parents[2] / "data" / "virtualbox"
NO_MACHINE = """\
VBoxManage: error: Could not find a registered machine named 'nope'
VBoxManage: error: Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001)
"""
REPLAYS = """\
#!/bin/sh
[ "$LC_ALL" = C ] || exit 9
case "$*" in
"showvminfo failover-dut --machinereadable") cat {data}/machinereadable.txt ;;
"showvminfo failover-dut") cat {data}/plain.txt ;;
*) cat {data}/no_machine.txt >&2; exit 1 ;;
esac
"""


@pytest.fixture
def manage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VBoxManage:
    """A VBoxManage that says again what the real one said."""
    for path in DATA.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "no_machine.txt").write_text(NO_MACHINE, encoding="ascii")
    program = tmp_path / "VBoxManage"
    program.write_text(REPLAYS.format(data=tmp_path), encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return VBoxManage()


def test_a_machine_is_known_with_its_adapters(manage: VBoxManage) -> None:
    found = manage.machine("failover-dut")
    assert found.state == "poweroff"
    assert sorted(found.adapters) == [1, 2, 3, 4, 5, 6]
    assert found.adapters[3] == VmAdapter(
        number=3,
        attached="intnet",
        network="lab-1",
        chip="82540EM",
        mac="08:00:27:fb:b0:60",
        connected=True,
        promiscuous="deny",
    )
    assert (found.adapters[4].connected, found.adapters[4].promiscuous) == (False, "allow-all")
    assert (found.adapters[5].chip, found.adapters[1].attached) == ("virtio", "nat")


def lab(*nics: LabNic) -> LabFile:
    """Return a lab whose DUT runs in VirtualBox."""
    dut, machine = SshAddress("dut"), VirtualMachine("failover-dut")
    return LabFile(Path("lab.toml"), "virtualbox", dut, "eth0", nics, machine)


def test_the_doctor_looks_at_the_adapters_whose_cables_are_pulled(manage: VBoxManage) -> None:
    nics = [LabNic(f"eth{n}", f"eth{n}", "hypervisor", adapter=n) for n in (3, 4, 7)]
    rows = dict(virtual.rows(lab(*nics, LabNic("eth9", "eth9"))))
    states = {name: row.state for name, row in rows.items()}
    assert states == {"VirtualBox": BAD, "adapter 3": GOOD, "adapter 4": LACKING, "adapter 7": BAD}
    assert rows["VirtualBox"].found == "failover-dut is not running: poweroff"
    assert rows["adapter 3"].found.startswith("eth3: 82540EM on intnet lab-1, MAC 08:00:27:fb:b0")
    assert rows["adapter 4"].remedy == "VBoxManage controlvm failover-dut setlinkstate4 on"
    assert rows["adapter 7"].remedy == "adapter is one of: 1, 2, 3, 4, 5, 6"


def test_without_the_plain_form_there_is_no_policy() -> None:
    text = (DATA / "machinereadable.txt").read_text(encoding="utf-8")
    assert {one.promiscuous for one in machine_of(text, "").adapters.values()} == {""}


def test_a_machine_that_is_not_there(manage: VBoxManage) -> None:
    with pytest.raises(LabError) as error:
        manage.machine("nope")
    assert error.value.message == (
        "VBoxManage showvminfo nope ended with exit status 1: "
        "Could not find a registered machine named 'nope'"
    )


def test_without_virtualbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with pytest.raises(LabError, match="there is no VBoxManage, the command of VirtualBox"):
        VBoxManage().machine("failover-dut")


def test_a_cable_is_only_pulled_of_a_machine_that_runs(manage: VBoxManage) -> None:
    with pytest.raises(LabError, match="failover-dut is not running in VirtualBox: poweroff"):
        commands(manage.host, "failover-dut", 3)
    text = (DATA / "machinereadable.txt").read_text(encoding="utf-8")
    assert machine_of(text.replace('"poweroff"', '"running"'), "").state == RUNS
