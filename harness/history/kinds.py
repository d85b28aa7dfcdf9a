"""The kinds of events: what each means, on which clock, and the type of each field."""

from __future__ import annotations

from typing import NamedTuple

from harness.history.events import Event
from harness.history.typed import Malformed, wrong

NULL = type(None)
TESTER = "tester"
DUT = "DUT"
BOTH = "DUT for events on the DUT, else tester"


class Field(NamedTuple):
    """A field of an event's data: its JSON types and its meaning (a unit comes first)."""

    name: str
    types: tuple[type, ...]
    text: str
    optional: bool = False


class EventKind(NamedTuple):
    """A kind of event: what `where` names, the clock of `at`, the meaning, the fields."""

    name: str
    where: str
    clock: str
    text: str
    fields: tuple[Field, ...]


def _may(name: str, text: str, *types: type) -> Field:
    return Field(name, types, text, optional=True)


LATE = _may("late", "ns: by how much it may have been sent before it was read at `at`", int)
FAULT = (
    Field("action", (str,), "the method that was called: `cut`, `heal`, `set` ..."),
    Field("role", (str,), "`fault`, `repair`, `stimulus`, `command`, or `reaction` of a switch"),
    _may("phase", "`begin`, or `end` of a series of frames", str),
    _may("slip", "ns: how late it was in the schedule", int),
    _may("took", "ns: how long the request took; the effect may be that much later", int),
    _may(
        "went_on",
        "ns: how much of `took` the recording went on: a managed switch or power switch acted",
        int,
    ),
    _may("became", "the options of the bond that changed, and their new values", dict),
    _may("options", "set: the options that were asked for, as text", str),
    _may("option", "write: the file below `bonding/` in sysfs", str),
    _may("text", "write: what was written", str),
    _may("bond", "enslave, release: the bond", str),
    _may("mac", "set_mac, change_mac, pin, garp_as ...: the MAC", str),
    _may("address", "add_address, drop_address, garp, ask_as ...: the address", str),
    _may("ms", "ms: set_locktime, age_fdb: the time", int, float),
    _may("direction", "lose, delay, deliver: `out` (away from the DUT), `in` or `both`", str),
    _may("percent", "%: lose: the share of frames", int, float),
    _may("by_ms", "ms: delay: the delay of frames", int, float),
    _may("forwarding_after_ms", "ms: heal_late: when the port forwards", int, float),
    _may("port", "pin: the link of the port to which the MAC is bound", str),
    _may("uplink", "ufd: the link that is followed", str),
    _may("ports", "ufd, shut_ports, open_ports, speak_lacp: the links of the ports", list),
    _may("addresses", "secure: `learned` or `configured`", str),
    _may("why", "shut_port, shut_ports, open_ports: the reason", str),
    _may("saw", "shut_port: the MAC that was received", str),
    _may("allowed", "shut_port: the MAC that is allowed, null for none yet", str, NULL),
    _may("frame", "send: a description of the frame", str),
    _may("via", "send: the link or bond that it is sent from", str),
    _may("target", "arping, ask_as: the name or address of the target", str),
    _may("to", "arp_replies, advertises: the address that they are sent to", str),
    _may("ipv6", "noise: whether it is IPv6 multicast", bool),
    _may("every_ms", "ms: the interval of a series of frames", int, float),
    _may("count", "how many frames were requested", int),
    _may("first", "send_flows: the number of the first frame", int),
    _may("sent", "how many frames were sent, at the end of a series", int),
    _may(
        "lacp",
        "speak_lacp, change_lacp: the information of the partner (harness.lacp_port.LacpSettings)",
        dict,
    ),
    _may("command", "run: the command line", str),
    _may("status", "run: the exit status", int),
    _may("output", "run: the first 4000 characters of its output", str),
    _may("lasted_ms", "ms: run: how long it took", int, float),
    _may("interrupt_every", "ms: slow_interrupts: the time between two interrupts", int, float),
    _may("stalled", "stall_interrupts: whether the interrupt pipe stalls", bool),
    _may("lie_every", "misreport_link: the number of packets of which one is wrong", int, float),
    _may("half_duplex", "half_duplex: whether the link partner is able of half duplex only", bool),
    _may("dropped", "drop_bulk: in which directions frames are discarded", list),
)

