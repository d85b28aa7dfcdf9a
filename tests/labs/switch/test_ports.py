"""Ports of a switch, by the real netmiko and a command line behind a real SSH server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.doctor import in_cable
from harness.doctor.check import BAD, GOOD, CheckResult
from harness.errors import LabError, UsageError
from harness.labs.description.model import LabFile, ManagedSwitch
from harness.labs.description.read import read
from harness.labs.reconnect.record import CutRecord
from harness.labs.ssh.address import SshAddress
from harness.labs.switch import command_line
from harness.labs.switch.command_line import CommandLine
from harness.labs.switch.dialects import KNOWN, lines
from harness.labs.switch.ports import SwitchPorts
from tests.sshd import MISSING, Server, serving
from tests.waiting import comes_true

netmiko = pytest.importorskip("netmiko", reason="no netmiko here: pip install -e '.[netmiko]'")
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)
ROOT = Path(__file__).parents[3]
LAB = """\
[dut]
address = "192.0.2.20"
management = "mgmt"
[switch]
address = "127.0.0.1"
port = {port}
user = "{user}"
key = "id"
known_hosts = "known"
type = "cisco_ios"
[[nic]]
name = "eth1"
far_end = "far1"
cut = "switch"
switch_port = "Gi1/0/1"
[[nic]]
name = "eth2"
far_end = "far2"
"""


@dataclass(frozen=True, slots=True)
class Bench:
    """A switch with a command line, and a lab whose cable of eth1 goes through it."""

    place: Path
    server: Server
    lab: LabFile

    @property
    def switch(self) -> ManagedSwitch:
        assert self.lab.switch is not None
        return self.lab.switch

    @property
    def record(self) -> Path:
        return self.place / "cut"

    def ports(self) -> SwitchPorts:
        """Connect to the switch."""
        return SwitchPorts(self.lab, CutRecord(self.record))

    def reconnect(self) -> subprocess.CompletedProcess[str]:
        """Connect what the record leaves cut, as at the end of a run."""
        argv = [sys.executable, "-m", "harness.labs.reconnect.program"]
        return subprocess.run(
            [*argv, str(self.lab.path), str(self.record)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )

    def shut(self) -> list[str]:
        """Return the ports that are shut."""
        ports = self.place / "ports"
        return ports.read_text(encoding="ascii").split() if ports.exists() else []

    def break_with(self, fault: str) -> None:
        """Let the next line that shuts or opens a port hang, be refused, or end the connection."""
        (self.place / "fault").write_text(fault, encoding="ascii")

    def mend(self) -> None:
        """End that."""
        (self.place / "fault").unlink()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A switch of this test's own."""
    cli = f"cd {ROOT} && exec {sys.executable} -m tests.switch_command_line {tmp_path}"
    with serving(tmp_path, more=f"ForceCommand {cli}\n") as server:
        address = server.address()
        path = tmp_path / "lab.toml"
        path.write_text(LAB.format(port=address.port, user=address.user), encoding="ascii")
        yield Bench(tmp_path, server, read(path))


def test_a_port_is_shut_and_opened_and_no_other_one(bench: Bench) -> None:
    with closing(bench.ports()) as ports:
        ports.carrier("eth1", up=False)
        assert bench.shut() == ["Gi1/0/1"]
        ports.carrier("eth2", up=False)  # its far end cuts it
        assert bench.shut() == ["Gi1/0/1"]
        ports.carrier("eth1", up=True)
        assert not bench.shut()


def test_what_is_shut_at_the_end_is_opened(bench: Bench) -> None:
    ports = bench.ports()
    ports.carrier("eth1", up=False)
    ports.close()
    assert not bench.shut()


