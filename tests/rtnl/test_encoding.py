"""Equal messages are encoded once, and others by themselves."""

from __future__ import annotations

from typing import Any

import pytest
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from harness.rtnl import encoding, messages
from harness.rtnl.encoding import encoded


def named(name: object) -> Any:
    return messages.link_message(4, up=True, ifname=name)


def freshly(message: Any) -> bytes:
    message.encode()
    return bytes(message.data)


def test_an_equal_message_has_the_same_bytes_without_encoding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = encoded(named("once"))
    monkeypatch.setattr(ifinfmsg, "encode", lambda _: pytest.fail("it was encoded again"))
    assert encoded(named("once")) == first


@pytest.mark.parametrize(
    "values",
    [
        {"index": 5, "ifname": "a"},
        {"index": 4, "ifname": "a", "up": False},
        {"index": 4, "ifname": "b"},
        {"index": 4, "ifname": "a", "linkinfo": messages.kind_of("bridge")},
        {"index": 4, "ifname": "a", "linkinfo": messages.kind_of("veth")},
    ],
)
def test_a_message_that_differs_anywhere_has_its_own_bytes(values: dict[str, Any]) -> None:
    before = encoded(named("a"))
    made = encoded(messages.link_message(**{"up": True, **values}))
    assert made == freshly(messages.link_message(**{"up": True, **values}))
    assert made != before


def test_a_type_of_request_is_part_of_the_message() -> None:
    up = messages.set_link("up", 4, up=True)
    gone = messages.delete_link("gone", 4)
    assert messages.set_link("again", 4, up=True).data == up.data
    assert up.data != gone.data


def test_a_value_that_may_change_is_encoded_each_time() -> None:
    class Name(str):
        __slots__ = ()

    known = dict(encoding._known)
    assert encoded(named(Name("changing"))) == freshly(named("changing"))
    assert encoding._known == known


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "KEPT", 3)
    for number in range(8):
        encoded(messages.link_message(number, up=True))
    assert len(encoding._known) <= 3
