"""What a configuration says besides its bonds: routes, name servers and the like.

No normal form of bonds has them, so to write a bond in another format leaves them behind. Which
lines those are must be told: a machine without its gateway is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harness.config.detect import detect
from harness.config.ini_and_shell import plain
from harness.config.model import Configuration, Extra
from harness.config.source import Source
from harness.config.tool_support import RUNNING

WHY = "is not the bond's own, and is left behind"
READ = re.compile(r"ifenslave|/bonding/")  # hooks that set a bond up are read
BLOCKS = {"routes": "gateway", "vlans": "vlan", "vlan": "vlan"}
COMMENT = re.compile(r"\s*[#;]")
# The words by which the formats begin such a line, in any of their spellings.
WORDS = (
    *(r"gateway[46]?\d*", r"dns[-_]?\w*", "nameservers?", "domains?", "search"),
    *("routes?", r"route\d+", "routing-policy", "metric", r"ipv6_?\w*gw", "gw"),
    *("mtu", "mtubytes", "hwaddress", "hwaddr", "lladdr", "macaddress", "macaddr"),
    *("pre-up", "up", "post-up", "pre-down", "down", "post-down", "vlan", "vlans"),
)
BESIDE = re.compile(rf"\s*-?\s*\"?(?:ipv?[46]?\.)?({'|'.join(WORDS)})\"?\s*[\s:=]", re.IGNORECASE)


def beside(sources: Iterable[Source], configuration: Configuration) -> Iterator[Extra]:
    """Yield the lines of some files that routes, name servers, hooks and the like stand on.

    What the configuration knows is none of them, and a bond that runs has none of them.
    """
    known = set(_known(configuration))
    for source in sources:
        running = detect(source) in RUNNING
        for number, line in () if running else plain(source.text):
            match = BESIDE.match(line)
            if match is None or COMMENT.match(line) or READ.search(line):
                continue
            words = set(re.split(r"[\s=:;,'\"\[\]{}]+", line[match.end() - 1 :])) - {""}
            if not (words and words <= known) and not _carried(match[1].lower(), words, known):
                yield Extra(line.strip(), WHY, source.at(number))


def _carried(word: str, rest: set[str], known: set[str]) -> bool:
    """Tell whether a line that only begins a block, such as routes:, begins what is known."""
    return not rest and BLOCKS.get(word, "-") in known


def _known(configuration: Configuration) -> Iterator[str]:
    """Yield what the normal form has of gateways, MTU and VLANs, as words of a file."""
    yield from ("default", "via", "to", "0.0.0.0/0", "::/0")
    for bond in configuration.bonds:
        for upper in bond.uppers:
            yield from (upper.name, *upper.below)
            yield from ((str(upper.vlan), "vlan") if upper.kind == "vlan" else ())
        for ip in (bond.ip, *(upper.ip for upper in bond.uppers)):
            yield from ip.gateways
            yield from (("gateway",) if ip.gateways else ())
            yield from ((str(ip.mtu),) if ip.mtu else ())
