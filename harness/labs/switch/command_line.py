"""The command line of a managed switch, over SSH by netmiko (an optional extra).

Whatever goes wrong is a LabError that names the switch; the connection is not used after that.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from paramiko import SSHException

from harness.errors import LabError, UsageError
from harness.labs.description.model import ManagedSwitch
from harness.labs.switch.dialects import PORT, lines
from harness.suggest import alike

if TYPE_CHECKING:
    from netmiko import BaseConnection

LOGIN = 10.0  # seconds to connect
ANSWER = 10.0  # seconds for the prompt to come back after a line
# What command lines print for a line that they do not execute; the prompt comes back in any case.
REFUSAL = (
    r"^\s*(?:%|\^|[Ee]rror\b|ERROR\b|[Ii]nvalid\b|[Uu]nknown (?:command|action)|"
    r"[Uu]nrecognized|syntax error|missing argument|"
    r"[Cc]ommand (?:rejected|authorization failed)).*$"
)
INSTALL = "pip install 'network-failover-harness[netmiko]'"


class CommandLine:
    """A connection to the command line of a switch, in its configuration mode."""

    def __init__(self, switch: ManagedSwitch) -> None:
        """Connect; raises LabError, and UsageError for what the lab file or environment lacks."""
        self._switch = switch
        self._lines = lines(switch)
        self.lost = ""
        self._connection = _connected(switch)
        with self._lost_on_error("configuration mode"):
            if switch.secret:
                self._connection.enable()
            self._connection.config_mode()

    def port(self, port: str, *, up: bool) -> None:
        """Open or shut a port; raises LabError."""
        chosen = self._lines.open if up else self._lines.shut
        written = [line.replace(PORT, port) for line in chosen]
        with self._lost_on_error("; ".join(written)):
            self._connection.send_config_set(
                written,
                enter_config_mode=False,
                exit_config_mode=False,
                error_pattern=REFUSAL,
                read_timeout=ANSWER,
            )

    def close(self) -> None:
        """Close the connection, without sending anything to a switch that does not answer."""
        with suppress(Exception):  # netmiko's errors, paramiko's and those of sockets
            if self.lost:
                self._connection.paramiko_cleanup()
            else:
                self._connection.disconnect()

    @contextmanager
    def _lost_on_error(self, what: str) -> Iterator[None]:
        """Turn errors of the block into LabErrors that name the switch; it is lost then."""
        try:
            with _lab_errors(self._switch, what, self._connection):
                yield
        except LabError as error:
            self.lost = error.message
            self._connection.paramiko_cleanup()
            raise


def _connected(switch: ManagedSwitch) -> BaseConnection:
    at, name = switch.address, _name(switch)
    try:
        from netmiko import ConnectHandler, platforms  # noqa: PLC0415  (an optional extra)
    except ImportError as error:
        raise LabError(f"{name} needs netmiko, which is not installed", hint=INSTALL) from error
    logging.getLogger("paramiko.transport").setLevel(logging.CRITICAL)
    if switch.type not in platforms:
        raise UsageError(
            f'netmiko has no device type "{switch.type}"',
            hint=alike(switch.type, platforms, most=3) or "netmiko's PLATFORMS.md has them all",
        )
    with _lab_errors(switch, "login"):
        return ConnectHandler(
            device_type=switch.type,
            host=at.host,
            port=at.port or 22,
            username=at.user,
            password=_from_environment(switch, "password"),
            secret=_from_environment(switch, "secret"),
            use_keys=bool(at.key),
            key_file=at.key or None,
            ssh_strict=True,
            system_host_keys=True,
            alt_host_keys=bool(at.known_hosts),
            alt_key_file=at.known_hosts,
            conn_timeout=LOGIN,
            auth_timeout=LOGIN,
            banner_timeout=LOGIN,
        )


def _from_environment(switch: ManagedSwitch, key: str) -> str:
    variable = switch.password if key == "password" else switch.secret
    if variable and variable not in os.environ:
        raise UsageError(
            f"the {key} of {_name(switch)} is not in the environment: {variable} is not set",
            hint=f"export {variable}=..., in the shell that starts pytest",
        )
    return os.environ.get(variable, "") if variable else ""


def _name(switch: ManagedSwitch) -> str:
    return f"the switch {switch.address}"


@contextmanager
def _lab_errors(
    switch: ManagedSwitch, what: str, connection: BaseConnection | None = None
) -> Iterator[None]:
    """Turn what netmiko raises in the block into LabErrors that name the switch."""
    from netmiko import exceptions  # noqa: PLC0415  (an optional extra)

    name = _name(switch)
    by_hand = f"try it by hand: ssh {switch.address}"
    try:
        yield
    except exceptions.ReadTimeout as error:
        closed = connection is not None and getattr(connection.remote_conn, "closed", False)
        did = "closed the connection at" if closed else f"has not answered for {ANSWER:g} s:"
        raise LabError(
            f"{name} {did} `{what}`",
            hint=f"{by_hand}; the present recording cannot be used",
        ) from error
    except exceptions.ConfigInvalidException as error:
        output = str(error).rpartition("matched error: ")[2].strip()
        raise LabError(
            f"{name} refused `{what}`: {output}",
            hint="switch_port is a port as the switch names it; shut and open in [switch] are "
            "lines of its configuration mode",
        ) from error
    except exceptions.NetmikoAuthenticationException as error:
        raise LabError(
            f"{name} does not let {switch.address.user or 'a user without a name'} log in",
            hint="user, key and password in [switch]; password names an environment variable",
        ) from error
    except exceptions.NetmikoTimeoutException as error:
        why = error.__context__ or error  # what paramiko or the socket said
        raise LabError(f"{name} cannot be reached: {why}", hint=by_hand) from error
    except (
        OSError,
        EOFError,
        ValueError,  # a prompt that netmiko does not expect
        exceptions.NetmikoBaseException,
        SSHException,
    ) as error:
        raise LabError(f"{name} broke off at `{what}`: {error}", hint=by_hand) from error
