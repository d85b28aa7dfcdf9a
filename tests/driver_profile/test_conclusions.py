"""What follows from a driver's facts: every answer, and its opposite from facts that differ."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args

import pytest

from harness.claims import catalogue
from harness.driver_profile import conclusions, facts
from harness.driver_profile.conclusions import Conclusion, conclude
from harness.driver_profile.facts import (
    AddressChange,
    LinkQuery,
    Profile,
    Reception,
    Speed,
    Survival,
    Trial,
)
from harness.errors import UsageError
from tests.drivers import BUSY, GOOD, GOOD_CARRIER, samples, with_trial

BARE = replace(GOOD, trials=(), survivals=())
OLD = replace(GOOD, kernel="6.1.176")


def but(profile: Profile, **changes: Any) -> Profile:
    return replace(profile, **changes)


def of(profile: Profile, subject: str) -> Conclusion:
    return next(one for one in conclude(profile) if one.subject == subject)


def test_a_driver_that_supports_everything_has_only_positive_conclusions() -> None:
    answers = {one.subject: one.answer for one in conclude(GOOD)}
    assert answers.pop("miimon with use_carrier=0") == "no"  # gone since 7.2
    assert set(answers.values()) == {"yes"}
    assert len(answers) == 14


def test_every_conclusion_names_claims_that_exist() -> None:
    known = catalogue().claims
    named = {claim for one in conclude(GOOD) for claim in one.claims}
    assert len(named) > 25
    assert named - known.keys() == set()


def test_without_any_measurement_nothing_is_claimed() -> None:
    blank = Profile("eth1", "", "6.1.0", "real", 250, GOOD.identity)
    answers = {one.subject: one.answer for one in conclude(blank)}
    assert answers.pop("active") == "yes"  # asks nothing of a driver
    assert set(answers.values()) == {"unknown"}


def test_miimon_needs_each_loss_and_each_return_to_show() -> None:
    assert "within 7.0 ms" in of(GOOD, "miimon (carrier)").why
    for name in ("down_flag", "up_flag"):
        changed: dict[str, Any] = {name: samples(1, None, 2)}
        carrier = replace(GOOD_CARRIER, **changed)
        told = of(replace(GOOD, carrier=carrier), "miimon (carrier)")
        assert told.answer == "no"
        assert "1 of 3 times never" in told.why


def test_a_driver_that_never_reports_its_link_fails_the_monitor_and_the_event() -> None:
    never = samples(None, None)
    carrier = replace(GOOD_CARRIER, down_flag=never, down_event=never)
    profile = replace(GOOD, carrier=carrier)
    for subject in ("miimon (carrier)", "carrier event (hash modes)"):
        assert of(profile, subject).answer == "no"
        assert "never" in of(profile, subject).why


def test_an_operator_proves_that_the_link_shows_but_not_how_soon() -> None:
    carrier = replace(GOOD_CARRIER, how="an operator pulled and plugged the cable")
    told = of(replace(GOOD, carrier=carrier), "miimon (carrier)")
    assert told.answer == "yes"
    assert "within" not in told.why


def test_without_a_far_end_it_says_how_to_get_one() -> None:
    missing = {"carrier": "not measured: needs a far end"}
    told = of(replace(GOOD, carrier=None, missing=missing), "miimon (carrier)")
    assert (told.answer, told.why) == ("unknown", missing["carrier"])


FOLLOWS, LIES = LinkQuery(link=True, followed=True), LinkQuery(link=True, followed=False)
REFUSED, UNTRIED = LinkQuery(refused="EOPNOTSUPP"), LinkQuery(link=True)


@pytest.mark.parametrize(
    ("ethtool", "mii", "answer", "says"),
    [
        (FOLLOWS, REFUSED, "yes", "ethtool follows"),
        (REFUSED, FOLLOWS, "yes", "MII registers follows"),
        (
            LIES,
            FOLLOWS,
            "no",
            "reports up",
        ),  # the kernel asks ethtool first, and stops there
        (UNTRIED, REFUSED, "unknown", "not tested by a fault"),
        (REFUSED, REFUSED, "no", "assume the link is up"),
    ],
)
def test_use_carrier_0_asks_ethtool_first(
    ethtool: LinkQuery, mii: LinkQuery, answer: str, says: str
) -> None:
    told = of(replace(OLD, ethtool_link=ethtool, mii=mii), "miimon with use_carrier=0")
    assert told.answer == answer
    assert says in told.why


def test_the_arp_monitor_needs_frames_and_nothing_else() -> None:
    assert of(replace(GOOD, carrier=None), "ARP monitor").answer == "yes"
    deaf = AddressChange(hears=False)
    assert of(replace(BARE, mac_up=deaf, mac_down=deaf), "ARP monitor").answer == "no"
    assert of(BARE, "ARP monitor").answer == "yes"  # frames to a changed MAC arrived
    assert of(replace(BARE, mac_up=BUSY, mac_down=BUSY), "ARP monitor").answer == "unknown"


def test_veth_fools_the_arp_monitor_of_5_10() -> None:
    veth = replace(GOOD, identity=replace(GOOD.identity, driver="veth"))
    assert of(veth, "ARP monitor").answer == "yes"
    assert of(replace(veth, kernel="5.10.46"), "ARP monitor").answer == "no"
    assert of(replace(GOOD, kernel="5.10.46"), "ARP monitor").answer == "yes"


@pytest.mark.parametrize("subject", ["none", "follow", "new MAC of a running bond"])
def test_policies_follow_from_the_mac_changes_where_no_bond_was_made(subject: str) -> None:
    assert of(BARE, subject).answer == "yes"
    change = "mac_down" if subject == "none" else "mac_up"
    told = of(but(BARE, **{change: BUSY}), subject)
    assert told.answer == "no"
    assert "EBUSY" in told.why
    silent = of(but(BARE, **{change: AddressChange(kept=False)}), subject)
    assert "has no effect" in silent.why
    other = "mac_up" if subject == "none" else "mac_down"
    assert of(but(BARE, **{other: BUSY}), subject).answer == "yes"


def test_a_trial_outweighs_what_single_facts_suggest() -> None:
    profile = replace(GOOD, mac_up=BUSY)
    assert of(profile, "follow").answer == "yes"
    wrong = Trial("fail_over_mac=follow", link="up", addresses_right=False, log=("Error 16",))
    told = of(with_trial(profile, wrong), "follow")
    assert told.answer == "no"
    assert "EBUSY" in told.why
    assert '"Error 16"' in told.why


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (Trial("balance-alb", refused="EOPNOTSUPP"), "refuses it with EOPNOTSUPP"),
        (Trial("balance-alb", link="down"), "considers its link down"),
        (Trial("balance-alb", link="up", hears=False), "do not reach it"),
        (Trial("balance-alb", link="up", recovers=False), "stays down"),
    ],
)
def test_whatever_goes_wrong_in_a_trial_is_named(changed: Trial, says: str) -> None:
    told = of(with_trial(GOOD, changed), "balance-alb")
    assert told.answer == "no"
    assert says in told.why
    assert not changed.works


def test_a_slave_that_never_became_active_proves_nothing() -> None:
    told = of(with_trial(GOOD, Trial("fail_over_mac=active")), "active")
    assert told.answer == "unknown"


def test_a_bond_that_gave_up_none_by_itself_does_not_support_it() -> None:
    changed = replace(GOOD.trials[0], effective="active")
    assert of(with_trial(GOOD, changed), "none").answer == "no"


@pytest.mark.parametrize("mode", ["802.3ad", "balance-tlb", "balance-alb"])
@pytest.mark.parametrize("speed", [Speed(), Speed(1000), Speed(None, "full"), Speed(refused="X")])
def test_modes_that_need_speed_and_duplex(mode: str, speed: Speed) -> None:
    assert of(BARE, mode).answer == "yes"
    told = of(replace(BARE, speed=speed), mode)
    assert (told.answer, told.why) == ("no", "speed or duplex is unknown")


def test_half_duplex_is_no_good_for_lacp_only() -> None:
    half = replace(GOOD, speed=Speed(100, "half"))
    assert of(half, "802.3ad").answer == "no"
    assert of(half, "balance-tlb").answer == "yes"


def test_better_cannot_compare_what_is_unknown() -> None:
    assert of(GOOD, "primary_reselect=better").answer == "yes"
    unknown = replace(GOOD, speed=Speed())
    taken = with_trial(unknown, Trial("primary_reselect=better", effective="takes over"))
    assert "highest" in of(taken, "primary_reselect=better").why
    assert "highest" not in of(unknown, "primary_reselect=better").why
    assert of(unknown, "primary_reselect=better").answer == "no"


ON, OFF = Reception(flag=True), Reception(flag=False)
HEARS, DEAF = Reception(flag=True, hears=True), Reception(flag=True, hears=False)
QUIET, LOUD = Reception(flag=False, hears=False), Reception(flag=False, hears=True)


@pytest.mark.parametrize(
    ("phases", "answer", "says"),
    [
        ((QUIET, HEARS, QUIET, HEARS), "yes", "frames arrive"),
        ((LOUD, HEARS, LOUD, HEARS), "yes", "arrive without it too"),
        ((HEARS, HEARS, HEARS, HEARS), "yes", "already set on the slave"),
        ((OFF, ON, OFF, ON), "yes", "set again"),
        ((QUIET, HEARS, QUIET, QUIET), "no", "lost at a failover"),
        ((QUIET, HEARS, QUIET, DEAF), "no", "frames do not arrive"),
        ((QUIET, DEAF, QUIET, DEAF), "no", "not even before"),
        ((QUIET, QUIET, QUIET, QUIET), "no", "not set on the active slave"),
    ],
)
def test_what_is_left_of_promiscuous_mode(
    phases: tuple[Reception, ...], answer: str, says: str
) -> None:
    told = of(replace(GOOD, survivals=(Survival("promisc", *phases),)), "promisc")
    assert told.answer == answer
    assert says in told.why


def test_a_profile_survives_json() -> None:
    (back,) = facts.load_all(json.dumps([GOOD.plain()]))
    assert back == GOOD
    assert facts.load_all(json.dumps(BARE.plain())) == [BARE]


def test_what_was_concluded_is_left_out_when_facts_are_read() -> None:
    from harness.commands.driver_profile import plain  # noqa: PLC0415

    data = plain(GOOD)
    assert data["concluded"][0]["subject"] == "miimon (carrier)"
    assert facts.load_all(json.dumps([data])) == [GOOD]


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"format": 1}', '{"format": 99}', "[{}]"])
def test_anything_else_is_rejected_with_a_message(text: str) -> None:
    with pytest.raises(UsageError, match="this is no profile"):
        facts.load_all(text)


def test_the_answers_are_three_words() -> None:
    assert set(get_args(conclusions.Support)) == {"yes", "no", "unknown"}


def test_what_no_bond_has_shown_is_reported() -> None:
    for subject in ("none", "active", "follow", "balance-tlb", "balance-alb", "802.3ad"):
        assert "no bond was tried" in of(BARE, subject).why
        assert "no bond was tried" not in of(GOOD, subject).why
