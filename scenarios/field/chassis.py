"""The blade chassis of the report, with up to five blades in it."""

from __future__ import annotations

from harness import (
    BondPlan,
    Cable,
    LinkPlan,
    Machine,
    MachinePlan,
    Net,
    Switch,
    SwitchPlan,
    Topology,
)

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
    sw1: Switch
    sw2: Switch
    sw3: Switch
    target: Machine
    blade1: Machine
    blade2: Machine
    blade3: Machine
    blade4: Machine

    plan = Topology(
        name="chassis",
        machines=(
            MachinePlan("dut"),
            MachinePlan("target", TARGET),
            *(MachinePlan(name, f"192.168.50.{112 + n}") for n, name in enumerate(BLADES)),
        ),
        switches=(SwitchPlan("sw1"), SwitchPlan("sw2"), SwitchPlan("sw3")),
        links=(
            LinkPlan("eth0", "dut", "sw1"),
            LinkPlan("eth1", "dut", "sw2"),
            LinkPlan("uplink1", "sw1", "sw3"),
            LinkPlan("uplink2", "sw2", "sw3"),
            LinkPlan("target", "sw3", "target"),
            *(LinkPlan(name, "sw1", name) for name in BLADES),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1"), "192.168.50.111", REPORT),),
    )

    @property
    def blades(self) -> tuple[Machine, ...]:
        """The neighbours, first to last."""
        return self.blade1, self.blade2, self.blade3, self.blade4
