"""Write a configuration in another format, and list what that format cannot express."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from harness.config.fit import Cannot, alike, fitted
from harness.config.model import BondConfig, Configuration
from harness.config.tool_support import FORMATS, TOOLS
from harness.config.writers import debian, networkd, nm, running, shell, yaml_formats
from harness.errors import UsageError

REMARKS = frozenset({"warning", "note"})  # levels of findings by which nothing is lost
Files = dict[str, str]
Writer = Callable[[Sequence[BondConfig]], Files]
WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        "bonding-opts": shell.options,
        "ifcfg": shell.ifcfg,
        "modprobe": shell.modprobe,
        "interfaces": debian.interfaces,
        "ifupdown2": debian.interfaces,
        "suse": shell.suse,
        "nm": nm.keyfiles,
        "nmcli": nm.nmcli,
        "networkd": networkd.networkd,
        "netplan": yaml_formats.netplan,
        "nmstate": yaml_formats.nmstate,
        "ip-json": running.ip_json,
        "proc": running.proc,
        "sysfs": running.sysfs,
    }
)


@dataclass(frozen=True, slots=True)
class Written:
    """The files, the parts that they lack, and the bonds as they will be read back."""

    files: Mapping[str, str]
    cannot: tuple[Cannot, ...]
    reread: Configuration


def write(configuration: Configuration, format_: str) -> Written:
    """Return a configuration in a format; raises UsageError for an unknown one, or no bond."""
    if format_ not in WRITERS:
        raise UsageError(f'there is no format "{format_}"', hint=f"there are {', '.join(FORMATS)}")
    if not configuration.bonds:
        raise UsageError("these files make no bond", hint="give the configuration of one")
    cannot = [
        Cannot(bond.name if bond else "-", remark.spelled or str(remark.place), remark.why)
        for bond, remark in configuration.everything_unknown()
        if remark.level not in REMARKS
    ]
    kept: list[BondConfig] = []
    for bond in configuration.bonds:
        if any(bond.name == other.name for other in kept):
            why = "it is another machine's, and another bond of that name is written"
            cannot.append(Cannot(bond.name, str(bond.place), why))
            continue
        made, left = fitted(bond, TOOLS[format_])
        kept.append(made)
        cannot += left
    if format_ in ("bonding-opts", "modprobe"):
        kept, left = alike(kept, format_)
        cannot += left
    return Written(WRITERS[format_](kept), tuple(cannot), Configuration(tuple(kept)))


def listed(written: Written) -> Iterator[str]:
    """Yield the files as one text: each under its name where there are several."""
    for name, text in written.files.items():
        if len(written.files) > 1:
            yield f"# ---- {name}"
        yield text
