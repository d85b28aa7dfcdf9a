"""Fixtures: each topology, built anew for the scenario that asks for it."""

from harness import topology_fixture
from scenarios.channels import (
    BroadcastChannel,
    LacpPair,
    LacpPairAndBond,
    MixedSpeeds,
    MlagPair,
    RoundRobinChannel,
    ScriptedPartner,
    SparePorts,
    StaticChannel,
    TwoPartners,
)
from scenarios.field.chassis import Chassis
from scenarios.field.servers import BridgeHost, DualBondRouter
from scenarios.field.virtualbox import Office, VirtualBox
from scenarios.topologies import BladeChassis, FilteringSwitch, OneSwitch, TwoSwitches, UsbNics
from scenarios.variants import (
    DualStack,
    EmptyBond,
    NestedBonds,
    NoAddress,
    ParallelSwitches,
    SpareSlave,
    ThreeSlaves,
    TwoBonds,
)

one_switch = topology_fixture(OneSwitch)
three_slaves = topology_fixture(ThreeSlaves)
spare_slave = topology_fixture(SpareSlave)
dual_stack = topology_fixture(DualStack)
no_address = topology_fixture(NoAddress)
empty_bond = topology_fixture(EmptyBond)
two_bonds = topology_fixture(TwoBonds)
parallel_switches = topology_fixture(ParallelSwitches)
nested_bonds = topology_fixture(NestedBonds)
static_channel = topology_fixture(StaticChannel)
round_robin_channel = topology_fixture(RoundRobinChannel)
broadcast_channel = topology_fixture(BroadcastChannel)
lacp_pair = topology_fixture(LacpPair)
lacp_pair_and_bond = topology_fixture(LacpPairAndBond)
scripted_partner = topology_fixture(ScriptedPartner)
spare_ports = topology_fixture(SparePorts)
two_partners = topology_fixture(TwoPartners)
mixed_speeds = topology_fixture(MixedSpeeds)
mlag_pair = topology_fixture(MlagPair)
two_switches = topology_fixture(TwoSwitches)
blade_chassis = topology_fixture(BladeChassis)
filtering_switch = topology_fixture(FilteringSwitch)
usb_nics = topology_fixture(UsbNics)

chassis = topology_fixture(Chassis)
dual_bond_router = topology_fixture(DualBondRouter)
bridge_host = topology_fixture(BridgeHost)
virtualbox = topology_fixture(VirtualBox)
office = topology_fixture(Office)
