"""/proc/net/bonding and the flags and MACs of a bond: shown as configured, and as it goes."""

import pytest

from harness import MODES, Bond, Cable, claim, control, ms, s
from scenarios.interfaces import cable, flags, mac_address, told_speed
from scenarios.topologies import OneSwitch
from scenarios.variants import EmptyBond, SpareSlave, TwoBonds

TARGETS = "192.0.2.254,192.0.2.7"
ARP_LINES = ("ARP Polling Interval (ms)", "ARP Missed Max", "ARP IP target/s (n.n.n.n form)")


@claim("PROC-1", "PROC-2")
@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        ("balance-rr", "load balancing (round-robin)"),
        ("active-backup", "fault-tolerance (active-backup)"),
        ("balance-xor", "load balancing (xor)"),
        ("broadcast", "fault-tolerance (broadcast)"),
        ("802.3ad", "IEEE 802.3ad Dynamic link aggregation"),
        ("balance-tlb", "transmit load balancing"),
        ("balance-alb", "adaptive load balancing"),
    ],
)
def test_each_bond_has_a_file_that_shows_its_mode(
    one_switch: OneSwitch, mode: str, shown: str
) -> None:
    """The file describes the bond's mode and has a block for each slave."""
    bond = one_switch.dut.bond(mode=mode)
    assert bond.now.proc["Bonding Mode"] == shown
    assert list(bond.now.proc.slaves) == ["eth0", "eth1"]


@claim("PROC-1")
@control("test_each_bond_has_a_file_that_shows_its_mode")
def test_the_file_follows_the_bonds_name_and_end(two_bonds: TwoBonds) -> None:
    """A bond that is renamed or removed leaves no file of its old name; none can be written."""
    dut = two_bonds.dut
    bond, other = dut.bond("bond0"), dut.bond("bond1")
    written = dut.attempt.write_file(bond, "/proc/net/bonding/bond0", "x")
    dut.write_file("/sys/class/net/bonding_masters", "-bond0")
    with dut.take_down(other):
        dut.rename(other, "uplink")
    there = [dut.read_file(f"/proc/net/bonding/{name}") for name in ("bond0", "bond1", "uplink")]
    assert written.error == "EIO"
    assert [text is not None for text in there] == [False, False, True]


@claim("PROC-2")
@pytest.mark.parametrize(
    ("miimon", "options", "shown"),
    [
        (100, {}, ["100", "0", "0", "0"]),
        (50, {"updelay": "200"}, ["50", "200", "0", "0"]),
        (50, {"downdelay": "220"}, ["50", "0", "200", "0"]),
        (200, {"peer_notif_delay": "600"}, ["200", "0", "0", "600"]),
        (0, {}, ["0", "0", "0", "0"]),
    ],
)
def test_the_times_of_the_mii_monitor_are_shown(
    one_switch: OneSwitch, miimon: int, options: dict[str, str], shown: list[str]
) -> None:
    """The interval and the delays are those in force, in ms."""
    proc = one_switch.dut.bond(miimon=miimon, **options).now.proc
    names = ("MII Polling Interval", "Up Delay", "Down Delay", "Peer Notification Delay")
    assert [proc[f"{name} (ms)"] for name in names] == shown


@claim("PROC-2")
@pytest.mark.parametrize(("enslaved", "shown"), [(False, "down"), (True, "up")])
def test_a_new_bond_is_down_until_it_has_a_slave(
    empty_bond: EmptyBond, shown: str, *, enslaved: bool
) -> None:
    """Its MII status is its carrier, which comes with the first slave."""
    bond = empty_bond.dut.bond(mode="balance-rr")
    if enslaved:
        empty_bond.dut.enslave(bond, empty_bond.eth0)
    assert bond.now.proc["MII Status"] == shown


@claim("PROC-2", "PRIMARY-1")
@pytest.mark.parametrize(
    ("mode", "options", "name", "shown"),
    [
        ("active-backup", {}, "Primary Slave", "None"),
        ("active-backup", {"primary": "eth1"}, "Primary Slave", "eth1 (primary_reselect always)"),
        (
            "active-backup",
            {"primary": "eth0", "primary_reselect": "failure"},
            "Primary Slave",
            "eth0 (primary_reselect failure)",
        ),
        ("active-backup", {"primary": "eth1"}, "Currently Active Slave", "eth1"),
        (
            "active-backup",
            {"fail_over_mac": "follow"},
            "Bonding Mode",
            "fault-tolerance (active-backup) (fail_over_mac follow)",
        ),
        ("balance-xor", {"xmit_hash_policy": "layer2+3"}, "Transmit Hash Policy", "layer2+3 (2)"),
    ],
)
def test_what_is_set_is_shown(
    one_switch: OneSwitch, mode: str, options: dict[str, str], name: str, shown: str
) -> None:
    """The lines of a mode's own options have their words."""
    assert one_switch.dut.bond(mode=mode, **options).now.proc[name] == shown


