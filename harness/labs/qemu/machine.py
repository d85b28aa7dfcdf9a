"""A DUT in QEMU: started from its image or from a snapshot, NICs plugged in, cables pulled."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import LabError
from harness.labs.qemu.qmp import CommandRefused, Monitor
from harness.labs.ssh.address import SshAddress
from harness.lifetime import end_with_parent

PORT = 2222
MEMORY = 384  # MB
APPEND = (
    "console=ttyS0 quiet panic=-1 mitigations=off audit=0 nokaslr random.trust_cpu=on rdinit=/init"
)
READY = b"ready"
BOOT, RESTORE, SAVE = 60.0, 20.0, 30.0  # seconds for each, on a busy machine
SHOWN = 300  # characters of the end of its output


class Qemu:
    """A running machine; `image` is made by harness.kernels.dut, in the form of the options."""

    def __init__(self, image: Mapping[str, str], directory: Path) -> None:
        """Start it from its snapshot, which is made first if there is none.

        Raises LabError with the end of the console.
        """
        self._image = image
        self._console = directory / "dut.console"
        self._errors = directory / "qemu.errors"
        snapshot = Path(image["place"], f"snapshot-{self._key()}")
        with _locked(snapshot.with_suffix(".lock")):
            if not snapshot.is_file():
                self._start()
                self._wait(BOOT, "boot", lambda: READY in self._console_output())
                self._save(snapshot)
                self.close()
        self._start("-incoming", f"exec:cat {snapshot}")
        self._restored()

    @property
    def address(self) -> SshAddress:
        """The address of its SSH server."""
        place = self._image["place"]
        return SshAddress(
            "127.0.0.1", "root", PORT, f"{place}/key", f"{place}/known_hosts", config=""
        )

    def plug(self, name: str, driver: str, mac: str, tap: int) -> None:
        """Plug a NIC in whose cable ends at a tap; raises LabError if QEMU lacks the model."""
        self.monitor.do("getfd", handing=tap, fdname=f"fd-{name}")
        self.monitor.do("netdev_add", type="tap", id=f"net-{name}", fd=f"fd-{name}")
        place: dict[str, Any] = {"bus": "usb.0"} if driver.startswith("usb-") else {"romfile": ""}
        nic: dict[str, Any] = {"driver": driver, "id": name, "netdev": f"net-{name}", "mac": mac}
        try:
            self.monitor.do("device_add", **nic, **place)
        except CommandRefused as refused:
            version = ".".join(str(part) for part in self._version())
            raise LabError(
                f"QEMU {version} has no NIC {driver}: {refused.message.rpartition(': ')[2]}",
                hint=f"`{self._image['qemu']} -device help` lists its NICs",
            ) from refused

    def carrier(self, name: str, *, up: bool) -> None:
        """Set the carrier of a NIC."""
        self.monitor.do("set_link", name=name, up=up)

    def _version(self) -> list[int]:
        """Return the version of the QEMU that runs: major, minor, micro."""
        version = self.monitor.do("query-version")["qemu"]
        return [version[part] for part in ("major", "minor", "micro")]

    def trouble(self) -> str:
        """Return why the machine cannot be used any more, "" if it runs."""
        if self.process.poll() is not None:
            return f"QEMU ended with status {self.process.returncode}"
        return self.monitor.ended()

    def close(self) -> None:
        """Switch it off."""
        self.process.kill()
        self.process.wait()
        self.monitor.close()

    def _arguments(self) -> list[str]:
        place = self._image["place"]
        return [
            *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
            *self._image["processor"],
            *("-machine", "pc", "-m", str(MEMORY)),
            *("-netdev", f"user,id=mgmt,restrict=on,hostfwd=tcp:127.0.0.1:{PORT}-:22"),
            *("-device", "virtio-net-pci,netdev=mgmt,romfile=,addr=3"),
            *("-device", "qemu-xhci,id=usb,addr=4"),
            *("-kernel", f"{place}/vmlinux", "-initrd", f"{place}/initramfs", "-append", APPEND),
        ]

    def _key(self) -> str:
        """Return what a snapshot depends on besides its image: QEMU, and how it is called."""
        output = subprocess.run(
            [self._image["qemu"], "--version"], capture_output=True, text=True, check=False
        )
        text = repr((output.stdout, os.uname().machine, self._arguments()))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _start(self, *more: str) -> None:
        ours, theirs = socket.socketpair()
        argv = [self._image["qemu"], *self._arguments(), *more]
        argv += ["-chardev", f"socket,id=qmp,fd={theirs.fileno()}", "-mon", "qmp,mode=control"]
        argv += ["-chardev", f"file,id=console,path={self._console}", "-serial", "chardev:console"]
        self._console.unlink(missing_ok=True)
        with theirs, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=[theirs.fileno()],
                preexec_fn=end_with_parent,  # noqa: PLW1509  (it ends with this process, however that ends)
            )
        self.monitor = Monitor(ours)
        try:
            self.monitor.begin()
        except LabError as error:
            raise self._failed(f"QEMU does not start: {error.message}") from error

    def _restored(self) -> None:
        busy = {"inmigrate", "postmigrate"}
        self._wait(
            RESTORE,
            "start from its snapshot",
            lambda: self.monitor.do("query-status")["status"] not in busy,
        )
        self.monitor.do("cont")

    def _save(self, snapshot: Path) -> None:
        part = snapshot.with_suffix(".part")
        self.monitor.do("stop")
        self.monitor.do("migrate", uri=f"exec:cat > {part}")
        over = {"completed", "failed"}
        self._wait(SAVE, "save its state", lambda: self._migration() in over)
        if self._migration() == "failed":
            raise self._failed("QEMU could not save the DUT's state")
        part.replace(snapshot)

    def _migration(self) -> str:
        return str(self.monitor.do("query-migrate").get("status"))

    def _wait(self, within: float, what: str, done: Callable[[], bool]) -> None:
        until = time.monotonic() + within
        while not done():
            if self.process.poll() is not None:
                raise self._failed("QEMU ended")
            if time.monotonic() > until:
                raise self._failed(f"the DUT did not {what} within {within:g} s")
            time.sleep(0.01)

    def _console_output(self) -> bytes:
        return self._console.read_bytes() if self._console.exists() else b""

    def _failed(self, what: str) -> LabError:
        self.close()
        output = self._errors.read_bytes() + self._console_output()
        words = output.decode(errors="replace").strip()[-SHOWN:]
        return LabError(
            f"{what}: {words or 'no output'}",
            hint="`harness lab build qemu --again` makes the DUT's image anew",
        )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a snapshot against other workers."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
