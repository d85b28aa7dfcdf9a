"""What a configuration comes down to, in one line for each bond, for tables of cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.config import Addressing, BondConfig, Configuration, load
from harness.config.lint import Finding, lint
from harness.config.rules import RULES


def cases(name: str) -> dict[str, tuple[dict[str, str], list[str]]]:
    """Return the cases of a table: files as they stand in it, and the lines that they come to.

    `====` begins a case, `----` a file, `>>>>` what is expected.
    """
    found: dict[str, tuple[dict[str, str], list[str]]] = {}
    case = file = ""
    for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines():
        mark, text = line[:4], line[5:]
        if mark == "====":
            case = text
            found[case] = ({}, [])
        elif mark == "----":
            file = text
            found[case][0][file] = ""
        elif mark == ">>>>":
            found[case][1].append(text)
        elif not found[case][1]:
            found[case][0][file] += f"{line}\n"
    return found


def written(place: Path, files: Mapping[str, str]) -> Configuration:
    """Write files below a directory, and read that directory; `-> TARGET` makes a link."""
    for name, text in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            path.symlink_to(text[3:].strip())
        else:
            path.write_text(text, encoding="utf-8")
    return load([str(place)])


def told(configuration: Configuration) -> list[str]:
    """Return a line for each bond: its options, slaves, IP, and what stands on it."""
    return ["; ".join(_parts(bond)) for bond in configuration.bonds]


def _parts(bond: BondConfig) -> Iterator[str]:
    yield f"{bond.name}: {bond.unchecked.text()}"
    slaves = [*bond.slave_names, *(f"{match.by}({match.value})" for match in bond.matches)]
    yield " ".join(slaves) or "-"
    if text := _ip(bond.ip):
        yield text
    for upper in bond.uppers:
        number = f" {upper.vlan}" if upper.vlan else ""
        yield f"{upper.kind}{number} {upper.name}({' '.join(upper.below)}) {_ip(upper.ip)}".strip()


def _ip(ip: Addressing) -> str:
    words = [*ip.addresses, *(f"via {gateway}" for gateway in ip.gateways)]
    words += ["dhcp4"] * ip.dhcp4 + ["dhcp6"] * ip.dhcp6 + [f"mtu {ip.mtu}"] * bool(ip.mtu)
    return " ".join(words)


def errors(configuration: Configuration) -> list[str]:
    """Return the errors and warnings about reading, and all other errors, as rule and message."""
    found: list[Finding] = lint(configuration, RULES)
    reading = ("unread", "unknown-setting")
    return [
        f"{one.rule}: {one.message}"
        for one in found
        if one.level == "error" or (one.level == "warning" and one.rule in reading)
    ]
