"""`harness doctor --lab FILE` on a rack of two namespaces, the DUT behind a real SSH server."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.doctor.check import BAD, GOOD, LACKING
from tests.rack import DUT, NO_RACK, PORT, Rack, standing
from tests.sshd import make_key
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(bool(NO_RACK), reason=NO_RACK)
PRIVATE = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh")
Found = dict[str, dict[str, str]]


@pytest.fixture
def rack(tmp_path: Path) -> Iterator[Rack]:
    """A rack of this test's own."""
    with standing(tmp_path) as found:
        yield found


def doctor(
    rack: Rack, lab: Path | None = None, *by: str, more: tuple[str, ...] = ()
) -> tuple[int, Found]:
    """Return the exit status and the rows; `by` is a command that runs commands."""
    words = (sys.executable, "-m", "harness", "doctor", "--json", "--lab", str(lab or rack.lab()))
    done = rack.run(rack.tester, *by, *words, *more)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)["rows"] if done.stdout else {}


def bad(rows: Found) -> dict[str, str]:
    """Return what is in the way."""
    return {name: row["found"] for name, row in rows.items() if row["state"] == BAD}


def test_a_lab_in_order(rack: Rack) -> None:
    status, rows = doctor(rack)
    own = {name: row for name, row in rows.items() if name != "bonding"}  # that is this kernel's
    assert bad(own) == {}
    assert status == int(rows["bonding"]["state"] == BAD)
    for number in range(1, 5):
        assert rows[f"far{number} - eth{number}"]["found"] == "frames arrive"
        assert rows[f"tester far{number}"]["state"] == GOOD
        assert "free, driver " in rows[f"DUT eth{number}"]["found"]
    if shutil.which("ethtool"):
        assert "driver veth" in rows["DUT eth1"]["found"]
    assert rows["clock"]["state"] == rows["Python"]["state"] == GOOD
    assert rows["SSH"]["found"].startswith(f"root@{DUT}:{PORT}, Linux ")


def test_nothing_is_changed(rack: Rack) -> None:
    before = rack.state()
    doctor(rack)
    assert rack.state() == before


def test_cables_that_are_not_as_the_file_says(rack: Rack) -> None:
    crossed = rack.lab(
        ('far_end = "far1"', 'far_end = "x"'), ('"far2"', '"far1"'), ('"x"', '"far2"')
    )
    _, rows = doctor(rack, crossed)
    assert rows["far2 - eth1"]["found"] == "frames of far2 arrive at eth2 of the DUT"
    assert rows["far2 - eth1"]["remedy"] == 'far_end of eth2 is "far2"'
    assert rows["far3 - eth3"]["state"] == GOOD


def test_a_cable_that_is_down_is_not_tried(rack: Rack) -> None:
    rack.ip(rack.dut, "link set eth2 down")
    _, rows = doctor(rack)
    assert rows["far2 - eth2"]["state"] == LACKING
    assert rows["far2 - eth2"]["remedy"].endswith("rack.toml --up")
    assert rows["far1 - eth1"]["state"] == GOOD


def test_cables_whose_nics_are_down_are_tried_when_that_is_wanted(rack: Rack) -> None:
    rack.ip(rack.dut, *(f"link set eth{number} down" for number in range(1, 5)))
    rack.ip(rack.tester, "link set far2 down", "route add default dev far3")
    rack.ip(rack.dut, "link set eth4 mtu 1400")
    links = ("ip", "-br", "link")
    lost = lambda: rack.run(rack.tester, *links).stdout.count("NO-CARRIER") == 3  # noqa: E731
    wait_until(lost, within=10, what="the loss of three carriers")  # the kernel reports it late
    before = rack.state()
    crossed = rack.lab(
        ('far_end = "far1"', 'far_end = "x"'), ('"far2"', '"far1"'), ('"x"', '"far2"')
    )
    _, rows = doctor(rack, crossed, *PRIVATE, more=("--up",))
    assert rows["far2 - eth1"]["found"] == "frames of far2 arrive at eth2 of the DUT"
    assert rows["far4 - eth4"]["state"] == GOOD
    assert rows["far3 - eth3"]["state"] == LACKING  # the default route leads by its far end
    assert rack.comes_to_be(before)


IN_USE = [
    ("route add default dev {}", "has the default route"),
    ("address add 203.0.113.9/24 dev {}", "has the address 203.0.113.9"),
    ("link add br7 type bridge\nlink set {} master br7", "is a slave or port of br7"),
    ("link add link {} name v7 type macvlan", "carries v7"),
]


