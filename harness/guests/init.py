"""The first process of a guest; a script that needs only the standard library.

    init.py boot DIRECTORY    PID 1 of a guest: mount, load modules, run the job, power off
    init.py enter DIRECTORY   on the host's kernel: run the job in new namespaces
    init.py probe             print why `enter` could not create a bond, or nothing

DIRECTORY contains the job. It runs without `site`, which saves a second in a guest: the module
search path is part of the job.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 1 << 28, 1 << 29, 1 << 30
MS_REC, MS_PRIVATE, PR_SET_PDEATHSIG, POWER_OFF = 0x4000, 1 << 18, 1, 0x4321FEDC
PR_SET_TIMERSLACK = 29
MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4
COUNTS = "HARNESS_COUNTS"  # a directory for what the kernel's gcov has counted
HOME = "HARNESS_FIRST_NETNS"  # a descriptor of the namespace in which USB NICs appear
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
RTM_NEWLINK, NLM_F_REQUEST_ACK_CREATE_EXCL, IFLA_IFNAME, IFLA_LINKINFO = 16, 0x605, 3, 18

libc = ctypes.CDLL(None, use_errno=True)
# When this process reached each step, in s of CLOCK_MONOTONIC; read by tests.bench.
reached: dict[str, float] = {"python": time.monotonic()}


def check(result: int, what: str) -> None:
    """Raise OSError if a libc call has returned a negative `result`."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)


def mount(source: str, target: str, kind: str, data: str = "", flags: int = 0) -> None:
    """Mount a file system; raises OSError."""
    encoded = (os.fsencode(text) for text in (source, target, kind))
    check(libc.mount(*encoded, flags, os.fsencode(data)), f"mount {target}")


def boot(directory: Path) -> None:
    """Run the job as PID 1 of a guest."""
    mount("proc", "/proc", "proc")
    mount("sysfs", "/sys", "sysfs")
    if not in_uml():  # /dev of the root file system is the host's
        mount("devtmpfs", "/dev", "devtmpfs")
    no_helpers()
    keep_in_memory()
    job = read_job(directory)
    for tag, path in (("guest", str(directory)), ("results", job["results"])):
        if path:  # all other files of the host are read-only
            mount_shared(tag, path)
    mount("tmpfs", str(directory / "tmp"), "tmpfs")
    apply(job, directory)
    reached["mounted"] = time.monotonic()
    if job["modules"]:
        from harness.guests import modules  # noqa: PLC0415  (the search path came with the job)

        modules.use(Path(job["modules"]))
        modules.usual()
    reached["modules"] = time.monotonic()
    work(job, directory)
    if os.environ.get(COUNTS):
        keep_counts(Path(os.environ[COUNTS], f"{directory.parent.name}-{directory.name}"))


def keep_counts(place: Path) -> None:
    """Copy what gcov has counted, in a kernel of the flavour coverage, to the host's directory."""
    mount_shared("counts", str(place.parent))
    mount("debugfs", "/sys/kernel/debug", "debugfs")
    place.mkdir()
    for file in Path("/sys/kernel/debug/gcov").rglob("*.gcda"):
        (place / file.name).write_bytes(file.read_bytes())


def mount_shared(tag: str, path: str) -> None:
    """Mount a directory of the host at its path, writable: hostfs in UML, 9p in QEMU."""
    if in_uml():
        mount("none", path, "hostfs", path)
    else:
        mount(tag, path, "9p", "trans=virtio,version=9p2000.L,msize=131072")


def in_uml() -> bool:
    """Return whether this kernel is User-Mode Linux, the only one with hostfs."""
    return "\thostfs\n" in Path("/proc/filesystems").read_text(encoding="ascii")


def no_helpers() -> None:
    """Disable user-mode helpers.

    Debian's UML kernel executes /sbin/hotplug for every device: 42 times for a small topology,
    2 ms each. Modules are loaded explicitly.
    """
    for path in ("/proc/sys/kernel/hotplug", "/proc/sys/kernel/modprobe"):
        with contextlib.suppress(OSError):  # not every kernel has both
            Path(path).write_text("\n", encoding="ascii")


def keep_in_memory() -> None:
    """Lock all pages of this process, so that the guest fails at once when memory is full.

    Otherwise the kernel evicts the program's code and reads it back from the host again and again:
    the guest would thrash for minutes before the OOM killer acts.
    """
    libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)


