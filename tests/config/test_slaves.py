"""What else slaves are: those of other bonds, bonds themselves, and of which machine."""

from __future__ import annotations

import pytest

from harness.config import Source, parse
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


def told(text: str, rule: str) -> list[str]:
    """Return what one rule says of a text."""
    return [one.message for one in lint(parse([Source("file", text)]), RULES) if one.rule == rule]


def test_a_slave_of_two_bonds_is_told_once_where_it_stands_again() -> None:
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
