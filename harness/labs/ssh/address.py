"""Where a machine is reached by SSH, and as whom."""

from __future__ import annotations

from dataclasses import dataclass

ROOT = "root"


@dataclass(frozen=True, slots=True)
class SshAddress:
    """A machine's SSH server; what is "" or 0 comes from `config`, an OpenSSH client's file.

    `key` is a private key's path (without one: the SSH agent, then the user's usual keys);
    `known_hosts` a file of host keys beside the user's and the system's. With `sudo` a user who
    is not root becomes it by `sudo -n`. `python` is the interpreter that runs the agent.
    """

    host: str
    user: str = ""
    port: int = 0
    key: str = ""
    known_hosts: str = ""
    sudo: bool = True
    python: str = ""
    config: str = "~/.ssh/config"

    def __str__(self) -> str:
        at = f"{self.user}@{self.host}" if self.user else self.host
        return f"{at}:{self.port}" if self.port else at
