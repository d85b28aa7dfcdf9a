"""`harness driver-profile`: who is refused, what is printed, and what ioctls say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from harness.cli import main
from harness.driver_profile import safety
from harness.driver_profile.facts import LinkQuery, Samples
from harness.driver_profile.ioctl import DRVINFO, SETTINGS, combined
from harness.driver_profile.table import measured, show
from harness.errors import UsageError
from harness.labs.netns import in_use
from harness.labs.netns.interfaces import Interface
from harness.units import MS
from tests.drivers import BUSY, GOOD

FREE = Interface(3, "eth1", "", "02:00:00:00:00:02", 1)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"default_route": True}, "has the default route"),
        ({"addresses": ("192.0.2.1",)}, "has the address 192.0.2.1"),
        ({"master": "bond0"}, "is a slave or port of bond0"),
        ({"stacked": ("eth1.5",)}, "carries eth1.5"),
        ({"flags": 9}, "is the loopback interface"),
        ({"kind": "bridge"}, "is a bridge"),
    ],
)
def test_an_interface_in_use_is_left_alone(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        safety.check_free({"eth1": replace(FREE, **changed)}, "eth1")
    assert caught.value.hint


def test_a_free_interface_is_taken() -> None:
    assert safety.check_free({"eth1": FREE}, "eth1") is FREE


def test_the_session_we_run_in_is_known_by_its_address() -> None:
    environment = {"SSH_CONNECTION": "198.51.100.7 50000 fe80::1%eth1 22"}
    assert in_use.session_address(environment) == "fe80::1"
    assert in_use.session_address({}) == ""
    carrying = replace(FREE, addresses=("fe80::1",))
    assert "SSH session" in in_use.in_use(carrying, "fe80::1")[0]
    assert "has the address" in in_use.in_use(carrying, "192.0.2.9")[0]


def test_a_far_end_may_be_a_bridges_port_but_nothing_vital() -> None:
    port = replace(FREE, master="br0")
    assert safety.check_far_end({"eth1": port}, "eth1") is port
    with pytest.raises(UsageError, match="the far end eth1 has the default route"):
        safety.check_far_end({"eth1": replace(port, default_route=True)}, "eth1")


STATUS = "Name:\tx\nCapEff:\t{:016x}\n"
ALL = {"CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYS_ADMIN"}


def test_capabilities_are_read_from_the_kernels_text() -> None:
    assert safety.held_capabilities(STATUS.format((1 << 12) | (1 << 13) | (1 << 21))) == ALL
    assert safety.held_capabilities(STATUS.format(1 << 13)) == {"CAP_NET_RAW"}
    assert safety.held_capabilities("nothing") == set()


@pytest.mark.parametrize(
    ("held", "in_place", "refused"),
    [
        (ALL, False, None),
        (ALL - {"CAP_SYS_ADMIN"}, True, None),
        (ALL - {"CAP_SYS_ADMIN"}, False, "CAP_SYS_ADMIN"),
        (set(), True, "CAP_NET_ADMIN and CAP_NET_RAW"),
    ],
)
def test_what_rights_are_needed(held: set[str], in_place: bool, refused: str | None) -> None:  # noqa: FBT001
    if refused is None:
        safety.check_capabilities(held, in_place=in_place)
        return
    with pytest.raises(UsageError, match=refused):
        safety.check_capabilities(held, in_place=in_place)


def test_the_kernels_structures_have_their_sizes() -> None:
    assert DRVINFO.size == 196  # struct ethtool_drvinfo
    assert SETTINGS.size == 48  # struct ethtool_link_settings


def test_a_link_query_follows_when_it_tells_both_states() -> None:
    up, down = LinkQuery(link=True), LinkQuery(link=False)
    assert combined({True: up, False: down}) == LinkQuery(link=True, followed=True)
    assert combined({True: up, False: up}) == LinkQuery(link=True, followed=False)
    assert combined({True: up}) == up
    refused = LinkQuery(refused="EOPNOTSUPP")
    assert combined({True: refused, False: refused}) == refused
    assert combined({}) is None


def test_samples_tell_what_never_came() -> None:
    assert Samples((MS, 3 * MS, 2 * MS)).text() == "1.0 / 2.0 / 3.0"
    assert Samples((MS, None)).text() == "1.0 / 1.0 / 1.0, 1 of 2 times never"
    assert Samples((MS, None)).worst is None
    assert Samples((None,)).text() == "never"
    assert Samples().text() == "not measured"


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["driver-profile", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, done.output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("eth9", "--kernel", "virtual"),
        ("eth9", "--nic", "veth"),
        ("eth9", "--far-end", "a", "--far-end", "b"),
        ("eth9", "--far-end", "a", "--ask"),
        ("--kernel", "no such kernel"),
        ("--read", "/no/such/file"),
    ],
)
def test_a_users_mistake_is_reported_with_a_message(arguments: tuple[str, ...]) -> None:
    code, said = run(*arguments)
    assert code == 4
    assert said.startswith("error: ")
    assert "hint: " in said
    assert "Traceback" not in said


def test_recorded_facts_are_concluded_again(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(replace(GOOD, mac_up=BUSY).plain()))
    code, said = run("--read", str(path))
    assert code == 0
    assert "refused: EBUSY" in said
    code, said = run("--read", str(path), "--json")
    (data,) = json.loads(said)
    assert data["mac_up"]["refused"] == "EBUSY"
    assert {one["answer"] for one in data["concluded"]} >= {"yes", "no"}


def test_the_table_shows_an_address_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "shown"
    with path.open("w") as file:
        show(replace(GOOD, mac="02:ab:cd:ef:00:01"), Console(file=file, width=140))
    text = path.read_text()
    assert "02:ab:cd:ef:00:01" in text  # and no emoji for :ab:
    for row in ("SIOCGMIIPHY", "fail_over_mac", "balance-alb", "MODE-ALB-10", "1.0 / 3.0 / 7.0"):
        assert row in text


def test_on_a_narrow_terminal_there_is_room_for_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "shown"
    with path.open("w") as file:
        show(GOOD, Console(file=file, width=80))
    lines = path.read_text().splitlines()
    head = next(line for line in lines if line.startswith("in a bond"))
    assert 80 - head.index("why") >= 36
    assert "claims" not in head
    assert all(len(line) <= 80 for line in lines)
    assert "[MODE-ALB-10, MODE-ALB-7, MODE-TLB-1]" in " ".join(" ".join(lines).split())


def test_what_is_missing_is_reported_with_its_reason() -> None:
    blind = replace(
        GOOD, carrier=None, missing={"carrier": "not measured: why", "bonds": "no bond"}
    )
    rows = dict(measured(blind))
    assert rows["carrier latency"] == "not measured: why"
    assert rows["bonds with it"] == "no bond"
    assert "lost, carrier flag (ms)" not in rows
