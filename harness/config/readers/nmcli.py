r"""nmcli: option strings ("mode=active-backup,miimon=100") and whole commands that make bonds.

Commas separate options; inside of a value nmcli wants them as \, and so they may be written, but a
plain comma before what is no NAME= is taken as part of the value too.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from harness.config.draft import Draft, DraftBond
from harness.config.lines import joined
from harness.config.model import ConfigError, Place
from harness.config.readers import optstring
from harness.config.readers.nm import default_monitor
from harness.config.source import Source

FORMAT = "nmcli"
OPTIONS_KEYS = frozenset({"bond.options", "+bond.options"})
ADDRESS_KEYS = frozenset({"ip4", "ip6", "ipv4.addresses", "ipv6.addresses", "ipv4.address"})
MASTER_KEYS = frozenset({"master", "controller", "connection.master", "connection.controller"})
NAME_KEYS = ("ifname", "connection.interface-name", "con-name")
SHORT = frozenset(
    {"mode", "miimon", "downdelay", "updelay", "primary", "arp-interval", "arp-ip-target",
     "lacp-rate"}
)  # fmt: skip
ADD = frozenset({"add", "a"})


def read(sources: Sequence[Source]) -> Draft:
    """Return the bond of an option string, or those that commands make."""
    draft = Draft(FORMAT)
    for source in sources:
        for number, line in joined(source.text):
            text, place = line.strip().lstrip("$#").strip(), source.at(number)
            if not text or line.lstrip().startswith(("# ", "#!")):
                continue
            if re.match(r"(sudo\s+)?nmcli\s", text):
                _command(draft, text, place)
            else:
                take(draft.bond(optstring.NAMELESS, place), text, place)
    for bond in draft.bonds.values():
        default_monitor(bond)
    return draft


def take(bond: DraftBond, text: str, place: Place) -> None:
    """Take the options of a string; raises ConfigError for a word that is no NAME=VALUE."""
    for word in re.split(r"(?<!\\),(?=\s*[a-z_0-9-]+=)", text.strip().strip("\"'")):
        name, equals, value = word.strip().partition("=")
        if not equals or not name:
            hint = 'write "mode=active-backup,miimon=100"'
            raise ConfigError(f"{word!r} is no NAME=VALUE", place, hint=hint)
        bond.option(name, value.replace("\\,", ",").replace(" ", ","), place, word.strip())


def _command(draft: Draft, text: str, place: Place) -> None:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ConfigError(f"{text}: {error}", place, hint="close the quotation") from None
    words = words[words.index("nmcli") + 1 :]
    while words and words[0].startswith("-"):
        words = words[1:]
    if len(words) < 2 or not re.fullmatch(r"c(on(nection)?)?", words[0]):
        return
    rest = words[2:] if words[1] in ADD else words[3:]
    pairs = dict(zip(rest[::2], rest[1::2], strict=False))
    if words[1] not in ADD and len(words) > 2:
        pairs.setdefault("con-name", words[2])
    name = next((pairs[key] for key in NAME_KEYS if key in pairs), "")
    master = next((pairs[key] for key in MASTER_KEYS if key in pairs), "")
    if master and name:
        draft.bond(master, place).slave(name, place)
    elif name and (
        pairs.get("type") == "bond" or OPTIONS_KEYS & pairs.keys() or name in draft.bonds
    ):
        _bond(draft.bond(name, place), pairs, place)


def _bond(bond: DraftBond, pairs: dict[str, str], place: Place) -> None:
    for key, value in pairs.items():
        if key in OPTIONS_KEYS:
            take(bond, value, place)
        elif key in SHORT:
            bond.option(key.replace("-", "_"), value.replace(" ", ","), place, f"{key} {value}")
        elif key in ADDRESS_KEYS:
            for text in re.split(r"[,\s]+", value):
                bond.net.address(text, "", place)
