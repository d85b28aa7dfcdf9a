"""A user's own bond: what becomes of it in the lab, which faults apply, what the table says."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import pytest
from hypothesis import given, settings

from harness.bonding import BondOptions, spans
from harness.config import BondConfig, ConfigError, Source, parse
from harness.judge import counts
from harness.topology import DUT
from harness.yours.plan import YourPlan
from harness.yours.session import table
from tests.config.test_roundtrip import configs
from tests.tiny import Tiny
from tests.virtual_kernel import virtual_kernel

IFACE = """\
iface trunk0 inet static
    address 10.1.2.3/16
    bond-slaves lan0 lan1 lan2 lan3
    bond-mode active-backup
    bond-arp-interval 100
    bond-arp-ip-target 10.1.77.1 10.1.77.2
    bond-primary lan2
"""
ARP = "mode=1 arp_interval=100 arp_ip_target=192.0.2.2,192.0.2.3"


def plan(text: str) -> YourPlan:
    """Return the plan of the one bond of a text."""
    return YourPlan.of(parse([Source("file", text)]).bonds[0])


def test_the_lab_has_the_users_names_addresses_and_targets() -> None:
    topology = plan(IFACE).topology()
    (bond,) = topology.bonds
    assert (bond.name, bond.slaves, bond.address) == (
        "trunk0",
        ("lan0", "lan1", "lan2", "lan3"),
        "10.1.2.3",
    )
    assert topology.prefix == 16
    machines = {machine.name: machine.address for machine in topology.machines}
    assert machines["target"] == "10.1.77.1"
    assert machines["target2"] == "10.1.77.2"
    assert {link.b for link in topology.links_of(DUT)} == {"sw1", "sw2"}
    assert topology.link("lan2").b == "sw1"  # the primary is away from the targets
    assert topology.link("target").a == "sw2"


def test_what_the_user_does_not_tell_is_made_up() -> None:
    made = plan("mode=1 miimon=100")
    assert (made.slaves, made.address, made.prefix) == (("eth0", "eth1"), "192.0.2.1", 24)
    assert made.targets == ("192.0.2.254",)
    assert plan(ARP).address == "192.0.2.1"
    assert plan(f"{ARP} primary=eth7").slaves == ("eth7", "eth0", "eth1")


@settings(max_examples=100, deadline=None)
@given(configs())
def test_any_bond_can_be_planned_or_is_rejected_with_a_message(bond: BondConfig) -> None:
    try:
        made = YourPlan.of(bond)
    except ConfigError:
        return
    assert YourPlan.load(made.plain()) == made
    if made.why_not:
        return
    topology = made.topology()
    network = ipaddress.ip_network(f"{made.address}/{made.prefix}", strict=False)
    addresses = [m.address for m in topology.machines if m.address]
    assert len({made.address, *addresses}) == len(addresses) + 1
    assert ipaddress.ip_address(str(topology.machines[1].address)) in network


@pytest.mark.parametrize(
    ("options", "has", "has_not"),
    [
        ("mode=1", {"unmonitored", "blind to the path"}, {"monitored"}),
        ("mode=1 miimon=100", {"monitored", "blind to the path"}, {"sees the path"}),
        (ARP, {"monitored", "sees the path", "counts any frame", "takes any ARP"}, {"validates"}),
        (f"{ARP} arp_validate=filter", {"counts ARP only", "takes any ARP"}, {"validates"}),
        (f"{ARP} arp_validate=all", {"counts ARP only", "validates"}, {"takes any ARP"}),
        (ARP, {"needs one target"}, {"needs all targets", "has one target"}),
        (ARP.replace(",192.0.2.3", ""), {"has one target"}, {"needs one target"}),
        (f"{ARP} arp_validate=1 arp_all_targets=1", {"needs all targets"}, {"needs one target"}),
        ("mode=1 miimon=100 primary=eth0", {"returns too early"}, {"returns in time"}),
        (
            "mode=1 miimon=100 primary=eth0 updelay=1000",
            {"returns in time"},
            {"returns too early"},
        ),
        ("mode=1 miimon=100 primary=eth0 primary_reselect=2", set(), {"returns too early"}),
    ],
)
def test_traits_decide_what_applies(options: str, has: set[str], has_not: set[str]) -> None:
    traits = plan(options).traits()
    assert has <= traits
    assert not has_not & traits


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("mode=4", "needs link aggregation"),
        ("mode=0 miimon=100", "needs link aggregation"),
        ("mode=3 miimon=100", "is for separate networks"),
        (f"{ARP} arp_all_targets=all", "declares every slave down (ARPALL-3)"),
        ("mode=1 arp_interval=100", "has no IPv4 target"),
        ("iface b\n bond-mode 1\n bond-miimon 100\n bond-slaves a\n", "it has one slave"),
        ("mode=1 miimon=100", ""),
    ],
)
def test_what_the_lab_cannot_show_is_said(options: str, why: str) -> None:
    made = plan(options)
    assert why in made.why_not
    assert bool(why) == bool(made.why_not)


def test_what_the_driver_refuses_is_reported_with_its_line() -> None:
    for text, said in [
        (f"{IFACE}bond-miimon 100\n", "file:8: miimon=100 and arp_interval=100 exclude"),
        (IFACE.replace("lan2\n", "lan9\n"), "file:7: primary=lan9 is not a slave"),
        (f"{IFACE}bond-num-grat-arp many\n", "file:8: num_grat_arp=many"),
    ]:
        with pytest.raises(ConfigError, match=re.escape(said)):
            plan(text)


@pytest.mark.parametrize(
    ("interval", "hz", "outlive"),
    [(50, 100, False), (40, 100, False), (100, 100, True), (50, 1000, True), (5000, 100, True)],
)
def test_backups_outlive_the_active_slave_where_rounds_are_fine(
    interval: int, hz: int, *, outlive: bool
) -> None:
    times = spans(BondOptions.of(mode=1, arp_interval=interval, arp_ip_target="192.0.2.1"), hz)
    assert times.backups_outlive() is outlive


def _report(outcome: str, *properties: tuple[str, object], why: str = "") -> pytest.TestReport:
    longrepr = ("file", 1, f"Skipped: {why}") if why else None
    return pytest.TestReport(
        "scenarios/field/test_your_bond.py::test_it",
        ("file", 1, "test_it"),
        {},
        outcome,  # type: ignore[arg-type]
        longrepr,
        "call",
        user_properties=list(properties),
    )


def test_the_table_tells_darkness_and_promise() -> None:
    bond = ("your_bond", "bond0")
    dark = (("outage_out_ms", 70.0), ("outage_in_ms", "never"))
    limit = ("outage_limit", "documented at most 100.0")
    lines = list(
        table(
            [
                _report("failed", ("fault", "b"), bond, *dark, limit),
                _report("skipped", ("fault", "c"), bond, why="no channel"),
                _report("passed"),
                _report("passed", ("fault", "a"), bond, *dark, limit),
                _report("failed", ("fault", "d"), bond, (counts.VERDICT, counts.INCONCLUSIVE)),
            ]
        )
    )
    cells = [re.split(r"  +", line) for line in lines]
    assert cells[0] == ["bond", "fault", "dark out", "dark in", "documented"]
    assert [row[1] for row in cells[1:]] == ["a", "b", "c", "d"]
    assert cells[1][2:] == ["70.0 ms", "never recovers", "at most 100.0"]
    assert cells[2][-1] == "NOT AS DOCUMENTED"
    assert cells[3][-1] == "no channel"
    assert cells[4][-1] == "inconclusive"
    assert len(lines) == 5
    assert list(table([])) == []


def _pytest(temporary: Path, *arguments: str) -> tuple[int, str]:
    return Tiny.checkout(temporary).run("-p", "no:cacheprovider", *arguments)


def test_without_a_bond_of_the_users_nothing_is_collected_for_it(tmp_path: Path) -> None:
    collect = ("--collect-only", "-q", "scenarios")
    assert "your_bond" not in _pytest(tmp_path, *collect)[1]
    _, said = _pytest(tmp_path, *collect, "--bond-config", "mode=1 miimon=100")
    items = [line for line in said.splitlines() if "::" in line]
    assert items
    assert all("test_your_bond" in item for item in items)
    assert any("[bond0-eth1]" in item for item in items)
    assert not any("without_a_monitor" in item for item in items)


def test_a_config_that_cannot_be_read_is_a_usage_error(tmp_path: Path) -> None:
    path = tmp_path / "ifcfg-bond0"
    path.write_text("DEVICE=bond0\nBONDING_OPTS='mode=1\n")
    status, said = _pytest(tmp_path, "scenarios/field", "--bond-config", str(path))
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "ifcfg-bond0:2: a quotation that begins here never ends" in said
    assert "Traceback" not in said


def _rows(said: str) -> dict[str, list[str]]:
    lines = [re.split(r"  +", line) for line in said.splitlines() if re.match(r"\w+  ", line)]
    return {cells[1]: cells[2:] for cells in lines if len(cells) > 4}


@pytest.mark.guest(inside=False)
def test_a_monitored_bond_leaves_a_cut_cable_and_one_without_monitor_never_does(
    tmp_path: Path,
) -> None:
    """The second run is the control of the first: the same bond, but for its monitor."""
    common = ("scenarios/field", "--kernel", virtual_kernel(), "-k", "cut_cable")
    for options, row, dark in [
        ("mode=1 miimon=100", "cable of eth0 cut", r"\d+\.\d ms"),
        ("mode=1", "cable of the active slave cut", "never recovers"),
    ]:
        places = ("--results", str(tmp_path / "results"))
        status, said = _pytest(tmp_path, *common, *places, "--bond-config", options)
        assert status == 0, said
        assert re.fullmatch(dark, _rows(said)[row][0]), said


@pytest.mark.guest(inside=False)
def test_what_the_kernel_refuses_is_reported_with_option_and_line(tmp_path: Path) -> None:
    (tmp_path / "b.conf").write_text(
        "alias bond0 bonding\noptions bonding mode=1 \\\n use_carrier=0\n"
    )
    arguments = ("--bond-config", str(tmp_path / "b.conf"), "--results", str(tmp_path / "r"))
    _, said = _pytest(
        tmp_path, "scenarios/field", "--kernel", virtual_kernel(), "-k", "cut", "-rs", *arguments
    )
    assert re.search(r"b\.conf:2: .*use_carrier=off is refused", said), said


def test_a_format_that_cannot_be_told_is_asked_for_by_pytests_own_option(tmp_path: Path) -> None:
    path = tmp_path / "unknown"
    path.write_text("no configuration of anything\n")
    collect = (tmp_path, "scenarios/field", "--collect-only")
    status, said = _pytest(*collect, "--bond-config", str(path))
    assert status == 4
    assert "say which with --bond-format: " in said
    assert "--from" not in said
    path.write_text("DEVICE=bond7\nBONDING_OPTS='mode=1 miimon=100'\n")
    given = ("--bond-config", str(path), "--bond-format")
    status, said = _pytest(*collect, "-q", *given, "ifcfg")
    assert status == 0, said
    assert "bond7" in said
    status, said = _pytest(*collect, *given, "nonesuch")
    assert status == 4
    assert 'there is no format "nonesuch"' in said
