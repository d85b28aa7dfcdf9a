"""Why a bond or claim cannot be tested: the kernel does not promise it, or the lab lacks it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from ipaddress import ip_address, ip_interface

from harness import claims
from harness.bonding import OPTIONS, BondOptions, Ignored
from harness.claims import Release
from harness.errors import HarnessError, LabError, NotPromised, NotTestable, ScenarioError
from harness.topology import BondPlan, Topology

# The claim that the ARP monitor judges by a time which some drivers never update.
BLIND_MONITOR = "ARPINT-12"
AS_IT_IS = "watch(healthy=False) records it all the same"


def demand_testable(options: BondOptions, release: str, untimed: str) -> None:
    """Raise NotTestable for a bond whose monitor cannot work over its NICs.

    `untimed` is the driver of those that do not record when they last received, "" for none.

    Raises NotPromised if such a kernel lacks other options of the bond.
    """
    blind = claims.find(BLIND_MONITOR)
    if untimed and options["arp_interval"] and claims.promised_on(blind, release):
        raise not_promised(options, release) or NotTestable(
            f"{Release.parse(release)} has no working ARP monitor over {untimed} ({blind.id})",
            hint="choose another kernel, or a lab with other network interfaces",
        )


def not_promised(options: BondOptions, release: str) -> NotPromised | None:
    """Return the error for options, or named values, that kernels of a release lack."""
    unknown = options.unknown_to(Release.parse(release).series)
    if not unknown:
        return None
    return NotPromised(
        f"not promised by {Release.parse(release)}: {'; '.join(unknown)}",
        hint="choose a newer kernel",
    )


def unknown_options(options: BondOptions, release: str) -> NotPromised | None:
    """Return the error for options, not named values, that kernels of a release lack.

    A kernel silently ignores an unknown option; it refuses an unknown value, which can be tested.
    """
    series = Release.parse(release).series
    unknown = [name for name, _ in options.given if not OPTIONS[name].known_to(series)]
    if not unknown:
        return None
    return NotPromised(
        f"not promised by {Release.parse(release)}: it does not know {', '.join(unknown)}",
        hint="choose a newer kernel",
    )


def ignored_error(options: BondOptions, ignored: Sequence[Ignored], release: str) -> HarnessError:
    """Return the error for ignored options: NotPromised where the kernel is known to lack them."""
    known = not_promised(options, release)
    names = {text.partition(" ")[0] for text in options.unknown_to(Release.parse(release).series)}
    if known is not None and {one.name for one in ignored} <= names:
        return known
    return LabError(
        "; ".join(map(str, ignored)), hint="this kernel lacks the option: choose another kernel"
    )


def claims_not_promised(ids: Iterable[str], release: str) -> list[str]:
    """Return the claims that a release does not make, each with the releases that do."""
    known = [claims.find(name) for name in ids]
    return [
        f"{claim.id} ({claim.kernels})"
        for claim in known
        if claims.promised_on(claim, release) is False
    ]


def unanswered_targets(
    topology: Topology, plan: BondPlan, options: BondOptions, added: Container[str] = ()
) -> HarnessError | None:
    """Return the error for monitor targets without an answer, None if all are answered.

    ScenarioError for IPv4 targets of no machine, or outside of the bond's network.
    NotTestable for IPv6 ones that were not `added` to a machine: no topology has IPv6 addresses.
    """
    if not options["arp_interval"]:
        return None
    targets = _words(options["arp_ip_target"])
    wrong = [why for target in targets if (why := _unreached(topology, plan, target))]
    one_will_do = options["arp_all_targets"] != "all"
    if wrong and (len(wrong) == len(targets) or not one_will_do):
        return ScenarioError(f"nobody answers {plan.name}: {'; '.join(wrong)}", hint=AS_IT_IS)
    beyond = [word for word in _words(options["ns_ip6_target"]) if word not in added]
    if beyond and not (targets and one_will_do):
        return NotTestable(
            f"nobody answers {plan.name}: no machine of topology {topology.name} has IPv6, "
            f"ns_ip6_target is {', '.join(beyond)}",
            hint=f'give one: net.target.add_address("{beyond[0]}"); {AS_IT_IS}',
        )
    return None


def unheard_targets(
    topology: Topology,
    plan: BondPlan,
    options: BondOptions,
    heard: Container[str],
    added: Container[str] = (),
) -> HarnessError | None:
    """Return the error for an absent target of a bond that seems to be healthy, or None.

    Without validation any ARP frame keeps a slave up, and where one target suffices another may be
    absent: such a bond may fail over by itself, or differ from the intended one. An address that
    was `heard` to answer exists, whatever the topology says.
    """
    if not options["arp_interval"]:
        return None
    targets = [word for word in _words(options["arp_ip_target"]) if word not in heard]
    wrong = [why for target in targets if (why := _unreached(topology, plan, target))]
    if wrong:
        problem = f"{plan.name} probes what nobody answers for: {'; '.join(wrong)}"
        return ScenarioError(problem, hint=AS_IT_IS)
    unvalidated = options["arp_validate"] == "none"
    return unanswered_targets(topology, plan, options, added) if unvalidated else None


def _unreached(topology: Topology, plan: BondPlan, target: str) -> str:
    """Return why a bond does not reach an ARP target, "" where it may."""
    machines = {machine.address: machine.name for machine in topology.machines if machine.address}
    networks = [ip_interface(text).network for text in topology.bond_addresses(plan)]
    if target not in machines:
        has = ", ".join(f"{name} {address}" for address, name in machines.items())
        return f"arp_ip_target {target} is no machine of topology {topology.name} (has: {has})"
    if networks and not any(ip_address(target) in network for network in networks):
        its = " or ".join(map(str, networks))
        return f"arp_ip_target {target} is not in its network {its}, and no route leads there"
    return ""


def _words(setting: object) -> tuple[str, ...]:
    return setting if isinstance(setting, tuple) else ()
