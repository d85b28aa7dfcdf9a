"""Test whether KVM works here: /dev/kvm may exist and still hang every kernel.

The test boots the kernel in question without a root file system: it must panic soon. The result is
remembered until the machine reboots.
"""

from __future__ import annotations

import errno
import os
import subprocess
import threading
from pathlib import Path
from types import MappingProxyType

from harness.guests import supervisor
from harness.kernels import Say, cache, processor

DEVICE = Path("/dev/kvm")
LIMIT = 10.0  # seconds: with KVM a kernel panics after one or two
FIRMWARE = b"SeaBIOS"
PANIC = b"Kernel panic - not syncing"
CHOICES = MappingProxyType(
    {"kvm": ("-accel", "kvm", "-cpu", "host"), "tcg": ("-accel", "tcg", "-cpu", "max")}
)
MEMORY = "kvm.json"
APPEND = "console=ttyS0 panic=-1 root=none"


def accelerator(qemu: str, kernel: Path, say: Say) -> str:
    """Return "kvm" if a kernel boots with it, else "tcg"."""
    if refusal():
        return "tcg"
    key = f"{qemu} {kernel} {processor.boot_id()}"
    known = cache.recall(MEMORY)
    if known.get("asked") != key or "trouble" not in known:
        say(f"testing KVM, for at most {LIMIT:g} s")
        known = {"asked": key, "trouble": trouble(*_try(qemu, kernel))}
        cache.note(MEMORY, known)
    if known["trouble"]:
        say(f"KVM {known['trouble']}: QEMU emulates the processor (TCG)")
    return "tcg" if known["trouble"] else "kvm"


def refusal() -> int:
    """Return the errno with which /dev/kvm is refused to us, 0 where it can be opened."""
    try:
        os.close(os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        return error.errno or errno.ENODEV
    return 0


def group() -> str:
    """Return the group that /dev/kvm is for, "" where it is root's, or has no name here."""
    try:
        name = DEVICE.group()
    except KeyError:  # a container may not know it
        return ""
    return "" if name == "root" else name


def trouble(console: bytes, status: int | None) -> str:
    """Return why KVM cannot be used; `status` is None if QEMU had to be killed."""
    if PANIC in console and status == 0:
        return ""
    if status is None:
        return f"hangs here (a first boot did not end within {LIMIT:g} s)"
    lines = [line for line in console.decode(errors="replace").splitlines() if line.strip()]
    return f"fails here ({lines[-1].strip() if lines else f'QEMU ended with status {status}'})"


def firmware_trouble(qemu: str) -> str:
    """Return why KVM cannot be used, "" if it runs QEMU's firmware."""
    argv = [qemu, "-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35"]
    argv += ["-m", "64M", *CHOICES["kvm"], "-chardev", "stdio,id=log"]
    argv += ["-device", "isa-debugcon,iobase=0x402,chardev=log"]  # the port that SeaBIOS logs to
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        timer = threading.Timer(LIMIT, process.kill)
        timer.start()
        output = b""
        while FIRMWARE not in output and (data := os.read(process.stdout.fileno(), 4096)):
            output += data
        timer.cancel()
        process.kill()
    if FIRMWARE in output:
        return ""
    lines = output.decode(errors="replace").strip().splitlines()
    return f"fails here ({lines[0].strip()})" if lines else f"did nothing for {LIMIT:g} s"


def _try(qemu: str, kernel: Path) -> tuple[bytes, int | None]:
    argv = [qemu, "-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35"]
    argv += ["-no-reboot", "-serial", "stdio", "-m", "256M", *CHOICES["kvm"]]
    argv += ["-kernel", str(kernel), "-append", APPEND]
    with subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=supervisor.tie,  # noqa: PLW1509  (there are no other threads)
    ) as process:
        try:
            output, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0], None
    return output, process.returncode
