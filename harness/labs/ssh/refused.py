"""Why a machine could not be reached by SSH: what was seen, and what helps."""

from __future__ import annotations

import socket
from collections.abc import Callable

import paramiko
from paramiko.ssh_exception import NoValidConnectionsError

from harness.errors import LabError
from harness.labs.ssh.address import SshAddress


class Unreachable(LabError):
    """A machine does not answer on SSH yet: a retry may help."""


class Refused(LabError):
    """A machine answers and denies access, or is not the expected one."""


class Dropped(LabError):
    """The SSH connection to a machine is lost."""


def refusal(to: SshAddress, error: Exception) -> LabError:
    """Return what an exception of paramiko or of a socket means."""
    if isinstance(error, LabError):
        return error
    for kind, say in MEANINGS:
        if isinstance(error, kind):
            return say(to, error)
    return Unreachable(
        f"no SSH connection to {to}: {error or type(error).__name__}",
        hint=f"`ssh -v {_command(to)}` says more",
    )


def unknown_host_key(to: SshAddress, key: paramiko.PKey) -> Refused:
    """Return the error for a host key that no known_hosts has."""
    return Refused(
        f"the host key of {to} is not known: {key.get_name()} {key.fingerprint}",
        hint=f"compare it with the machine's own, then run `ssh {_command(to)} true` to accept it",
    )


def _command(to: SshAddress) -> str:
    """Return the arguments with which OpenSSH's client reaches a machine."""
    port = f"-p {to.port} " if to.port else ""
    key = f"-i {to.key} " if to.key else ""
    return f"{port}{key}{to.user}@{to.host}" if to.user else f"{port}{key}{to.host}"


def _changed_key(to: SshAddress, error: Exception) -> LabError:
    assert isinstance(error, paramiko.BadHostKeyException)
    got, expected = error.key, error.expected_key
    at = f"[{to.host}]:{to.port}" if to.port not in (0, 22) else to.host
    where = f" -f {to.known_hosts}" if to.known_hosts else ""
    return Refused(
        f"the host key of {to} is {got.fingerprint}, expected {expected.fingerprint}",
        hint="another machine answers there, or it was installed anew: if that is so, "
        f"ssh-keygen -R '{at}'{where}",
    )


def _locked_key(to: SshAddress, _: Exception) -> LabError:
    return Refused(
        f"the key {to.key or 'of this user'} for {to} is protected by a passphrase",
        hint=f"ssh-add {to.key or '~/.ssh/id_ed25519'}, and leave `key` out of the lab file",
    )


def _not_let_in(to: SshAddress, error: Exception) -> LabError:
    by = f"the key {to.key}" if to.key else "any key of this user or of its SSH agent"
    key = f"-i {to.key} " if to.key else ""
    port = f"-p {to.port} " if to.port else ""
    name = f"{to.user}@{to.host}" if to.user else to.host
    return Refused(f"{to} does not accept {by}: {error}", hint=f"ssh-copy-id {key}{port}{name}")


def _no_name(to: SshAddress, _: Exception) -> LabError:
    return Unreachable(
        f"there is no host {to.host}: its name does not resolve",
        hint="give an address that `getent hosts` knows, or a Host of ~/.ssh/config",
    )


def _no_server(to: SshAddress, error: Exception) -> LabError:
    seen = error
    if isinstance(error, NoValidConnectionsError):
        seen = next(iter(error.errors.values()))
    return Unreachable(
        f"{to} does not answer on SSH: {getattr(seen, 'strerror', None) or seen}",
        hint="it must run, be routed to, and have an SSH server on that port",
    )


def _silent(to: SshAddress, _: Exception) -> LabError:
    return Unreachable(
        f"{to} does not answer on SSH within the time allowed",
        hint="it must run and be routed to, with no firewall between",
    )


MEANINGS: tuple[tuple[type[Exception], Callable[[SshAddress, Exception], LabError]], ...] = (
    (paramiko.BadHostKeyException, _changed_key),
    (paramiko.PasswordRequiredException, _locked_key),
    (paramiko.AuthenticationException, _not_let_in),
    (socket.gaierror, _no_name),
    (UnicodeError, _no_name),  # a part of the name is empty or has more than 63 characters
    (NoValidConnectionsError, _no_server),
    (TimeoutError, _silent),
    (ConnectionError, _no_server),
)
