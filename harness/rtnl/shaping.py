"""Traffic control on switch ports: loss, delay and filters that do not affect the carrier.

Directions are those of a port: `ingress` is into the switch, `egress` out of it.
"""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

from pyroute2.netlink import nla
from pyroute2.netlink.rtnl import tcmsg as tc_module
from pyroute2.netlink.rtnl.tcmsg import tcmsg
from pyroute2.netlink.rtnl.tcmsg.common_act import tca_act_prio as action_list

from harness.rtnl.messages import CREATE, EXCL, REPLACE, Request, request

RTM_NEWQDISC, RTM_DELQDISC, RTM_NEWTFILTER, RTM_DELTFILTER = 36, 37, 44, 45
ROOT, CLSACT, CLSACT_HANDLE = 0xFFFFFFFF, 0xFFFFFFF1, 0xFFFF0000
PARENT = {"ingress": 0xFFFFFFF2, "egress": 0xFFFFFFF3}
OK, SHOT = 0, 2  # TC_ACT_OK, TC_ACT_SHOT
ALL, ARP = 0x0003, 0x0806
TICK_NS = 64  # PSCHED_SHIFT 6: one scheduler tick is 64 ns on every kernel

# The priorities of our filters on a port; a lower number is asked first.
LOSE, HOLD, MUTE, SHAPE, OWN_MAC, GROUP_MAC, OTHER_MAC = 1, 2, 3, 4, 10, 11, 12


class _FlowerOptions(nla):  # type: ignore[misc]
    """The part of cls_flower we use, which pyroute2 does not know (linux/pkt_cls.h)."""

    nla_map = (
        (3, "TCA_FLOWER_ACT", "tca_act_prio"),
        (4, "TCA_FLOWER_KEY_ETH_DST", "l2addr"),
        (5, "TCA_FLOWER_KEY_ETH_DST_MASK", "l2addr"),
        (8, "TCA_FLOWER_KEY_ETH_TYPE", "be16"),
        (57, "TCA_FLOWER_KEY_ARP_SIP", "ip4addr"),
        (58, "TCA_FLOWER_KEY_ARP_SIP_MASK", "ip4addr"),
        (59, "TCA_FLOWER_KEY_ARP_TIP", "ip4addr"),
        (60, "TCA_FLOWER_KEY_ARP_TIP_MASK", "ip4addr"),
    )
    tca_act_prio = action_list


class _NetemOptions(nla):  # type: ignore[misc]
    """The part of sch_netem we use; pyroute2 does not know the seed (linux/pkt_sched.h, 6.6)."""

    nla_map = ((14, "TCA_NETEM_PRNG_SEED", "uint64"),)
    fields = tuple(
        (name, "I") for name in ("delay", "limit", "loss", "gap", "duplicate", "jitter")
    )


tc_module.plugins["flower"] = SimpleNamespace(options=_FlowerOptions)
tc_module.plugins["netem"] = SimpleNamespace(options=_NetemOptions)


def clsact(index: int) -> Request:
    """Return the request that adds the clsact qdisc, which filters need, to a port."""
    message = _tc(index, CLSACT, CLSACT_HANDLE, 0, [("TCA_KIND", "clsact")])
    return request(f"filters on port {index}", RTM_NEWQDISC, CREATE | EXCL, message)


def drop_all(index: int, side: str, priority: int) -> Request:
    """Return the request that drops every frame on one side of a port."""
    options = {"attrs": [("TCA_MATCHALL_ACT", _actions(_gact(SHOT)))]}
    return _filter(f"silent loss at port {index}", index, side, priority, "matchall", options)


def redirect(index: int, to: int) -> Request:
    """Return the request that redirects frames that enter a port to an ifb device."""
    mirred = {"action": 4, "eaction": 1, "ifindex": to}  # TC_ACT_STOLEN, TCA_EGRESS_REDIR
    action = [
        ("TCA_ACT_KIND", "mirred"),
        ("TCA_ACT_OPTIONS", {"attrs": [("TCA_MIRRED_PARMS", mirred)]}),
    ]
    options = {"attrs": [("TCA_MATCHALL_ACT", _actions(action))]}
    what = f"redirection at port {index}"
    return _filter(what, index, "ingress", SHAPE, "matchall", options)


