"""A router with a bond into each of its two networks (seed 001, CentOS 5).

                         bond0         bond1
                         .11.101       .12.11
                   +--- eth0            eth2 ---+
client --- sw1 ----+         [ dut ]            +---- sw2 --- server
.11.20             +--- eth1            eth3 ---+             .12.20

The report: two bonds in one machine, mode=1 miimon=100 updelay=5000, with the primaries eth0 and
eth2. Its author pulled cables and watched the log: a slave whose link is back is `enabled in 5000
ms`; one that was still waiting when the other failed became `the new active one 1400 ms earlier`
(2600 and 1600 later on); and bond1 went back to its primary five seconds after the last repair.

We measure what is routed from client to server and back (`out` leads to the server), and each bond
for itself: run["bond0"], run["bond1"].

                                          virtual 7.2.13, HZ=100       6.1.176, real time, HZ=100
active slave's cable pulled, traffic      dark 110 ms (eth0), 70 (eth2)     dark 9 to 96 ms
the slave that still waits takes over     dark 30 ms                        dark 0 to 36 ms
return to the primary after the repair    5590 ms: 50 inspections and one   5544 to 5560 ms
traffic lost at the return                one probe (10 ms)                 none to one
port that forwards 3 s late, updelay=0    dark 2960 ms; with 5000: 110      2888 to 2920 ms
                                          of the failover, 0 of the return
the report's ten pulls                    dark 70 ms at worst               80 to 90 ms

So miimon=100 bounds every outage by 110 ms where HZ=100: an inspection comes a jiffy late, and
updelay=5000 lasts 5500 ms (MIIMON-4). `N ms earlier` is what the slave had waited: the replayed
pulls print the report's own 1400, 2600 and 1600. Over veth all slaves are equally fast, so that
`better` keeps the stand-in as `failure` does.
"""

import pytest

from harness import Run, claim, control, ms, s
from scenarios.field.servers import DualBondRouter
from scenarios.interfaces import cable

WAITED, IDLE = 1500 * ms, 1 * s
# The report's log: what was done to which cable, and how long until the next. While a slave waits
# the times are the report's; where it idled for some seconds it does so for one.
PULLS = [
    ("eth1", "cut", IDLE),
    ("eth1", "heal", WAITED),
    ("eth0", "cut", IDLE),  # 01:23:00
    ("eth0", "heal", 2700 * ms),
    ("eth1", "cut", IDLE),
    ("eth1", "heal", IDLE),
    ("eth3", "cut", IDLE),  # 01:23:20
    ("eth3", "heal", 1700 * ms),
    ("eth2", "cut", IDLE),
    ("eth2", "heal", IDLE),  # 01:23:29
]


def replay(net: DualBondRouter) -> None:
    """Pull the report's cables at the report's times."""
    for name, verb, then in PULLS:
        getattr(cable(net, name), verb)()
        net.after(then)


def waiting(run: Run) -> list[str | None]:
    """Return the slaves that the log says have their link back and must wait."""
    return [line.slave for line in run.log if line.what == "gaining" and line.delay]


def rushed(run: Run) -> list[str | None]:
    """Return the slaves that the log says became active before their updelay was over."""
    return [line.slave for line in run.log if line.what == "active" and line.delay is not None]


@claim("MIIMON-1", "MODE-AB-2", "PRIMARY-2")
@pytest.mark.parametrize("name", ["eth0", "eth2"])
def test_a_pulled_cable_is_left_within_one_inspection(
    dual_bond_router: DualBondRouter, name: str
) -> None:
    """Whichever bond loses its active slave, what is routed through both is dark for miimon."""
    bond = dual_bond_router.dut.bond()
    with dual_bond_router.watch() as run:
        cable(dual_bond_router, name).cut()
    assert run.slave(name).detection <= bond.miimon
    assert run.outage <= bond.miimon
    assert run.recovered


