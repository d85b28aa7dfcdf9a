"""Hosts as the OpenSSH client's configuration has them: aliases, jump hosts, proxy commands."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.labs.ssh.address import SshAddress
from harness.labs.ssh.machine import SshMachine
from harness.labs.ssh.refused import Unreachable
from tests.sshd import MISSING, Server, serving

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An SSH server of this user."""
    with serving(tmp_path_factory.mktemp("sshd")) as found:
        yield found


ALIASES = """\
Host dut jump
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {place}/id
  UserKnownHostsFile {place}/known
Host behind
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {place}/id
  ProxyJump jump
Host proxied
  User {user}
  IdentityFile {place}/id
  ProxyCommand ssh -F {config} -W 127.0.0.1:{port} jump
"""


@pytest.mark.parametrize("name", ["dut", "behind", "proxied"])
def test_a_host_of_the_clients_configuration(server: Server, tmp_path: Path, name: str) -> None:
    """Of `behind` a host key is looked up by its HostName, as ssh does."""
    user, config = getpass.getuser(), tmp_path / "config"
    text = ALIASES.format(port=server.port, user=user, place=server.place, config=config)
    config.write_text(text, encoding="utf-8")
    key = (server.place / "host.pub").read_text(encoding="ascii")
    (tmp_path / "known").write_text(f"proxied {key}", encoding="ascii")
    known = (tmp_path if name == "proxied" else server.place) / "known"
    to = SshAddress(name, known_hosts=str(known), config=str(config))
    with SshMachine("blade7", to) as machine:
        assert machine.check("id -un").strip() == user
        words = machine.check("echo $SSH_CONNECTION").split()
        assert words[3] == str(server.port)
        machine.agent().close()


def test_a_configuration_that_ssh_does_not_take(server: Server, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("Hots dut\n", encoding="ascii")
    machine = SshMachine("blade7", server.address(config=str(tmp_path / "config")))
    with pytest.raises(UsageError, match=r"ssh does not take .*Bad configuration option: hots"):
        machine.connect()


def test_a_jump_host_that_does_not_answer(server: Server, tmp_path: Path) -> None:
    user, config = getpass.getuser(), tmp_path / "config"
    text = ALIASES.format(port=server.port, user=user, place=server.place, config=config)
    config.write_text(
        text.replace("ProxyJump jump", "ProxyJump nowhere.invalid"), encoding="utf-8"
    )
    to = server.address(host="behind", port=0, user="", config=str(config))
    with SshMachine("blade7", to) as machine, pytest.raises(Unreachable):
        machine.connect()
