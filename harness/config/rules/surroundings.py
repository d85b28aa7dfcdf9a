"""Rules on the environment of a bond: its network and its kernel."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from harness.bonding.options import PRIMARY_MODES
from harness.config.lint import Around, Found, Rule
from harness.config.model import BondConfig
from harness.config.rules.sent import sent_options
from harness.config.rules.words import written

# Networks whose ports deliver, or let pass, the MAC of their own NIC only.
ENVIRONMENTS = MappingProxyType(
    {
        "virtualbox": "a port of VirtualBox delivers frames only for the MAC of its own adapter",
        "vmware": "a port group that rejects forged transmits drops what has another MAC",
        "hyperv": "a port without MAC spoofing drops frames from any but its adapter's MAC",
        "sr-iov": "a virtual function may use the MAC that its host gave it and no other",
        "macvtap": "a macvtap port delivers frames only for its own MAC",
        "cloud": "a cloud's fabric drops frames from any but the MAC it gave to the port",
    }
)


def shared_mac(bond: BondConfig, around: Around) -> Iterator[Found]:
    """One MAC on several ports, in a network that binds MACs to ports."""
    if not around.environment:
        return
    options, why = sent_options(bond), ENVIRONMENTS[around.environment]
    if options.mode == "active-backup":
        if options["fail_over_mac"] != "active":
            yield Found(
                bond.where("fail_over_mac"),
                f"{written(bond, 'fail_over_mac')} takes one MAC to whichever slave is "
                f"active: {why}, so nothing comes back after a failover",
            )
    elif options.mode != "balance-tlb" or not bond.asked:
        yield Found(
            bond.where("mode"),
            f"mode {options.mode} uses one MAC on several ports: {why}",
            hint="use mode=active-backup with fail_over_mac=active",
        )


def lost_announcement(bond: BondConfig, _: Around) -> Iterator[Found]:
    """fail_over_mac=active depends on gratuitous ARP."""
    options = sent_options(bond)
    if options["fail_over_mac"] == "active" and options.mode == "active-backup":
        if not options["num_grat_arp"]:
            yield Found(
                bond.where("num_grat_arp"),
                f"{written(bond, 'num_grat_arp')} with {written(bond, 'fail_over_mac')}: the new "
                "MAC is not announced",
                "error",
                hint="leave num_grat_arp out: the default of 1 announces it",
            )
        elif options["miimon"] and not options["updelay"]:
            yield Found(
                bond.where("fail_over_mac"),
                f"{written(bond, 'fail_over_mac')} without updelay: a port that shows carrier "
                "before it forwards loses the one gratuitous ARP",
                claim="FOM-ACTIVE-3",
            )


def early_return(bond: BondConfig, _: Around) -> Iterator[Found]:
    """A primary that comes back before its switch port forwards."""
    options = sent_options(bond)
    known = not bond.slaves or bond.matches or options["primary"] in bond.slave_names
    back = options["primary"] and known and options["primary_reselect"] == "always"
    if options.mode in PRIMARY_MODES and back and options["miimon"] and not options["updelay"]:
        yield Found(
            bond.where("primary"),
            f"{options['primary']} takes over as soon as it has carrier: while its switch port "
            "does not forward yet, the bond passes no traffic",
        )


def kernel_lacks(bond: BondConfig, around: Around) -> Iterator[Found]:
    """Options, and words of options, that the kernel does not have."""
    if around.kernel is None:
        return
    for message in bond.unchecked.unknown_to(around.kernel):
        what, _, why = message.partition(" is ")
        name = what.partition("=")[0]
        yield Found(bond.where(name), f"{written(bond, name)} is {why}", option=name)


RULES = (
    Rule("shared-mac", "error", "one MAC where ports are bound to their own", "FOM-ACTIVE-1",
         "set fail_over_mac=active", shared_mac),
    Rule("lost-announcement", "note", "a MAC that is not announced", "FOM-ACTIVE-2",
         "set updelay to the time that the switch's port takes, or num_grat_arp higher",
         lost_announcement),
    Rule("early-return", "note", "back to the primary before its port forwards", "UPDELAY-6",
         "set updelay to the time that the switch's port takes to forward", early_return),
    Rule("kernel-lacks", "error", "an option that the kernel does not have", "",
         "leave it out, or use a newer kernel", kernel_lacks),
)  # fmt: skip