def test_a_killed_tester_leaves_no_port_shut(bench: Bench) -> None:
    program = f"""
import time
from pathlib import Path
from harness.labs.description.read import read
from harness.labs.reconnect.client import Reconnector
from harness.labs.reconnect.record import CutRecord
from harness.labs.switch.ports import SwitchPorts
lab, record = Path({str(bench.lab.path)!r}), Path({str(bench.record)!r})
reconnector = Reconnector(lab, record)
ports = SwitchPorts(read(lab), CutRecord(record))
ports.carrier("eth1", up=False)
print("shut", flush=True)
time.sleep(60)
"""
    argv = [sys.executable, "-c", program]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=ROOT) as tester:
        assert tester.stdout is not None
        assert tester.stdout.readline() == b"shut\n"
        assert bench.shut() == ["Gi1/0/1"]
        tester.kill()
    assert comes_true(lambda: not bench.shut(), 30)
    assert comes_true(lambda: not bench.record.exists(), 30)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("hang", "has not answered for 1 s: `interface Gi1/0/1; shutdown`"),
        ("drop", "closed the connection at `interface Gi1/0/1; shutdown`"),
        ("refuse", "refused `interface Gi1/0/1; shutdown`: % Interface is managed by another"),
    ],
)
def test_a_command_line_that_fails_is_a_lab_error_and_the_port_is_opened(
    bench: Bench, fault: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "ANSWER", 1.0)
    ports = bench.ports()
    ports.carrier("eth1", up=True)
    bench.break_with(fault)
    with pytest.raises(LabError) as error:
        ports.carrier("eth1", up=False)
    assert error.value.message.startswith(f"the switch {bench.switch.address} {said}")
    assert error.value.message == ports.lost
    (bench.place / "ports").write_text("Gi1/0/1", encoding="ascii")  # it may have had effect
    bench.mend()
    ports.close()
    ports._record.close()
    assert bench.reconnect().returncode == 0
    assert not bench.shut()


def test_ports_that_stay_shut_are_reported(bench: Bench) -> None:
    ports = bench.ports()
    ports.carrier("eth1", up=False)
    bench.break_with("refuse")
    ports.close()
    ports._record.close()
    done = bench.reconnect()
    assert done.returncode == 1
    assert "port Gi1/0/1 may still be shut: the switch" in done.stderr
    assert "refused `interface Gi1/0/1; no shutdown`" in done.stderr
    assert bench.shut() == ["Gi1/0/1"]


def test_a_switch_that_cannot_be_reached_is_named(bench: Bench) -> None:
    bench.server.process.kill()
    bench.server.process.wait()
    with pytest.raises(LabError, match=r"the switch .* cannot be reached: .*(refused|connect)"):
        bench.ports()


def test_a_host_key_that_is_not_known_is_rejected(bench: Bench) -> None:
    (bench.place / "known").write_text("", encoding="ascii")
    with pytest.raises(LabError, match=r"cannot be reached: Server .* not found in known_hosts"):
        bench.ports()


def test_a_wrong_key_is_no_login(bench: Bench, tmp_path: Path) -> None:
    (bench.place / "id.pub").write_text("", encoding="ascii")
    with pytest.raises(LabError, match=r"does not let .* log in"):
        bench.ports()


def test_a_password_that_is_not_in_the_environment_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("BENCH_PASSWORD", raising=False)
    switch = ManagedSwitch(SshAddress("192.0.2.1"), "cisco_ios", password="BENCH_PASSWORD")  # noqa: S106
    with pytest.raises(UsageError, match="BENCH_PASSWORD is not set"):
        CommandLine(switch)


def test_the_doctor_logs_in_and_shuts_nothing(bench: Bench) -> None:
    (row,) = dict(in_cable.rows(bench.lab)).items()
    assert row == (
        "switch",
        CheckResult(
            GOOD, f"{bench.switch.address}, cisco_ios, may be configured; eth1 at Gi1/0/1"
        ),
    )
    assert not bench.shut()
    (bench.place / "id.pub").write_text("", encoding="ascii")
    assert dict(in_cable.rows(bench.lab))["switch"].state == BAD


def test_a_device_type_that_netmiko_lacks_has_a_near_one() -> None:
    with pytest.raises(UsageError, match='device type "cisco_iso"') as error:
        CommandLine(ManagedSwitch(SshAddress("x"), "cisco_iso", shut=("a",), open=("b",)))
    assert "cisco_ios" in error.value.hint


def test_a_type_without_known_lines_needs_them() -> None:
    switch = ManagedSwitch(SshAddress("x"), "mellanox")
    with pytest.raises(UsageError, match="how a mellanox shuts a port is not known"):
        lines(switch)


def test_the_known_types_are_netmikos() -> None:
    assert set(KNOWN) <= set(netmiko.platforms)
