r"""nmcli: option strings ("mode=active-backup,miimon=100") and commands of scripts.

Commas separate options; inside of a value nmcli wants them as \, and so they may be written, but a
plain comma before what is no NAME= is taken as part of the value too. Defaults and aliases are
those of `nmcli --offline connection add`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness.config.draft import Draft
from harness.config.ini_and_shell import physical_lines
from harness.config.model import ConfigError
from harness.config.place import Place
from harness.config.profiles import Connection, ProfileSetting, build, default_monitor, find
from harness.config.readers import iplink, optstring
from harness.config.scripts import ShellCommand, commands
from harness.config.source import Source

FORMAT = "nmcli"
# Names that nmcli takes, aliases among them, and the setting of a profile each stands for.
TEXTS = {
    "type": "kind", "connection.type": "kind",
    "con-name": "id", "connection.id": "id", "connection.uuid": "uuid",
    "ifname": "ifname", "connection.interface-name": "ifname",
    "master": "master", "controller": "master",
    "connection.master": "master", "connection.controller": "master",
    "slave-type": "port_of", "port-type": "port_of",
    "connection.slave-type": "port_of", "connection.port-type": "port_of",
    "mac": "mac", "802-3-ethernet.mac-address": "mac", "ethernet.mac-address": "mac",
    "match.interface-name": "pattern",
    "dev": "parent", "vlan.parent": "parent", "id": "vlan", "vlan.id": "vlan",
    "ipv4.method": "method4", "ipv6.method": "method6",
}  # fmt: skip
ADDRESSES = ("ip4", "ip6", "ipv4.addresses", "ipv6.addresses")
GATEWAYS = ("gw4", "gw6", "ipv4.gateway", "ipv6.gateway")
MTUS = ("mtu", "802-3-ethernet.mtu", "ethernet.mtu")
SHORT = (
    *("mode", "miimon", "downdelay", "updelay", "primary", "arp-interval", "arp-ip-target"),
    "lacp-rate",
)
OPTIONS = "bond.options"
PORT = "bond-port."
LONG = (*TEXTS, *ADDRESSES, *GATEWAYS, *MTUS, OPTIONS, "bond-port.prio", "bond-port.queue-id")
KINDS = {"802-3-ethernet": "ethernet"}
# What changes no profile, and what every profile is without it.
CHANGES_NOTHING = frozenset({"up", "show", "reload", "load"})
DEFAULTS = frozenset({("connection.autoconnect", "yes"), ("autoconnect", "yes")})
APART = 1000  # places of the properties of one command
SUBJECTS = frozenset({"id", "uuid", "path"})
SHORTEST = 3  # letters of a setting's name, behind its dot


def read(sources: Sequence[Source]) -> Draft:
    """Return the bond of an option string, or those that commands make."""
    draft = Draft(FORMAT)
    profiles: list[Connection] = []
    for source in sources:
        if "nmcli" in source.text:
            for command in commands(source):
                with draft.tolerant():
                    if command.name == "nmcli":
                        _command(draft, profiles, command)
                    elif iplink.harmless(command):
                        draft.mark_used(command.place)
        else:
            _strings(draft, source)
    for bond in draft.bonds.values():
        default_monitor(bond)
    build(draft, profiles)
    return draft


def _strings(draft: Draft, source: Source) -> None:
    for number, line in physical_lines(source.text):
        if line.strip() and not line.lstrip().startswith("#"):
            bond = draft.bond(optstring.NAMELESS, source.at(number))
            for option in _options(line, source.at(number)):
                bond.option(option.name, option.raw, option.place, option.spelled)


def _options(text: str, place: Place) -> Iterator[ProfileSetting]:
    """Yield the options of a string; raises ConfigError for a word that is no NAME=VALUE."""
    for word in re.split(r"(?<!\\),(?=\s*[a-z_0-9-]+=)", text.strip().strip("\"'")):
        name, equals, value = word.strip().partition("=")
        if not equals or not name:
            hint = 'write "mode=active-backup,miimon=100"'
            raise ConfigError(f"{word!r} is no NAME=VALUE", place, hint=hint)
        raw = value.replace("\\,", ",").replace(" ", ",")
        yield ProfileSetting(name.strip(), raw, place, word.strip())


def _command(draft: Draft, profiles: list[Connection], command: ShellCommand) -> None:
    verb, rest = _verb(command)
    if len(rest) < 1 or verb in CHANGES_NOTHING:
        if verb in CHANGES_NOTHING:
            draft.mark_used(command.place)
        return
    if "add".startswith(verb):
        profile = Connection(command.place)
        _settings(profile, rest, command)
        if profile.kind in ("bond-slave", "bridge-slave"):
            profile.port_of = profile.kind.removesuffix("-slave")
            profile.kind = "ethernet"
        _defaults(profile)
        profiles.append(profile)
    elif "modify".startswith(verb):
        rest = rest[1:] if rest[0] in SUBJECTS else rest
        if (known := find(profiles, rest[0])) is None:
            known = Connection(command.place, id=rest[0])
            profiles.append(known)
        _settings(known, rest[1:], command)
        if not known.kind and known.options:
            known.kind = "bond"
    elif "delete".startswith(verb):
        draft.mark_used(command.place)
        gone = [find(profiles, name) for name in rest]
        profiles[:] = [profile for profile in profiles if profile not in gone]
    if command.unclear and any("bond" in word for word in command.words):
        why = f"what {command.unclear} stands for is unknown"
        hint = "write the value itself"
        draft.note_unknown("", f"{command.text}: {why}", command.place, hint, "warning")


def _defaults(profile: Connection) -> None:
    """Add the defaults of `nmcli connection add`."""
    if profile.kind == "bond" and not profile.ifname:
        profile.ifname = "nm-bond"
    if not profile.id:
        profile.id = f"{profile.kind}-{profile.ifname}" if profile.ifname else profile.kind
    if not profile.master:
        profile.method4 = profile.method4 or "auto"
        profile.method6 = profile.method6 or "auto"


def _verb(command: ShellCommand) -> tuple[str, list[str]]:
    """Return what a command does to connections, and the words behind it."""
    words = list(command.words[1:])
    while words and words[0].startswith("-"):
        words = words[2 if words[0] in ("-g", "--get-values", "-w", "--wait") else 1 :]
    if len(words) < 2 or not "connection".startswith(words[0]):
        return "", []
    return words[1], words[2:]


def parts(command: ShellCommand) -> list[ProfileSetting]:
    """Return the properties that a command sets, each with a separate place; else none."""
    verb, rest = _verb(command)
    if not verb or not rest or not ("add".startswith(verb) or "modify".startswith(verb)):
        return []
    if not "add".startswith(verb):
        rest = rest[2 if rest[0] in SUBJECTS else 1 :]
    return list(_pairs(rest, command))


def _pairs(words: list[str], command: ShellCommand) -> Iterator[ProfileSetting]:
    words = [word for word in words if word != "--"]
    for nth, (key, value) in enumerate(zip(words[::2], words[1::2], strict=False), 1):
        place = replace(command.place, column=command.place.column * APART + nth)
        yield ProfileSetting(key, value, place, f"{key} {value}")


def _settings(profile: Connection, words: list[str], command: ShellCommand) -> None:
    for pair in _pairs(words, command):
        sign, name = (pair.name[0], pair.name[1:]) if pair.name[0] in "+-" else ("", pair.name)
        _set(profile, sign, _whole(name), pair.raw, pair.place)


def _whole(name: str) -> str:
    """Return the full name of a setting; nmcli accepts any unique prefix."""
    if name in LONG or "." not in name:
        return name
    section, _, key = name.partition(".")
    found = [one for one in LONG if one.startswith(f"{section}.{key}")]
    return found[0] if len(found) == 1 else name


def _set(profile: Connection, sign: str, name: str, value: str, place: Place) -> None:
    if name in TEXTS:
        _text(profile, TEXTS[name], "" if sign == "-" else KINDS.get(value, value), place)
    elif (name, value) in DEFAULTS:
        profile.which.append(place)
    elif name == OPTIONS:
        _change(profile, sign, value, place)
    elif name in SHORT:
        spelled = f"{name} {value}"
        raw = value.replace(" ", ",")
        profile.options.append(ProfileSetting(name.replace("-", "_"), raw, place, spelled))
    elif name in ADDRESSES:
        _addresses(profile, sign, name, value, place)
    elif name in GATEWAYS:
        six = ":" in value
        kept = [gateway for gateway in profile.gateways if (":" in gateway.raw) != six]
        profile.which += [gateway.place for gateway in profile.gateways if gateway not in kept]
        profile.gateways = [*kept, ProfileSetting(name, value, place)] if value else kept
    elif name in MTUS:
        profile.mtu = ProfileSetting("mtu", value, place)
    elif name.startswith(PORT):
        option = name.removeprefix(PORT).replace("-", "_")
        profile.port_options.append(ProfileSetting(option, value, place, f"{name} {value}"))


def _text(profile: Connection, attribute: str, text: str, place: Place) -> None:
    """Set one of the words of a profile, and mark its place."""
    setattr(profile, attribute, text)
    if attribute in ("mac", "pattern"):
        profile.selects.append(place)
    elif attribute in ("method4", "method6"):
        if attribute in profile.methods:
            profile.which.append(profile.methods[attribute].place)
        profile.methods[attribute] = ProfileSetting(attribute, text, place)
    else:
        profile.which.append(place)


def _change(profile: Connection, sign: str, value: str, place: Place) -> None:
    """Change options: + adds to them, - takes away by name, else they are all replaced."""
    profile.which += [place, *(option.place for option in profile.options)]
    if sign == "-":
        gone = {word.partition("=")[0].strip() for word in value.split(",")}
        profile.options = [option for option in profile.options if option.name not in gone]
        return
    new = list(_options(value, place)) if value.strip() else []
    names = {one.name for one in new}
    kept = [option for option in profile.options if option.name not in names] if sign else []
    profile.options = [*kept, *new]


def _addresses(profile: Connection, sign: str, name: str, value: str, place: Place) -> None:
    texts = [text for text in re.split(r"[,\s]+", value) if text]
    six = name in ("ip6", "ipv6.addresses")
    before = profile.addresses
    if sign == "-":
        profile.addresses = [one for one in before if one.raw not in texts]
        profile.which.append(place)
    elif name.startswith("ipv") and not sign:
        profile.addresses = [one for one in before if (":" in one.raw) != six]
    profile.which += [one.place for one in before if one not in profile.addresses]
    if sign == "-":
        return
    profile.addresses += [ProfileSetting(name, text, place) for text in texts]
    if not name.startswith("ipv") and six:
        profile.method6 = "manual"
    elif not name.startswith("ipv"):
        profile.method4 = "manual"
