"""The tools that own each format, as referees: what one refuses, and what it ignores.

None of them changes this machine. netplan, nmcli and ifquery only read files; systemd-networkd and
ifupdown2 run in namespaces of their own, without any interface.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from harness.bonding import OPTIONS
from harness.bonding.values import normal
from harness.errors import ScenarioError
from tests.other_tools import LIMIT, Verdict, find, find_file, in_a_root, run

IFUPDOWN2 = Path("usr/share/ifupdown2")
IFENSLAVE = Path("etc/network/if-pre-up.d/ifenslave")
USERS = "root:x:0:0::/:/bin/sh\nsystemd-network:x:0:0::/:/bin/sh\n"
GROUPS = "root:x:0:\nsystemd-network:x:0:\n"
MOVED = frozenset({"gateway", "address1"})  # NetworkManager writes them as address1=A/P,GATEWAY
HARMLESS = "UseMTU="  # what netplan writes beside an MTU, and systemd-networkd says it leaves
ENUMERATED = "Enumeration completed"  # by then systemd-networkd has read all files


def netplan(files: Mapping[str, str], place: Path) -> Verdict:
    """Ask netplan's generator, and then those for whom that has made files."""
    generate = find("generate")
    root = place / "etc/netplan"
    root.mkdir(parents=True)
    for name, text in files.items():
        (root / name).write_text(text)
        (root / name).chmod(0o600)
    ran = run(generate, "--root-dir", place)
    if ran.status:
        return Verdict(tuple(line for line in ran.said if line.strip()))
    units = {path.name: path.read_text() for path in (place / "run/systemd/network").glob("*")}
    first = networkd(units, place) if units else Verdict()
    made = (place / "run/NetworkManager/system-connections").glob("*")
    texts = {path.name: path.read_text() for path in made}
    second = nm({name: text for name, text in texts.items() if "[bond]" in text}, place)
    return Verdict(first.refused + second.refused, first.ignored + second.ignored)


def nm(files: Mapping[str, str], place: Path) -> Verdict:
    """Ask NetworkManager's library what it keeps of each profile: it drops what it is new to."""
    nmcli_, refused, ignored = find("nmcli"), [], []
    for name, text in files.items():
        ran = run(nmcli_, "--offline", "connection", "modify", "connection.autoconnect", "yes",
                  given=text)  # fmt: skip
        if ran.status:
            refused += [f"{name}: {line}" for line in ran.said]
            continue
        kept = dict(_settings(ran.out))
        for key, value in _settings(text):
            moved = key[1] in MOVED and value in ran.out
            if not moved and _meant(key[1], kept.get(key)) != _meant(key[1], value):
                ignored.append(f"{name}: [{key[0]}] {key[1]}={value}")
    return Verdict(tuple(refused), tuple(ignored))


def _meant(key: str, text: str | None) -> object:
    """Return an option's value as the kernel has it: NetworkManager writes words for numbers."""
    option = OPTIONS.get(key)
    try:
        return normal(option, text) if option and text else text
    except ScenarioError:
        return text


def _settings(text: str) -> list[tuple[tuple[str, str], str]]:
    """Return the settings of a keyfile, in the words of today."""
    found, section = [], ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line:
            key, _, value = line.partition("=")
            key = {"controller": "master", "port-type": "slave-type"}.get(key, key)
            found.append(((section, key), value.rstrip(";")))
    return found


def nmcli(files: Mapping[str, str], place: Path) -> Verdict:
    """Ask nmcli what it makes of each command, without a daemon."""
    refused = []
    for text in files.values():
        for line in text.splitlines():
            words = shlex.split(line)
            ran = run(find("nmcli"), "--offline", *words[1:])
            refused += [f"{line}: {said}" for said in ran.said] if ran.status else []
    return Verdict(tuple(refused))


def ifupdown(files: Mapping[str, str], place: Path) -> Verdict:
    """Ask ifquery, then ifenslave's script what it would write for each stanza."""
    ifquery, script = find("ifquery"), find_file(IFENSLAVE, "ifenslave")
    path = place / "interfaces"
    path.write_text("\n".join(files.values()))
    listed = run(ifquery, "-i", path, "-l", "-a")
    if listed.status:
        return Verdict(listed.said)
    ignored: list[str] = []
    for name in listed.out.split():
        given = run(ifquery, "-i", path, name)
        wanted = dict(line.split(": ", 1) for line in given.out.splitlines() if ": " in line)
        bonding = {key: value for key, value in wanted.items() if key.startswith("bond-")}
        if "bond-mode" in bonding or "bond-slaves" in bonding:
            wrote = written_by_ifenslave(script, name, bonding, place / name)
            ignored += _unwritten(name, bonding, wrote)
    return Verdict(ignored=tuple(ignored))


NOT_FILES = frozenset({"slaves", "queue_id", "master"})


def _unwritten(name: str, wanted: Mapping[str, str], wrote: list[tuple[str, str]]) -> list[str]:
    files = {file for file, _ in wrote}
    lacking = {key for key in wanted if key[5:].replace("-", "_") not in files | NOT_FILES}
    return [f"{name}: {key} {wanted[key]}" for key in sorted(lacking)]


