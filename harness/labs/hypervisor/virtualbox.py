"""VBoxManage as a testinfra host runs it; its output is English only with LC_ALL=C."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

import testinfra
from testinfra.host import Host

from harness.errors import LabError

RUNS = "running"
POLICY = re.compile(r"NIC (\d+):.*\bPromisc Policy: ([\w-]+)")
PAIR = re.compile(r'"?([^"=]+)"?="?(.*?)"?')


@dataclass(frozen=True, slots=True)
class VmAdapter:
    """A network adapter of a machine: what it is attached to, its chip, its cable.

    `attached` is VirtualBox's term (intnet, nat, hostonly, bridged ...), `network` its name for
    intnet; `promiscuous` is which frames for others it receives: deny, allow-vms or allow-all.
    """

    number: int
    attached: str
    network: str
    chip: str
    mac: str
    connected: bool
    promiscuous: str


@dataclass(frozen=True, slots=True)
class VmInfo:
    """A machine and its adapters by number; `state` is VirtualBox's term, such as running."""

    state: str
    adapters: dict[int, VmAdapter] = field(default_factory=dict)


class VBoxManage:
    """VirtualBox on a host."""

    def __init__(self, host: Host | None = None) -> None:
        """Use a host's VirtualBox, by default this machine's."""
        self.host = host or testinfra.get_host("local://")

    def machine(self, name: str) -> VmInfo:
        """Return VirtualBox's information about a machine; raises LabError."""
        plain = self._call("showvminfo", name)
        return machine_of(self._call("showvminfo", name, "--machinereadable"), plain)

    def _call(self, *words: str) -> str:
        done = self.host.run("LC_ALL=C VBoxManage " + " ".join(["%s"] * len(words)), *words)
        if done.rc == 0:
            return str(done.stdout)
        errors = [line for line in done.stderr.splitlines() if "error:" in line]
        message = errors[0].partition("error: ")[2] if errors else done.stderr.strip()
        if "not found" in message:
            raise LabError(
                "there is no VBoxManage, the command of VirtualBox",
                hint="install VirtualBox, or name in [virtualbox] the address of its machine",
            )
        raise LabError(
            f"VBoxManage {' '.join(words)} ended with exit status {done.rc}: {message}",
            hint="`VBoxManage list vms` shows this user's machines",
        )


def machine_of(readable: str, plain: str) -> VmInfo:
    """Return a machine from both forms of `showvminfo`; only the plain one has the policy."""
    pairs = {}
    for line in readable.splitlines():
        found = PAIR.fullmatch(line)
        if found:
            pairs[found[1]] = found[2]
    policies = {int(number): policy for number, policy in POLICY.findall(plain)}
    numbers = [int(key[3:]) for key in pairs if re.fullmatch(r"nic\d+", key)]
    adapters = {
        number: VmAdapter(
            number=number,
            attached=pairs[f"nic{number}"],
            network=pairs.get(f"intnet{number}", ""),
            chip=pairs.get(f"nictype{number}", ""),
            mac=":".join(re.findall("..", pairs.get(f"macaddress{number}", "").lower())),
            connected=pairs.get(f"cableconnected{number}") == "on",
            promiscuous=policies.get(number, ""),
        )
        for number in numbers
        if pairs[f"nic{number}"] != "none"
    }
    return VmInfo(pairs.get("VMState", ""), adapters)


def commands(host: Host, name: str, adapter: int) -> tuple[str, str]:
    """Return the commands that unplug an adapter's cable and plug it in; raises LabError."""
    found = VBoxManage(host).machine(name)
    if found.state != RUNS:
        raise LabError(
            f"{name} is not running in VirtualBox: {found.state}",
            hint=f"VBoxManage startvm {name} --type headless",
        )
    if adapter not in found.adapters:
        has = ", ".join(map(str, found.adapters))
        raise LabError(f"{name} has no adapter {adapter}", hint=f"adapter is one of: {has}")
    words = f"VBoxManage controlvm {shlex.quote(name)} setlinkstate{adapter}"
    return f"{words} off", f"{words} on"
