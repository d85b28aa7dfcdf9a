"""virsh as a testinfra host runs it."""

from __future__ import annotations

import re
import shlex

from testinfra.host import Host

from harness.errors import LabError

RUNS = "running"
MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b")


def prefix(uri: str) -> str:
    """Return the beginning of each command for a connection."""
    return shlex.join(["virsh", "-c", uri]) + " "


def adapters(host: Host, uri: str, name: str) -> list[str]:
    """Return the MACs of a running domain's adapters; raises LabError."""
    state = _call(host, uri, "domstate", name).strip()
    if state != RUNS:
        raise LabError(f"{name} is not running in libvirt: {state}", hint=f"virsh start {name}")
    return MAC.findall(_call(host, uri, "domiflist", name).lower())


def commands(host: Host, uri: str, name: str, mac: str) -> tuple[str, str]:
    """Return the commands that unplug the cable of an adapter and plug it in; raises LabError."""
    has = adapters(host, uri, name)
    if mac.lower() not in has:
        raise LabError(
            f"{name} has no adapter with the MAC {mac}",
            hint=f"its adapters in libvirt: {', '.join(has) or 'none'}",
        )
    words = prefix(uri) + shlex.join(["domif-setlink", name, mac.lower()])
    return f"{words} down", f"{words} up"


def _call(host: Host, uri: str, *words: str) -> str:
    done = host.run("LC_ALL=C virsh -c %s " + " ".join(["%s"] * len(words)), uri, *words)
    if done.rc == 0:
        return str(done.stdout)
    message = done.stderr.strip().removeprefix("error: ")
    if "not found" in message and "virsh" in message:
        raise LabError(
            "there is no virsh, the command of libvirt",
            hint="install libvirt-clients, or name in [libvirt] the address of its machine",
        )
    raise LabError(
        f"virsh {' '.join(words)} ended with exit status {done.rc}: {message.splitlines()[0]}",
        hint=f"`virsh -c {uri} list --all` shows the machines there",
    )
