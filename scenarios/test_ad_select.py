"""ad_select: which aggregator is active, and what makes the bond choose another."""

import pytest

from harness import claim, contradicted, control, s
from scenarios.channels import SparePorts, TwoPartners

ALL = ("eth0", "eth1", "eth2", "eth3")
FIRST, SECOND = "02:00:00:ac:00:01", "02:00:00:ac:00:02"  # the systems of sw1 and sw2
POLICIES = ["stable", "bandwidth", "count", "actor_port_prio"]
LASTS = 6 * s  # what all ports need to join
CHOOSING = ["bandwidth", "count", "actor_port_prio"]


def speak(net: TwoPartners, *names: str) -> None:
    """Speak LACP at some of the links, as one system at each switch."""
    for switch, links in ((net.sw1, (net.eth0, net.eth1)), (net.sw2, (net.eth2, net.eth3))):
        if spoken := [link for link in links if link.name in names]:
            switch.speak_lacp(*spoken)


@claim("ADSEL-7", "ADSEL-BW-3", "ADSEL-COUNT-2")
@pytest.mark.parametrize("ad_select", CHOOSING)
@pytest.mark.parametrize(
    ("names", "chosen", "ports"),
    [
        (("eth0", "eth1", "eth2"), FIRST, 2),
        (("eth0", "eth2", "eth3"), SECOND, 2),
        (("eth2",), SECOND, 1),
    ],
    ids=str,
)
def test_the_largest_aggregator_with_a_partner_is_active(
    two_partners: TwoPartners, ad_select: str, names: tuple[str, ...], chosen: str, ports: int
) -> None:
    """Of those with a partner the one with more ports; ports of a silent one count for nothing."""
    two_partners.dut.bond(ad_select=ad_select)
    speak(two_partners, *names)
    with two_partners.watch(healthy=False) as run:
        two_partners.after(LASTS)
    assert run.partners[-1] == chosen
    assert run.aggregators[-1].ports == ports


@claim("ADSEL-STABLE-1")
@contradicted(
    "ADSEL-STABLE-1",
    kernels=">=6.1",
    evidence="ports join one by one and ad_agg_selection_logic runs for each: the first with a "
    "partner makes its aggregator active, and stable does not reselect (difference 57)",
)
def test_the_first_active_aggregator_of_stable_is_the_largest(two_partners: TwoPartners) -> None:
    """Both partners speak from the start: the one with two ports is chosen."""
    two_partners.dut.bond(ad_select="stable")
    speak(two_partners, "eth0", "eth2", "eth3")
    with two_partners.watch(healthy=False) as run:
        two_partners.after(LASTS)
    assert run.partners[-1] == SECOND


@claim("ADSEL-STABLE-1")
@control("test_the_first_active_aggregator_of_stable_is_the_largest")
def test_the_first_active_aggregator_of_stable_is_the_first(two_partners: TwoPartners) -> None:
    """Where the larger one is also the first to have a partner, it is chosen."""
    two_partners.dut.bond(ad_select="stable")
    speak(two_partners, "eth0", "eth1", "eth2")
    with two_partners.watch(healthy=False) as run:
        two_partners.after(LASTS)
    assert run.partners[-1] == FIRST
    assert run.aggregators[-1].ports == 2


@claim("ADSEL-STABLE-2", "ADSEL-BW-2", "ADSEL-COUNT-2", "ADSEL-PRIO-1", "ADSEL-FAIL-1")
@pytest.mark.parametrize(
    ("ad_select", "partners", "used"),
    [
        ("stable", [FIRST], {"eth1"}),
        ("bandwidth", [FIRST, SECOND], {"eth2", "eth3"}),
        ("count", [FIRST, SECOND], {"eth2", "eth3"}),
        ("actor_port_prio", [FIRST, SECOND], {"eth2", "eth3"}),
    ],
)
def test_a_partial_failure_moves_the_bond_unless_it_is_stable(
    two_partners: TwoPartners, ad_select: str, partners: list[str], used: set[str]
) -> None:
    """One of two ports fails: stable stays with the other, the rest take the larger aggregator."""
    bond = two_partners.dut.bond(ad_select=ad_select)
    speak(two_partners, *ALL)
    with two_partners.watch() as run:
        two_partners.eth0.cut()
    assert run.partners == partners
    assert {name for name in ALL if run.slave(name).usages[-1] == "active"} == used
    assert run.outage <= bond.miimon + bond.lacp_tick(3)


