"""Requests and answers of rtnetlink, byte for byte: what goes out, and how a refusal is read."""

from __future__ import annotations

import errno
import struct
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.rtnl import messages, shaping
from harness.rtnl.messages import Request
from harness.rtnl.reduced import HEADER
from tests.tiny import HARNESS

ERROR = struct.Struct("=i")


def datagram(*parts: tuple[int, int, int, bytes]) -> bytes:
    """Return netlink messages of (type, flags, sequence, body) one behind the other, aligned."""
    whole = b""
    for kind, flags, seq, body in parts:
        message = HEADER.pack(HEADER.size + len(body), kind, flags, seq, 0) + body
        whole += message.ljust((len(message) + 3) & ~3, b"\0")
    return whole


def attribute(kind: int, value: bytes) -> bytes:
    """Return a netlink attribute, aligned."""
    data = struct.pack("=HH", 4 + len(value), kind) + value
    return data.ljust((len(data) + 3) & ~3, b"\0")


def refusal(code: int, flags: int = 0, tlvs: bytes = b"") -> bytes:
    """Return the kernel's answer to a request, with the capped header of that request."""
    body = ERROR.pack(-code) + HEADER.pack(HEADER.size, 16, 5, 0, 0) + tlvs
    return datagram((messages.NLMSG_ERROR, flags, 0, body))


def test_messages_of_a_datagram_come_one_by_one() -> None:
    data = datagram((16, 1, 7, b"abc"), (3, 2, 8, b""), (28, 0, 9, b"12345678"))
    found = [(kind, flags, seq) for kind, flags, seq, _ in messages.messages(data)]
    assert found == [(16, 1, 7), (3, 2, 8), (28, 0, 9)]
    bodies = [whole[HEADER.size :] for *_, whole in messages.messages(data)]
    assert bodies == [b"abc", b"", b"12345678"]


@given(st.binary(max_size=200))
def test_rubbish_ends_and_never_raises(data: bytes) -> None:
    for _, _, _, whole in messages.messages(data):
        assert len(whole) <= len(data)


def test_a_message_of_no_length_ends_the_datagram() -> None:
    assert list(messages.messages(b"\0" * 64)) == []


def test_no_error_is_no_refusal() -> None:
    assert messages.refusal("it", 0, refusal(0)) is None


def test_a_refusal_names_what_was_asked_and_the_errno() -> None:
    said = messages.refusal("switch sw", messages.CAPPED, refusal(errno.EEXIST))
    assert said is not None
    assert str(said) == "switch sw was refused with EEXIST"
    assert said.errno == errno.EEXIST


def test_a_refusal_repeats_the_kernels_own_words() -> None:
    tlvs = attribute(2, struct.pack("=I", 48)) + attribute(1, b"mode does not allow it\0")
    flags = messages.CAPPED | messages.ACK_TLVS
    said = messages.refusal("option x", flags, refusal(errno.EINVAL, flags, tlvs))
    assert said is not None
    assert str(said) == 'option x was refused with EINVAL: kernel says "mode does not allow it"'


@pytest.mark.parametrize("code", [errno.EPERM, errno.EACCES])
def test_a_missing_right_gets_a_hint(code: int) -> None:
    said = messages.refusal("it", 0, refusal(code))
    assert said is not None
    assert said.hint == "the user may not do this here"


@given(st.binary(max_size=40))
def test_broken_words_of_the_kernel_never_raise(tlvs: bytes) -> None:
    said = messages.refusal("it", messages.ACK_TLVS, refusal(errno.EINVAL, 0, tlvs))
    assert said is not None
    assert said.errno == errno.EINVAL


def header(request: Request) -> tuple[int, int, int, int, int]:
    """Return length, type, flags, sequence and port of a request."""
    return HEADER.unpack_from(request.data)


def test_a_device_is_asked_for_by_its_number() -> None:
    made = messages.new_link("switch sw", 7, "sw", messages.kind_of("bridge"))
    length, kind, flags, _, _ = header(made)
    assert (length, kind) == (len(made.data), messages.RTM_NEWLINK)
    assert flags == messages.REQUEST | messages.ACK | messages.CREATE | messages.EXCL
    link = messages.decode_link(made.data)
    assert (link["index"], link.get_attr("IFLA_IFNAME")) == (7, "sw")
    assert link.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_KIND") == "bridge"


