"""What a configuration says besides its bonds: routes, name servers and the like.

No normal form of bonds has them, so to write a bond in another format leaves them behind. Which
lines those are must be told: a machine without its gateway is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harness.config.lines import plain
from harness.config.model import Extra
from harness.config.source import Source

WHY = "is not the bond's own, and is left behind"
READ = re.compile(r"ifenslave|/bonding/")  # hooks that set a bond up are read
COMMENT = re.compile(r"\s*[#;]")
# The words by which the formats begin such a line, in any of their spellings.
WORDS = (
    *(r"gateway[46]?\d*", r"dns[-_]?\w*", "nameservers?", "domains?", "search"),
    *("routes?", r"route\d+", "routing-policy", "metric", r"ipv6_?\w*gw", "gw"),
    *("mtu", "mtubytes", "hwaddress", "hwaddr", "lladdr", "macaddress", "macaddr"),
    *("pre-up", "up", "post-up", "pre-down", "down", "post-down", "vlan", "vlans"),
)
BESIDE = re.compile(rf"\s*-?\s*\"?(?:ipv?[46]?\.)?({'|'.join(WORDS)})\"?\s*[\s:=]", re.IGNORECASE)


def beside(sources: Iterable[Source]) -> Iterator[Extra]:
    """Yield the lines of some files that routes, name servers, hooks and the like stand on."""
    for source in sources:
        for number, line in plain(source.text):
            if BESIDE.match(line) and not COMMENT.match(line) and not READ.search(line):
                yield Extra(line.strip(), WHY, source.at(number))
