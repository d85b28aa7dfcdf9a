"""The restorer of NICs: what it lends comes home as it was, however everything else ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.errors import LabError
from harness.labs.agent.channel import Channel, python
from harness.labs.agent.pipe import ProcessPipe
from harness.labs.restorer.client import ROLE, InUse, RestorerClient, sent
from tests.rack import NO_RACK, machine
from tests.waiting import comes_true

pytestmark = pytest.mark.skipif(bool(NO_RACK), reason=NO_RACK)
PRIVATE = "mount -t tmpfs none /run && echo there && exec sleep infinity"
SETUP = """\
link add nic type veth peer name far
link set nic address 02:aa:00:00:00:01 mtu 1400
address add 198.51.100.9/24 dev nic
link set far up
link set nic up promisc on
route add 203.0.113.0/24 via 198.51.100.1 dev nic
"""


@dataclass(frozen=True, slots=True)
class Home:
    """A machine: a process in its network and mount namespace; where NICs may be lent to."""

    pid: int
    away: int
    undo: ExitStack

    @property
    def words(self) -> list[str]:
        """The words that take a command there."""
        return ["nsenter", "-t", str(self.pid), "-n", "-m"]

    def restorer(self) -> tuple[RestorerClient, ProcessPipe]:
        """Start a restorer there."""
        pipe = ProcessPipe("blade7", [*self.words, *python(sys.executable, sent())])
        made = RestorerClient(Channel("blade7", pipe, sent(), ROLE))
        self.undo.callback(made.close)
        return made, pipe

    def ip(self, *words: str) -> list[dict[str, object]]:
        """Return what `ip -json` says there."""
        argv = [*self.words, "ip", "-json", "-d", *words]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        return list(json.loads(done.stdout or "[]"))

    def state(self) -> object:
        """Return what is to be put back of the NIC."""
        (link,) = self.ip("address", "show", "nic")
        kept = ("ifname", "flags", "mtu", "address", "ifindex", "promiscuity")
        own = [one for one in link["addr_info"] if one["family"] == "inet"]  # type: ignore[attr-defined]
        return [link[name] for name in kept], own, self.ip("route", "show", "dev", "nic")

    def lend(self, restorer: RestorerClient) -> str:
        """Lend the NIC, under another name, number and MAC; return the MAC that it has there."""
        restorer.save("nic")
        number, mac = restorer.lend("nic", self.there, "eth0", 7, "02:bb:00:00:00:02")
        assert number == 7
        return mac

    @property
    def there(self) -> str:
        """The namespace that NICs are lent to."""
        return f"/proc/{self.away}/ns/net"

    def is_away(self) -> bool:
        """Tell whether the NIC is lent."""
        return "nic" not in {str(link["ifname"]) for link in self.ip("link")}


@pytest.fixture
def home() -> Iterator[Home]:
    """A machine with a NIC that has all that can be put back."""
    with ExitStack() as undo:
        away = undo.enter_context(machine())
        argv = ["unshare", "--net", "--mount", "sh", "-c", PRIVATE]
        process = undo.enter_context(subprocess.Popen(argv, stdout=subprocess.PIPE))
        undo.callback(process.kill)
        assert process.stdout is not None
        process.stdout.readline()
        found = Home(process.pid, away, undo)
        batch = [*found.words, "ip", "-batch", "-"]
        subprocess.run(batch, input=SETUP, text=True, check=True)
        yield found


def end_of_input(pipe: ProcessPipe, _: int) -> None:
    """The tester is gone: so is the other end of the pipe."""
    pipe._input.close()


def terminated(_: ProcessPipe, pid: int) -> None:
    """The machine shuts down, or somebody asks the restorer to end."""
    os.kill(pid, signal.SIGTERM)


@pytest.mark.parametrize("end", [end_of_input, terminated])
def test_all_comes_back_when_the_tester_or_the_restorer_ends(
    home: Home, end: Callable[[ProcessPipe, int], None]
) -> None:
    before = home.state()
    restorer, pipe = home.restorer()
    assert home.lend(restorer) == "02:bb:00:00:00:02"
    assert home.is_away()
    end(pipe, int(restorer._channel.hello["pid"]))
    assert comes_true(lambda: not home.is_away() and home.state() == before, within=10), (
        home.state()
    )


def test_release_reports_no_failure(home: Home) -> None:
    before = home.state()
    restorer, _ = home.restorer()
    home.lend(restorer)
    restorer.park("nic")
    assert home.is_away()  # nobody at home sees it between two topologies
    restorer.lend("nic", home.there, "eth0", 7)
    assert restorer.release() == []
    assert home.state() == before


def configured(home: Home, *lines: str) -> None:
    """Carry out lines of `ip -batch`."""
    batch = [*home.words, "ip", "-batch", "-"]
    subprocess.run(batch, input="\n".join(lines) + "\n", text=True, check=True)


def test_a_port_of_a_bridge_is_one_again(home: Home) -> None:
    configured(home, "link add br0 type bridge", "link set br0 up", "link set nic master br0")
    before = home.state(), home.ip("link", "show", "nic")[0]["master"]
    restorer, _ = home.restorer()
    home.lend(restorer)
    assert home.is_away()
    assert restorer.release() == []
    assert (home.state(), home.ip("link", "show", "nic")[0]["master"]) == before


def test_a_bridge_that_has_gone_meanwhile_is_reported(home: Home) -> None:
    configured(home, "link add br0 type bridge", "link set nic master br0")
    restorer, _ = home.restorer()
    home.lend(restorer)
    configured(home, "link delete br0")
    assert restorer.release() == ["the master of nic: br0 is not there"]


def test_a_route_whose_link_had_no_carrier_comes_back(home: Home) -> None:
    configured(home, "link set far down")
    before = home.state()
    assert "linkdown" in str(before)
    restorer, _ = home.restorer()
    home.lend(restorer)
    assert restorer.release() == []
    assert home.state() == before


def test_what_cannot_be_restored_is_reported(home: Home) -> None:
    restorer, _ = home.restorer()
    home.lend(restorer)
    subprocess.run(
        ["nsenter", "-t", str(home.away), "-n", "ip", "link", "delete", "eth0"], check=True
    )
    assert restorer.release() == ["nic: nic is gone"]


def test_a_silent_tester_is_a_tester_that_is_gone(home: Home) -> None:
    before = home.state()
    restorer, _ = home.restorer()
    home.lend(restorer)
    restorer._ask("patience", seconds=0.3)
    assert comes_true(lambda: not home.is_away() and home.state() == before, within=10)


def test_beats_are_signs_of_life(home: Home) -> None:
    restorer, _ = home.restorer()
    home.lend(restorer)
    restorer._ask("patience", seconds=0.5)
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        restorer._channel.beat()
        time.sleep(0.1)
    assert home.is_away()
    assert restorer.release() == []


def test_ctrl_c_is_not_for_the_restorer(home: Home) -> None:
    restorer, _ = home.restorer()
    home.lend(restorer)
    for number in (signal.SIGINT, signal.SIGHUP):
        os.kill(int(restorer._channel.hello["pid"]), number)
    assert restorer.release() == []


def test_the_next_restorer_puts_back_what_a_killed_one_left(home: Home) -> None:
    """The kernel has sent the NIC home, down and under the name that it had in a switch."""
    before = home.state()
    restorer, _ = home.restorer()
    restorer.save("nic")
    ip = ["link set nic down", "link set nic mtu 1500", "link set nic name p32.eth0"]
    batch = [*home.words, "ip", "-batch", "-"]
    subprocess.run(batch, input="\n".join(ip) + "\n", text=True, check=True)
    os.kill(int(restorer._channel.hello["pid"]), signal.SIGKILL)
    restorer.close()
    second, _ = home.restorer()
    assert second.recover() == (["nic"], [])
    assert home.state() == before
    assert second.recover() == ([], [])
    second.close()


def test_one_tester_at_a_time(home: Home) -> None:
    first, _ = home.restorer()
    first.lock()
    second, _ = home.restorer()
    with pytest.raises(InUse, match=rf"blade7 is in use by \S+ \(process {os.getpid()}\) since 2"):
        second.lock()
    first.close()
    second.lock()
    second.close()


def test_a_nic_that_is_not_there(home: Home) -> None:
    restorer, _ = home.restorer()
    with pytest.raises(LabError, match="blade7 cannot save nic9: nic9 is not there"):
        restorer.save("nic9")
    restorer.close()


def test_a_name_that_is_taken_there_leaves_it_where_it_is(home: Home) -> None:
    before = home.state()
    restorer, _ = home.restorer()
    restorer.save("nic")
    with pytest.raises(LabError, match="cannot lend nic: File exists"):
        restorer.lend("nic", home.there, "lo")
    assert restorer.release() == []
    assert home.state() == before


def test_callers_of_the_machine_name_namespaces_as_they_see_them(
    home: Home, tmp_path: Path
) -> None:
    """A worker in a process namespace of its own has another number than the restorer knows."""
    before = home.state()
    restorer, _ = home.restorer()
    restorer._ask("listen", path=str(tmp_path / "restorer"))
    restorer.save("nic")
    caller = RestorerClient.at(str(tmp_path / "restorer"))
    fd = os.open(home.there, os.O_RDONLY)
    caller.lend("nic", f"/proc/self/fd/{fd}", "eth0")
    os.close(fd)
    caller.close()  # a worker that ended: the next one finds the NIC parked
    caller = RestorerClient.at(str(tmp_path / "restorer"))
    assert home.is_away()
    assert caller.lend("nic", home.there, "eth1", 9)[0] == 9
    caller.close()
    assert restorer.release() == []
    assert home.state() == before
