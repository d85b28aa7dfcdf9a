"""Whether KVM really works here: a /dev/kvm can exist and still hang every kernel.

The answer comes from the kernel in question, booted without a root: within a moment it has to give
up for want of one. The answer is remembered until the machine boots again.
"""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from types import MappingProxyType

from harness.guests import supervisor
from harness.kernels import Say, cache, processor

DEVICE = Path("/dev/kvm")
LIMIT = 10.0  # seconds: a kernel that KVM runs gives up after one or two
FIRMWARE = b"SeaBIOS"
GIVES_UP = b"Kernel panic - not syncing"
CHOICES = MappingProxyType(
    {"kvm": ("-accel", "kvm", "-cpu", "host"), "tcg": ("-accel", "tcg", "-cpu", "max")}
)
MEMORY = "kvm.json"
APPEND = "console=ttyS0 panic=-1 root=none"


def accelerator(qemu: str, kernel: Path, say: Say) -> str:
    """Return "kvm" where a kernel boots with it, else "tcg"."""
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return "tcg"
    key = f"{qemu} {kernel} {processor.boot_id()}"
    known = cache.recall(MEMORY)
    if known.get("asked") != key or "trouble" not in known:
        say(f"trying whether KVM works, for at most {LIMIT:g} s")
        known = {"asked": key, "trouble": trouble(*_try(qemu, kernel))}
        cache.note(MEMORY, known)
    if known["trouble"]:
        say(f"KVM {known['trouble']}: QEMU emulates the processor (TCG)")
    return "tcg" if known["trouble"] else "kvm"


def trouble(console: bytes, status: int | None) -> str:
    """Return what speaks against KVM: the console and how QEMU ended, None for not at all."""
    if GIVES_UP in console and status == 0:
        return ""
    if status is None:
        return f"hangs here (a first boot did not end within {LIMIT:g} s)"
    said = [line for line in console.decode(errors="replace").splitlines() if line.strip()]
    return f"fails here ({said[-1].strip() if said else f'QEMU ended with status {status}'})"


def firmware_trouble(qemu: str) -> str:
    """Return what speaks against KVM by running QEMU's own firmware in it, "" for nothing."""
    argv = [qemu, "-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35"]
    argv += ["-m", "64M", *CHOICES["kvm"], "-chardev", "stdio,id=log"]
    argv += ["-device", "isa-debugcon,iobase=0x402,chardev=log"]  # the port that SeaBIOS logs to
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        timer = threading.Timer(LIMIT, process.kill)
        timer.start()
        said = b""
        while FIRMWARE not in said and (data := os.read(process.stdout.fileno(), 4096)):
            said += data
        timer.cancel()
        process.kill()
    if FIRMWARE in said:
        return ""
    lines = said.decode(errors="replace").strip().splitlines()
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
        preexec_fn=supervisor.tie,  # noqa: PLW1509  (no thread is about that holds a lock of ours)
    ) as process:
        try:
            said, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0], None
    return said, process.returncode
