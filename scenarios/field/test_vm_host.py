"""Try."""
from harness import claim, control, ms, s
from scenarios.field.servers import BridgeHost

@claim("PRESEL-1")
def test_a(bridge_host: BridgeHost) -> None:
    """A."""
    with bridge_host.watch() as run:
        bridge_host.eth0.cut()
    print(run.active_slaves, run.log, run.detection, run.outage, run.fdb_moves, run.garps, run.duplicates)
    assert 0

@claim("PRESEL-1")
def test_b(bridge_host: BridgeHost) -> None:
    """A."""
    bridge_host.sw.keep_fdb()
    with bridge_host.watch("in") as run:
        bridge_host.eth0.cut()
        bridge_host.after(10 * s)
    print(run.active_slaves, run.log, run.detection, run.outage, run.fdb_moves, run.garps, run.duplicates)
    assert 0

@claim("PRESEL-1")
def test_c(bridge_host: BridgeHost) -> None:
    """A."""
    with bridge_host.watch(path=("dut", "client")) as run:
        bridge_host.eth0.cut()
    print(run.active_slaves, run.log, run.detection, run.outage, run.fdb_moves, run.garps, run.duplicates)
    assert 0
