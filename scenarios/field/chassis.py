"""The blade chassis of the report, with up to five blades in it."""

from __future__ import annotations

from harness.record.faults import Cable, MachineNoun, SwitchNoun
from harness.record.net import Net
from harness.topology import BondPlan, Link, Machine, Switch, Topology

TARGET = "192.168.50.222"
BLADES = ("blade1", "blade2", "blade3", "blade4")
# The report's own line: mode=1 arp_interval=1200 arp_ip_target=192.168.50.222 arp_validate=3
REPORT = {"mode": 1, "arp_interval": 1200, "arp_ip_target": TARGET, "arp_validate": 3}


class Chassis(Net):
    """A blade, its four neighbours, two switches in the chassis and one outside.

    blade1..4  ----------+
    dut         eth0 --- sw1 --- uplink1 ---+
                                           sw3 --- target  192.168.50.222
    dut         eth1 --- sw2 --- uplink2 ---+
    """

    eth0: Cable
    eth1: Cable
    uplink1: Cable
    uplink2: Cable
    sw1: SwitchNoun
    sw2: SwitchNoun
    sw3: SwitchNoun
    target: MachineNoun
    blade1: MachineNoun
    blade2: MachineNoun
    blade3: MachineNoun
    blade4: MachineNoun

    plan = Topology(
        name="chassis",
        machines=(
            Machine("dut"),
            Machine("target", TARGET),
            *(Machine(name, f"192.168.50.{112 + n}") for n, name in enumerate(BLADES)),
        ),
        switches=(Switch("sw1"), Switch("sw2"), Switch("sw3")),
        links=(
            Link("eth0", "dut", "sw1"),
            Link("eth1", "dut", "sw2"),
            Link("uplink1", "sw1", "sw3"),
            Link("uplink2", "sw2", "sw3"),
            Link("target", "sw3", "target"),
            *(Link(name, "sw1", name) for name in BLADES),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1"), "192.168.50.111", REPORT),),
    )

    @property
    def blades(self) -> tuple[MachineNoun, ...]:
        """The neighbours, first to last."""
        return self.blade1, self.blade2, self.blade3, self.blade4
