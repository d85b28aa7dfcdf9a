"""Write a configuration in another format, and say what that format cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from harness.bonding import SLAVE_OPTIONS, BondOptions, Setting
from harness.config.model import Addressing, BondConfig, Configuration, Given, SlaveConfig
from harness.config.tools import FORMATS, RUNNING, TOOLS, Tool
from harness.config.writers import debian, network, running, shell, yamlish
from harness.errors import UsageError

Files = dict[str, str]
Writer = Callable[[Sequence[BondConfig]], Files]
WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        "bonding-opts": shell.options,
        "ifcfg": shell.ifcfg,
        "modprobe": shell.modprobe,
        "interfaces": debian.ifenslave,
        "ifupdown2": debian.ifupdown2,
        "suse": shell.suse,
        "nm": network.keyfiles,
        "nmcli": network.nmcli,
        "networkd": network.networkd,
        "netplan": yamlish.netplan,
        "nmstate": yamlish.nmstate,
        "ip-json": running.ip_json,
        "proc": running.proc,
        "sysfs": running.sysfs,
    }
)


@dataclass(frozen=True, slots=True)
class Cannot:
    """Something of a bond that a format has no words for, and why."""

    bond: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.bond}: {self.what}: {self.why}"


@dataclass(frozen=True, slots=True)
class Written:
    """The files, what they leave out, and what is left: the bonds as they will be read back."""

    files: Mapping[str, str]
    cannot: tuple[Cannot, ...]
    said: Configuration


def write(configuration: Configuration, format_: str) -> Written:
    """Return a configuration in a format; raises UsageError for a format that is not known."""
    if format_ not in WRITERS:
        raise UsageError(f'there is no format "{format_}"', hint=f"there are {', '.join(FORMATS)}")
    cannot = [
        Cannot(bond.name if bond else "-", extra.spelled, extra.why)
        for bond, extra in configuration.everything_unknown()
    ]
    said = []
    for bond in configuration.bonds:
        fitted, left = _fitted(bond, TOOLS[format_])
        said.append(fitted)
        cannot += left
    if format_ in ("bonding-opts", "modprobe"):
        said, left = _alike(said, format_)
        cannot += left
    return Written(WRITERS[format_](said), tuple(cannot), Configuration(tuple(said)))


def _fitted(bond: BondConfig, tool: Tool) -> tuple[BondConfig, list[Cannot]]:
    """Return what a tool can say of a bond, and what it cannot."""
    asked, cannot = (
        bond.asked,
        [Cannot(bond.name, g.spelled, g.wrong) for g in bond.given if g.wrong],
    )
    if tool.format in RUNNING:
        asked, rounded = _in_effect(bond, asked)
        cannot += rounded
    kept: dict[str, Setting] = {}
    for name, value in asked.items():
        why = _why_not(bond, tool, name, value)
        if why and value != BondOptions.unchecked(mode=bond.loose().mode)[name]:
            cannot.append(Cannot(bond.name, f"{name}={_text(value)}", why))
        elif not why:
            kept[name] = value
    slaves = [_slave(bond.name, slave, tool, cannot) for slave in bond.slaves]
    if slaves and not tool.slaves:
        cannot.append(
            Cannot(bond.name, f"slaves {' '.join(bond.slave_names)}", "it names no slaves")
        )
    ip, left = _addressing(bond, tool)
    cannot += left
    fitted = replace(
        bond,
        given=tuple(Given(name, _text(value), value) for name, value in kept.items()),
        slaves=tuple(slaves) if tool.slaves else (),
        ip=ip,
        extras=(),
        format=tool.format,
        uppers=(),
        matches=(),
    )
    return fitted, cannot


def _addressing(bond: BondConfig, tool: Tool) -> tuple[Addressing, list[Cannot]]:
    """Return what is written of a bond's IP, and what is not of that and of what stands on it."""
    ip = bond.ip
    parts = {
        "DHCP": "DHCP" * ip.dhcp4 or "DHCPv6" * ip.dhcp6,
        "gateways": " ".join(ip.gateways),
        "MTU": str(ip.mtu or ""),
        "uppers": " ".join(upper.name for upper in bond.uppers),
        "slaves by": " ".join(match.spelled for match in bond.matches),
    }
    cannot = [
        Cannot(bond.name, f"{what} {text}", "it is not written yet")
        for what, text in parts.items()
        if text
    ]
    if tool.addresses:
        return Addressing(ip.addresses), cannot
    if ip.addresses:
        what = f"addresses {' '.join(ip.addresses)}"
        cannot.append(Cannot(bond.name, what, "it has no addresses"))
    return Addressing(), cannot


def _why_not(bond: BondConfig, tool: Tool, name: str, value: Setting) -> str:
    """Return why a tool cannot say an option, "" where it can."""
    limit = tool.limits.get(name)
    if tool.lacks(name):
        return f"there is no word for it ({tool.source})"
    if limit is not None and not limit.allows(value):
        return f"it takes {limit} only ({tool.source})"
    if value in ("", ()):
        return "an empty value cannot be written"
    if tool.format == "networkd" and name in ("primary", "active_slave"):
        return "" if value in bond.slave_names else f"{value} is no slave, whose file would say it"
    return running.hidden(bond.loose(), name) if tool.format == "proc" else ""


def _in_effect(
    bond: BondConfig, asked: Mapping[str, Setting]
) -> tuple[dict[str, Setting], list[Cannot]]:
    """Return the options as a bond that runs would show them."""
    effective = bond.loose().effective().asked
    return effective, [
        Cannot(bond.name, f"{name}={value}", f"the kernel makes it {effective[name]}")
        for name, value in asked.items()
        if effective.get(name) != value
    ]


def _slave(bond: str, slave: SlaveConfig, tool: Tool, cannot: list[Cannot]) -> SlaveConfig:
    found = {one.name: one for one in slave.given if one.value is not None}
    kept = {name: one for name, one in found.items() if name in tool.slave_options}
    for name, one in found.items():
        if name not in kept and one.value != SLAVE_OPTIONS[name].default:
            what = f"{name}={one.text} of {slave.name}"
            cannot.append(Cannot(bond, what, f"there is no word for it ({tool.source})"))
    return replace(slave, given=tuple(kept.values()))


def _alike(bonds: list[BondConfig], format_: str) -> tuple[list[BondConfig], list[Cannot]]:
    """Return what one line of options can say: bonds that are like the first."""
    most = bonds[:1] if format_ == "bonding-opts" else bonds
    like = [bond for bond in most if bond.asked == bonds[0].asked]
    why = "one line of options is for all bonds"
    cannot = [Cannot(b.name, "all of it", why) for b in bonds if b not in like]
    if format_ == "bonding-opts" and bonds[0].name != "bond0":
        cannot.append(Cannot(bonds[0].name, "its name", "options have no name of their bond"))
        like = [replace(like[0], name="bond0")]
    return like, cannot


def _text(value: Setting) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def listed(written: Written) -> Iterator[str]:
    """Yield the files as one text: each under its name where there are several."""
    for name, text in written.files.items():
        if len(written.files) > 1:
            yield f"# ---- {name}"
        yield text
