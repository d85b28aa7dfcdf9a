"""What else slaves are: those of other bonds, bonds themselves, and of which machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import Source, load, parse
from harness.config.lint import lint
from harness.config.rules import RULES

BOND = "iface %s inet manual\nbond-slaves %s\nbond-mode 4\n"
STATE = """\
apiVersion: nmstate.io/v1
kind: NodeNetworkConfigurationPolicy
metadata: {name: %s}
spec:
  nodeSelector: {kubernetes.io/hostname: %s}
  desiredState:
    interfaces:
    - {name: %s, type: bond, link-aggregation: {mode: 802.3ad, port: [eth0, eth1]}}
"""
BYPASSES = "traffic by their routes bypasses the bond"


def told(text: str, rule: str) -> list[str]:
    """Return what one rule says of a text."""
    return [one.message for one in lint(parse([Source("file", text)]), RULES) if one.rule == rule]


def test_a_slave_of_two_bonds_is_reported_once_where_it_stands_again() -> None:
    text = BOND % ("b1", "e1 e2") + BOND % ("b0", "e2 e3")
    assert told(text, "two-bonds") == [
        "e2 is a slave of b0 and, by file:2, of b1: an interface has one bond"
    ]


def test_machines_have_interfaces_of_their_own() -> None:
    text = f"{STATE % ('a', 'a', 'b1')}---\n{STATE % ('b', 'b', 'b2')}"
    assert len(parse([Source("file", text)]).bonds) == 2
    assert told(text, "two-bonds") == []


@pytest.mark.parametrize(
    ("slaves", "said"),
    [
        ({"b0": "b0 e1"}, ["b0 is a slave of itself"]),
        (
            {"b0": "b1 e1", "b1": "b0 e2"},
            ["b0 is a slave of itself, by way of b1"],
        ),
        (
            {"b0": "b1 e1", "b1": "b2 e2", "b2": "b0 e3"},
            ["b0 is a slave of itself, by way of b1 and b2"],
        ),
        ({"b0": "b1 e0", "b1": "b2 e1", "b2": "e2 e3"}, []),
    ],
)
def test_a_bond_below_itself(slaves: dict[str, str], said: list[str]) -> None:
    text = "".join(BOND % one for one in slaves.items())
    assert told(text, "own-slave") == said


def test_one_file_for_two_slaves_is_one_remark_on_each_of_its_faults() -> None:
    netdev = "[NetDev]\nName=up1\nKind=bond\n[Bond]\nMode=active-backup\nMIIMonitorSec=100ms\n"
    slaves = "[Match]\nName=e1 e2\n[Network]\nBond=up1\nPrimarySlave=yes\nDHCP=ipv4\n"
    read = parse([Source("a.netdev", netdev), Source("b.network", slaves)])
    assert [one.message for one in lint(read, RULES) if one.level != "note"] == [
        f"e1 and e2 are slaves of up1 and have DHCP of their own: {BYPASSES}",
        "PrimarySlave=yes gives e1 and e2: the last one counts",
    ]


def test_a_directory_that_was_read_already_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a.netdev").write_text("[NetDev]\nName=up1\nKind=bond\n[Bond]\nMode=802.3ad\n")
    drop_in = tmp_path / "a.netdev.d"
    drop_in.mkdir()
    (drop_in / "x.conf").write_text("[Bond]\nFoo=1\n")
    once = lint(load([str(tmp_path)]), RULES)
    assert [one.rule for one in once if one.level == "error"] == ["unknown-setting"]
    assert once == lint(load([str(tmp_path), str(drop_in), str(drop_in / "x.conf")]), RULES)
