"""No text makes a reader crash: it is read, or refused in words with its file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, note, settings
from hypothesis import strategies as st

from harness.config import ConfigError, Configuration, Source, load, parse
from harness.config import read as reading
from harness.config.detect import detect
from harness.config.left_behind import left_behind
from harness.config.lint import lint
from harness.config.option_names import NETPLAN, NETWORKD, PROC
from harness.config.read import READERS
from harness.config.rules import RULES
from harness.config.tool_support import FORMATS
from harness.config.write import write

# What makes up files of these formats, so that the fuzzer gets beyond their first line.
WORDS = [
    *("iface bond0 inet manual", "auto", "bond-slaves", "bond_mode", "slaves eth0", "bond-master"),
    *("glob swp1-3", "address", "netmask", "source", "pre-up ifenslave bond0 eth1", "\\", "\t"),
    *(
        "[NetDev]",
        "[Bond]",
        "[Match]",
        "[Network]",
        "[connection]",
        "[bond]",
        "[ipv4]",
        "Kind=bond",
    ),
    *("Name=bond0", "Name=eth*", "Bond=bond0", "PrimarySlave=yes", "type=bond", "master=bond0"),
    *("slave-type=bond", "interface-name=bond0", "address1=192.0.2.1/24", "uuid=1-2"),
    *("options bonding", "alias bond0 bonding", "install bond1 /sbin/modprobe bonding -o bond1"),
    *("max_bonds=99", "miimon=100", "mode=1", "primary=", "arp_ip_target=1.1.1.1,2.2.2.2"),
    *("DEVICE=bond0", "BONDING_OPTS='", '"', "'", "MASTER=bond0", "BONDING_SLAVE0=eth0", "="),
    *("BONDING_MODULE_OPTS=", "IPADDR=1.1.1.1", "PREFIX=99", "#", ";", ",", ":", "- ", "{", "}"),
    *("network:", "  bonds:", "    bond0:", "      parameters:", "interfaces:", "&a", "*a", "<<:"),
    *(
        "link-aggregation:",
        "  mode: 1",
        "- name: bond0",
        "  type: bond",
        "options:",
        "port:",
        "[]",
    ),
    *("nmcli con add type bond ifname bond0", "bond.options", "mode active-backup", "con-name x"),
    *("Ethernet Channel Bonding Driver: v6.1", "Bonding Mode: x (y z)", "Slave Interface: eth0"),
    *(
        "Primary Slave: eth0 (primary_reselect always)",
        "Slave queue ID: 3",
        "99999999999999999999",
    ),
    *(
        "ip link add b1 type bond mode",
        "ip link set dev",
        "master b1",
        "type vlan id 7",
        "link b1",
    ),
    *(
        "echo",
        ">",
        "/sys/class/net/b1/bonding/mode",
        "+e1",
        "for i in",
        "; do",
        "; done",
        "$i",
        "&&",
    ),
    *(
        "ip addr add 192.0.2.1/24 dev b1",
        "ip route add default via",
        "`",
        "<<E",
        "[u@h ~]# ",
        "tee",
    ),
    *("version: 1", "config:", "bond_interfaces:", "params:", "subnets:", "hosts:", "|", "spec:"),
    *(
        "machine:",
        "  bond: {mode: 1}",
        "interface: b1",
        "config interface b1",
        "option proto bonding",
    ),
    *("set interfaces bonding b1 mode", "vif", '{"type": "bond", "links": [', '{"name": 1}', "]}"),
    *(
        "nmcli con add",
        "nmcli con mod",
        "-bond.options",
        "ipv4.method auto",
        "bridge_ports",
        "vlan",
    ),
    *(f"{key}=5min 3ms" for key in NETWORKD),
    *(f"{key}: 5" for key in (*NETPLAN, *PROC)),
    *(
        "\x00",
        "\ufeff",
        "\u2028",
        "\x1c",
        "é",
        "\u0661",
        "-1",
        "0x10",
        "1e9",
        "nan",
        ".",
        "/",
        "..",
        "\r",
    ),
]
TEXTS = st.text(max_size=200) | st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from(["\n", " ", "", "\n  ", ","])), max_size=30
).map(lambda parts: "".join(word + end for word, end in parts))
NAMES = st.sampled_from(
    ["bond0", "ifcfg-bond0", "x.netdev", "bond0/bonding/mode", "a b", "slaves"]
)


def read(sources: list[Source], format_: str | None) -> Configuration | None:
    """Read texts, None where they are refused; the refusal names one of them."""
    try:
        return parse(sources, format_)
    except ConfigError as error:
        refused = error
    assert any(source.name in refused.message for source in sources)
    return None


@settings(max_examples=60, deadline=None)
@given(NAMES, TEXTS)
@example("x", "[" * 600)  # nested deeper than PyYAML can read
@example("x", "- " * 3000)
@example("x", "a: &a [*a]")
@example("x", "network: &a {bonds: *a}")
@example("x", "{}")
@example("x", "[null, 1, {}]")
@example("x", "")
def test_no_text_crashes_a_reader(name: str, text: str) -> None:
    source = Source(name, text)
    for format_ in READERS:
        note(f"format: {format_}")
        found = read([source], format_)
        if found is not None:
            lint(found, RULES)
            left_behind([source], found, format_)
            for target in FORMATS:
                write(found, target)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(NAMES, TEXTS), min_size=1, max_size=3))
def test_no_text_crashes_recognition(parts: list[tuple[str, str]]) -> None:
    sources = [Source(name, text) for name, text in parts]
    for source in sources:
        assert detect(source) in (*READERS, None)
    read(sources, None)


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats()
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["mode", "miimon", "queue_id", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(JSON, JSON, JSON, JSON)
def test_no_json_crashes_the_reader_of_ip(data: object, own: object, a: object, b: object) -> None:
    """Values of every type in every place that the reader looks at."""
    links = [
        {"ifname": "bond0", "linkinfo": {"info_kind": "bond", "info_data": data}, "addr_info": a},
        {"ifname": "eth0", "master": "bond0", "linkinfo": {"info_slave_data": own}},
        {"ifname": b, "linkinfo": b, "master": b},
    ]
    read([Source("links.json", json.dumps(links))], "ip-json")


def test_the_fuzzer_would_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a reader that raises something else is seen."""

    def broken(_: object) -> None:
        raise KeyError("mode")

    monkeypatch.setattr(reading, "READERS", dict.fromkeys(FORMATS, broken))
    with pytest.raises(KeyError):
        read([Source("x", "mode=1")], "bonding-opts")


def test_bytes_of_an_old_encoding_are_read_and_remarked_on(tmp_path: Path) -> None:
    (tmp_path / "bond").write_bytes(b"# gesch\xfctzt\nmode=1\nmiimon=100\n")
    found = load([str(tmp_path / "bond")])
    assert found.bonds[0].asked == {"mode": "active-backup", "miimon": 100}
    (remark,) = found.remarks
    assert str(remark.place) == f"{tmp_path}/bond:1"
    assert "byte 0xfc is no UTF-8 text" in remark.why
