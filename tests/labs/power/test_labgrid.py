"""Power of places by labgrid's own coordinator, exporter and client, with a small power switch."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from harness.errors import LabError
from harness.labs.description.model import LABGRID, LabFile, LabNic
from harness.labs.power.labgrid import BESIDE
from harness.labs.rack.cutting import Cutters, cutters
from harness.labs.ssh.address import SshAddress
from tests.sshd import free_port
from tests.waiting import comes_true

PROGRAMS = {
    name: shutil.which(f"labgrid-{name}", path=BESIDE)
    for name in ("client", "coordinator", "exporter")
}
pytestmark = pytest.mark.skipif(
    not all(PROGRAMS.values()), reason="no labgrid here: pip install -e '.[labgrid]'"
)
EXPORTED = """\
bench:
  NetworkPowerPort:
    model: simplerest
    host: 'http://127.0.0.1:{port}/{{value}}'
    index: 0
"""


class PowerSwitch(HTTPServer):
    """One outlet: GET /0 and /1 switch it, GET / tells its state."""

    state = "1"


class Outlet(BaseHTTPRequestHandler):
    """A request to it."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, PowerSwitch)
        if self.path.strip("/"):
            server.state = self.path.strip("/")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(server.state.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(slots=True)
class Grid:
    """A running labgrid with the place `converter`, not acquired; its power switch."""

    coordinator: str
    switch: PowerSwitch
    place: Path

    def client(self, *words: str) -> str:
        """Return what labgrid-client says."""
        argv = [str(PROGRAMS["client"]), "-x", self.coordinator, *words]
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout

    def answers(self, *words: str) -> bool:
        """Tell whether the coordinator answers."""
        argv = [str(PROGRAMS["client"]), "-x", self.coordinator, *words]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0

    def cutters(self) -> Cutters:
        """Return what cuts the cable of eth1."""
        nic = LabNic("eth1", "far1", cut=LABGRID, place="converter")
        dut, path = SshAddress("dut"), Path("lab.toml")
        lab = LabFile(path, "rack", dut, "mgmt", (nic,), coordinator=self.coordinator)
        return cutters(lab, {}, self.place / "cut")


@pytest.fixture
def grid(tmp_path: Path) -> Iterator[Grid]:
    """A labgrid of this test's own."""
    with ExitStack() as undo:
        switch = undo.enter_context(PowerSwitch(("127.0.0.1", 0), Outlet))
        threading.Thread(target=switch.serve_forever, daemon=True).start()
        undo.callback(switch.shutdown)
        resources = tmp_path / "resources.yaml"
        resources.write_text(EXPORTED.format(port=switch.server_port), encoding="ascii")
        coordinator = f"127.0.0.1:{free_port()}"
        started(undo, tmp_path, "coordinator", "-l", coordinator)
        words = ("-c", coordinator, "-n", "exporter", "--hostname", "localhost")
        found = Grid(coordinator, switch, tmp_path)
        assert comes_true(lambda: found.answers("places"), 30)
        started(undo, tmp_path, "exporter", *words, str(resources))
        assert comes_true(lambda: "NetworkPowerPort" in found.client("resources"), 30)
        found.client("-p", "converter", "create")
        found.client("-p", "converter", "add-match", "exporter/bench/NetworkPowerPort")
        yield found


def started(undo: ExitStack, place: Path, name: str, *words: str) -> None:
    """Start a program of labgrid until the end of the test."""
    with (place / f"{name}.log").open("wb") as log:
        argv = [str(PROGRAMS[name]), *words]
        process = subprocess.Popen(argv, cwd=place, stdout=log, stderr=log)
    undo.callback(process.wait)
    undo.callback(process.terminate)


def test_a_place_loses_its_power_and_gets_it_again(grid: Grid) -> None:
    grid.client("-p", "converter", "acquire")
    with closing(grid.cutters()) as found:
        found.carrier("eth1", up=False)
        assert grid.switch.state == "0"
        found.carrier("eth1", up=True)
        assert grid.switch.state == "1"
        found.carrier("eth1", up=False)
    assert grid.switch.state == "1"


def test_a_place_that_is_not_acquired_is_left_alone(grid: Grid) -> None:
    with pytest.raises(LabError, match="place converter is not acquired") as error:
        grid.cutters()
    assert "labgrid-client -p converter acquire` takes the place" in error.value.hint
    assert grid.switch.state == "1"