def enter(directory: Path) -> None:
    """Run the job in new namespaces of the running kernel; its processes end with this one."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID)
    child = os.fork()
    if child:
        _end_as(child)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    mount("none", "/", "none", flags=MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc")
    try:
        mount("sysfs", "/sys", "sysfs")
    except OSError as error:  # not allowed in some containers; netlink still works
        print(f"{error}: /sys/class/net shows the machine's interfaces", file=sys.stderr)
    job = read_job(directory)
    apply(job, directory)
    os.environ[HOME] = str(home)
    work(job, directory)


def work(job: dict[str, Any], directory: Path) -> None:
    """Set the loopback interface up and call the function of the job."""
    libc.prctl(PR_SET_TIMERSLACK, 1)  # by default, sleeps may last 50 us longer
    if job["clock"] == "virtual":
        # Run before the kernel's threads at each instant, and wake up without slack. This delays
        # nothing, as computation takes no virtual time.
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    loopback_up()
    module, _, function = job["work"].partition(":")
    perform(getattr(import_module(module), function), directory)


def perform(call: Callable[[Path], None], directory: Path) -> None:
    """Do the job, with room for the frames of all calls in it."""
    call(directory)


# CPython allocates frames in chunks of 16 KiB, and frees a chunk when its last frame has ended
# (push_chunk, Python/pystate.c): repeated calls at the end of a chunk cost a guest two system
# calls and two page faults each. A frame as large as this one needs a chunk of 256 KiB, of which
# it leaves half to the calls in it.
perform.__code__ = perform.__code__.replace(co_stacksize=15_500)


def read_job(directory: Path) -> dict[str, Any]:
    """Read the job, before modules of the harness can be imported."""
    job: dict[str, Any] = json.loads((directory / "job.json").read_text(encoding="utf-8"))
    return job


def apply(job: dict[str, Any], directory: Path) -> None:
    """Set the module search path and the environment of the job."""
    sys.path[:] = job["path"]
    sys.executable = job["executable"]
    os.environ.clear()
    os.environ.update(job["environment"])
    os.environ["TMPDIR"] = str(directory / "tmp")
    sys.dont_write_bytecode = True


def loopback_up() -> None:
    """Set the loopback interface up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sh14x", b"lo", 0)
        _, flags = struct.unpack("16sh14x", fcntl.ioctl(handle, SIOCGIFFLAGS, request))
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def unshare(flags: int) -> None:
    """Enter new namespaces, in a new user namespace unless this process is privileged."""
    if os.geteuid() == 0 and libc.unshare(flags) == 0:
        return
    user, group = os.geteuid(), os.getegid()
    check(libc.unshare(flags | CLONE_NEWUSER), "unshare")
    with contextlib.suppress(FileNotFoundError):  # kernels before 3.19 have no such file
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")


def probe() -> str:
    """Return why no bond can be created in a new namespace, "" if it can."""
    try:
        unshare(CLONE_NEWNET)
    except OSError as error:
        return f"this user may not create network namespaces ({error.strerror})"
    code = make_bond()
    if code == errno.EOPNOTSUPP:
        return "it has no bonding driver"
    return f"creating a bond failed with {errno.errorcode.get(code, code)}" if code else ""


def make_bond() -> int:
    """Create a bond by one raw rtnetlink message; return 0 or the errno."""
    kind = _attribute(1, b"bond")  # IFLA_INFO_KIND
    body = struct.pack("BxHiII", 0, 0, 0, 0, 0)
    body += _attribute(IFLA_IFNAME, b"probe0\0") + _attribute(IFLA_LINKINFO, kind)
    flags = NLM_F_REQUEST_ACK_CREATE_EXCL
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as route:
        route.send(struct.pack("IHHII", 16 + len(body), RTM_NEWLINK, flags, 1, 0) + body)
        answer = route.recv(65536)
    return -int(struct.unpack_from("i", answer, 16)[0])


def _attribute(number: int, data: bytes) -> bytes:
    return struct.pack("HH", 4 + len(data), number) + data + bytes(-len(data) % 4)


def _end_as(child: int) -> None:
    """Wait for the child and exit with its status or signal."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status))


def main() -> None:
    """Run the mode of the arguments; print a traceback to the console after a crash."""
    mode, *rest = sys.argv[1:]
    if mode == "probe":
        print(probe())
        return
    try:
        # Resolve the path before a guest mounts its own /proc.
        (boot if mode == "boot" else enter)(Path(rest[0]).resolve())
    except BaseException:  # noqa: BLE001  (the kernel panics when PID 1 exits)
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    if mode == "boot":
        os.sync()
        libc.reboot(POWER_OFF)
    os._exit(0)


if __name__ == "__main__":
    main()