@claim("ADSEL-STABLE-3")
@pytest.mark.parametrize("ad_select", POLICIES)
def test_a_dead_aggregator_is_replaced(two_partners: TwoPartners, ad_select: str) -> None:
    """When its last port fails the other aggregator is active, and traffic goes on there."""
    bond = two_partners.dut.bond(ad_select=ad_select)
    speak(two_partners, *ALL)
    with two_partners.watch() as run:
        two_partners.eth0.cut()
        two_partners.eth1.cut()
    assert run.partners == [FIRST, SECOND]
    assert run.outage <= bond.miimon + bond.lacp_tick(3)


@claim("ADSEL-STABLE-3")
@control("test_a_dead_aggregator_is_replaced")
@pytest.mark.parametrize("ad_select", POLICIES)
def test_a_sound_aggregator_stays(two_partners: TwoPartners, ad_select: str) -> None:
    """A failure in the other aggregator changes nothing."""
    two_partners.dut.bond(ad_select=ad_select)
    speak(two_partners, *ALL)
    with two_partners.watch() as run:
        two_partners.eth2.cut()
        two_partners.eth3.cut()
    assert run.partners == [FIRST]
    assert run.lost == 0


@claim("ADSEL-STABLE-4", "ADSEL-7")
@pytest.mark.parametrize(
    ("speaks", "partners"),
    [(True, ["00:00:00:00:00:00", SECOND]), (False, ["00:00:00:00:00:00"])],
)
def test_a_partner_that_answers_is_preferred_to_a_silent_one(
    two_partners: TwoPartners, partners: list[str], *, speaks: bool
) -> None:
    """With stable too: the first partner that begins to speak has the active aggregator."""
    two_partners.dut.bond()
    with two_partners.watch(healthy=False) as run:
        two_partners.after(5 * s)
        if speaks:
            speak(two_partners, "eth2")
        two_partners.after(5 * s)
    assert run.partners == partners


@claim("ADSEL-BW-1", "ADSEL-COUNT-2")
@pytest.mark.parametrize(
    ("ad_select", "partners"),
    [
        ("stable", [FIRST]),
        ("bandwidth", [FIRST, SECOND]),
        ("count", [FIRST, SECOND]),
    ],
)
def test_a_new_slave_can_make_its_aggregator_the_larger_one(
    spare_ports: SparePorts, ad_select: str, partners: list[str]
) -> None:
    """With a second port the other aggregator is chosen, but not by stable."""
    bond = spare_ports.dut.bond(ad_select=ad_select)
    speak(spare_ports, *ALL)
    with spare_ports.watch() as run:
        spare_ports.dut.enslave(bond, spare_ports.eth3)
        spare_ports.after(5 * s)
    assert run.partners == partners


@claim("ADSEL-BW-3", "ADSEL-COUNT-2")
@pytest.mark.parametrize(
    ("ad_select", "partners"),
    [
        ("stable", [FIRST]),
        ("bandwidth", [FIRST, SECOND]),
        ("count", [FIRST, SECOND]),
    ],
)
def test_a_port_of_another_key_leaves_its_aggregator(
    two_partners: TwoPartners, ad_select: str, partners: list[str]
) -> None:
    """The partner changes the key of one port: what remains is the smaller aggregator."""
    net = two_partners
    net.dut.bond(ad_select=ad_select)
    partner = net.sw1.speak_lacp(net.eth0)
    speak(net, "eth2", "eth3")
    net.sw1.speak_lacp(net.eth1)
    with net.watch() as run:
        partner.change(key=2)
        net.after(5 * s)
    assert run.partners == partners
    assert ["eth2", "eth3"] in run.aggregated
    assert ["eth0", "eth1"] not in run.aggregated