KINDS = (
    EventKind("mark", "empty", TESTER, "a stage of the recording begins", (
        Field("name", (str,), "`recording`, `baseline`, `disturb`, `settle` or `end`"),
    )),
    EventKind("fault", "a link, switch, machine or bond", TESTER, "fault, repair, stimulus or "
              "command, or reaction of a switch; the other fields are parameters of the action",
              FAULT),
    EventKind("carrier", "`dut/` and an interface", DUT,
              "an interface gained or lost its carrier", (
        Field("up", (bool,), "whether it has carrier"),
        LATE,
    )),
    EventKind("admin", "`dut/` and an interface", DUT, "an interface was set up or down", (
        Field("up", (bool,), "whether it is administratively up"),
        LATE,
    )),
    EventKind("slave", "a slave", DUT, "the bonding driver's state of a slave; all null if its "
              "interface was removed", (
        Field("bond", (str, NULL), "the bond that it belongs to"),
        Field("link", (str, NULL), "`up`, `fail`, `down` or `back`"),
        _may("state", "`active` or `backup`", str, NULL),
        LATE,
    )),
    EventKind("active", "a bond", DUT, "the active slave changed", (
        Field("slave", (str, NULL), "its name, null for none"),
        LATE,
    )),
    EventKind("mac", "`dut/` and an interface", DUT, "an interface's MAC changed", (
        Field("mac", (str, NULL), "the MAC"),
        LATE,
    )),
    EventKind("arp", "a switch or machine, `/`, and the link at which the frame came in", BOTH,
              "an ARP frame was seen", (
        Field("op", (str,), "`request` or `reply`"),
        Field("kind", (str,), "its role for a bond: `probe` of its ARP monitor, `reply` to one, "
              "`answer` (with one of its addresses), `garp`, `foreign` or `other`"),
        Field("src", (str,), "the MAC that sent the frame"),
        Field("dst", (str,), "the MAC that the frame is for"),
        Field("sender_mac", (str,), "the sender's MAC in the ARP packet"),
        Field("sender_ip", (str,), "the sender's IPv4 address in the ARP packet"),
        Field("target_ip", (str,), "the target's IPv4 address in the ARP packet"),
    )),
    EventKind("nd", "a switch or machine, `/`, and the link at which the frame came in", BOTH,
              "a message of IPv6 neighbour discovery was seen", (
        Field("message", (str,), "`solicitation` or `advertisement`"),
        Field("src", (str,), "the MAC that sent the frame"),
        Field("dst", (str,), "the MAC that the frame is for"),
        Field("sender_ip", (str,), "the IPv6 source, `::` for none"),
        Field("to_ip", (str,), "the IPv6 destination"),
        Field("target_ip", (str,), "the address that is asked for or told"),
        Field("solicited", (bool,), "whether it answers a solicitation"),
        Field("override", (bool,), "whether it replaces what a neighbour knows"),
    )),
    EventKind("lacpdu", "a switch or machine, `/`, and the link at which the frame came in", BOTH,
         "a LACPDU was seen", (
        Field("src", (str,), "the MAC that sent the frame"),
        Field("actor", (dict,), "the port that sent it: `system` (a MAC), `system_priority`, "
              "`key`, `port`, `port_priority`, and `state`, the list of its bits that are 1"),
        Field("partner", (dict,), "what that port knows of its partner, with the same keys"),
    )),
    EventKind("flow", "a switch or machine, `/`, and the link at which the frame came in", BOTH,
              "a numbered frame of a flow was seen", (
        Field("number", (int,), "its number, from 0 in each topology"),
    )),
    EventKind("learning", "a switch or machine, `/`, and the link at which the frame came in",
              BOTH, "a learning packet of balance-tlb or balance-alb was seen", (
        Field("src", (str,), "the MAC that sent the frame"),
        Field("tagged", (bool,), "whether it had a VLAN tag"),
    )),
    EventKind("igmp", "a switch or machine, `/`, and the link at which the frame came in", BOTH,
              "an IGMP message was seen", (
        Field("src", (str,), "the MAC that sent the frame"),
        Field("tagged", (bool,), "whether it had a VLAN tag"),
        Field("group", (str,), "the group that is joined or left, the first of several; empty in "
              "a query"),
    )),
    EventKind("mld", "a switch or machine, `/`, and the link at which the frame came in", BOTH,
              "a message of MLD, IPv6's IGMP, was seen", (
        Field("src", (str,), "the MAC that sent the frame"),
        Field("tagged", (bool,), "whether it had a VLAN tag"),
        Field("group", (str,), "the group that is joined or left, the first of several; empty in "
              "a query"),
    )),
    EventKind("lacp", "a slave", DUT, "LACP's state of a slave was read, and had changed", (
        Field("aggregator", (int,), "the number of the aggregator that the port belongs to"),
        Field("actor", (list,), "the bits of the port's state that are 1"),
        Field("partner", (list,), "those of its partner"),
        LATE,
    )),
    EventKind("aggregator", "a bond", DUT, "its active aggregator was read, and had changed", (
        Field("aggregator", (int,), "its number"),
        Field("ports", (int,), "how many ports it has"),
        Field("actor_key", (int,), "the key of its ports"),
        Field("partner_key", (int,), "the key of the partner's ports"),
        Field("partner", (str,), "the MAC of the partner's system"),
        LATE,
    )),
    EventKind("fdb", "a switch", TESTER, "a switch learned, moved or removed a MAC", (
        Field("mac", (str,), "the MAC"),
        Field("port", (str, NULL), "the link of the port, null if the MAC was removed"),
    )),
    EventKind("log", "a machine", DUT, "a line of the kernel's log", (
        Field("text", (str,), "the line"),
    )),
    EventKind("probe", "`out` (sent by the first machine of the path) or `in` (by the second)",
              BOTH, "a numbered ICMP echo request was sent; `at` is when", (
        Field("seq", (int,), "its number in its direction, from 0"),
        _may("sent", "ns: when it was sent, the same as `at`", int),
        Field("request", (int, NULL), "ns: when the far end accepted it, null if it was lost"),
        Field("reply", (int, NULL), "ns: when the sender accepted the reply, null if it was lost"),
        _may("via", "the first slave that it crossed, null for none", str, NULL),
        _may("copies", "how many additional copies of request and reply arrived", int),
        _may("error", "the errno with which sending failed, such as `ENETUNREACH`", str,
             NULL),
        _may("crossed", "the first slave of each bond that it crossed, for several bonds", list),
        _may("discarded", "the interface of the destination machine at which a lost frame arrived "
             "but was not accepted", str),
    )),
)  # fmt: skip
FIELDS = {kind.name: kind.fields for kind in KINDS}


def check(event: Event) -> None:
    """Raise Malformed for an unknown kind, a missing field or one of a wrong type.

    Unknown fields are ignored: judges do not read them.
    """
    known = FIELDS.get(event.kind)
    if known is None:
        raise Malformed(
            f'"{event.kind}" is not a kind of event',
            f"known: {', '.join(FIELDS)}; or use the version of the harness that wrote the file",
        )
    for field in known:
        if field.name not in event.data:
            if field.optional:
                continue
            raise Malformed(f'a {event.kind} lacks "{field.name}"')
        value = event.data[field.name]
        if type(value) not in field.types:
            raise wrong(f"{event.kind}: {field.name}", value, *field.types)