def test_nics_in_use_are_rejected_at_both_ends(rack: Rack) -> None:
    for number, (line, _) in enumerate(IN_USE, 1):
        rack.ip(rack.dut, line.format(f"eth{number}"))
        rack.ip(rack.tester, line.format(f"far{number}"))
    status, rows = doctor(rack)
    assert status == 1
    for number, (_, why) in enumerate(IN_USE, 1):
        assert why in bad(rows)[f"DUT eth{number}"]
        assert f"the far end of eth{number} {why}" in bad(rows)[f"tester far{number}"]
        assert rows[f"far{number} - eth{number}"]["state"] == LACKING  # and it sends nothing


def test_without_rights_on_the_tester_all_but_the_cables_is_looked_at(rack: Rack) -> None:
    _, rows = doctor(rack, None, "setpriv", "--bounding-set", "-net_raw,-net_admin,-sys_admin")
    assert rows["cables"]["found"] == "not tested: Operation not permitted"
    assert rows["cables"]["remedy"] == "run it as root"
    assert rows["tester far1"]["state"] == rows["DUT eth1"]["state"] == GOOD


def test_addresses_that_the_file_names_are_no_reason(rack: Rack) -> None:
    rack.ip(rack.dut, "address add 203.0.113.9/24 dev eth1")
    allowed = ('far_end = "far1"\n', 'far_end = "far1"\naddresses = ["203.0.113.9/24"]\n')
    _, rows = doctor(rack, rack.lab(allowed))
    assert rows["DUT eth1"]["state"] == GOOD


def test_names_that_are_wrong_are_reported_with_those_there_are(rack: Rack) -> None:
    _, rows = doctor(
        rack, rack.lab(('"eth1"', '"eth9"'), ('"far2"', '"far9"'), ('"mgmt"', '"m0"'))
    )
    assert "eth1" in rows["DUT eth9"]["remedy"]
    assert "far2" in rows["tester far9"]["remedy"]
    assert bad(rows)["DUT m0"] == "the DUT has no such interface"


def test_the_management_interface_is_the_one_that_ssh_comes_in_by(rack: Rack) -> None:
    _, rows = doctor(rack, rack.lab(('"mgmt"', '"eth4"'), ('name = "eth4"', 'name = "mgmt"')))
    assert bad(rows)["DUT eth4"] == "the SSH connection uses mgmt instead"
    assert "it carries the SSH session" in bad(rows)["DUT mgmt"]


def test_a_driver_that_is_not_the_one_on_trial(rack: Rack) -> None:
    _, rows = doctor(rack, rack.lab(('far_end = "far1"\n', 'far_end = "far1"\ndriver = "igb"\n')))
    assert ", expected igb" in bad(rows)["DUT eth1"]


def test_a_dut_that_does_not_let_us_in(rack: Rack) -> None:
    make_key(rack.place / "other")
    status, rows = doctor(rack, rack.lab((f'key = "{rack.place}/id"', 'key = "other"')))
    assert status == 1
    assert "does not accept the key" in bad(rows)["SSH"]
    assert "ssh-copy-id" in rows["SSH"]["remedy"]
    assert rows["tester far1"]["state"] == GOOD  # what can be known is told all the same


def test_a_dut_without_python_is_looked_at_by_its_shell(rack: Rack) -> None:
    lab = rack.lab(
        ("management", 'python = "/nowhere/python3"\nmanagement'),
        ('name = "eth2"', 'name = "eth9"'),
    )
    status, rows = doctor(rack, lab)
    assert status == 1
    assert rows["SSH"]["state"] == rows["ip"]["state"] == GOOD
    assert "has no Python 3.6 or later: /nowhere/python3 is not there" in bad(rows)["Python"]
    assert rows["DUT mgmt"]["state"] == GOOD
    assert rows["DUT eth1"]["state"] == LACKING
    assert "not seen without Python" in rows["DUT eth1"]["found"]
    assert bad(rows)["DUT eth9"] == "the DUT has no such interface"
    assert "eth2" in rows["DUT eth9"]["remedy"]
    assert "clock" not in rows


def test_a_file_that_is_wrong_is_the_users_mistake(rack: Rack) -> None:
    path = rack.lab(('user = "root"', 'usr = "root"'))
    done = rack.run(rack.tester, sys.executable, "-m", "harness", "doctor", "--lab", str(path))
    assert done.returncode == 4
    assert f'error: {path}:4: there is no key "usr" in [dut]' in done.stderr