def pass_mac(index: int, mac: str) -> Request:
    """Return the request that lets unicast for one MAC leave a port."""
    match = [("TCA_FLOWER_KEY_ETH_DST", mac), ("TCA_FLOWER_KEY_ETH_DST_MASK", "ff:ff:ff:ff:ff:ff")]
    return _flower(f"filter for {mac}", index, "egress", OWN_MAC, match, OK)


def pass_groups(index: int) -> Request:
    """Return the request that lets broadcast and multicast leave a port."""
    group = "01:00:00:00:00:00"
    match = [("TCA_FLOWER_KEY_ETH_DST", group), ("TCA_FLOWER_KEY_ETH_DST_MASK", group)]
    return _flower(f"filter at port {index}", index, "egress", GROUP_MAC, match, OK)


def drop_garp(index: int, address: str) -> Request:
    """Return the request that drops gratuitous ARP for an address that enters a port."""
    match: list[tuple[str, Any]] = [("TCA_FLOWER_KEY_ETH_TYPE", ARP)]
    for side in ("SIP", "TIP"):  # gratuitous: the sender asks for, or announces, itself
        match += [
            (f"TCA_FLOWER_KEY_ARP_{side}", address),
            (f"TCA_FLOWER_KEY_ARP_{side}_MASK", "255.255.255.255"),
        ]
    return _flower(f"GARP filter at port {index}", index, "ingress", MUTE, match, SHOT, ARP)


def undo(index: int, side: str, priority: int, protocol: int = ALL) -> Request:
    """Return the request that deletes a filter."""
    message = _tc(index, PARENT[side], 0, _info(priority, protocol), [])
    return request(f"filter {priority} at port {index}", RTM_DELTFILTER, 0, message)


def netem(index: int, *, loss_percent: float = 0, delay_ns: int = 0, seed: int = 0) -> Request:
    """Return the request that drops a share of the frames that leave a device, or delays them.

    `seed` determines which frames are dropped; kernels before 6.6 ignore it.
    """
    options = {
        "delay": delay_ns // TICK_NS,
        "limit": 1000,
        "loss": round(loss_percent / 100 * 0xFFFFFFFF),
        "gap": 0,
        "duplicate": 0,
        "jitter": 0,
        "attrs": [("TCA_NETEM_PRNG_SEED", seed)],
    }
    attrs = [("TCA_KIND", "netem"), ("TCA_OPTIONS", options)]
    message = _tc(index, ROOT, 0, 0, attrs)
    return request(f"netem on device {index}", RTM_NEWQDISC, CREATE | REPLACE, message)


def no_netem(index: int) -> Request:
    """Return the request that ends loss and delay on a device."""
    return request(f"netem on device {index}", RTM_DELQDISC, 0, _tc(index, ROOT, 0, 0, []))


def _tc(index: int, parent: int, handle: int, info: int, attrs: list[tuple[str, Any]]) -> Any:
    message = tcmsg()
    message["index"], message["parent"] = index, parent
    message["handle"], message["info"] = handle, info
    message["attrs"] = attrs
    return message


def _info(priority: int, protocol: int) -> int:
    return priority << 16 | socket.htons(protocol)


def _filter(
    what: str,
    index: int,
    side: str,
    priority: int,
    kind: str,
    options: dict[str, Any],
    protocol: int = ALL,
) -> Request:
    attrs = [("TCA_KIND", kind), ("TCA_OPTIONS", options)]
    message = _tc(index, PARENT[side], 0, _info(priority, protocol), attrs)
    return request(what, RTM_NEWTFILTER, CREATE | EXCL, message)


def _flower(
    what: str,
    index: int,
    side: str,
    priority: int,
    match: list[tuple[str, Any]],
    verdict: int,
    protocol: int = ALL,
) -> Request:
    options = {"attrs": [*match, ("TCA_FLOWER_ACT", _actions(_gact(verdict)))]}
    return _filter(what, index, side, priority, "flower", options, protocol)


def _gact(verdict: int) -> list[tuple[str, Any]]:
    parms = {"attrs": [("TCA_GACT_PARMS", {"action": verdict})]}
    return [("TCA_ACT_KIND", "gact"), ("TCA_ACT_OPTIONS", parms)]


def _actions(action: list[tuple[str, Any]]) -> dict[str, Any]:
    return {"attrs": [("TCA_ACT_PRIO_1", {"attrs": action})]}