@pytest.mark.parametrize(("up", "flags", "change"), [(True, 1, 1), (False, 0, 1), (None, 0, 0)])
def test_a_change_leaves_alone_what_it_does_not_name(
    flags: int, change: int, *, up: bool | None
) -> None:
    link = messages.decode_link(messages.set_link("it", 4, up=up, master=2).data)
    assert (link["flags"], link["change"], link.get_attr("IFLA_MASTER")) == (flags, change, 2)
    assert link.get_attr("IFLA_ADDRESS") is None


def test_a_pin_is_a_static_entry_of_the_bridge() -> None:
    pin = messages.fdb_entry("pin", 33, "02:00:00:00:00:01", pinned=True)
    free = messages.fdb_entry("pin", 33, "02:00:00:00:00:01", pinned=False)
    assert (header(pin)[1], header(free)[1]) == (messages.RTM_NEWNEIGH, messages.RTM_DELNEIGH)
    entry = messages.decode_neighbour(pin.data)
    assert (entry["family"], entry["ifindex"]) == (messages.AF_BRIDGE, 33)
    assert entry.get_attr("NDA_LLADDR") == "02:00:00:00:00:01"


def test_requests_of_a_batch_are_distinguished_by_their_numbers() -> None:
    one = messages.delete_link("it", 4)
    numbered = [messages.numbered(one.data, n) for n in range(3)]
    assert [HEADER.unpack_from(data)[3] for data in numbered] == [0, 1, 2]
    assert {data[: HEADER.size - 8] + data[HEADER.size - 4 :] for data in numbered} == {
        one.data[: HEADER.size - 8] + one.data[HEADER.size - 4 :]
    }


@pytest.mark.parametrize(
    ("percent", "known"), [(0, 0), (50, 0x80000000), (100, 0xFFFFFFFF), (0.001, 42950)]
)
def test_a_share_of_frames_is_a_32_bit_probability(percent: float, known: int) -> None:
    asked = shaping.netem(5, loss_percent=percent, delay_ns=0)
    assert struct.pack("=I", known) in asked.data


def test_which_frames_are_lost_is_reported_by_a_seed() -> None:
    """TCA_NETEM_PRNG_SEED is attribute 14 of netem and has 64 bits."""
    asked = shaping.netem(5, loss_percent=30, seed=0x1122334455667788)
    assert struct.pack("=HHQ", 12, 14, 0x1122334455667788) in asked.data


def test_pyroute2_is_complete_after_it_was_imported_in_part() -> None:
    asked = (
        "import sys, harness.rtnl.messages as ours\n"
        "assert 'pyroute2.ndb' not in sys.modules\n"
        "from pyroute2 import IPRoute\n"
        "import pyroute2.netlink.rtnl.ifinfmsg as theirs\n"
        "assert theirs.ifinfmsg is ours.ifinfmsg and IPRoute.__name__ == 'IPRoute'\n"
    )
    subprocess.run([sys.executable, "-c", asked], cwd=HARNESS, check=True)


def test_the_state_of_a_link_has_what_a_recording_reads_and_is_decoded_once() -> None:
    def told(mtu: int) -> bytes:
        state = {"address": "02:00:00:00:00:01", "linkinfo": messages.kind_of("bond")}
        link = messages.link_message(7, up=True, carrier=1, mtu=mtu, **state)
        return messages.request("", messages.RTM_NEWLINK, 0, link).data

    first, second = (messages.decode_state(told(mtu)) for mtu in (1500, 9000))
    assert first is second
    assert (first["index"], first["flags"]) == (7, messages.IFF_UP)
    assert first.get_attr("IFLA_ADDRESS") == "02:00:00:00:00:01"
    assert first.get_attr("IFLA_CARRIER") == 1
    assert first.get_attr("IFLA_MTU") is None
    assert first.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_KIND") == "bond"
