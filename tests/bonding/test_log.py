"""Bonding's own lines: spellings of 2.6.26 to 7.2, in words, and which of them get a row."""

from __future__ import annotations

import pytest

from harness.bonding.log import BondLogLine, parse, words
from harness.history import History
from harness.judge import timeline
from tests.stories import Line, active, failover, fault, slave

OLD = "Sep 17 01:23:00 gt110b01 kernel: bonding: bond0: "  # a system log of 2.6.18


@pytest.mark.parametrize(
    ("line", "said"),
    [
        # Linux 5.10 to 7.2
        (
            "bond0: (slave eth0): link status down for active interface, disabling it in 200 ms",
            BondLogLine("bond0", "eth0", "losing", 200),
        ),
        (
            "bond0: (slave eth0): link status down for interface, disabling it in 200 ms",
            BondLogLine("bond0", "eth0", "losing", 200),
        ),
        (
            "bond0: (slave eth1): link status down for backup interface, disabling it in 0 ms",
            BondLogLine("bond0", "eth1", "losing", 0),
        ),
        (
            "bond0: (slave eth0): link status definitely down, disabling slave",
            BondLogLine("bond0", "eth0", "down"),
        ),
        (
            "bond0: (slave eth0): link status up, enabling it in 5000 ms",
            BondLogLine("bond0", "eth0", "gaining", 5000),
        ),
        (
            "bond0: (slave eth0): link status definitely up, 10000 Mbps full duplex",
            BondLogLine("bond0", "eth0", "up"),
        ),
        ("bond0: (slave eth0): link status definitely up", BondLogLine("bond0", "eth0", "up")),
        (
            "bond0: (slave eth0): link status up again after 100 ms",
            BondLogLine("bond0", "eth0", "kept", 100),
        ),
        (
            "bond0: (slave eth0): link status down again after 300 ms",
            BondLogLine("bond0", "eth0", "lost again", 300),
        ),
        (
            "bond0: (slave eth1): making interface the new active one",
            BondLogLine("bond0", "eth1", "active"),
        ),
        (
            "bond0: (slave eth1): making interface the new active one 1400 ms earlier",
            BondLogLine("bond0", "eth1", "active", 1400),
        ),
        ("bond0: now running without any active interface!", BondLogLine("bond0", None, "none")),
        ("bond0: active interface up!", BondLogLine("bond0", None, "carrier")),
        ("bond0: (slave eth0): interface is now down", BondLogLine("bond0", "eth0", "down")),
        ("bond0: (slave eth0): interface is now up", BondLogLine("bond0", "eth0", "up")),
        (
            "bond0: (slave eth1): backup interface is now down",
            BondLogLine("bond0", "eth1", "down"),
        ),
        (
            "bond0: (slave eth0): Enslaving as an active interface with an up link",
            BondLogLine("bond0", "eth0", "enslaved"),
        ),
        (
            "bond0 (unregistering): (slave eth0): Releasing backup interface",
            BondLogLine("bond0", "eth0", "released"),
        ),
        # Linux 3.17 to 5.2
        (
            "bond0: link status definitely down for interface eth0, disabling it",
            BondLogLine("bond0", "eth0", "down"),
        ),
        (
            "bond0: link status definitely up for interface eth0, 1000 Mbps full duplex",
            BondLogLine("bond0", "eth0", "up"),
        ),
        ("bond0: first active interface up!", BondLogLine("bond0", None, "carrier")),
        (
            "bond0: Enslaving eth0 as a backup interface with a down link",
            BondLogLine("bond0", "eth0", "enslaved"),
        ),
        ("bond0: Releasing active interface eth0", BondLogLine("bond0", "eth0", "released")),
        # before
        (
            f"{OLD}link status definitely down for interface eth0, disabling it",
            BondLogLine("bond0", "eth0", "down"),
        ),
        (
            f"{OLD}making interface eth1 the new active one 1400 ms earlier.",
            BondLogLine("bond0", "eth1", "active", 1400),
        ),
        (
            f"{OLD}making interface eth2 the new active one.",
            BondLogLine("bond0", "eth2", "active"),
        ),
        (
            f"{OLD}link status up for interface eth0, enabling it in 5000 ms.",
            BondLogLine("bond0", "eth0", "gaining", 5000),
        ),
        (
            f"{OLD}link status definitely up for interface eth1.",
            BondLogLine("bond0", "eth1", "up"),
        ),
        (
            f"{OLD}link status definitely up for interface eth0.10.",
            BondLogLine("bond0", "eth0.10", "up"),
        ),
        (
            f"{OLD}link status down for active interface eth0, disabling it in 200 ms.",
            BondLogLine("bond0", "eth0", "losing", 200),
        ),
        (
            f"{OLD}link status up again after 100 ms for interface eth0.",
            BondLogLine("bond0", "eth0", "kept", 100),
        ),
        (f"{OLD}now running without any active interface !", BondLogLine("bond0", None, "none")),
        (
            f"{OLD}enslaving eth0 as a backup interface with a down link.",
            BondLogLine("bond0", "eth0", "enslaved"),
        ),
        (f"{OLD}interface eth0 is now down.", BondLogLine("bond0", "eth0", "down")),
        (f"{OLD}backup interface eth1 is now down", BondLogLine("bond0", "eth1", "down")),
    ],
)
def test_every_kernels_spelling_is_understood(line: str, said: BondLogLine) -> None:
    assert parse(line) == said
    assert parse(f"[   12.345678] {line}") in (said, None if "kernel:" in line else said)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "e1000e: eth0 NIC Link is Down",
        "bond0: (slave eth0): Error -16 calling set_mac_address",
        "bond0: Warning: No 802.3ad response from the link partner for any adapters in the bond",
        "8021q: adding VLAN 0 to HW filter on device bond0",
        "link status definitely down, disabling slave",
    ],
)
def test_other_lines_are_not(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            BondLogLine("b", "eth0", "losing", 200),
            "eth0 lost its link, down in 200 ms (downdelay)",
        ),
        (
            BondLogLine("b", "eth0", "gaining", 5000),
            "eth0 has its link back, up in 5000 ms (updelay)",
        ),
        (
            BondLogLine("b", "eth0", "gaining", 0),
            "eth0 has its link back, usable at once (updelay ignored)",
        ),
        (
            BondLogLine("b", "eth1", "active", 1400),
            "eth1 made active after 1400 ms of its updelay",
        ),
        (BondLogLine("b", "eth1", "active"), "eth1 made active"),
        (BondLogLine("b", None, "none"), "b has no active slave"),
    ],
)
def test_lines_have_plain_words(said: BondLogLine, text: str) -> None:
    assert words(said) == text


