"""What a hint says is done to the file: the finding is gone, and no error has come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest

from harness.bonding import MODES, OPTIONS
from harness.config import Source, parse
from harness.config.lint import Finding, lint
from harness.config.rules import RULES
from harness.config.spelling import spelled
from harness.config.tool_support import TOOLS
from tests.config.rule_pairs import PAIRS

VALUES = {
    "updelay": "250", "downdelay": "50", "peer_notif_delay": "150", "use_carrier": "1",
    "arp_validate": "1", "arp_all_targets": "1", "primary": "eth1", "primary_reselect": "2",
    "fail_over_mac": "1", "xmit_hash_policy": "1", "resend_igmp": "3", "num_grat_arp": "3",
    "all_slaves_active": "on", "min_links": "2", "lp_interval": "5", "packets_per_slave": "4",
    "lacp_active": "off", "lacp_rate": "1", "ad_select": "1", "ad_actor_sys_prio": "7",
    "ad_user_port_key": "9", "tlb_dynamic_lb": "off", "arp_missed_max": "3",
    "arp_ip_target": "192.0.2.7", "miimon": "7",
}  # fmt: skip
# A file of each format with room for options, each of which is one word or one line.
FILES = {
    "bonding-opts": ("%s", " "),
    "modprobe": ("options bonding %s\n", " "),
    "ifcfg": ("DEVICE=bond0\nBONDING_OPTS='%s'\n", " "),
    "nmcli": ("%s", ","),
    "nm": ("[connection]\ntype=bond\nid=b\ninterface-name=bond0\n[bond]\n%s\n", "\n"),
    "interfaces": ("iface bond0 inet manual\nbond-slaves eth0 eth1\n%s\n", "\n"),
    "ifupdown2": ("iface bond0\nbond-slaves eth0 eth1\n%s\n", "\n"),
    "networkd": ("[NetDev]\nName=bond0\nKind=bond\n[Bond]\n%s\n", "\n"),
    "netplan": ("network: {bonds: {bond0: {interfaces: [a, b], parameters: {%s}}}}", ", "),
}
ARP = {"arp_interval": "100", "arp_ip_target": "192.0.2.9"}
LITERAL = (
    r"([A-Za-z_]\w*=[^\s,;]+|[a-z][a-z-]+: [^\s,;]+|bond-[a-z-]+ (?!to |and |higher)[^\s,;]+)"
)
SAID = re.compile(rf"(?:write|set|(?<=s )is|are) {LITERAL}(?: (before) it)?")
IN_ITS_PLACE = re.compile(r"write instead: (.+)$")
LEFT_OUT = re.compile(r"^(?:leave (?:it|\S+) out)|; leave it out|or leave it out$")


@cache  # two tests look at the same files, and each at what came of them
def found(text: str, format_: str | None = None) -> list[Finding]:
    """Return what the rules say of a file."""
    return lint(parse([Source("file", text)], format_), RULES)


def done(text: str, finding: Finding, between: str) -> str | None:
    """Return a file with the first advice of a hint followed, None where it leaves a choice."""
    line = text.splitlines()[finding.place.line - 1]
    head = next((finding.message[:n] for n in range(len(finding.message), 2, -1)
                 if finding.message[:n].strip() in line), "").strip(" :")  # fmt: skip
    if match := IN_ITS_PLACE.search(finding.hint):
        return text.replace(line, match[1])
    match = SAID.search(finding.hint)
    if match and not finding.hint.startswith("leave"):
        literal, key = match[1], re.split(r"[=: ]", match[1])[0]
        before = re.search(rf"(?<![\w-]){re.escape(key)}(=|: | )[^\s,}}']+", text)
        if before and not match[2]:
            return text.replace(before[0], literal)
        mode = re.search(r"(?i)(?<![\w-])(bond-)?mode(=|: | )[^\s,}']+", text)
        at = head if match[2] else mode[0] if mode else ""
        return text.replace(at, f"{literal}{between}{at}", 1) if at else None
    if LEFT_OUT.search(finding.hint) and head:
        return re.sub(rf"{re.escape(head)}{between}|{between}{re.escape(head)}|{re.escape(head)}",
                      "", text, count=1)  # fmt: skip
    return None


def broken_by(text: str, finding: Finding, between: str, format_: str | None) -> str:
    """Return what is wrong with a file after a hint was followed, "" where nothing is."""
    made, rounds = done(text, finding, between), 8
    if made is None:
        return ""
    # The remark on another line of the same kind, such as a monitor's targets, has its own hint.
    while rounds and (others := [f for f in found(made, format_) if f.rule == finding.rule]):
        further = done(made, others[0], between)
        made, rounds = (made, 0) if further is None else (further, rounds - 1)
    after = found(made, format_)
    again = [one for one in after if (one.rule, one.message) == (finding.rule, finding.message)]
    known = {one.rule for one in found(text, format_) if one.level == "error"}
    # What a tool drops is judged only when it is in effect.
    known |= {"no-target"} if finding.rule == "tool-drops" else set()
    new = [one for one in after if one.level == "error" and one.rule not in known]
    return f"{text!r}: {finding.hint!r} makes {made!r}: {[*again, *new]}" if again or new else ""


@pytest.fixture(scope="module", params=FILES)
def format_(request: pytest.FixtureRequest) -> str:
    """A format; by this scope its two tests follow each other, in one process of xdist."""
    return str(request.param)


def files(format_: str) -> Iterator[str]:
    """Yield a file for each option in each mode, with miimon and without."""
    room, between = FILES[format_]
    for mode in MODES:
        for name, value in VALUES.items():
            arp = {} if OPTIONS[name].requires else ARP
            for monitor in ({}, {"miimon": "100"}, arp):
                options = {"mode": mode} | monitor | {name: value}
                words = [spelled(format_, one, text) for one, text in options.items()]
                yield room % between.join(words)


def test_who_follows_a_hint_is_rid_of_the_finding(format_: str) -> None:
    between, seen, wrong = FILES[format_][1], set[tuple[str, str]](), list[str]()
    for text in files(format_):
        for finding in found(text, format_):
            if (finding.rule, finding.hint) not in seen and done(text, finding, between):
                seen.add((finding.rule, finding.hint))
                wrong.append(broken_by(text, finding, between, format_))
    assert not list(filter(None, wrong))
    assert len(seen) >= 6


def words_for(format_: str, name: str) -> re.Pattern[str]:
    """Return what finds an option in a hint, by the word of the format or by its name."""
    words = (re.escape(word.strip(" =:")) for word in (spelled(format_, name, ""), name))
    return re.compile(rf"(?<![\w/-])({'|'.join(words)})(?![\w-])")


def test_no_hint_sends_to_what_the_tool_has_no_word_for(format_: str) -> None:
    """An option that the file has not, and its tool neither, is no remedy."""
    tool = TOOLS[format_]
    lacking = {name: words_for(format_, name) for name in OPTIONS if tool.lacks(name)}
    for text in files(format_):
        for finding in found(text, format_):
            said = {name for name, words in lacking.items() if words.search(finding.hint)}
            own = {name for name in said if spelled(format_, name, "").strip(" =:") in text}
            assert not said - own or "post-up" in finding.hint, finding


@pytest.mark.parametrize(("rule", "broken"), [pair[:2] for pair in PAIRS])
def test_who_follows_the_hint_of_a_rule_is_rid_of_it(rule: str, broken: str) -> None:
    listed = re.match(r"mode=[^\s,]+,", broken)
    between = "," if listed else "\n" if "\n" in broken else " "
    if broken.startswith("network:"):
        between = ", "
    for finding in found(broken):
        if finding.rule == rule:
            assert not broken_by(broken, finding, between, None)
