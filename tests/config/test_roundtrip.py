"""What is written in a format reads back the same, in every format, whatever the bond."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hypothesis import given, note, settings
from hypothesis import strategies as st

from harness.bonding import OPTIONS, BondOptions
from harness.config import (
    Addressing,
    BondConfig,
    Configuration,
    Given,
    Place,
    SlaveConfig,
    Source,
    Upper,
    parse,
)
from harness.config.tool_support import FORMATS
from harness.config.write import write
from tests.bonds import bonds

HERE = Place("made up")
NAMES = st.from_regex(r"[a-z]{2,6}[0-9]{1,3}", fullmatch=True)
GATEWAYS = st.lists(st.sampled_from(["192.0.2.254", "2001:db8::fe", "192.0.2.9"]), max_size=3,
                    unique=True)  # fmt: skip
ADDRESSES = st.tuples(st.ip_addresses(v=4) | st.ip_addresses(v=6), st.integers(1, 30)).map(
    lambda pair: f"{pair[0]}/{pair[1]}"
)


def _given(options: BondOptions) -> tuple[Given, ...]:
    texts = {n: ",".join(v) if isinstance(v, tuple) else str(v) for n, v in options.given}
    return tuple(Given.read(name, text, HERE, "") for name, text in texts.items())


IPS = st.builds(
    Addressing,
    st.lists(ADDRESSES, max_size=3, unique=True).map(tuple),
    st.booleans(),
    st.booleans(),
    GATEWAYS.map(tuple),
    st.sampled_from([0, 1400, 9000]),
)


@st.composite
def configs(draw: st.DrawFn) -> BondConfig:
    """Any bond that the driver accepts, with slaves and addresses of whatever kind."""
    options = draw(bonds())
    slaves = draw(st.lists(NAMES, max_size=4, unique=True))
    for name in ("primary", "active_slave"):
        if name in options.asked and slaves and draw(st.booleans()):
            options = options.replace(**{name: draw(st.sampled_from(slaves))})
    own = {name: draw(st.integers(0, 20)) for name in slaves if draw(st.booleans())}
    return BondConfig(
        draw(NAMES.filter(lambda name: name not in slaves)),
        _given(options),
        tuple(
            SlaveConfig(n, (Given.read("queue_id", str(own[n]), HERE, ""),) if n in own else ())
            for n in slaves
        ),
        Addressing(tuple(draw(st.lists(ADDRESSES, max_size=3, unique=True)))),
        place=HERE,
    )


@st.composite
def machines(draw: st.DrawFn) -> BondConfig:
    """A bond with any IP, and with a bridge, a VLAN or both on it, one over the other."""
    bond = draw(configs())
    vlan = Upper(f"{bond.name}.9"[-15:], "vlan", (bond.name,), 9, draw(IPS))
    below = draw(st.sampled_from([bond.name, vlan.name]))
    bridge = Upper("lan", "bridge", (below, *draw(st.sampled_from([(), ("wan7",)]))), 0, draw(IPS))
    uppers = draw(st.sampled_from([(), (vlan,), (vlan, bridge)]))
    return replace(bond, ip=draw(IPS), uppers=uppers)


def in_formats(names: Iterable[str]) -> Iterator[str]:
    """Yield formats, noted for a failure: a bond is made up once for all, which takes longest."""
    for name in names:
        note(f"format: {name}")
        yield name


def several(first: BondConfig, second: BondConfig) -> Configuration:
    """Return a configuration of two bonds that share nothing."""
    shared = {first.name, *first.slave_names} & {second.name, *second.slave_names}
    return Configuration((first,) if shared else (first, second))


@settings(max_examples=25, deadline=None)
@given(configs(), configs())
def test_what_is_written_reads_back(first: BondConfig, second: BondConfig) -> None:
    asked = several(first, second)
    for format_ in in_formats(FORMATS):
        written = write(asked, format_)
        sources = [Source(name, text) for name, text in written.files.items()]
        back = parse(sources, format_)
        assert {bond.name: bond for bond in back.bonds} == {
            b.name: b for b in written.reread.bonds
        }
        assert not list(back.everything_unknown())
        if not written.cannot:
            assert {bond.name: bond for bond in back.bonds} == {b.name: b for b in asked.bonds}


@settings(max_examples=25, deadline=None)
@given(configs())
def test_what_is_left_out_is_named(bond: BondConfig) -> None:
    """Every option, slave and address that does not come through stands in the list."""
    for format_ in in_formats(FORMATS):
        left_out_is_named(bond, format_)


def left_out_is_named(bond: BondConfig, format_: str) -> None:
    written = write(Configuration((bond,)), format_)
    said, named = written.reread.bonds[0], " ".join(cannot.what for cannot in written.cannot)
    for name, value in bond.unchecked.changed().items():
        if said.unchecked[name] != value:
            assert f"{name}=" in named
    for slave in bond.slave_names:
        assert slave in said.slave_names or slave in named
    for address in bond.addresses:
        assert address in said.addresses or address in named


def lost(before: Addressing, after: Addressing) -> list[str]:
    """Return what is not in the second, in the words of the list."""
    gone = [address for address in before.addresses if address not in after.addresses]
    gone += [f"gateway {gate}" for gate in before.gateways if gate not in after.gateways]
    gone += ["DHCP IPv4"] * (before.dhcp4 and not after.dhcp4)
    gone += ["DHCP IPv6"] * (before.dhcp6 and not after.dhcp6)
    return gone + [f"MTU {before.mtu}"] * (before.mtu != after.mtu)


@settings(max_examples=15, deadline=None)
@given(machines())
def test_ip_and_what_stands_on_a_bond_read_back(bond: BondConfig) -> None:
    for format_ in in_formats(FORMATS):
        written = write(Configuration((bond,)), format_)
        sources = [Source(name, text) for name, text in written.files.items()]
        (back,) = parse(sources, format_).bonds
        (said,) = written.reread.bonds
        assert back.ip.meaning() == said.ip.meaning()
        above = {upper.name: upper.meaning() for upper in said.uppers}
        assert {upper.name: upper.meaning() for upper in back.uppers} == above
        assert back == said


@settings(max_examples=12, deadline=None)
@given(machines())
def test_no_ip_and_nothing_on_a_bond_is_lost_without_a_word(bond: BondConfig) -> None:
    for format_ in in_formats(FORMATS):
        lost_is_named(bond, format_)


def lost_is_named(bond: BondConfig, format_: str) -> None:
    written = write(Configuration((bond,)), format_)
    said, named = written.reread.bonds[0], " ".join(map(str, written.cannot))
    assert all(what in named for what in lost(bond.ip, said.ip))
    after = {upper.name: upper for upper in said.uppers}
    for upper in bond.uppers:
        if upper.name not in after:
            assert f"{upper.kind} {upper.name}" in named
        else:
            assert all(what in named for what in lost(upper.ip, after[upper.name].ip))


def test_a_word_that_a_writer_forgot_would_be_seen() -> None:
    """The control: a configuration that lost an option is not equal to the one that has it."""
    bond = BondConfig("bond0", _given(BondOptions.parse("mode=1 miimon=100 updelay=200")))
    for name in ("mode", "miimon", "updelay"):
        assert bond.without([name]) != bond
    at_default = Given.read("num_grat_arp", str(OPTIONS["num_grat_arp"].default), HERE, "")
    assert BondConfig("bond0", (*bond.given, at_default)) == bond


@settings(max_examples=15, deadline=None)
@given(configs())
def test_what_is_written_is_recognised(bond: BondConfig) -> None:
    for format_ in in_formats(name for name in FORMATS if name != "sysfs"):
        written = write(Configuration((bond,)), format_)
        sources = [Source(name, text) for name, text in written.files.items()]
        assert parse(sources).bonds[0] == parse(sources, format_).bonds[0]
