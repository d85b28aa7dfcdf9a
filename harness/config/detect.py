"""Detect the format of a text: by its name first, then by its content."""

from __future__ import annotations

import re
from pathlib import Path

from harness.config.source import COMMAND_LINE, Source

ENDINGS = {".netdev": "networkd", ".network": "networkd", ".nmconnection": "nm"}
UNIT_ENDINGS = (".netdev", ".network")  # of systemd-networkd
DROP_INS = tuple(f"{unit}.d" for unit in UNIT_ENDINGS)
CUMULUS = re.compile(
    r"^\s*(bond-ports|bond-slaves\s+(glob|regex)|bond-lacp-bypass-allow|bond-ad-(sys|actor)-\S+"
    r"|bridge-vlan-aware|bridge-vids|clag-id|clagd-\S+|es-sys-mac|vrf-table|vxlan-\S+|mstpctl-\S+"
    # ifupdown refuses a stanza without address family; Proxmox has its bridges in this spelling.
    r"|(iface|interface)\s+\S+\s*(#.*)?$|bridge-ports\s+\S|bond-members|template\s+\S|inherit\s)",
    re.MULTILINE,
)
PROXMOX = re.compile(r"^\s*iface\s+vmbr\d+", re.MULTILINE)
INTERFACES = re.compile(
    r"^\s*((iface|auto|allow-\S+)\s+\S|source(-dir(ectory)?)?\s+\S*(interfaces|/network/))",
    re.MULTILINE,
)
IFCFG = re.compile(r"^\s*(export\s+)?(DEVICE|BONDING_OPTS)=", re.MULTILINE)
SUSE = re.compile(r"^\s*(BONDING_MODULE_OPTS|BONDING_SLAVE_?\d+|STARTMODE)=", re.MULTILINE)
SUSE_ALONE = re.compile(r"^\s*BONDING_MODULE_OPTS=", re.MULTILINE)
# What precedes the sign of root's prompt: [root@h ~], root@h:/etc, h:~, h ~, /, bash-5.2.
ROOTS = r"\[?[\w.-]+@[^#\n]*|[\w.-]+:[~/]\S*\s?|[\w-]*\s?[~/][\w./-]*\s|(?:ba)?sh-[\d.]+"
# A command somewhere in a line of a script, or behind the prompt of root.
SHELL = rf"(?:^[^#\n]*?|^\s*(?:{ROOTS})#\s+|\A\s*#\s+)(?<![\w.-])"
MODPROBE = re.compile(r"^\s*(options|alias|install|blacklist|softdep)\s+\S", re.MULTILINE)
# In this order: the more specific patterns come first.
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("proc", re.compile(r"^Ethernet Channel Bonding Driver", re.MULTILINE)),
    ("openstack", re.compile(r"['\"]?bond_links['\"]?\s*:")),
    (
        "bond-cni",
        re.compile(r'"type"\s*:\s*"bond"(?s:.*)"links"|"links"(?s:.*)"type"\s*:\s*"bond"'),
    ),
    ("os-net-config", re.compile(r"\btype['\"]?\s*:\s*['\"]?linux_bond\b")),
    ("nmstate", re.compile(r'"link-aggregation"\s*:')),
    ("cloud-init", re.compile(r'"bond_interfaces"\s*:')),
    ("netplan", re.compile(r'"bonds"\s*:')),
    (
        "ip-json",
        re.compile(r"\A\s*\[\s*\]|\A\s*[\[{](?s:.*)\"(?:ifname|ifindex|linkinfo)\""),
    ),
    ("talos", re.compile(r"^\s*machine\s*:(?s:.*)^\s*(- )?bond\s*:", re.MULTILINE)),
    ("nmstate", re.compile(r"^\s*(- )?link-aggregation\s*:", re.MULTILINE)),
    ("cloud-init", re.compile(r"^\s*(- )?bond_interfaces\s*:", re.MULTILINE)),
    ("netplan", re.compile(r"^(network|bonds)\s*:|^\s+bonds\s*:|^autoinstall\s*:", re.MULTILINE)),
    ("nmstate", re.compile(r"^interfaces\s*:|^\s*(desiredState|networkConfig)\s*:", re.MULTILINE)),
    ("cloud-init", re.compile(r"^\s*version\s*:\s*['\"]?1\b(?s:.*)^\s*config\s*:", re.MULTILINE)),
    ("kickstart", re.compile(r"^[^#\n]*\bnetwork\s+--[^\n]*--bondslaves\b", re.MULTILINE)),
    (
        "kernel-args",
        re.compile(r"^(?!\s*#)(?:.*[\s\"'`])?bond=[\w.-]+:[\w.${}@-]+[,:]", re.MULTILINE),
    ),
    ("nmcli", re.compile(SHELL + r"nmcli\s+(-\S+\s+)*c", re.MULTILINE)),
    ("networkd", re.compile(r"^\s*\[(NetDev|Match)\]", re.MULTILINE)),
    ("nm", re.compile(r"^\s*\[connection\]", re.MULTILINE)),
    ("uci", re.compile(r"^\s*config\s+(interface|device)\b", re.MULTILINE)),
    ("vyos", re.compile(r"^\s*set interfaces bonding\s|^\s*bonding bond\d+ \{", re.MULTILINE)),
    ("interfaces", INTERFACES),
    (
        "modprobe",
        re.compile(
            r"^\s*options\s+bond(ing|\S*\s+(\S+=\S+\s+)*(mode|miimon|arp_interval)=)"
            r"|^\s*alias\s+\S+\s+bonding\b|^\s*install\s+\S+\s.*\bbonding\b",
            re.MULTILINE,
        ),
    ),
    ("ip-link", re.compile(SHELL + r"(ip\s+(-\S+\s+)*)?link\s+(add|set)\s", re.MULTILINE)),
    ("ip-link", re.compile(r"^.*/sys/class/net/(bonding_masters|\S+/bonding/)", re.MULTILINE)),
    ("suse", SUSE),
    ("ifcfg", re.compile(r"^\s*(DEVICE|HWADDR|MASTER|TYPE|ONBOOT|NAME)=", re.MULTILINE)),
    ("nmcli", re.compile(r"\A\s*[a-z_0-9]+=[^\s=]*,\s*[a-z_0-9]+=")),
    ("nmcli", re.compile(r"^\s*#\s+nmcli\s.*\bbond", re.MULTILINE)),
    ("ip-link", re.compile(r"^\s*#\s+ip\s.*\bbond", re.MULTILINE)),
    (
        "bonding-opts",
        re.compile(
            r"\A\s*(#.*\n\s*)*(BONDING_OPTS\s*=|([a-z_0-9]+=\S*\s+)*"
            r"(mode|miimon|arp_interval|arp_ip_target|primary|updelay|downdelay|lacp_rate"
            r"|xmit_hash_policy|fail_over_mac)=)"
        ),
    ),
)


