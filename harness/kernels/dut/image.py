"""Build the image of a DUT in QEMU into the user's cache."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from harness.drivers import QEMU_DEVICES, models
from harness.errors import KernelUnavailable
from harness.guests import modules
from harness.kernels import Say, cache, kvm, qemu, uml_package
from harness.kernels.apt import Apt
from harness.kernels.dut import emulator, root
from harness.kernels.dut.cpio import Cpio
from harness.kernels.dut.unpack import unpack
from harness.kernels.progress import bar

SUITE = "bookworm"  # its kernel, 6.1, has the PVH entry that boots fastest
KERNEL = "linux-image-amd64"
KNOWN_AS = "[127.0.0.1]:2222"  # each DUT has its own network namespace, so the port is free
RECORD = "image.json"
KEPT = ("vmlinux", "initramfs", "key", "known_hosts", RECORD)


@dataclass(frozen=True, slots=True)
class Image:
    """A DUT's image in the directory `place`, and the QEMU and accelerator that run it."""

    place: str
    release: str
    qemu: str
    accelerator: str


def image(say: Say, devices: Iterable[str] = (), *, again: bool = False) -> Image:
    """Return the image; build it if it is not cached. Raises KernelUnavailable.

    `devices` are the NICs that it will have, by QEMU's names of their models.
    """
    program = emulator.program(devices, say)
    place = cache.duts() / _key()
    with cache.exclusive(cache.duts(), "another run's build of a DUT's image", say):
        if again or not (place / RECORD).is_file() or cache.damage(place):
            _build(place, say)
    release = json.loads((place / RECORD).read_text(encoding="utf-8"))["release"]
    return Image(str(place), release, program, kvm.accelerator(program, place / "vmlinux", say))


def _key() -> str:
    """Return the name of the image that this code builds: the suite and a hash of its contents."""
    parts = (SUITE, KERNEL, root.PACKAGES, root.WANTED, root.INIT, root.FILES)
    return f"{SUITE}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"


def _build(place: Path, say: Say) -> None:
    with cache.replacing(place, 900 << 20) as part:
        release = _make(part, say)
        (part / RECORD).write_text(json.dumps({"release": release}), encoding="utf-8")
        for left in part.iterdir():
            if left.name not in KEPT:
                shutil.rmtree(left)


def _make(part: Path, say: Say) -> str:
    """Download packages and build the initramfs; return the kernel's release."""
    say("building a DUT's image for QEMU: 100 MB to download, then some seconds of packing")
    private = Apt(part / "apt", SUITE)
    meta = private.find(KERNEL)
    kernel = meta.depends.split()[0]
    with bar("fetching the DUT's kernel and packages", 100, say, every=5) as progress:
        debs = private.closure(root.PACKAGES)
        offer = private.offer(kernel)
        assert offer is not None
        image_deb = private.download(offer, progress)
    with bar("unpacking", len(debs), say, every=5) as progress:
        for count, deb in enumerate(debs):
            uml_package.extract(deb, part / "root")
            progress(count)
    uml_package.extract(image_deb, part / "kernel")
    vmlinuz = next((part / "kernel/boot").glob("vmlinuz-*"))
    release = qemu.release_of(vmlinuz)
    (part / "vmlinux").write_bytes(unpack(vmlinuz.read_bytes()))
    say("packing")
    _initramfs(part, release)
    return release


def _initramfs(part: Path, release: str) -> None:
    host_key, host_public = _key_pair()
    key, public = _key_pair()
    (part / "key").touch(0o600)
    (part / "key").write_text(key, encoding="ascii")
    (part / "known_hosts").write_text(f"{KNOWN_AS} {host_public}\n", encoding="ascii")
    home = part / "kernel/lib/modules" / release
    _depmod(part / "kernel", release)
    with Cpio(part / "initramfs") as out:
        root.write(out, part / "root", host_key, public)
        for path in (*modules.files(home, root.WANTED), *home.glob("modules.*")):
            name = path.relative_to(part / "kernel")
            out.file(str(name), path.read_bytes())
        _applets(out, part / "root/bin/busybox")


def _depmod(top: Path, release: str) -> None:
    """Run depmod for the modules in `top`."""
    program = shutil.which("depmod", path="/usr/sbin:/sbin:/usr/bin:/bin")
    argv = [program or "depmod", "-b", str(top), release]
    try:
        subprocess.run(argv, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise KernelUnavailable(
            f"depmod failed for the modules of linux {release}: {error}",
            hint="install kmod",
        ) from error


def _applets(out: Cpio, busybox: Path) -> None:
    """Add symlinks for busybox applets that no package provides."""
    listed = subprocess.run([str(busybox), "--list"], capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        if not any(f"{home}/{name}" in out for home in ("bin", "sbin", "usr/bin", "usr/sbin")):
            out.link(f"usr/bin/{name}", "/bin/busybox")


def _key_pair() -> tuple[str, str]:
    """Return a private key in OpenSSH's format, and its public key on one line."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return private.decode(), public.decode()


def for_job(say: Say, nic: str) -> dict[str, Any]:
    """Return the DUT in QEMU for a guest's job: its image, QEMU's arguments, its NICs."""
    found = image(say, (QEMU_DEVICES[model] for model in models(nic)))
    return {**asdict(found), "processor": list(kvm.CHOICES[found.accelerator]), "nic": nic}