@claim("PROC-2")
@pytest.mark.parametrize(("failed", "shown"), [("eth0", "eth1"), ("eth1", "eth0")])
def test_the_active_slave_is_shown_after_a_failover(
    one_switch: OneSwitch, failed: str, shown: str
) -> None:
    """It is the slave that is used, and not the primary."""
    bond = one_switch.dut.bond(primary="eth0")
    with one_switch.watch():
        cable(one_switch, failed).cut()
        one_switch.after(1 * s)
        active = bond.now.proc["Currently Active Slave"]
    assert active == shown


@claim("PROC-7")
@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({"miimon": "100"}, {}),
        (
            {"arp_interval": "200", "arp_ip_target": TARGETS, "arp_missed_max": "3"},
            dict(zip(ARP_LINES, ("200", "3", "192.0.2.254, 192.0.2.7"), strict=True)),
        ),
    ],
)
def test_the_arp_monitor_is_shown_while_it_runs(
    one_switch: OneSwitch, options: dict[str, str], shown: dict[str, str]
) -> None:
    """Its interval, limit and targets are there with arp_interval only."""
    proc = one_switch.dut.bond(**options).now.proc
    assert {name: proc[name] for name in ARP_LINES if name in proc} == shown


@claim("PROC-9")
def test_some_settings_are_not_shown(one_switch: OneSwitch) -> None:
    """Neither arp_validate nor prio is in the file, whatever they are."""
    bond = one_switch.dut.bond(arp_interval=100, arp_ip_target="192.0.2.254")
    before = one_switch.dut.read_file("/proc/net/bonding/bond0")
    one_switch.dut.set(bond, arp_validate="all")
    one_switch.dut.set_slave(one_switch.eth0, prio=7)
    assert one_switch.dut.read_file("/proc/net/bonding/bond0") == before


@claim("PROC-9", "NL-1")
@control("test_some_settings_are_not_shown")
def test_netlink_shows_them(one_switch: OneSwitch) -> None:
    """Netlink has the same settings."""
    bond = one_switch.dut.bond(arp_interval=100, arp_ip_target="192.0.2.254")
    one_switch.dut.set(bond, arp_validate="all")
    one_switch.dut.set_slave(one_switch.eth0, prio=7)
    assert bond.now.netlink["arp_validate"] == "all"
    assert bond.now.slave(one_switch.eth0)["prio"] == 7


@claim("PROC-4")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("MII Status", ["up", "up"]),
        ("Link Failure Count", ["0", "0"]),
        ("Permanent HW addr", ["02:00:00:00:00:00", "02:00:00:00:00:01"]),
        ("Slave queue ID", ["0", "3"]),
    ],
)
def test_a_slaves_block_describes_it(one_switch: OneSwitch, name: str, shown: list[str]) -> None:
    """Each slave has its own status, speed, counter, permanent MAC and queue."""
    bond = one_switch.dut.bond()
    one_switch.dut.set_slave(one_switch.eth1, queue_id=3)
    assert [slave[name] for slave in bond.now.proc.slaves.values()] == shown


@claim("PROC-4")
@control("test_a_slaves_block_describes_it")
def test_a_slaves_block_has_the_speed_that_its_driver_tells(one_switch: OneSwitch) -> None:
    """In Mb/s, and the duplex; "Unknown" where the driver tells none."""
    bond = one_switch.dut.bond()
    told = [told_speed(one_switch.dut, name) for name in bond.plan.slaves]
    slaves = bond.now.proc.slaves.values()
    assert [(slave["Speed"], slave["Duplex"]) for slave in slaves] == told


