"""Commands, wrappers, includes and other programs' files: what is wrong in them is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import ConfigError, Source, load, parse
from harness.config.left_behind import left_behind
from tests.config_lines import errors, told, written

AB = "mode=active-backup miimon=100"
STANZA = (
    "iface %s inet manual\n  bond-mode active-backup\n  bond-miimon 100\n  bond-slaves e1 e2\n"
)
PLAN = "bonds: {b5: {interfaces: [e1], parameters: {mode: active-backup}}}"


def test_a_text_inside_of_yaml_has_the_lines_of_the_whole_file() -> None:
    text = f"a: 1\nb: |\n  network:\n    ethernets: {{e1: {{}}}}\n    {PLAN}\n"
    (bond,) = parse([Source("u", text)], "netplan").bonds
    assert str(bond.where("mode")) == "u:5"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "ip link add b1 type bond\nip link set $1 master b1\n",
            "what $1 stands for is unknown",
        ),
        ("ip link add b1 type bond mode 1 miimonn 5\n", "ip has no such option of a bond"),
        (
            "ip link add b1 type bond mode 1 miimon\n",
            "it has no value, and ip refuses the command",
        ),
        ("echo 1 > /sys/class/net/b1/bonding/mod\n", "there is no file mod in a bond's directory"),
    ],
)
def test_what_a_command_would_not_do_is_a_finding(text: str, said: str) -> None:
    found = parse([Source("s.sh", text)])
    assert any(said in remark.why for _, remark in found.everything_unknown())


def test_a_form_that_is_not_read_says_what_to_give() -> None:
    text = "interfaces {\n    bonding bond0 {\n        mode 802.3ad\n    }\n}\n"
    with pytest.raises(ConfigError, match=r"VyOS's form with braces") as error:
        parse([Source("config.boot", text)])
    assert "show configuration commands" in error.value.hint


def test_files_that_source_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "interfaces").write_text(f"source other\n{STANZA % 'b1'}source gone\n")
    (tmp_path / "other").write_text("source interfaces\nsource nothing*\n")
    found = load([str(tmp_path / "interfaces")])
    assert told(found) == [f"b1: {AB}; e1 e2"]
    (gone,) = errors(found)
    assert "gone does not exist, and ifupdown does not report that" in gone


def test_a_file_that_is_not_sourced_has_no_effect(tmp_path: Path) -> None:
    files = {"interfaces": STANZA % "b1", "interfaces.d/x": STANZA % "b2"}
    found = written(tmp_path, files)
    assert told(found) == [f"b1: {AB}; e1 e2"]
    assert ["does not source it" in remark.why for remark in found.remarks] == [True]


DATA = """\
{\t"links": [{"id": "b", "type": "bond", "bond_links": [], "bond_mode": "1", "wire": "x"}],
\t"services": ["192.0.2.5"]}
"""
LINUX_BOND = """\
network_config:
- {type: linux_bond, name: b1, bonding_options: mode=1, dns_servers: [192.0.2.5]}
"""
KICKSTART = "network --device=b1 --bondslaves=e1,e2 --bondopts=mode=1 --nameserver=192.0.2.9\n"
APPEND = "append quiet bond=b1:e1,e2:mode=1 ip=b1:dhcp vlan=b1.4:b1 rd.route=192.0.2.0/24\n"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (KICKSTART, ["--nameserver=192.0.2.9"]),
        (APPEND, ["rd.route=192.0.2.0/24"]),
        (DATA, ["links.wire: x", "services: 192.0.2.5"]),
        (LINUX_BOND, ["network_config.dns_servers: 192.0.2.5"]),
    ],
)
def test_settings_of_an_installer_besides_its_bonds_are_left_behind(
    text: str, left: list[str]
) -> None:
    given = [Source("file", text)]
    found = parse(given)
    assert found.bonds[0].asked["mode"] == "active-backup"
    assert [one.spelled for one in left_behind(given, found)] == left
