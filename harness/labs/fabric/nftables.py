"""The faults of switches on a tester whose kernel has no tc: by nftables on ingress and egress."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from harness.errors import LabError, NotTestable
from harness.lab import Port, Shape, Way
from harness.labs.fabric.switches import port_name
from harness.labs.fabric.wiring import PORT_SIDES, Wiring
from harness.labs.netns.namespace import Namespace
from harness.topology import mac_of

GROUP = "01:00:00:00:00:00"


@dataclass(slots=True, kw_only=True)
class NftWiring(Wiring):
    """Switches whose faults are nftables rules, in separate tables of the namespace `space`."""

    space: Namespace

    def filter_macs(self) -> None:
        """Let ports of switches that know each port's MAC deliver no other unicast."""
        topology = self.switches.topology
        for switch in topology.switches:
            for port in self.switches.of_switch(switch.name) if switch.filters_macs else ():
                machine = topology.leads_to(port.switch, port.link)
                if machine is not None:
                    mac = mac_of(topology, machine, port.link)
                    rule = f"ether daddr != {mac} ether daddr & {GROUP} == 00:00:00:00:00:00 drop"
                    self._rule(port, "egress", "macs", rule)

    def _drop(self, link: str, way: Way, *, on: bool) -> None:
        if ((link, way) in self._dropped) == on:
            return
        port, side = self._at(link, way)
        self._rule(port, side, "lose", "drop" if on else "")
        (self._dropped.add if on else self._dropped.discard)((link, way))

    def _reshape(self, link: str, way: Way, before: Shape, after: Shape) -> None:
        if after == before:
            return
        if after.delay:
            raise NotTestable(
                "the tester's kernel lacks netem, and nftables cannot delay frames",
                hint="choose another --lab, or a tester whose kernel has sch_netem",
            )
        port, side = self._at(link, way)
        share = round(after.percent * 100)
        self._rule(port, side, "some", f"numgen random mod 10000 < {share} drop" if share else "")
        self._shaped[link, way] = after

    def gate(self, link: str, *, open: bool, announcing: str = "") -> None:  # noqa: A002
        """Let a switch port neither send nor receive though its carrier is up, or let it again."""
        port = self._far(link)
        if announcing:
            rule = f"arp saddr ip {announcing} arp daddr ip {announcing} drop"
            self._rule(port, "ingress", "mute", "" if open else rule)
        elif open == (link in self._shut):
            for side in PORT_SIDES:
                self._rule(port, side, "hold", "" if open else "drop")
            (self._shut.discard if open else self._shut.add)(link)

    def _at(self, link: str, way: Way) -> tuple[Port, str]:
        index, side = self.switches.point(link, way)
        return next(port for port in self.switches.ports.values() if port.index == index), side

    def _rule(self, port: Port, side: str, name: str, rule: str) -> None:
        """Have one rule in force at one side of a port, or none."""
        table = f"{name}-{port.index}-{side}"
        lines = [f"add table netdev {table}", f"delete table netdev {table}"]
        if rule:
            hook = f'type filter hook {side} device "{port_name(port)}" priority 0'
            lines.append(f"table netdev {table} {{ chain rules {{ {hook}; {rule}; }}; }}")
        self._nft("\n".join(lines))

    def _nft(self, text: str) -> None:
        try:
            with self.space.inside():
                done = subprocess.run(
                    ["nft", "-f", "-"], input=text, capture_output=True, text=True, check=False
                )
        except FileNotFoundError as error:
            raise LabError(
                "there is no nft on this machine", hint="apt-get install nftables"
            ) from error
        if done.returncode:
            output = done.stderr.strip().splitlines() or ["no output"]
            raise LabError(
                f"nftables refuses a rule: {output[0]}",
                hint="the tester's kernel needs nf_tables_netdev, with hooks on egress (5.16)",
            )
