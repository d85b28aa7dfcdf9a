"""A port speaks LACP by the standard, and wrongly where it is told to; times are literal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import ms
from harness.lacp_port import FAST, LONG, SHORT, SLOW, LacpPort, LacpSettings
from harness.lacpdu import Lacpdu, PortInfo
from harness.units import MS

PEER = PortInfo(
    system="02:00:00:00:00:01",
    key=15,
    port=1,
    state=frozenset({"activity", "timeout", "aggregation"}),
)
IN_SYNC = replace(PEER, state=PEER.state | {"synchronization"})
UNKNOWN = PortInfo()


def port(**settings: object) -> LacpPort:
    return LacpPort(1, "02:00:00:ff:00:20", LacpSettings(system="02:00:00:ac:00:01", **settings))  # type: ignore[arg-type]


def told(speaker: LacpPort, at: int) -> frozenset[str]:
    pdu = speaker.due(at)
    assert pdu is not None
    return pdu.actor.state


def hear(speaker: LacpPort, actor: PortInfo, at: int) -> None:
    speaker.receive(Lacpdu("02:00:00:00:00:01", actor, UNKNOWN), at)


def test_a_port_that_has_heard_nothing_says_so_each_second() -> None:
    speaker = port()
    assert told(speaker, 0) == {"activity", "timeout", "aggregation", "defaulted"}
    assert speaker.due(FAST - MS) is None
    assert "defaulted" in told(speaker, FAST)


def test_what_was_heard_is_answered_at_once() -> None:
    speaker = port()
    speaker.due(0)
    hear(speaker, PEER, 200 * MS)
    pdu = speaker.due(200 * MS)
    assert pdu is not None
    assert pdu.partner == PEER
    assert pdu.actor.state == {"activity", "timeout", "aggregation", "synchronization"}


def test_ports_in_sync_collect_and_distribute() -> None:
    speaker = port()
    hear(speaker, IN_SYNC, 0)
    assert told(speaker, 0) >= {"synchronization", "collecting", "distributing"}


@pytest.mark.parametrize(("asked", "period"), [(True, FAST), (False, SLOW)])
def test_the_partner_decides_how_often(asked: bool, period: int) -> None:  # noqa: FBT001
    speaker = port()
    state = IN_SYNC.state if asked else IN_SYNC.state - {"timeout"}
    hear(speaker, replace(IN_SYNC, state=state), 0)
    speaker.due(0)
    hear(speaker, replace(IN_SYNC, state=state), period - MS)
    assert speaker.due(period - MS) is None
    assert speaker.due(period) is not None


@pytest.mark.parametrize(("fast", "timeout"), [(True, SHORT), (False, LONG)])
def test_a_partner_that_falls_silent_expires(fast: bool, timeout: int) -> None:  # noqa: FBT001
    speaker = port(fast=fast)
    hear(speaker, IN_SYNC, 0)
    assert "expired" not in told(speaker, timeout)
    assert "expired" in told(speaker, timeout + 200 * MS)
    assert "synchronization" not in told(speaker, timeout + 1200 * MS)


def test_a_passive_port_waits_to_be_spoken_to() -> None:
    speaker = port(active=False)
    assert speaker.due(10 * FAST) is None
    hear(speaker, PEER, 10 * FAST)
    assert "activity" not in told(speaker, 10 * FAST)


def test_two_passive_ports_send_nothing_periodically() -> None:
    speaker = port(active=False, fast=False)
    passive = replace(IN_SYNC, state=IN_SYNC.state - {"activity"})
    hear(speaker, passive, 0)
    assert speaker.due(0) is not None
    assert speaker.due(SLOW * 2) is None


@pytest.mark.parametrize("bit", ["collecting", "distributing"])
def test_a_bit_that_is_switched_off_is_not_sent(bit: str) -> None:
    speaker = port(**{bit: False})
    hear(speaker, IN_SYNC, 0)
    state = told(speaker, 0)
    assert "synchronization" in state
    assert bit not in state


def test_a_port_can_claim_to_be_in_sync_or_not() -> None:
    speaker = port(in_sync=False)
    hear(speaker, IN_SYNC, 0)
    assert not told(speaker, 0) & {"synchronization", "collecting", "distributing"}
    speaker.settings = replace(speaker.settings, in_sync=True)
    assert told(speaker, FAST) >= {"synchronization", "collecting", "distributing"}


def test_a_port_that_does_not_hear_tells_what_it_knew() -> None:
    speaker = port(hear=False)
    hear(speaker, IN_SYNC, 0)
    pdu = speaker.due(0)
    assert pdu is not None
    assert pdu.partner == UNKNOWN


def test_a_given_pace_is_kept_whatever_is_heard() -> None:
    speaker = port(every=100 * ms)
    sent = [at for at in range(0, 1001, 50) if speaker.due(at * MS)]
    assert sent == list(range(0, 1001, 100))