@claim("ADSEL-BW-4")
@pytest.mark.parametrize("ad_select", ["bandwidth", "count"])
@pytest.mark.parametrize(("cut", "partners"), [("eth0", [FIRST, SECOND]), ("eth2", [FIRST])])
def test_a_bond_that_goes_up_chooses_anew(
    two_partners: TwoPartners, ad_select: str, cut: str, partners: list[str]
) -> None:
    """A port that failed while the bond was down does not count when it is up again."""
    net = two_partners
    bond = net.dut.bond(ad_select=ad_select)
    speak(net, *ALL)
    with net.watch() as run:
        with net.dut.take_down(bond):
            (net.eth0 if cut == "eth0" else net.eth2).cut()
            net.after(1 * s)
        net.after(5 * s)
    assert [one for one in run.partners if one in (FIRST, SECOND)] == partners


@claim("ADSEL-PRIO-1", "APRIO-1")
@pytest.mark.parametrize(
    ("prios", "partners"),
    [((255, 255, 255, 255), [FIRST]), ((10, 10, 1000, 1000), [FIRST, SECOND])],
    ids=str,
)
def test_the_higher_sum_of_port_priorities_wins(
    two_partners: TwoPartners, prios: tuple[int, ...], partners: list[str]
) -> None:
    """At the next event the aggregator whose ports have the higher sum is chosen."""
    net = two_partners
    net.dut.bond(ad_select="actor_port_prio")
    speak(net, *ALL)
    with net.watch() as run:
        for link, prio in zip((net.eth0, net.eth1, net.eth2, net.eth3), prios, strict=True):
            net.dut.set_slave(link, actor_port_prio=prio)
        net.eth3.flap(down=1 * s)
        net.after(5 * s)
    assert run.partners == partners


@claim("ADSEL-PRIO-2")
@pytest.mark.parametrize(("prio", "chosen"), [(510, SECOND), (600, FIRST)])
def test_equal_sums_leave_it_to_the_number_of_ports(
    two_partners: TwoPartners, prio: int, chosen: str
) -> None:
    """One port of 510 against two of 255: two ports win; one of 600 does."""
    net = two_partners
    net.dut.bond(ad_select="actor_port_prio")
    net.dut.set_slave(net.eth0, actor_port_prio=prio)
    speak(net, "eth0", "eth2", "eth3")
    with net.watch(healthy=False) as run:
        net.after(LASTS)
    assert run.partners[-1] == chosen


@claim("ADSEL-PRIO-3")
@pytest.mark.parametrize(("option", "error"), [("prio", "EACCES"), ("actor_port_prio", "")])
def test_the_priority_of_active_backup_is_another(
    two_partners: TwoPartners, option: str, error: str
) -> None:
    """A slave's `prio` is refused in 802.3ad."""
    net = two_partners
    bond = net.dut.bond(ad_select="actor_port_prio")
    answer = net.dut.attempt.set_slave(bond, net.eth0, **{option: 7})
    assert answer.error == error


@claim("ADSEL-PRIO-4")
@pytest.mark.parametrize(("flaps", "partners"), [(False, [FIRST]), (True, [FIRST, SECOND])])
def test_a_new_port_priority_waits_for_an_event(
    two_partners: TwoPartners, partners: list[str], *, flaps: bool
) -> None:
    """Set alone it changes nothing in ten seconds; after a flap of a link it does."""
    net = two_partners
    net.dut.bond(ad_select="actor_port_prio")
    speak(net, *ALL)
    with net.watch() as run:
        net.dut.set_slave(net.eth2, actor_port_prio=1000)
        if flaps:
            net.eth3.flap(down=1 * s)
        net.after(10 * s)
    assert run.partners == partners


@claim("ADSEL-STABLE-5", "ADSEL-8")
@pytest.mark.parametrize(("state", "error"), [("up", "EBUSY"), ("down", "")])
def test_the_policy_is_set_on_a_bond_that_is_down(
    two_partners: TwoPartners, state: str, error: str
) -> None:
    """It is stable by default, and refused to change while the bond is up."""
    dut = two_partners.dut
    bond = dut.bond()
    assert bond["ad_select"] == "stable"
    if state == "down":
        dut.take_down(bond)
    assert dut.attempt.set(bond, ad_select="count").error == error
