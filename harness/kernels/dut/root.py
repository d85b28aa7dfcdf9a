"""The root file system of a DUT: the files in its initramfs besides packages and modules."""

from __future__ import annotations

import re
from pathlib import Path

from harness.kernels.dut.cpio import Cpio

ADDRESS = "10.0.2.15"  # QEMU's user network always is 10.0.2.0/24
PACKAGES = (
    *("busybox-static", "dash", "libc-bin", "kmod", "iproute2", "ethtool", "python3"),
    "openssh-server",
)
LEFT_OUT = re.compile(
    r"usr/share/|usr/lib/[^/]+/(gconv|perl)|usr/share/perl|var/|usr/lib/(systemd|udev)/hwdb"
    r"|usr/lib/python3\.\d+/(test|pydoc_data|lib2to3|idlelib|ensurepip|turtledemo|tkinter)/"
)
# There is no udev: drivers are loaded before a NIC is plugged in.
DRIVERS = (
    *("virtio_net", "e1000", "e1000e", "igb", "e100", "8139cp", "8139too", "pcnet32", "tulip"),
    *("ne2k-pci", "vmxnet3", "xhci_pci", "cdc_ether", "rndis_host", "cdc_subset"),
)
VIRTUAL = (
    *("8021q", "bridge", "veth", "dummy", "ifb", "macvlan", "tun"),
    *("sch_multiq", "sch_netem", "cls_u32", "act_skbedit"),
)
WANTED = (*DRIVERS, *VIRTUAL, "virtio_pci", "bonding", "vhci_hcd", "rtl8150")
_BEGINNING = """#!/bin/busybox sh
busybox() { /bin/busybox "$@"; }
busybox mkdir -p /dev /proc /sys /run/sshd /tmp
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev
busybox mkdir -p /dev/pts
busybox mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
busybox mount -t tmpfs tmp /tmp
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
busybox sysctl -qw kernel.printk='3 4 1 3' net.ipv6.conf.default.disable_ipv6=1
ip link set lo up
modprobe -a virtio_pci virtio_net
for n in 1 2 3 4 5 6 7 8 9 10; do [ -e /sys/class/net/eth0 ] && break; busybox usleep 20000; done
"""
_MANAGEMENT = f"""ip link set eth0 name mgmt
ip link set mgmt up
ip address add {ADDRESS}/24 dev mgmt
"""
_END = f"""/usr/sbin/sshd
modprobe -a {" ".join(DRIVERS)} {" ".join(VIRTUAL)} 2>/dev/null
modprobe bonding max_bonds=0
echo ready >/dev/console
while :; do wait; busybox sleep 3600 & wait $!; done
"""
INIT = _BEGINNING + _MANAGEMENT + _END
# In a box: Vagrant's own network asks for an address, which libvirt gives by DHCP.
BOX_INIT = f"""{_BEGINNING}ip link set eth0 up
busybox udhcpc -b -i eth0 -s /etc/udhcpc >/dev/null 2>&1
{_END}"""
UDHCPC = """#!/bin/busybox sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
/bin/busybox ip address replace "$ip/$mask" dev "$interface"
"""
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nsshd:x:74:74::/run/sshd:/bin/false\n",
    "etc/group": "root:x:0:\n",
    "etc/shadow": "root:*:19000:0:99999:7:::\n",
    "etc/shells": "/bin/sh\n",
    "etc/modprobe.d/devices.conf": "options dummy numdummies=0\noptions ifb numifbs=0\n",
    "etc/ssh/sshd_config": "PermitRootLogin yes\nUseDNS no\nUsePAM no\nPidFile none\n"
    "HostKey /etc/ssh/host_key\nMaxStartups 100\n",
}


def write(out: Cpio, packages: Path, host_key: str, public_key: str) -> None:
    """Write a DUT's root from unpacked packages, without kernel modules."""
    for name, text in FILES.items():
        out.file(name, text)
    out.file("init", INIT, 0o755)
    out.directory("root", 0o700)
    out.file("root/.ssh/authorized_keys", public_key, 0o600)
    out.file("etc/ssh/host_key", host_key, 0o600)
    for name in ("dev", "proc", "sys", "run/sshd", "tmp", "var/log", "var/empty"):
        out.directory(name)
    out.device("dev/console", 5, 1)
    out.device("dev/null", 1, 3)
    _packages(out, packages)


def _packages(out: Cpio, top: Path) -> None:
    """Write the files of packages, after removing those that a DUT does not need."""
    for path in sorted(top.rglob("*"), reverse=True):
        name = str(path.relative_to(top))
        if LEFT_OUT.match(name) and (path.is_symlink() or not path.is_dir()):
            path.unlink()
    out.tree(top)
