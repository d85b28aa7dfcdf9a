"""The slave that is active in a new bond before anything is disturbed.

The kernel takes the first slave that is up. Drivers report the carrier of an interface that was
just set up at different times, some of them seconds late, and the ARP monitor tries the slaves in
turn until one is answered: any of them may be the first. A recording begins in a known state.
"""

from __future__ import annotations

from harness.bonding import BondOptions
from harness.lab import Network
from harness.record import bond_maker
from harness.topology import BondPlan


def intended(plan: BondPlan, options: BondOptions) -> str:
    """Return the slave to begin with: the one that the options ask for, else the first."""
    return str(options["active_slave"] or options["primary"] or plan.slaves[0])


def activate(network: Network, plan: BondPlan, slave: str) -> None:
    """Make a slave that is up the active one; raises KernelRefused.

    That lasts until the next failover: the option is a state (bond_option_active_slave_set).
    """
    bond_maker.set_options(network, plan, BondOptions.unchecked(active_slave=slave))
