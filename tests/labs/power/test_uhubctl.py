"""USB power by an uhubctl that speaks as the real one does, but has no hub.

Its output is that of print_port_status and main in uhubctl.c, of a hub for USB 3 with its twin for
USB 2; the state of the ports is in a file.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from harness.doctor import in_cable
from harness.doctor.check import GOOD
from harness.errors import LabError, UsageError
from harness.labs.description.model import USB_POWER, LabFile, LabNic
from harness.labs.rack.cutting import Cutters, cutters
from harness.labs.ssh.address import SshAddress

pytestmark = pytest.mark.process

STAND_IN = """\
#!/bin/sh
[ "$1 $2 $3" = "-l 1-1 -p" ] || {
    echo "No compatible devices detected at location $2!" >&2; exit 1; }
port=$4; at=@/port$4
show() {
    for hub in "1-1 [2109:2817 VIA Labs, Inc. USB2.0 Hub, USB 2.10, 4 ports, ppps]|0100" \\
        "2-1 [2109:0817 VIA Labs, Inc. USB3.0 Hub, USB 3.10, 4 ports, ppps]|02a0"; do
        echo "$1 status for hub ${hub%|*}"
        [ -e $at ] && state="0000 off" || state="${hub#*|} power"
        echo "  Port $port: $state"
    done
}
show Current
[ "$5" = -a ] || exit 0
case $6 in
off) [ -e @/stuck ] || touch $at ;;
on) rm -f $at ;;
esac
echo "Sent power $6 request"
show New
"""
NIC = LabNic("eth1", "far1", cut=USB_POWER, hub="1-1", hub_port=2)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with such an uhubctl, which is found first."""
    program = tmp_path / "uhubctl"
    program.write_text(STAND_IN.replace("@", str(tmp_path)), encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def powered(place: Path, *nics: LabNic) -> Cutters:
    """Return what cuts the cables of NICs."""
    lab = LabFile(Path("lab.toml"), "rack", SshAddress("dut"), "mgmt", nics or (NIC,))
    return cutters(lab, {}, place / "cut")


def test_a_port_loses_its_power_and_gets_it_again(place: Path) -> None:
    with closing(powered(place, NIC, LabNic("eth2", "far2"))) as found:
        found.carrier("eth1", up=False)
        assert (place / "port2").exists()
        found.carrier("eth2", up=False)  # its far end cuts it
        found.carrier("eth1", up=True)
        assert not (place / "port2").exists()
        found.carrier("eth1", up=False)
    assert not (place / "port2").exists()


def test_a_port_that_keeps_its_power_is_an_error(place: Path) -> None:
    (place / "stuck").touch()
    with closing(powered(place)) as found, pytest.raises(LabError) as error:
        found.carrier("eth1", up=False)
    assert "uhubctl failed on `LC_ALL=C uhubctl -l 1-1 -p 2 -a off`" in error.value.message
    assert "port 2 is still with power: 0100 power" in error.value.message


def test_the_doctor_sees_which_port_has_power(place: Path) -> None:
    lab = LabFile(Path("lab.toml"), "rack", SshAddress("dut"), "mgmt", (NIC,))
    assert dict(in_cable.rows(lab))["power 1-1:2"].state == GOOD
    (place / "port2").touch()
    row = dict(in_cable.rows(lab))["power 1-1:2"]
    assert row.found == "eth1: uhubctl can switch it; it has no power"
    assert row.remedy == "LC_ALL=C uhubctl -l 1-1 -p 2 -a on"


def test_a_hub_that_cannot_switch_is_an_error(place: Path) -> None:
    with pytest.raises(LabError, match="No compatible devices detected at location 3-1!"):
        powered(place, LabNic("eth1", "far1", cut=USB_POWER, hub="3-1", hub_port=2))


def test_without_uhubctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "sh").symlink_to("/bin/sh")
    with pytest.raises(LabError, match="there is no uhubctl") as error:
        powered(tmp_path)
    assert "apt install uhubctl" in error.value.hint


def test_a_port_that_powers_the_far_end_itself_is_rejected(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.2/1-1.2:1.0"
    (place / "readlink").write_text(f"#!/bin/sh\necho {device}\n", encoding="ascii")
    (place / "readlink").chmod(0o755)
    with pytest.raises(UsageError, match="port 2 of hub 1-1 powers far end far1 itself"):
        powered(place)
    other = LabNic("eth1", "far1", cut=USB_POWER, hub="1-1", hub_port=3)
    powered(place, other).close()