@claim("MODE-AB-1", "MIIMON-1")
@control("test_a_pulled_cable_is_left_within_one_inspection")
@pytest.mark.parametrize(("first", "second"), [("eth0", "eth1"), ("eth2", "eth3")])
def test_a_router_with_one_bond_cut_off_routes_nothing(
    dual_bond_router: DualBondRouter, first: str, second: str
) -> None:
    """With both cables of either bond out, the other bond is of no use."""
    with dual_bond_router.watch() as run:
        cable(dual_bond_router, first).cut()
        cable(dual_bond_router, second).cut()
    assert not run.recovered


@claim("MIIMON-1", "FAQ-4")
def test_bond1_does_not_notice_what_happens_to_bond0(dual_bond_router: DualBondRouter) -> None:
    """Pulls on one side change no slave, announce nothing and move no MAC on the other."""
    with dual_bond_router.watch() as run:
        dual_bond_router.eth0.flap(down=1 * s, times=2)
        dual_bond_router.eth1.flap(down=1 * s)
    wan = run["bond1"]
    assert run["bond0"].failures == {"eth0": 2, "eth1": 1}
    assert wan.active_slaves == ["eth2"]
    assert wan.failures == {"eth2": 0, "eth3": 0}
    assert (wan.garps, wan.log) == ([], [])
    assert {move.switch for move in run.fdb_moves} == {"sw1"}


@claim("MIIMON-1", "FAQ-4")
@control("test_bond1_does_not_notice_what_happens_to_bond0")
def test_each_bond_answers_for_its_own_cables(dual_bond_router: DualBondRouter) -> None:
    """Pulled at the same moment, each bond finds its own fault, and each switch relearns."""
    bond = dual_bond_router.dut.bond("bond1")
    with dual_bond_router.watch() as run:
        dual_bond_router.eth0.cut()
        dual_bond_router.eth2.cut()
    wan = run[bond]
    assert wan.active_slaves == ["eth2", "eth3"]
    assert wan.detection <= bond.miimon
    assert [garp.port for garp in wan.garps] == ["eth3"]
    assert {move.switch for move in run.fdb_moves} == {"sw1", "sw2"}


@claim("PRESEL-1", "PRESEL-3", "PRESEL-4", "PRIMARY-1")
@pytest.mark.parametrize(
    ("policy", "slaves"),
    [
        ("always", ["eth0", "eth1", "eth0"]),
        ("better", ["eth0", "eth1"]),
        ("failure", ["eth0", "eth1"]),
    ],
)
def test_whether_the_primary_comes_back(
    dual_bond_router: DualBondRouter, policy: str, slaves: list[str]
) -> None:
    """Only `always` returns to a primary that is as fast as its stand-in."""
    bond = dual_bond_router.dut.bond(primary_reselect=policy)
    with dual_bond_router.watch() as run:
        dual_bond_router.eth0.flap(down=2 * s)
    assert run.active_slaves == slaves
    assert run.outage <= bond.miimon


@claim("UPDELAY-1", "PRESEL-1", "PRIMARY-1")
@control("test_a_waiting_slave_is_used_at_once_when_the_last_one_fails")
def test_the_primary_is_used_again_after_updelay(dual_bond_router: DualBondRouter) -> None:
    """The five seconds run from the inspection that saw the carrier back; the log says so."""
    bond = dual_bond_router.dut.bond()
    with dual_bond_router.watch() as run:
        dual_bond_router.eth0.flap(down=2 * s)
    assert bond.updelay <= run.reversion <= bond.updelay + bond.miimon
    assert (waiting(run), rushed(run)) == (["eth0"], [])


@claim("PRESEL-4")
@control("test_whether_the_primary_comes_back")
def test_under_failure_the_primary_waits_for_its_stand_in_to_fail(
    dual_bond_router: DualBondRouter,
) -> None:
    """Recovered, the primary is used when the other slave fails, and no sooner."""
    bond = dual_bond_router.dut.bond(primary_reselect="failure")
    with dual_bond_router.watch() as run:
        dual_bond_router.eth0.flap(down=2 * s)
        dual_bond_router.after(bond.updelay + 2 * s)
        dual_bond_router.eth1.cut()
    assert run.active_slaves == ["eth0", "eth1", "eth0"]
    assert run.slave("eth1").detection <= bond.miimon