def log(when: float, text: str) -> Line:
    return (when, "log", "dut", {"text": text})


def told(history: History) -> str:
    return timeline.table(history)


def test_what_repeats_a_notification_is_not_reported_again() -> None:
    echoes = [
        log(91, "bond0: (slave eth0): link status definitely down, disabling slave"),
        log(92, "bond0: (slave eth1): making interface the new active one"),
        log(93, "bond0: active interface up!"),
    ]
    assert told(failover(*echoes)) == told(failover())


def test_an_event_with_no_other_source_gets_a_row() -> None:
    text = told(
        failover(
            log(200, "bond0: (slave eth0): link status up, enabling it in 5000 ms"),
            log(300, "bond0: (slave eth1): link status definitely down, disabling slave"),
            log(310, "bond0: now running without any active interface!"),
        )
    )
    assert "log: eth0 has its link back, up in 5000 ms (updelay)" in text
    assert "log: eth1 declared down" in text
    assert "log: bond0 has no active slave" in text


def test_a_delay_cut_short_is_reported_beside_the_new_active_slave() -> None:
    extra = [fault(200, "eth1"), slave(250, "eth1", "down"), active(250, "eth0")]
    line = log(250, "bond0: (slave eth0): making interface the new active one 400 ms earlier")
    text = told(failover(*extra, line))
    assert "active slave eth1 -> eth0" in text
    assert "log: eth0 made active after 400 ms of its updelay" in text


def test_other_lines_are_noise() -> None:
    assert "log: eth0: something" in told(failover(log(50, "eth0: something")))


def test_a_report_is_one_row_that_matters() -> None:
    lines = [
        "------------[ cut here ]------------",
        "WARNING: CPU: 0 PID: 1 at net/core/dev.c:1 dev_open+0x1/0x2",
        "Call Trace:",
        " bond_enslave+0x1/0x2 [bonding]",
        "---[ end trace 0000000000000000 ]---",
    ]
    text = told(failover(*(log(50 + n / 10, line) for n, line in enumerate(lines))))
    assert text.count("KERNEL WARNING in dev_open from bond_enslave") == 1
    assert "Call Trace" not in text
