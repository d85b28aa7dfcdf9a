"""Cables that libvirt pulls, by the real virsh and a machine of QEMU without a system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from harness.errors import LabError
from harness.labs.by_command.cables import CommandCables
from harness.labs.description.model import HYPERVISOR, LabFile, LabNic, VirtualMachine
from harness.labs.hypervisor.cables import cables
from harness.labs.reconnect.record import CutRecord
from harness.labs.ssh.address import SshAddress

NEEDED = ("virsh", "libvirtd", "qemu-system-x86_64", "setpriv")
LACKS = [name for name in NEEDED if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")]
pytestmark = pytest.mark.skipif(bool(LACKS), reason=f"libvirt needs {', '.join(LACKS)}")
NAME, URI, NOBODY = "failover-dut", "qemu:///session", 65534
MACS = {"eth1": "52:54:00:aa:bb:01", "eth2": "52:54:00:aa:bb:02"}
DOMAIN = """
<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><emulator>{qemu}</emulator>{nics}</devices></domain>
"""
LAB = """\
[dut]
address = "dut"
management = "mgmt"
[[nic]]
name = "eth1"
far_end = "far-eth1"
"""
CARD = "<interface type='user'><mac address='{}'/><model type='e1000'/></interface>"


@pytest.fixture
def virsh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A session of libvirt that is an ordinary user's, with one machine; its runtime directory."""
    home = Path(mkdtemp(prefix="lv"))  # short: it holds sockets of QEMU
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin/virsh"
    drop = ""
    if os.geteuid() == 0:  # of root, a session is the system's
        os.chown(home, NOBODY, NOBODY)
        for above in (tmp_path, *tmp_path.parents):
            if above.stat().st_uid == 0 and above != Path("/"):
                above.chmod(above.stat().st_mode | 0o011)
        drop = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups "
    wrapper.write_text(
        f"#!/bin/sh\nexport HOME={home} XDG_RUNTIME_DIR={home}\n"
        "export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
        f'cd /\nexec {drop}{shutil.which("virsh")} "$@"\n',
        encoding="utf-8",
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    nics = "".join(map(CARD.format, MACS.values()))
    machine = tmp_path / "bin/machine.xml"
    qemu = shutil.which("qemu-system-x86_64")
    machine.write_text(DOMAIN.format(name=NAME, qemu=qemu, nics=nics), encoding="utf-8")
    done = call("create", str(machine))
    if done.returncode:
        pytest.skip(f"libvirt starts no machine here: {' '.join(done.stderr.split())}")
    yield str(home)
    call("destroy", NAME)
    shutil.rmtree(home, ignore_errors=True)


def call(*words: str) -> subprocess.CompletedProcess[str]:
    """Call virsh."""
    return subprocess.run(
        ["virsh", "-c", URI, *words], capture_output=True, text=True, check=False, timeout=60
    )


def state(nic: str) -> str:
    """Return what libvirt says of a NIC's cable: up or down."""
    return call("domif-getlink", NAME, MACS[nic]).stdout.split()[-1]


def lab(*cut: str, name: str = NAME) -> LabFile:
    """Return a lab whose cables of these NICs libvirt cuts."""
    nics = tuple(
        LabNic(nic, f"far-{nic}", cut=HYPERVISOR if nic in cut else "far-end") for nic in MACS
    )
    machine = VirtualMachine(name, uri=URI)
    return LabFile(Path("lab.toml"), "libvirt", SshAddress("dut"), "mgmt", nics, machine)


def pulled(place: Path, name: str = NAME, macs: dict[str, str] | None = None) -> CommandCables:
    """Return the cables of eth1, which libvirt cuts."""
    record = CutRecord(place / ("cut" if name == NAME else name))
    found = cables(lab("eth1", name=name), macs or MACS, record)
    assert found is not None
    return found


@pytest.mark.usefixtures("virsh")
def test_a_cable_is_pulled_and_plugged_in_and_no_other_one(tmp_path: Path) -> None:
    found = pulled(tmp_path)
    found.carrier("eth1", up=False)
    assert (state("eth1"), state("eth2")) == ("down", "up")
    found.carrier("eth2", up=False)  # its far end cuts it
    assert state("eth2") == "up"
    found.carrier("eth1", up=True)
    assert state("eth1") == "up"
    found.carrier("eth1", up=False)
    found.close()
    assert state("eth1") == "up"


@pytest.mark.usefixtures("virsh")
def test_a_killed_tester_leaves_no_cable_pulled(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text(LAB, encoding="ascii")
    program = f"""
import time
from pathlib import Path
from harness.labs.reconnect.client import Reconnector
from tests.labs.hypervisor.test_libvirt import pulled
place = Path({str(tmp_path)!r})
reconnector = Reconnector(place / "lab.toml", place / "cut")
pulled(place).carrier("eth1", up=False)
print("pulled", flush=True)
time.sleep(60)
"""
    argv = [sys.executable, "-c", program]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as tester:
        assert tester.stdout is not None
        assert tester.stdout.readline() == b"pulled\n"
        assert state("eth1") == "down"
        tester.kill()
    until = time.monotonic() + 20
    while state("eth1") == "down" and time.monotonic() < until:
        time.sleep(0.1)
    assert state("eth1") == "up"


@pytest.mark.usefixtures("virsh")
def test_what_libvirt_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="has no adapter with the MAC 52:54:00:00:00:09") as wrong:
        pulled(tmp_path, macs={"eth1": "52:54:00:00:00:09"})
    assert all(mac in str(wrong.value) for mac in MACS.values())
    with pytest.raises(LabError, match=r"virsh domstate nobody .* failed to get domain"):
        pulled(tmp_path, "nobody")


@pytest.mark.usefixtures("virsh")
def test_a_machine_that_has_gone_is_reported(tmp_path: Path) -> None:
    found = pulled(tmp_path)
    found.carrier("eth1", up=False)
    call("destroy", NAME)
    with pytest.raises(LabError, match=r"domif-setlink .* up`: .*(not running|get domain)"):
        found.carrier("eth1", up=True)
    found.close()


def test_without_a_hypervisor_nothing_is_asked(tmp_path: Path) -> None:
    assert cables(lab(), MACS, CutRecord(tmp_path / "cut")) is None
