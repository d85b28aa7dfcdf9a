"""How long each topology takes to come and to go, its bond included."""

from __future__ import annotations

import socket
from dataclasses import asdict
from pathlib import Path

from harness.lab import FABRIC
from harness.labs.netns.lab import NetnsLab
from harness.labs.netns.monitor import RTMGRP_LINK
from harness.labs.netns.namespace import Namespace
from harness.loop import now
from harness.record.net import Net, Stage
from harness.rtnl import messages
from tests.bench.guest import Bench, measured, reporting
from tests.bench.table import Table, spread

NAME = "topologies"
WITNESS = 900  # interface index of a namespace's witness: no topology counts so far
RTM_DELLINK = messages.RTM_DELLINK
GONE_LIMIT = 10.0  # seconds


def table(bench: Bench) -> Table:
    """Return the times of build, close and disappearance of each topology."""
    found: dict[str, list[dict[str, int]]] = {}
    for line in bench.lines("tests.bench.topologies:inside", rounds=bench.rounds):
        if "topology" in line:
            found.setdefault(line["topology"], []).append(line["times"])
    rows = tuple(
        {
            "topology": name,
            **spread("total", [one["built"] + one["gone"] for one in times]),
            **{key: spread(key, [one[key] for one in times])[f"{key} ms"] for key in times[0]},
        }
        for name, times in found.items()
    )
    return Table(
        NAME,
        f"build and tear down, ms ({bench.rounds} rounds, medians; min and max of the total)",
        rows,
        (
            (
                "total = built + gone; built: namespaces, switches, cables, bond; "
                "closed: our call returned; gone: the kernel has removed the last interface"
            ),
        ),
    )


def inside(directory: Path) -> None:
    """In the guest: build and close each topology and report every round."""
    from scenarios.topologies import (  # noqa: PLC0415  (only a checkout has them)
        BladeChassis,
        FilteringSwitch,
        OneSwitch,
        TwoSwitches,
    )

    with reporting(directory) as (options, say):
        stage = Stage("bench", asdict(measured(directory)), NetnsLab())
        witnesses = Witnesses()
        for net in (OneSwitch, TwoSwitches, BladeChassis, FilteringSwitch):
            round_of(net, stage, witnesses)  # the first one loads what it needs
            for _ in range(options["rounds"]):
                say(topology=net.plan.name, times=round_of(net, stage, witnesses))


def round_of(kind: type[Net], stage: Stage, witnesses: Witnesses) -> dict[str, int]:
    """Build a topology with its default bond and close it; return what took how many ns."""
    begin = now()
    with kind(stage) as net:
        net.dut.bond()
        built = now()
        witnesses.join(net)
        leave = now()
    closed = now()
    witnesses.wait()
    return {"built": built - begin, "closed": closed - leave, "gone": now() - leave}


class Witnesses:
    """One cable from each namespace of a topology to us: the kernel tells when its end goes."""

    def __init__(self) -> None:
        self._home = Namespace("home")
        self._ear = self._home.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self._ear.bind((0, RTMGRP_LINK))
        self._ear.settimeout(GONE_LIMIT)
        self._left = 0

    def join(self, net: Net) -> None:
        """Lay a cable into each namespace of a topology."""
        network = net._network
        for name in (FABRIC, *(machine.name for machine in net.plan.machines)):
            end = {"index": 0, "attrs": [("IFLA_NET_NS_FD", self._home.fd)]}
            info = messages.kind_of("veth", [("VETH_INFO_PEER", end)])
            request = messages.new_link(f"witness of {name}", WITNESS, "witness", info)
            network.host(name).send(request)
            self._left += 1

    def wait(self) -> None:
        """Wait until the kernel has removed all cables; raises TimeoutError."""
        while self._left:
            for kind, _, _, _ in messages.messages(self._ear.recv(messages.BUFFER)):
                self._left -= kind == RTM_DELLINK
