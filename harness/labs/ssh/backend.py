"""testinfra's paramiko backend, with host keys checked and a message for every failure."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import paramiko
from testinfra.backend.paramiko import ParamikoBackend

from harness.errors import UsageError
from harness.labs.ssh.address import ROOT, SshAddress
from harness.labs.ssh.client import Proxy, Settings, settings
from harness.labs.ssh.refused import Dropped, refusal, unknown_host_key

WITHIN = 10.0  # seconds for a machine to answer, for its banner, and to authenticate
COMMAND = 60.0  # seconds for a command to print something or to end
ALIVE = 5  # seconds between two keepalives on an idle connection
SYSTEM_KEYS = Path("/etc/ssh/ssh_known_hosts")


class _Strict(paramiko.MissingHostKeyPolicy):
    """Refuses a host key that no known_hosts has."""

    def __init__(self, to: SshAddress) -> None:
        self._to = to

    def missing_host_key(self, _client: object, _name: str, key: paramiko.PKey) -> None:
        """Raise Refused, which names the key."""
        raise unknown_host_key(self._to, key)


def _no_file(to: SshAddress, what: str, path: str) -> UsageError:
    if Path(path).expanduser().is_dir():
        return UsageError(
            f"{what} of {to}: {path} is a directory", hint=f"name a file in it: {what} = ..."
        )
    make = f"make one with `ssh-keygen -f {path}`, or name another: key = ..."
    accept = "the file of a known host's keys is usually ~/.ssh/known_hosts"
    return UsageError(
        f"{what} of {to}: there is no file {path}", hint=make if what == "key" else accept
    )


class Backend(ParamikoBackend):
    """A connection that is made on first use, and never again."""

    def __init__(self, to: SshAddress) -> None:
        """Keep an address; raises UsageError for a missing file."""
        self.to = to
        for what, path in (("key", to.key), ("known_hosts", to.known_hosts)):
            if path and not Path(path).expanduser().is_file():
                raise _no_file(to, what, path)
        super().__init__("placeholder", timeout=int(WITHIN))
        self.host.name = to.host  # given as it is: an IPv6 address has colons
        self._encoding = "utf-8"
        self._proxy: Proxy | None = None
        self._settings = Settings(to.host)

    @functools.cached_property
    def client(self) -> paramiko.SSHClient:
        """The connection, made now; raises LabError with the cause."""
        client = paramiko.SSHClient()
        self._settings = settings(self.to)
        try:
            client.set_missing_host_key_policy(_Strict(self.to))
            for path in self._known_hosts():
                client.load_host_keys(str(path))
            client.connect(**self._options())
            transport = client.get_transport()
            assert transport is not None
            transport.set_keepalive(ALIVE)
        except (OSError, UnicodeError, paramiko.SSHException, EOFError) as error:
            client.close()
            self._end_proxy()
            raise refusal(self.to, error) from error
        return client

    def _known_hosts(self) -> list[Path]:
        own = [Path(self.to.known_hosts).expanduser()] if self.to.known_hosts else []
        usual = [Path("~/.ssh/known_hosts").expanduser(), SYSTEM_KEYS]
        usual += [Path(name) for name in self._settings.known_hosts]
        return [path for path in (*usual, *own) if path.is_file()]

    def _options(self) -> dict[str, Any]:
        """Return what to connect with: the OpenSSH client's settings, then those of the lab."""
        settings = self._settings
        found: dict[str, Any] = {"hostname": settings.hostname, "port": settings.port}
        if self.to.user or settings.user:
            found["username"] = self.to.user or settings.user
        if self.to.key:
            found["key_filename"] = str(Path(self.to.key).expanduser())
            found |= {"allow_agent": False, "look_for_keys": False}
        elif settings.keys:
            found["key_filename"] = list(settings.keys)
        if settings.proxy:
            self._proxy = Proxy(settings.proxy)
            found["sock"] = self._proxy.socket
        return found | {"timeout": WITHIN, "banner_timeout": WITHIN, "auth_timeout": WITHIN}

    def get_sudo_command(self, command: str, sudo_user: str | None) -> str:
        """Return a command as root's; it fails where sudo would ask for a password."""
        return str(self.quote("sudo -n -u %s /bin/sh -c %s", sudo_user or ROOT, command))

    def session(self) -> paramiko.Channel:
        """Return a new channel of the connection; raises Dropped."""
        try:
            transport = self.client.get_transport()
            if transport is not None and transport.is_active():
                return transport.open_session(timeout=WITHIN)
        except (OSError, paramiko.SSHException, EOFError) as error:
            raise self._dropped(str(error)) from error
        raise self._dropped("its other end has closed it")

    def _exec_command(self, command: bytes) -> tuple[int, bytes, bytes]:
        channel = self.session()
        try:
            channel.settimeout(COMMAND)
            channel.exec_command(command)
            out = b"".join(channel.makefile("rb"))
            err = b"".join(channel.makefile_stderr("rb"))
            status = channel.recv_exit_status()
        except TimeoutError as error:
            shown = command.decode(errors="replace")
            raise self._dropped(f"`{shown}` printed nothing for {COMMAND:g} s") from error
        except (OSError, paramiko.SSHException, EOFError) as error:
            raise self._dropped(str(error)) from error
        finally:
            channel.close()
        if status == -1:  # no status: the connection was lost first
            raise self._dropped("its other end has closed it")
        return status, out, err

    def _dropped(self, why: str) -> Dropped:
        return Dropped(
            f"the SSH connection to {self.to} is lost: {why}",
            hint="check that the machine and its management network still run",
        )

    def close(self) -> None:
        """Close the connection, where one was made."""
        client = self.__dict__.pop("client", None)
        if client is not None:
            client.close()
            self._end_proxy()

    def _end_proxy(self) -> None:
        if self._proxy is not None:
            self._proxy.close()
            self._proxy = None
