"""Interfaces of the DUT in scenarios: flags, MACs, groups, counters; commands that set them."""

from __future__ import annotations

from collections.abc import Sequence

from harness import Cable, Dut, Machine, Net, NotTestable

IFF_PROMISC, IFF_ALLMULTI = 0x100, 0x200  # linux/if.h
# What `ip` and `tc` say where the kernel has no such kind of device, queue, filter or action.
LACKING = (
    *("Unknown device type", "/dev/net/tun", "qdisc kind is unknown"),
    *("TC classifier not found", "Failed to load TC action module"),
)


def cable(net: Net, name: str) -> Cable:
    """Return a cable of a topology by its name."""
    found = getattr(net, name)
    assert isinstance(found, Cable)
    return found


def command(machine: Dut | Machine, text: str) -> None:
    """Run a command that has to succeed; raises NotTestable where the kernel lacks a module."""
    done = machine.run(text.split())
    if any(words in done.stderr for words in LACKING):
        raise NotTestable(
            f"`{text}`: the kernel there has no such module: {done.stderr.splitlines()[0]}",
            hint="let the machine have the module, or choose another kernel",
        )
    assert done.returncode == 0, done.stderr


def flags(dut: Dut, interface: str) -> int:
    """Return the flags of an interface, IFF_UP and others (linux/if.h)."""
    return int(str(dut.read_file(f"/sys/class/net/{interface}/flags")), 16)


def told_speed(dut: Dut, interface: str) -> tuple[str, str]:
    """Return the speed and duplex that a driver tells, in the words of /proc/net/bonding."""
    files = [f"/sys/class/net/{interface}/{name}" for name in ("speed", "duplex")]
    speed, duplex = (str(dut.read_file(file)).strip() for file in files)
    return "Unknown" if speed == "-1" else f"{speed} Mbps", duplex.replace("unknown", "Unknown")


def demand_speed(dut: Dut, mbps: int, *interfaces: str) -> None:
    """Raise NotTestable unless interfaces, which are up, have a speed in Mb/s."""
    for name in interfaces:
        speed, _ = told_speed(dut, name)
        if speed != f"{mbps} Mbps":
            raise NotTestable(
                f"the speed of {name} is {speed}, and {mbps} Mbps are needed",
                hint="choose a lab whose NICs have that speed, as veth has 10000 Mbps",
            )


def promiscuous(dut: Dut, *interfaces: str) -> list[str]:
    """Return those of some interfaces that receive frames for any MAC."""
    return [name for name in interfaces if flags(dut, name) & IFF_PROMISC]


def mac_address(dut: Dut, interface: str) -> str:
    """Return the MAC that an interface has now."""
    return str(dut.read_file(f"/sys/class/net/{interface}/address")).strip()


def receivers(dut: Dut, group: str, *interfaces: str) -> list[str]:
    """Return those of some interfaces whose filter has a group's MAC, in hex digits."""
    lines = (dut.read_file("/proc/net/dev_mcast") or "").splitlines()
    joined = {row[1] for row in (line.split() for line in lines) if row[-1] == group}
    return sorted(joined & set(interfaces))


def frames_counted(net: Net, way: str, *interfaces: str) -> list[int]:
    """Return how many frames each of the DUT's interfaces has sent (`tx`) or received (`rx`)."""
    files = [f"/sys/class/net/{name}/statistics/{way}_packets" for name in interfaces]
    return [int(net.dut.read_file(file) or 0) for file in files]


def receive_all(dut: Dut, *slaves: str) -> None:
    """Let slaves receive frames for any MAC.

    Bonding asks that of the active slave only (PROMISC-2), and unlike veth most NICs filter: what
    a switch floods does not reach the others.
    """
    for name in slaves:
        command(dut, f"ip link set {name} promisc on")


def add_vlan(
    machine: Dut | Machine, over: str, ids: Sequence[int], address: str = "", length: int = 24
) -> str:
    """Stack VLANs on an interface, set them up, give the last an address; return its name."""
    for number in ids:
        name = f"{over}.{number}"
        command(machine, f"ip link add link {over} name {name} type vlan id {number}")
        command(machine, f"ip link set {name} up")
        over = name
    if address:
        command(machine, f"ip address add {address}/{length} dev {over} nodad")
    return over


def know_for_good(net: Net, machine: Machine) -> None:
    """Give the DUT the MAC of a machine that it would otherwise ask for now and then."""
    entry = [machine.address, "lladdr", machine.cable.mac, "dev", "bond0", "nud", "permanent"]
    assert net.dut.run(["ip", "neighbour", "replace", *entry]).returncode == 0
