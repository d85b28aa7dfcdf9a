"""What people have in their files: each format's own spelling, units and lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import BondConfig, ConfigError, Source, load, parse
from tests.configs import (
    BY_HAND,
    CUMULUS,
    DEBIAN,
    IP,
    KEYFILES,
    NETPLAN,
    NMSTATE,
    PROC,
    RED_HAT,
    SUSE,
    UBUNTU,
    UNITS,
)


def one(*texts: str, format_: str | None = None, **named: str) -> BondConfig:
    """Return the one bond of some texts."""
    sources = [Source(f"file{n}" if n else "file", text) for n, text in enumerate(texts)]
    sources += [Source(name, text) for name, text in named.items()]
    (bond,) = parse(sources, format_).bonds
    return bond


def test_debian_as_seed_000_has_it() -> None:
    bond = one(DEBIAN)
    assert bond.unchecked.text() == (
        "mode=active-backup miimon=0 arp_interval=5000 arp_ip_target=192.168.0.1 primary=eth1"
    )
    assert bond.slave_names == ("eth1", "eth2")
    assert bond.addresses == ("192.168.0.3/24",)
    assert str(bond.where("arp_interval")) == "file:15"
    assert bond.format == "interfaces"


def test_slaves_that_a_hook_enslaves_count() -> None:
    assert one(BY_HAND, "options bonding mode=1 miimon=100\n").slave_names == ("eth1", "eth2")
    bond = one(BY_HAND, "alias bond0 bonding\noptions bonding mode=1 miimon=100\n")
    assert bond.asked == {"mode": "active-backup", "miimon": 100}


def test_ubuntu_as_seed_002_has_it() -> None:
    bond = one(UBUNTU)
    assert bond.asked == {"mode": "active-backup", "miimon": 100}
    assert bond.slave_names == ("eth0", "eth1")
    assert bond.addresses == ()


def test_ifupdown2_has_spellings_of_its_own() -> None:
    bond = one(CUMULUS)
    assert bond.format == "ifupdown2"
    assert bond.slave_names == ("swp1", "swp2", "swp3")
    assert bond.asked == {"mode": "active-backup", "use_carrier": "on", "ad_actor_sys_prio": 7}


def test_red_hat_as_seed_001_has_it() -> None:
    bond = one(**RED_HAT)
    assert bond.unchecked.text() == "mode=active-backup miimon=100 updelay=5000 primary=eth0"
    assert bond.slave_names == ("eth0", "eth1")
    assert bond.addresses == ("192.168.11.101/24",)
    assert str(bond.where("updelay")) == "ifcfg-bond0:4"


def test_quoted_options_may_span_lines() -> None:
    text = 'DEVICE=bond0\nBONDING_OPTS="mode=1\n  miimon=100"\n# end\n'
    assert one(text).asked == {"mode": "active-backup", "miimon": 100}


def test_suse() -> None:
    bond = parse([Source("ifcfg-bond3", SUSE)]).bonds[0]
    assert (bond.name, bond.slave_names) == ("bond3", ("eth0", "eth1"))
    assert bond.asked == {"mode": "active-backup", "miimon": 100}
    assert bond.addresses == ("192.0.2.1/24",)


def test_modprobe_makes_as_many_bonds_as_it_is_told_to() -> None:
    found = parse([Source("x", "options bonding mode=1 max_bonds=2 miimon=100\n")]).bonds
    assert [bond.name for bond in found] == ["bond0", "bond1"]
    assert {bond.unchecked.text() for bond in found} == {"mode=active-backup miimon=100"}
    old = "install bond1 /sbin/modprobe --ignore-install bonding -o bond1 mode=1 miimon=100\n"
    assert one(old).name == "bond1"
    assert one(old).asked == {"mode": "active-backup", "miimon": 100}


def test_networkmanager_profiles_find_each_other() -> None:
    bond = one(**KEYFILES)
    assert bond.unchecked.text() == (
        "mode=active-backup arp_interval=100 arp_ip_target=192.0.2.2,192.0.2.3"
    )
    assert bond.slave_names == ("eth0",)
    assert [given.text for given in bond.slaves[0].given] == ["9"]
    assert bond.addresses == ("192.0.2.1/24",)


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("mode=active-backup,arp_interval=9,arp_ip_target=1.1.1.1", ("1.1.1.1",)),
        ("mode=1,arp_ip_target=1.1.1.1\\,2.2.2.2,arp_interval=9", ("1.1.1.1", "2.2.2.2")),
        ("mode=1,arp_ip_target=1.1.1.1,2.2.2.2,arp_interval=9", ("1.1.1.1", "2.2.2.2")),
        ("mode=1 arp_ip_target=1.1.1.1,2.2.2.2 arp_interval=9", ("1.1.1.1", "2.2.2.2")),
        ("mode=1 arp_ip_target=+1.1.1.1 arp_ip_target=+2.2.2.2", ("1.1.1.1", "2.2.2.2")),
    ],
)
def test_commas_in_targets_are_no_ends_of_options(text: str, targets: tuple[str, ...]) -> None:
    assert one(text).asked["arp_ip_target"] == targets


def test_nmcli_commands() -> None:
    text = (
        "nmcli con add type bond con-name b ifname bond0 bond.options 'mode=1,miimon=50' "
        "ip4 192.0.2.1/24\nnmcli con add type ethernet ifname eth0 master bond0\n"
    )
    bond = one(text)
    assert bond.asked == {"mode": "active-backup", "miimon": 50}
    assert (bond.slave_names, bond.addresses) == (("eth0",), ("192.0.2.1/24",))


def test_networkmanager_adds_a_monitor_by_itself() -> None:
    assert one("mode=active-backup,primary=eth0").asked["miimon"] == 100
    assert "miimon" not in one("mode=active-backup primary=eth0").asked


def test_networkd_counts_in_seconds() -> None:
    bond = one(**UNITS)
    assert bond.unchecked.text() == (
        "mode=active-backup miimon=100 updelay=1500 downdelay=200 primary=eth1 lp_interval=120"
    )
    assert bond.slave_names == ("eth0", "eth1")
    assert bond.addresses == ("192.0.2.1/24",)
    assert one("[NetDev]\nName=b\nKind=bond\n[Bond]\nMIIMonitorSec=100").asked["miimon"] == 100_000


def test_netplan_counts_in_ms_and_knows_interfaces_by_ids() -> None:
    bond = one(NETPLAN)
    assert bond.unchecked.text() == (
        "mode=active-backup miimon=100 updelay=1000 arp_ip_target=192.0.2.2,192.0.2.3 "
        "primary=eth1 all_slaves_active=on lp_interval=3"
    )
    assert bond.slave_names == ("eth0", "eth1")
    assert str(bond.where("updelay")) == "file:14"


def test_nmstate() -> None:
    bond = one(NMSTATE)
    assert bond.unchecked.text() == (
        "mode=balance-tlb miimon=140 all_slaves_active=on tlb_dynamic_lb=off"
    )
    assert [(s.name, [g.text for g in s.given]) for s in bond.slaves] == [
        ("eth0", []),
        ("eth1", ["5"]),
    ]


def test_proc_tells_what_is_not_at_its_default() -> None:
    bond = one(PROC)
    assert bond.unchecked.text() == (
        "mode=active-backup miimon=100 updelay=5000 primary=eth0 fail_over_mac=active"
    )
    assert bond.slave_names == ("eth0", "eth1")


def test_ip_json() -> None:
    bond = one(IP)
    assert bond.unchecked.text() == "mode=active-backup miimon=100 updelay=200 num_grat_arp=3"
    assert [(s.name, [g.spelled for g in s.given]) for s in bond.slaves] == [
        ("eth0", ["prio: 2", "queue_id: 0"])
    ]
    assert str(bond.where("num_grat_arp")) == "file:4"


def test_a_directory_of_sysfs_is_a_bond_that_runs(tmp_path: Path) -> None:
    place = tmp_path / "bond5" / "bonding"
    place.mkdir(parents=True)
    files = {"mode": "active-backup 1", "miimon": "100", "slaves": "eth0 eth1", "primary": ""}
    files |= {"arp_ip_target": "", "mii_status": "up", "num_grat_arp": "1", "updelay": "0"}
    for name, text in files.items():
        (place / name).write_text(text + "\n")
    for argument in (place, place.parent):
        (bond,) = load([str(argument)]).bonds
        assert (bond.name, bond.slave_names) == ("bond5", ("eth0", "eth1"))
        assert bond.unchecked.text() == "mode=active-backup miimon=100"


def test_a_directory_is_one_configuration_and_what_is_foreign_is_reported(tmp_path: Path) -> None:
    for name, text in RED_HAT.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "ifcfg-bond0.bak").write_text("DEVICE=bond9\nBONDING_OPTS=mode=9\n")
    (tmp_path / "README").write_text("hello\n")
    found = load([str(tmp_path)])
    assert [bond.name for bond in found.bonds] == ["bond0"]
    assert [remark.spelled for remark in found.remarks] == ["README"]


def test_what_no_bond_knows_is_kept() -> None:
    (remark,) = one('DEVICE=bond0\nBONDING_OPTS="mode=1 miimonn=100"').remarks
    assert remark.spelled == "miimonn=100"
    assert "miimon" in remark.hint
    assert str(remark.place) == "file:2"
    (remark,) = one(NETPLAN + "        arp-missed-max: 3\n").remarks
    assert "netplan has no such parameter" in remark.why


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a", "mode=1 miimon", "a:1: 'miimon' is no NAME=VALUE"),
        ("ifcfg-bond0", 'DEVICE=bond0\nBONDING_OPTS="mode=1\n', "ifcfg-bond0:2: a quotation"),
        ("ifcfg-bond0", "DEVICE=bond0\nif true; then\n", "ifcfg-bond0:2: 'if true; then' is no"),
        ("ifcfg-a/b", "DEVICE=a/b\nBONDING_OPTS=mode=1\n", "'a/b' is no interface's name"),
        ("interfaces", "auto a\n  bond-mode 1\n", "interfaces:2: 'bond-mode' is in no stanza"),
        ("interfaces", "iface\n", "the format is none of the known"),
        ("modprobe.d/m.conf", "foo bar\nalias eth0 e1000\n", "m.conf:1: 'foo' is no command"),
        ("a.netdev", "[NetDev]\nKind=bond\n", "a.netdev:1: a bond without Name="),
        ("a.netdev", "[NetDev\n", "a.netdev:1: '[NetDev' is no section"),
        ("a.netdev", "Name=bond0\n", "a.netdev:1: 'Name=bond0' is before any section"),
        ("a.nmconnection", "[bond]\nmode\n", "a.nmconnection:2: 'mode' is no KEY=VALUE"),
        ("n.yaml", "network:\n  bonds: [a]\n", "n.yaml:2: this is a list"),
        ("n.yaml", "network:\n  bonds:\n  bonds:\n", "n.yaml:3: bonds is given twice"),
        ("n.yaml", "network:\n\tbonds: {}\n", "n.yaml:2: not YAML: found character"),
        ("s.yaml", "interfaces:\n- type: bond\n", "s.yaml:2: a bond without a name"),
        ("l.json", '[{"ifname":\n x}]', "l.json:2: not JSON: Expecting value"),
        ("l.json", "[]", "l.json: no bond is configured here"),
        ("text", "hello\n", "text: the format is none of the known formats of bonds"),
    ],
)
def test_what_cannot_be_read_is_reported_with_file_and_line(
    name: str, text: str, said: str
) -> None:
    with pytest.raises(ConfigError) as error:
        parse([Source(name, text)])
    assert said in error.value.message
    assert error.value.hint or "no bond" in said


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("daemon.conf", "# settings\nuse_daemon=no\ntemplate_enable=1\n"),
        ("ifstate", "eth0=eth0 1\nbond0=bond0 1\n"),
        ("Makefile", "LAYOUT = linux\n\tinstall -D ifupdown /sbin\n"),
        ("README", "You may alias one name to another.\ninstall it with make\n"),
        ("ifquery.json", '[{"name": "bond0", "config": {"bond-mode": "802.3ad"}}]'),
        ("nixos.nix", '{ networking.bonds.bond0.driverOptions = { mode = "802.3ad"; }; }'),
    ],
)
def test_what_is_of_no_format_is_not_taken_for_one(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match="the format is none of the known") as error:
        parse([Source(name, text)])
    assert "netplan" in error.value.hint


def test_a_template_is_reported_as_one() -> None:
    text = (
        "network:\n  bonds:\n    {% for bond in bonds %}\n    {{ bond }}: {}\n    {% endfor %}\n"
    )
    with pytest.raises(ConfigError, match="not YAML") as error:
        parse([Source("netplan.yaml.j2", text)])
    assert "template" in error.value.hint


def test_a_value_that_is_rejected_is_reported_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"^file:8: .*miimon=100.*arp_interval=9.* exclude"):
        one("\n" * 7 + "mode=1 miimon=100 arp_interval=9").options()


def test_what_is_not_there_is_reported(tmp_path: Path) -> None:
    for argument, said in [
        (str(tmp_path / "no"), "there is no such file, directory or running bond"),
        ("bond77", "there is no such file, directory or running bond"),
        (str(tmp_path), "the directory has no file"),
        ("a\0b", "there is no such file"),
    ]:
        with pytest.raises(ConfigError, match=said):
            load([argument])


def test_a_file_of_empty_lines_takes_no_longer_than_its_length() -> None:
    """With 200,000 of them a search that starts anew at each would take an hour."""
    text = "\n" * 200_000 + "options bonding mode=1 miimon=100\n"
    assert parse([Source("x", text)]).bonds[0].format == "modprobe"
    with pytest.raises(ConfigError):
        parse([Source("x", "\n" * 200_000)])
