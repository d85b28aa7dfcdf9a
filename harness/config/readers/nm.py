"""NetworkManager's keyfiles: one profile for the bond, one for each of its ports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from harness.config.draft import Draft
from harness.config.ini_and_shell import Assignment, Section, ini
from harness.config.place import Place
from harness.config.profiles import Connection, ProfileSetting, build
from harness.config.readers.misnamed import misnamed
from harness.config.source import Source

FORMAT = "nm"
SECTIONS = ("connection", "bond", "bond-port", "bridge-port")
ADDRESS = re.compile(r"address(?:es)?\d*")
GATEWAY = re.compile(r"gateway\d*")
WIRED = ("ethernet", "802-3-ethernet")
WHICH = {
    "connection": (
        *("id", "uuid", "type", "interface-name"),
        *("controller", "master", "port-type", "slave-type"),
    ),
    "vlan": ("id", "parent", "interface-name"),
    "bond": ("interface-name",),
    "bridge": ("interface-name",),
}
# What is so without these lines.
DEFAULTS = frozenset({("autoconnect", "true")})
KINDS = {"802-3-ethernet": "ethernet"}


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of profiles; ports name theirs by interface, uuid or id."""
    draft = Draft(FORMAT)
    profiles: list[tuple[Connection, list[Section]]] = []
    for source in sources:
        with draft.tolerant():
            sections: dict[str, Section] = {}
            for one in ini(source, draft):
                before = sections[one.name].entries if one.name in sections else ()
                sections[one.name] = Section(one.name, (*before, *one.entries), one.place)
            if "connection" in sections:
                profiles.append((_profile(sections), [*sections.values()]))
    build(draft, [profile for profile, _ in profiles])
    for profile, found in profiles:
        misnamed(found, SECTIONS, "NetworkManager", draft.bonds.get(profile.interface, draft))
    return draft


def _profile(sections: Mapping[str, Section]) -> Connection:
    head = sections["connection"]
    kind = head.get("type")
    profile = Connection(
        head.place,
        id=head.get("id"),
        uuid=head.get("uuid"),
        kind="bond" if "bond" in sections else KINDS.get(kind, kind),
        ifname=head.get("interface-name"),
        master=head.get("controller") or head.get("master"),
        port_of=head.get("port-type") or head.get("slave-type"),
        pattern=_get(sections, ("match",), "interface-name"),
        mac=_get(sections, WIRED, "mac-address"),
        parent=_get(sections, ("vlan",), "parent"),
        vlan=_get(sections, ("vlan",), "id"),
        method4=_get(sections, ("ipv4",), "method"),
        method6=_get(sections, ("ipv6",), "method"),
    )
    _account(profile, sections)
    profile.options = list(_settings(sections, "bond"))
    profile.port_options = list(_settings(sections, "bond-port"))
    for name in ("ipv4", "ipv6"):
        for entry in sections[name].entries if name in sections else ():
            _addressing(profile, entry)
    for name in WIRED:
        for entry in sections[name].entries if name in sections else ():
            if entry.key == "mtu":
                profile.mtu = ProfileSetting("mtu", entry.value, entry.place)
    profile.method4 = profile.method4 or ("manual" if profile.addresses else "auto")
    profile.method6 = profile.method6 or "auto"
    return profile


def _account(profile: Connection, sections: Mapping[str, Section]) -> None:
    """Mark the kind of the profile, and the source of its addresses."""
    for section, keys in WHICH.items():
        profile.which += _places(sections, section, *keys)
    profile.which += [
        entry.place
        for entry in sections["connection"].entries
        if (entry.key, entry.value) in DEFAULTS
    ]
    for name in ("match", *WIRED):
        profile.selects += _places(sections, name, "interface-name", "mac-address")
    for name, attribute in (("ipv4", "method4"), ("ipv6", "method6")):
        for entry in sections[name].entries if name in sections else ():
            if entry.key == "method":
                profile.methods[attribute] = ProfileSetting(attribute, entry.value, entry.place)


def _places(sections: Mapping[str, Section], name: str, *keys: str) -> list[Place]:
    """Return the places of some keys of a section."""
    entries = sections[name].entries if name in sections else ()
    return [entry.place for entry in entries if entry.key in keys]


def _get(sections: Mapping[str, Section], names: Sequence[str], key: str) -> str:
    found = (sections[name].get(key) for name in names if name in sections)
    return next((value for value in found if value), "").strip(";")


def _settings(sections: Mapping[str, Section], name: str) -> Iterator[ProfileSetting]:
    for entry in sections[name].entries if name in sections else ():
        # Profiles of old have the options with an escape, as GLib's key files have it.
        key = entry.key.replace("-", "_") if name == "bond-port" else entry.key
        yield ProfileSetting(key, unescaped(entry.value), entry.place, entry.spelled)


def unescaped(text: str) -> str:
    r"""Return a value without the backslashes that protect commas: NAME=a\,b."""
    return text.replace("\\,", ",").rstrip(";")


def _addressing(profile: Connection, entry: Assignment) -> None:
    """Add addresses: ADDRESS/PREFIX[,GATEWAY], of old ADDRESS;PREFIX;GATEWAY, or a list."""
    if GATEWAY.fullmatch(entry.key):
        profile.gateways.append(ProfileSetting("gateway", entry.value, entry.place))
    if not ADDRESS.fullmatch(entry.key):
        return
    parts = [part for part in re.split(r"[;,\s]+", entry.value) if part]
    while parts:
        text = parts.pop(0)
        if "/" not in text and parts and parts[0].isdigit():
            text = f"{text}/{parts.pop(0)}"
        profile.addresses.append(ProfileSetting("address", text, entry.place))
        if parts and "/" not in parts[0] and not (len(parts) > 1 and parts[1].isdigit()):
            gateway = parts.pop(0)
            if gateway not in ("0.0.0.0", "::"):  # noqa: S104 - what stands for "none" there
                profile.gateways.append(ProfileSetting("gateway", gateway, entry.place))