def detect(source: Source) -> str | None:
    """Return the format of a source, None where it looks like none."""
    suffix = Path(source.base).suffix
    if source.name == COMMAND_LINE:
        return _by_signs(source) or "bonding-opts"
    if source.parent == "modprobe.d" and suffix == ".conf" and MODPROBE.search(source.text):
        return "modprobe"
    if suffix in ENDINGS:
        return ENDINGS[suffix]
    if source.parent.endswith(DROP_INS) and suffix == ".conf":
        return "networkd"
    if source.parent == "bonding" and re.fullmatch(r"[a-z_0-9]+", source.base):
        in_proc = source.text.startswith("Ethernet Channel")
        return "proc" if in_proc else "sysfs"
    return _by_signs(source)


def _by_signs(source: Source) -> str | None:
    """Return the format whose patterns a text matches."""
    # Many empty lines would make each sign that may be indented start anew at each of them.
    text = "\n".join(line for line in source.text.splitlines() if line.strip())
    found = next((name for name, sign in _SIGNS if sign.search(text)), None)
    if source.base.startswith("ifcfg-") or found in ("suse", "ifcfg"):
        return _ifcfg(source.text)
    return _interfaces(source.text) if found == "interfaces" else found


def _ifcfg(text: str) -> str:
    """Return the format of shell variables: BONDING_SLAVE0 alone may be Red Hat's, too."""
    if SUSE_ALONE.search(text):
        return "suse"
    return "suse" if SUSE.search(text) and not IFCFG.search(text) else "ifcfg"


def _interfaces(text: str) -> str:
    """Return which tool an interfaces file is for."""
    signs = {match[0].split()[0] for match in CUMULUS.finditer(text)} - {"bridge-ports"}
    dashed = re.search(r"^\s*bridge-ports\s", text, re.MULTILINE)
    return "ifupdown2" if signs or (dashed and PROXMOX.search(text)) else "interfaces"
