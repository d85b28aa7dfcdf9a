"""Try."""
from harness import claim, control, ms, s
from scenarios.field.servers import DualBondRouter

@claim("PRESEL-1")
def test_a(dual_bond_router: DualBondRouter) -> None:
    """A."""
    with dual_bond_router.watch() as run:
        dual_bond_router.eth0.flap(down=2 * s)
    print(run["bond0"].active_slaves, run["bond1"].active_slaves, run.log, run["bond1"].log)
    print(run.detection, run.reversion, run.outage, run["bond0"].reversion, run.lost, run.fdb_moves)
    print(run.garps, run.garps_heard, run["bond1"].garps)
    assert 0
