"""Checks of other tools and features of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from harness.doctor.check import GOOD, LACKING, CheckResult
from harness.errors import KernelUnavailable
from harness.kernels import build_tools, host, install, preload, processor
from harness.plural import counted

# Sysctls for unprivileged user namespaces: the value that forbids them, and the one that allows.
SWITCHES = {
    "/proc/sys/kernel/unprivileged_userns_clone": ("0", "1"),
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
    "/proc/sys/user/max_user_namespaces": ("0", "10000"),
}
CLASSIFIERS = (
    "tc qdisc add dev lo clsact",
    "tc filter add dev lo ingress matchall action drop",
    "tc filter add dev lo ingress protocol ip flower dst_ip 192.0.2.1 action drop",
)
DELAY = ("tc qdisc add dev lo root netem delay 1ms",)
HOOKS = (
    "nft add table netdev t",
    "nft add chain netdev t c { type filter hook ingress device lo priority 0; }",
    "nft add rule netdev t c drop",
)
MISSING = "there is no"
ROOT = str(Path(host.__file__).parents[2])
IN_A_NAMESPACE = """\
import shlex, subprocess, sys
from harness.guests import init
init.unshare(init.CLONE_NEWNET)
init.loopback_up()
for line in sys.argv[1:]:
    done = subprocess.run(shlex.split(line), capture_output=True, text=True)
    if done.returncode:
        errors = [one.strip() for one in done.stderr.splitlines() if one.strip()]
        sys.exit(f"{line}: {errors[0] if errors else 'no reason given'}")
"""


def this_processor() -> CheckResult:
    """Return the processor, and what it implies for kernels."""
    cores = len(os.sched_getaffinity(0))
    found = f"{processor.described()}, {counted(cores, 'core')} available"
    if "amx_tile" in processor.flags():
        found += (
            "; User-Mode Linux before 6.16 needs a wrapper of ptrace(2), built with a compiler"
        )
    return CheckResult(GOOD, found)


def namespaces() -> CheckResult:
    """Try to create namespaces as this user."""
    trouble = _inside()
    if not trouble:
        return CheckResult(GOOD, "network namespaces can be created")
    for path, (forbids, allows) in SWITCHES.items():
        if _value(path) == forbids:
            name = path.removeprefix("/proc/sys/").replace("/", ".")
            return CheckResult(LACKING, trouble, install.as_root(f"sysctl -w {name}={allows}"))
    return CheckResult(LACKING, f"{trouble}; needed for --kernel host only")


def compiler() -> CheckResult:
    """Check for the tools that build the wrapper of ptrace(2), and kernels with virtual time."""
    if not preload.compiler():
        needed = install.command(*install.COMPILER)
        return CheckResult(LACKING, "needed for kernels with virtual time", needed)
    try:
        preload.library()
        build_tools.check_tools()
    except KernelUnavailable as error:
        return CheckResult(LACKING, error.message, error.hint)
    return CheckResult(GOOD, f"{preload.compiler()}, and all other tools to build a kernel")


def tun() -> CheckResult:
    """Open the device that creates taps."""
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC))
    except FileNotFoundError:
        return CheckResult(LACKING, "there is no /dev/net/tun", install.as_root("modprobe tun"))
    except OSError as error:
        return CheckResult(LACKING, f"/dev/net/tun: {error.strerror}: taps are replaced by relays")
    return CheckResult(GOOD, "/dev/net/tun opens")


def classifiers() -> CheckResult:
    """Add tc classifiers, which drop frames, and netem, which delays them."""
    trouble = _inside(*CLASSIFIERS)
    if trouble:
        package = install.command("iproute2") if MISSING in trouble else ""
        return CheckResult(
            LACKING, f"{trouble}; needed for lost frames with --kernel host", package
        )
    no_netem = _inside(*DELAY)
    return CheckResult(
        GOOD, "matchall and flower" + ("; no netem: no delays" if no_netem else ", netem")
    )


def nftables() -> CheckResult:
    """Add an nftables hook to an interface."""
    trouble = _inside(*HOOKS)
    if not trouble:
        return CheckResult(GOOD, "netdev hooks")
    package = install.command("nftables") if MISSING in trouble else ""
    return CheckResult(LACKING, f"{trouble}; tc is used instead", package)


def _inside(*commands: str) -> str:
    """Run commands in a new network namespace; return the error, "" for none."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    for tool in {line.partition(" ")[0] for line in commands}:
        if not shutil.which(tool, path=path):
            return f"{MISSING} {tool} on this machine to test with"
    done = subprocess.run(
        [sys.executable, "-c", IN_A_NAMESPACE, *commands],
        env=os.environ | {"PYTHONPATH": ROOT, "LC_ALL": "C.UTF-8", "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def _value(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""