@claim("SYSFS-13", "NL-1")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("state", ["active", "backup"]),
        ("mii_status", ["up", "up"]),
        ("link_failure_count", ["0", "0"]),
        ("perm_hwaddr", ["02:00:00:00:00:00", "02:00:00:00:00:01"]),
        ("queue_id", ["0", "3"]),
    ],
)
def test_sysfs_and_netlink_show_a_slave_alike(
    one_switch: OneSwitch, name: str, shown: list[str]
) -> None:
    """Each file of a slave has the value that netlink has."""
    bond, slaves = one_switch.dut.bond(), (one_switch.eth0, one_switch.eth1)
    one_switch.dut.set_slave(one_switch.eth1, queue_id=3)
    assert [bond.now.slave_file(link, name) for link in slaves] == shown
    assert [str(one[name]) for one in bond.now.slaves(*slaves)] == shown


@claim("PROC-5", "SYSFS-13")
@pytest.mark.parametrize(("times", "count"), [(1, ("1", "1", 1)), (3, ("3", "3", 3))])
def test_each_failure_is_counted_once(
    one_switch: OneSwitch, times: int, count: tuple[str, str, int]
) -> None:
    """After n losses of its carrier /proc, sysfs and netlink all show n failures."""
    bond, link = one_switch.dut.bond(), one_switch.eth1
    with one_switch.watch() as run:
        link.flap(down=300 * ms, up=300 * ms, times=times)
        one_switch.after(300 * ms)
        shown = (
            bond.now.proc.slaves["eth1"]["Link Failure Count"],
            bond.now.slave_file(link, "link_failure_count"),
            bond.now.slave(link)["link_failure_count"],
        )
    assert shown == count
    assert run.failures == {"eth0": 0, "eth1": times}


def status(bond: Bond, link: Cable) -> set[object]:
    """Return a slave's status as /proc, sysfs and netlink show it: one value if they agree."""
    return {
        bond.now.proc.slaves[link.name]["MII Status"],
        bond.now.slave_file(link, "mii_status"),
        bond.now.slave(link)["mii_status"],
    }


@claim("PROC-6", "SYSFS-13")
@pytest.mark.parametrize(
    ("delay", "words"),
    [
        (500, ["up", "going down", "down", "going back", "up"]),
        (0, ["up", "down", "down", "up", "up"]),
    ],
)
def test_the_status_has_a_word_for_each_state(
    one_switch: OneSwitch, delay: int, words: list[str]
) -> None:
    """Delays are visible as "going down" and "going back", by each interface alike."""
    bond, link = one_switch.dut.bond(miimon=50, updelay=delay, downdelay=delay), one_switch.eth1
    with one_switch.watch() as run:
        seen = [status(bond, link)]
        link.cut()
        for step in range(4):
            if step == 2:
                link.heal()
            one_switch.after(300 * ms if step % 2 == 0 else 700 * ms)
            seen.append(status(bond, link))
    assert seen == [{word} for word in words]
    assert run.active_slaves == ["eth0"]


MASTER, SLAVE = 0x400, 0x800  # IFF_MASTER, IFF_SLAVE (linux/if.h)


@claim("FLAG-1", "CFG-1")
@pytest.mark.parametrize(("name", "role"), [("bond0", MASTER), ("eth0", SLAVE), ("eth2", 0)])
def test_flags_tell_bond_and_slave(spare_slave: SpareSlave, name: str, role: int) -> None:
    """A bond has MASTER, a slave has SLAVE, another interface has neither."""
    spare_slave.dut.bond()
    assert flags(spare_slave.dut, name) & (MASTER | SLAVE) == role


@claim("FLAG-2", "MAC-1")
@pytest.mark.parametrize(
    ("mode", "own"),
    [
        ("balance-rr", {"bond0": 1}),
        ("active-backup", {"bond0": 1}),
        ("balance-xor", {"bond0": 1}),
        ("broadcast", {"bond0": 1}),
        ("802.3ad", {"bond0": 1}),
        ("balance-tlb", {"bond0": 2}),
        ("balance-alb", {"bond0": 2}),
    ],
)
def test_slaves_share_the_bonds_mac_but_in_two_modes(
    one_switch: OneSwitch, mode: str, own: dict[str, int]
) -> None:
    """Only balance-tlb and balance-alb leave each slave a MAC of its own."""
    assert mode in MODES
    one_switch.dut.bond(mode=mode)
    macs = [mac_address(one_switch.dut, name) for name in ("bond0", "eth0", "eth1")]
    assert macs[0] == macs[1]
    assert {"bond0": len(set(macs))} == own