def written_by_ifenslave(
    script: Path, name: str, options: Mapping[str, str], place: Path
) -> list[tuple[str, str]]:
    """Return file and value of all that ifenslave's script writes, in order, to a mock sysfs."""
    bonding = place / name / "bonding"
    bonding.mkdir(parents=True)
    (bonding / "slaves").write_text("")
    log = place / "log"
    log.touch()
    text = script.read_text(encoding="utf-8", errors="replace")
    text = text.replace("/sys/class/net", str(place)).replace("/proc/net/dev", "/dev/null")
    write = f'{{ echo "$1 $2" >> {log}; echo "$2" >> '
    text = text.replace('echo "$2" > ', write).replace(
        'bonding/$1"\n\t\treturn', 'bonding/$1"; }\n\t\treturn'
    )
    fake = place / "bin"
    fake.mkdir()
    for tool in ("ip", "ifup", "ifquery"):
        (fake / tool).write_text("#!/bin/sh\nexit 1\n")
        (fake / tool).chmod(0o755)
    variables = {f"IF_{key.replace('-', '_').upper()}": value for key, value in options.items()}
    subprocess.run(
        ["sh", "-c", text],
        env={
            "PATH": f"{fake}:{os.environ['PATH']}",
            "IFACE": name,
            "ADDRFAM": "inet",
            **variables,
        },
        check=True,
        capture_output=True,
        timeout=LIMIT,
    )
    return [
        (line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in log.read_text().splitlines()
    ]


def networkd(files: Mapping[str, str], place: Path) -> Verdict:
    """Ask systemd-networkd: it logs what it ignores while it reads its files, and then ends."""
    daemon = find("systemd-networkd")
    units = place / "units"
    units.mkdir()
    for name, text in files.items():
        (units / name).write_text(text)
    (place / "passwd").write_text(USERS)
    (place / "group").write_text(GROUPS)
    script = (
        'mount --bind "$1/passwd" /etc/passwd; mount --bind "$1/group" /etc/group; '
        'mkdir -p /run/systemd/network; cp "$1"/units/* /run/systemd/network; exec "$2"'
    )
    lines = []
    with in_a_root(script, place, daemon) as running:
        assert running.stdout
        for line in running.stdout:
            if ENUMERATED in line:
                break
            lines.append(line.strip())
        else:
            pytest.skip(f"systemd-networkd does not start here: {' '.join(lines[-1:])}")
        running.kill()
    about = [line for line in lines if line.startswith("/run/systemd/network")]
    return Verdict(ignored=tuple(line for line in about if HARMLESS not in line))


def ifupdown2(files: Mapping[str, str], place: Path) -> Verdict:
    """Ask ifupdown2: what its check says, and what it would not set."""
    package = find_file(IFUPDOWN2, "ifupdown2").resolve()
    text = "\n".join(files.values())
    network = place / "network"
    shutil.copytree(package.parents[2] / "etc/network/ifupdown2", network / "ifupdown2")
    (network / "interfaces").write_text(text)
    for tool in ("ifreload", "ifup"):
        (place / tool).symlink_to(package / "__main__.py")
    check = _ifupdown2(place, "ifreload", "-s", "-a")
    dry = _ifupdown2(place, "ifup", "-n", "-v", "-a")
    noted = tuple(line for line in check if line.startswith(("warning:", "error:")))
    applied = {
        (match[1], match[2])
        for line in dry
        if (match := re.match(r"info: (\S+): set (bond-\S+) ", line))
    }
    asked = list(_asked_of_ifupdown2(text))
    unset = [f"{name}: {key} {value}" for name, key, value in asked if (name, key) not in applied]
    return Verdict(ignored=(*(line for line in noted if "bond-" in line), *unset))


def _ifupdown2(place: Path, tool: str, *words: str) -> list[str]:
    script = (
        'mkdir -p /run/network; mount --bind "$1/network" /etc/network; '
        "mkdir -p /var/lib/ifupdown2 2>/dev/null || mount -t tmpfs none /var/lib; "
        'mkdir -p /var/lib/ifupdown2; shift; exec "$@"'
    )
    with in_a_root(script, place, "/usr/bin/python3", place / tool, *words) as running:
        out, _ = running.communicate(timeout=LIMIT)
    return out.splitlines()


def _asked_of_ifupdown2(text: str) -> Iterable[tuple[str, str, str]]:
    name = ""
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["iface"]:
            name = words[1]
        elif (
            words
            and words[0].startswith("bond-")
            and words[0] not in ("bond-slaves", "bond-ports")
        ):
            yield name, words[0], " ".join(words[1:])


Referee = Callable[[Mapping[str, str], Path], Verdict]
REFEREES: Mapping[str, Referee] = MappingProxyType(
    {
        "netplan": netplan,
        "nm": nm,
        "nmcli": nmcli,
        "interfaces": ifupdown,
        "ifupdown2": ifupdown2,
        "networkd": networkd,
    }
)
