"""/sys/class/net/NAME/bonding/*: a running bond, one file for each option."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.bonding import OPTIONS
from harness.config.draft import Draft
from harness.config.readers.optstring import NAMELESS
from harness.config.readers.proc import running
from harness.config.source import Source

FORMAT = "sysfs"
# The driver's state, which is no option; options without a file are BY_NETLINK (tool_support.py).
STATE = frozenset(
    [
        "active_slave",
        "mii_status",
        "ad_aggregator",
        "ad_num_ports",
        "ad_actor_key",
        "ad_partner_key",
        "ad_partner_mac",
        "num_unsol_na",
    ]
)


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of the files; the directory above `bonding` is the name of the bond."""
    draft = Draft(FORMAT)
    for source in sources:
        above = Path(source.name).parent
        name = above.parent.name if above.name == "bonding" else above.name
        bond = draft.bond(name or NAMELESS, source.at())
        words = source.text.split()
        if source.base == "slaves":
            for slave in words:
                bond.slave(slave, source.at(1))
        elif source.base == "queue_id":
            for pair in words:
                slave, _, number = pair.rpartition(":")
                bond.slave_option(slave, "queue_id", number, source.at(1), f"queue_id {pair}")
        elif source.base in OPTIONS and source.base not in STATE and words:
            lists = isinstance(OPTIONS[source.base].default, tuple)
            # A word comes with its number: "active-backup 1".
            raw = ",".join(words) if lists else words[0]
            bond.option(source.base, raw, source.at(1), f"{source.base}: {source.text.strip()}")
        elif source.base not in STATE | set(OPTIONS):
            bond.note_unknown(source.base, "no option of a bond", source.at())
    for bond in draft.bonds.values():
        running(bond)
    return draft
