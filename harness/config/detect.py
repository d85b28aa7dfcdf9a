"""Which format a text is in: by its name first, then by what stands in it."""

from __future__ import annotations

import re
from pathlib import Path

from harness.config.model import ConfigError
from harness.config.source import Source
from harness.config.tools import FORMATS

ENDINGS = {".netdev": "networkd", ".network": "networkd", ".nmconnection": "nm"}
SUSE = re.compile(r"^\s*(BONDING_MODULE_OPTS|BONDING_SLAVE_?\d+|STARTMODE)=", re.MULTILINE)
CUMULUS = re.compile(
    r"^\s*(bond-ports|bond-slaves\s+(glob|regex)|bond-lacp-bypass-allow|bond-ad-(sys|actor)-\S+"
    r"|bridge-vlan-aware|clag-id|vrf-table)\b",
    re.MULTILINE,
)
# In this order: what is more particular comes first.
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("proc", re.compile(r"^Ethernet Channel Bonding Driver", re.MULTILINE)),
    ("ip-json", re.compile(r"\A\s*[\[{]\s*[{\"\]}]")),
    ("nmcli", re.compile(r"^[\s$#]*(sudo\s+)?nmcli\s", re.MULTILINE)),
    ("networkd", re.compile(r"^\s*\[(NetDev|Match)\]", re.MULTILINE)),
    ("nm", re.compile(r"^\s*\[connection\]", re.MULTILINE)),
    ("netplan", re.compile(r"^network\s*:|^\s*bonds\s*:", re.MULTILINE)),
    ("nmstate", re.compile(r"^interfaces\s*:|link-aggregation\s*:", re.MULTILINE)),
    ("interfaces", re.compile(r"^\s*(iface|auto|allow-\S+)\s+\S", re.MULTILINE)),
    ("modprobe", re.compile(r"^\s*(options|alias|install)\s+\S+\s", re.MULTILINE)),
    ("suse", SUSE),
    ("ifcfg", re.compile(r"^\s*(DEVICE|MASTER|TYPE|ONBOOT|NAME)=", re.MULTILINE)),
    ("nmcli", re.compile(r"\A\s*[a-z_0-9]+=[^\s=]*,\s*[a-z_0-9]+=")),
    ("bonding-opts", re.compile(r"\A\s*(#.*\n\s*)*(BONDING_OPTS\s*=|[a-z_0-9]+=)")),
)


def detect(source: Source) -> str | None:
    """Return the format of a source, None where it looks like none."""
    suffix = Path(source.base).suffix
    if suffix in ENDINGS:
        return ENDINGS[suffix]
    if source.parent == "bonding" and re.fullmatch(r"[a-z_0-9]+", source.base):
        in_proc = source.text.startswith("Ethernet Channel")
        return "proc" if in_proc else "sysfs"
    if source.base.startswith("ifcfg-"):
        return "suse" if SUSE.search(source.text) else "ifcfg"
    found = next((name for name, sign in _SIGNS if sign.search(source.text)), None)
    if found == "interfaces" and CUMULUS.search(source.text):
        return "ifupdown2"
    return found


def known(source: Source) -> str:
    """Return the format of a source; raises ConfigError where it looks like none."""
    found = detect(source)
    if found is None:
        raise ConfigError(
            "no format of bond configurations that is known here",
            source.at(),
            hint=f"say which with --from: {', '.join(FORMATS)}",
        )
    return found
