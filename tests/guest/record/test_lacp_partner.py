"""The harness's own LACP partner on real ports, and what it may not be asked for."""

from __future__ import annotations

import pytest

from harness import Stage, ms
from harness.errors import ScenarioError
from scenarios.channels import LacpPair, ScriptedPartner

pytestmark = pytest.mark.guest


def test_a_bond_joins_the_partner_and_is_recorded(stage: Stage) -> None:
    with ScriptedPartner(stage) as net:
        net.dut.bond()
        partner = net.sw.speak_lacp(net.eth0, net.eth1, key=77, system_priority=9)
        with net.watch() as run:
            net.after(1200 * ms)
        heard = run.slave("eth0").partner_lacpdus
        assert {pdu.actor.system for pdu in heard} == {partner.system}
        assert {(pdu.actor.key, pdu.actor.system_priority) for pdu in heard} == {(77, 9)}
        assert run.partners == [partner.system]
        assert run.slave("eth1").partner_state >= {"collecting", "distributing"}


def test_a_silent_partner_is_left_and_joined_again(stage: Stage) -> None:
    with ScriptedPartner(stage) as net:
        net.dut.bond()
        partner = net.sw.speak_lacp(net.eth0, net.eth1)
        with net.watch() as run, partner.silence():
            net.after(6000 * ms)
        assert run.slave("eth0").usages == ["active", "backup", "active"]


def test_a_port_of_the_kernels_channel_is_rejected(stage: Stage) -> None:
    with LacpPair(stage) as net, pytest.raises(ScenarioError, match="port of sw at which"):
        net.sw.speak_lacp(net.eth0)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"key": 65536}, "cannot have the key 65536"),
        ({"every": 10 * ms}, r"a LACPDU every 10\.0 ms"),
    ],
)
def test_settings_that_fit_no_lacpdu_are_rejected(
    stage: Stage, settings: dict[str, object], said: str
) -> None:
    with ScriptedPartner(stage) as net, pytest.raises(ScenarioError, match=said):
        net.sw.speak_lacp(net.eth0, **settings)  # type: ignore[arg-type]
