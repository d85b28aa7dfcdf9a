"""A checkup sets every option, and knows which ones a kernel may lack."""

from __future__ import annotations

import os

import pytest

from harness.bonding import OPTIONS
from harness.claims import Release
from harness.commands import checkup


def test_every_option_is_tried_with_something_other_than_its_default() -> None:
    tried = dict(checkup.trials())
    assert tried.keys() >= OPTIONS.keys() - {"mode", "active_slave"}
    for name, asked in tried.items():
        option = name.partition("=")[0]
        if option != "use_carrier":  # its other word is gone since 7.2
            assert asked[option] != OPTIONS[option].default, name


def test_words_that_came_later_are_tried_on_their_own() -> None:
    tried = dict(checkup.trials())
    assert tried["xmit_hash_policy=vlan+srcmac"]["xmit_hash_policy"] == "vlan+srcmac"
    assert tried["ad_select=actor_port_prio"].mode == "802.3ad"
    assert tried["xmit_hash_policy"].unknown_to((5, 10)) == []


@pytest.mark.guest
def test_this_kernel_lacks_what_its_release_is_known_to_lack() -> None:
    series = Release.parse(os.uname().release).series
    first, *found = checkup._options(series)
    assert first == {"bonding": True, "trouble": ""}
    assert [one["option"] for one in found] == list(dict(checkup.trials()))
    assert [one for one in found if bool(one["trouble"]) != one["expected"]] == []
