"""Which topology `harness up` takes, and what it says of others."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.errors import UsageError
from harness.interactive import topologies
from harness.record.net import Net
from scenarios import conftest

OWN = """
from harness import Net
from harness.topology import DUT, MachinePlan, Topology

class Lan(Net):
    plan = Topology("lan", (MachinePlan(DUT),), (), (), ())

class Other:
    pass
"""


def test_every_topology_of_the_scenarios_has_the_name_of_its_fixture() -> None:
    named = topologies.names()
    assert named["one_switch"] == "OneSwitch"
    assert {"blade_chassis", "usb_nics", "dual_bond_router", "office"} <= set(named)
    for fixture, name in named.items():
        assert issubclass(getattr(conftest, name), Net)
        assert hasattr(conftest, fixture)


def test_a_class_of_a_users_own_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "own_networks.py"
    path.write_text(OWN)
    place = topologies.find(f"{path}:Lan")
    assert (place.directory, place.module, place.name) == (str(tmp_path), "own_networks", "Lan")
    assert issubclass(topologies.load(place), Net)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("one_swich", '"one_swich" is not a topology'),
        ("none.py:Lan", "none.py is not a file"),
        ("{own}:Lann", "has no topology Lann"),
        ("{own}:Other", "has no topology Other"),
        ("{broken}:Lan", "cannot be imported: No module named 'no_such_module'"),
    ],
)
def test_what_is_no_topology_is_rejected(tmp_path: Path, text: str, says: str) -> None:
    own, broken = tmp_path / "own_nets.py", tmp_path / "broken_nets.py"
    own.write_text(OWN)
    broken.write_text("import no_such_module\n")
    with pytest.raises(UsageError, match=says) as caught:
        topologies.find(text.format(own=own, broken=broken))
    assert caught.value.hint


def test_the_command_says_it_without_a_traceback() -> None:
    done = CliRunner().invoke(main, ["up", "one_swich"])
    assert done.exit_code == 4
    assert "one_switch" in done.stderr