@claim("DELAY-5", "UPDELAY-1")
def test_a_waiting_slave_is_used_at_once_when_the_last_one_fails(
    dual_bond_router: DualBondRouter,
) -> None:
    """`N ms earlier` in the log is how long the slave had waited, not what was left to wait."""
    bond = dual_bond_router.dut.bond()
    with dual_bond_router.watch() as run:
        dual_bond_router.eth1.flap(down=1 * s)
        dual_bond_router.after(WAITED)
        dual_bond_router.eth0.cut()
    assert (waiting(run), rushed(run)) == (["eth1"], ["eth1"])
    # From the inspection that found it back to the one that missed the other.
    waited = WAITED + bond.miimon
    assert all((line.delay or 0) * ms <= waited for line in run.log if line.what == "active")
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.outage <= bond.miimon


@claim("DELAY-5", "UPDELAY-1", "PRESEL-1", "MIIMON-1")
def test_the_reports_pulls(dual_bond_router: DualBondRouter) -> None:
    """The report's ten pulls give the report's lines, and no traffic waits for updelay."""
    bond = dual_bond_router.dut.bond()
    with dual_bond_router.watch() as run:
        replay(dual_bond_router)
    lan, wan = run["bond0"], run["bond1"]
    assert lan.active_slaves == ["eth0", "eth1", "eth0"]
    assert wan.active_slaves == ["eth2", "eth3", "eth2"]
    assert (waiting(lan), rushed(lan)) == (["eth1", "eth0", "eth1"], ["eth1", "eth0"])
    assert (waiting(wan), rushed(wan)) == (["eth3", "eth2"], ["eth3"])
    assert bond.updelay <= wan.reversion <= bond.updelay + bond.miimon
    assert run.outage <= bond.miimon


@claim("UPDELAY-3", "MIIMON-3")
@control("test_the_reports_pulls")
def test_the_reports_pulls_without_updelay(dual_bond_router: DualBondRouter) -> None:
    """Without updelay no slave waits: the log has no such line, the primary is back at once."""
    dual_bond_router.dut.bond("bond0", updelay=0)
    bond = dual_bond_router.dut.bond("bond1", updelay=0)
    with dual_bond_router.watch() as run:
        replay(dual_bond_router)
    lan, wan = run["bond0"], run["bond1"]
    assert lan.active_slaves == ["eth0", "eth1", "eth0"]
    assert (waiting(lan), rushed(lan), waiting(wan), rushed(wan)) == ([], [], [], [])
    assert wan.reversion <= bond.miimon


@claim("UPDELAY-6", "DELAY-1")
def test_updelay_hides_a_switch_that_forwards_late(dual_bond_router: DualBondRouter) -> None:
    """A port that takes three seconds to forward costs nothing: the bond waits for five."""
    bond = dual_bond_router.dut.bond()
    with dual_bond_router.watch() as run:
        dual_bond_router.eth0.cut()
        dual_bond_router.after(2 * s)
        dual_bond_router.eth0.heal_late(3 * s)
    assert run.active_slaves == ["eth0", "eth1", "eth0"]
    assert run.outage <= bond.miimon


@claim("UPDELAY-6", "DELAY-1")
@control("test_updelay_hides_a_switch_that_forwards_late")
def test_without_updelay_a_late_port_cuts_the_route(dual_bond_router: DualBondRouter) -> None:
    """The primary is used at once and nothing is routed until its port forwards."""
    bond = dual_bond_router.dut.bond(updelay=0)
    with dual_bond_router.watch() as run:
        dual_bond_router.eth0.cut()
        dual_bond_router.after(2 * s)
        dual_bond_router.eth0.heal_late(3 * s)
    assert 3 * s - bond.miimon <= run.outage <= 3 * s
