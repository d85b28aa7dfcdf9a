"""A machine over a real SSH server: shell work, agents, and every way in which it is refused."""

from __future__ import annotations

import getpass
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import LabError, UsageError
from harness.labs.agent import clock
from harness.labs.agent.pipe import AgentLost
from harness.labs.ssh.address import SshAddress
from harness.labs.ssh.machine import NoPython, SshMachine
from harness.labs.ssh.refused import Dropped, Refused, Unreachable
from harness.loop import SECOND
from tests.sshd import MISSING, Server, free_port, make_key, serving

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An SSH server of this user."""
    with serving(tmp_path_factory.mktemp("sshd")) as found:
        yield found


@pytest.fixture
def machine(server: Server) -> Iterator[SshMachine]:
    """The machine that it serves, connected but not as root."""
    with SshMachine("blade7", server.address()) as found:
        yield found


def refused(server: Server, **changes: object) -> LabError:
    """Return with which error a connection fails."""
    with (
        SshMachine("blade7", server.address(**changes)) as machine,
        pytest.raises(LabError) as error,
    ):
        machine.connect()
    return error.value


def test_shell_work_is_that_of_testinfra(machine: SshMachine, server: Server) -> None:
    release = Path("/proc/sys/kernel/osrelease").read_text(encoding="ascii").strip()
    assert machine.check("uname -r").strip() == release
    assert machine.host.sysctl("kernel.osrelease") == release
    assert machine.host.file(str(server.place / "id.pub")).exists
    assert machine.check("echo %s", "two words; and $HOME") == "two words; and $HOME\n"


def test_a_command_that_fails_says_which_where_and_why(machine: SshMachine) -> None:
    with pytest.raises(LabError, match="`ls /nowhere` on blade7 ended with exit status 2: ls: "):
        machine.check("ls %s", "/nowhere")


def test_output_that_is_no_ascii_is_utf_8(machine: SshMachine) -> None:
    assert machine.check("printf '\\303\\244'") == "ä"


def test_an_agent_works_beside_the_shell(machine: SshMachine) -> None:
    agent = machine.agent()
    assert agent.ask("read", path="/proc/self/comm")["text"].startswith("python")
    found = clock.measure(agent)
    assert abs(found.offset) <= found.error < SECOND
    assert machine.check("echo beside") == "beside\n"
    assert Path(f"/proc/{agent.pid}").exists()
    agent.close()
    assert not Path(f"/proc/{agent.pid}").exists()


def test_errors_beside_an_agents_answers_are_no_end(server: Server, tmp_path: Path) -> None:
    """As sudo writes them where the machine cannot resolve its own name."""
    noisy = tmp_path / "python3"
    noisy.write_text(
        "#!/bin/sh\necho 'unable to resolve host' >&2\n"
        f'(sleep 0.3; echo again >&2) &\nexec {sys.executable} "$@"\n'
    )
    noisy.chmod(0o755)
    with SshMachine("blade7", server.address(python=str(noisy))) as machine:
        agent = machine.agent()
        until = time.monotonic() + 0.6
        while time.monotonic() < until:  # as a recording does that reads what is there
            if select.select([agent], [], [], 0.1)[0]:
                agent.read()
        assert agent.ask("ping")["t"] > 0


def test_an_agent_takes_much_and_gives_much(machine: SshMachine, tmp_path: Path) -> None:
    text = "x" * (1 << 21)
    (tmp_path / "big").touch()
    agent = machine.agent()
    agent.ask("write", path=str(tmp_path / "big"), text=text)
    assert agent.ask("read", path=str(tmp_path / "big"))["text"] == text
    agent.close()


def test_an_agent_that_is_killed_is_lost_and_the_next_one_works(machine: SshMachine) -> None:
    agent = machine.agent()
    os.kill(agent.pid, signal.SIGKILL)
    with pytest.raises(AgentLost, match="the agent on blade7 is lost: it ended"):
        agent.ask("ping")
    machine.agent().close()


def test_a_connection_that_is_cut_is_reported_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as server, SshMachine("blade7", server.address()) as machine:
        agent = machine.agent()
        # A session is a process of its own, which outlives the server that has accepted it.
        parent = machine.check("echo $PPID").strip()
        os.kill(int(parent), signal.SIGKILL)
        with pytest.raises(AgentLost, match="the agent on blade7 is lost: it ended"):
            agent.ask("ping")
        with pytest.raises(Dropped, match=r"the SSH connection to .* is lost"):
            machine.run("true")


def test_nobody_listens(server: Server) -> None:
    error = refused(server, port=free_port())
    assert isinstance(error, Unreachable)
    assert "does not answer on SSH: Connection refused" in error.message


def test_a_machine_that_boots_is_waited_for(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        port = server.port
    began = time.monotonic()
    with SshMachine("blade7", server.address()) as machine, pytest.raises(Unreachable):
        machine.connect(within=1)
    assert 0.8 < time.monotonic() - began < 10
    late = tmp_path / "late"
    late.mkdir()
    with serving(late, inside=("sh", "-c", 'sleep 1; exec "$@"', "sh"), port=port) as server:
        machine = SshMachine("blade7", server.address())
        machine.connect(within=10)
        machine.close()


def test_no_such_name(server: Server) -> None:
    assert "there is no host nowhere.invalid" in refused(server, host="nowhere.invalid").message


def test_an_unknown_host_key(server: Server, tmp_path: Path) -> None:
    (tmp_path / "none").touch()
    error = refused(server, known_hosts=str(tmp_path / "none"))
    assert isinstance(error, Refused)
    assert "is not known: ssh-ed25519 SHA256:" in error.message
    assert "ssh -p" in error.hint


def test_a_host_key_that_has_changed(server: Server, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    public = (tmp_path / "other.pub").read_text(encoding="ascii")
    known = tmp_path / "known"
    known.write_text(f"[127.0.0.1]:{server.port} {public}", encoding="ascii")
    error = refused(server, known_hosts=str(known))
    assert ", expected SHA256:" in error.message
    assert f"ssh-keygen -R '[127.0.0.1]:{server.port}' -f {known}" in error.hint


def test_a_key_that_is_not_accepted(server: Server, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    error = refused(server, key=str(tmp_path / "other"))
    assert f"does not accept the key {tmp_path}/other" in error.message
    assert error.hint.startswith(f"ssh-copy-id -i {tmp_path}/other -p {server.port} ")


def test_a_key_with_a_passphrase(server: Server, tmp_path: Path) -> None:
    make_key(tmp_path / "locked", "-N", "secret")
    error = refused(server, key=str(tmp_path / "locked"))
    assert "is protected by a passphrase" in error.message
    assert error.hint.startswith(f"ssh-add {tmp_path}/locked")


def test_a_key_that_is_not_there(server: Server) -> None:
    with pytest.raises(UsageError, match="there is no file /nowhere/id"):
        SshMachine("blade7", server.address(key="/nowhere/id"))


def test_a_key_that_is_a_directory(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{tmp_path} is a directory") as caught:
        SshMachine("blade7", server.address(key=str(tmp_path)))
    assert caught.value.hint.startswith("name a file in it")


@pytest.mark.parametrize("host", ["a..b", "a" * 64], ids=["empty", "long"])
def test_a_host_whose_name_cannot_be_one(host: str) -> None:
    with pytest.raises(LabError, match="its name does not resolve"):
        SshMachine("blade7", SshAddress(host, config="")).check("true")


def test_a_server_that_is_none(server: Server, tmp_path: Path) -> None:
    with subprocess.Popen(
        ["python3", "-m", "http.server", "--bind", "127.0.0.1", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().split(b"port ")[1].split()[0])
        error = refused(server, port=port)
        process.kill()
    assert "no SSH connection to" in error.message
    assert "banner" in error.message


def test_python_that_is_too_old_or_missing(server: Server, tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\necho 3 5\n", encoding="ascii")
    old.chmod(0o755)
    for path, seen in ((str(old), "is 3.5"), ("/nowhere/python", "is not there")):
        why = f"has no Python 3.6 or later: {path} {seen}"
        machine = SshMachine("blade7", server.address(python=path))
        with machine, pytest.raises(NoPython, match=why):
            machine.agent()


NEEDED = ("sh", "grep", "id", "true")


@contextmanager
def powerless(place: Path, sudo: str) -> Iterator[SshMachine]:
    """Give a machine whose user may not change the network, and whose `sudo` is this script."""
    programs = place / "bin"
    programs.mkdir()
    (programs / "sudo").write_text(f"#!/bin/sh\n{sudo}\n", encoding="ascii")
    (programs / "sudo").chmod(0o755)
    drop = ("setpriv", "--bounding-set", "-net_admin") if os.geteuid() == 0 else ()
    for name in NEEDED:  # and nothing else: the machine that tests run on may have a sudo
        (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    more = f"SetEnv PATH={programs} HOME={place}"
    with serving(place, drop, more=more) as server:
        machine = SshMachine("blade7", server.address(python=sys.executable))
        yield machine
        machine.close()


def test_sudo_that_asks_for_a_password(tmp_path: Path) -> None:
    user, script = getpass.getuser(), "echo 'sudo: a password is required' >&2; exit 1"
    with powerless(tmp_path, script) as machine, pytest.raises(LabError) as error:
        machine.connect()
    assert error.value.message == (
        f"sudo does not make {user} root on blade7: sudo: a password is required"
    )
    assert f"{user} ALL=(ALL) NOPASSWD: ALL" in error.value.hint


def test_sudo_that_is_not_there(tmp_path: Path) -> None:
    with powerless(tmp_path, "") as machine:
        (tmp_path / "bin" / "sudo").unlink()
        with pytest.raises(LabError, match=r"not make .* root on blade7: .*not found"):
            machine.connect()


def test_sudo_that_the_lab_file_forbids(tmp_path: Path) -> None:
    with powerless(tmp_path, "exec true") as machine:
        machine.to = replace(machine.to, sudo=False)
        with pytest.raises(LabError, match="on blade7 is not root and may not use sudo"):
            machine.connect()


def test_by_sudo_commands_and_agents_are_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f'echo "$1 $2 $3" >> {tmp_path}/said; shift 3; exec "$@"'
    with powerless(tmp_path, script) as machine:
        answers = iter((False, True))  # nobody but sudo itself could give the rights
        monkeypatch.setattr(machine, "_may", lambda: next(answers))
        machine.connect()
        assert machine.check("echo %s", "it's quoted") == "it's quoted\n"
        machine.agent().close()
    said = (tmp_path / "said").read_text(encoding="ascii").splitlines()
    assert len(said) >= 3
    assert set(said) == {"-n -u root"}


def test_who_is_root_needs_no_sudo(machine: SshMachine) -> None:
    machine.connect() if os.geteuid() == 0 else pytest.skip("these tests do not run as root")
    assert machine.check("id -un").strip() == getpass.getuser()
