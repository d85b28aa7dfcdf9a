"""A Vagrant box for libvirt of a DUT's image: kernel and root are booted without a boot loader."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from harness.errors import KernelUnavailable
from harness.kernels.dut import root
from harness.kernels.dut.cpio import Cpio
from harness.kernels.dut.image import Image

NAME = "failover-dut"
ADDRESS = "192.168.56.20"  # of the Vagrantfile's management network
DISK = "64M"  # vagrant-libvirt wants a disk; nothing is on it
METADATA = {"provider": "libvirt", "format": "qcow2", "virtual_size": 1}
MODES = {"kvm": ("kvm", "host-passthrough"), "tcg": ("qemu", "maximum")}
APPEND = (
    "console=ttyS0 quiet panic=-1 mitigations=off audit=0 net.ifnames=0 rdinit=/init"
    " random.trust_cpu=on"
)
VAGRANTFILE = """\
Vagrant.configure("2") do |config|
  config.vm.guest = :linux
  config.ssh.username = "root"
  config.ssh.shell = "sh"
  config.ssh.sudo_command = "%c"
  config.ssh.private_key_path = "#{{__dir__}}/key"
  config.ssh.insert_key = false
  config.vm.provider :libvirt do |lv|
    lv.driver, lv.cpu_mode, lv.memory = "{driver}", "{mode}", 512
    lv.kernel, lv.initrd = "#{{__dir__}}/vmlinux", "#{{__dir__}}/initramfs"
    lv.cmd_line = "{append}"
    lv.graphics_type = lv.video_type = "none"
  end
end
"""


def box(image: Image, directory: Path) -> Path:
    """Write a box into a directory, with the `key` and `known_hosts` of its machine.

    Raises KernelUnavailable.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory, prefix=".box-") as name:
        part = Path(name)
        for file in ("vmlinux", "key"):
            shutil.copy2(f"{image.place}/{file}", part)
        _root(image, part)
        _disk(part / "box.img")
        driver, mode = MODES[image.accelerator]
        text = VAGRANTFILE.format(driver=driver, mode=mode, append=APPEND)
        (part / "Vagrantfile").write_text(text, encoding="ascii")
        (part / "metadata.json").write_text(json.dumps(METADATA), encoding="ascii")
        files = sorted(part.iterdir())
        made = directory / f"{NAME}.box"
        with tarfile.open(part / made.name, "w:gz", compresslevel=1) as archive:
            for path in files:
                archive.add(path, path.name)
        (part / made.name).replace(made)
    shutil.copy2(f"{image.place}/key", directory)
    public = Path(image.place, "known_hosts").read_text(encoding="ascii").split(maxsplit=1)[1]
    (directory / "known_hosts").write_text(f"{ADDRESS} {public}", encoding="ascii")
    return made


def _root(image: Image, part: Path) -> None:
    """Write the image's root, and behind it what differs: later files of an initramfs hold."""
    overlay = part / "overlay"
    with Cpio(overlay) as out:
        out.file("init", root.BOX_INIT, 0o755)
        out.file("etc/udhcpc", root.UDHCPC, 0o755)
    with (part / "initramfs").open("wb") as whole:
        for path in (Path(image.place, "initramfs"), overlay):
            with path.open("rb") as file:
                shutil.copyfileobj(file, whole)
            whole.write(bytes(-whole.tell() % 4))
    overlay.unlink()


def _disk(path: Path) -> None:
    argv = ["qemu-img", "create", "-q", "-f", "qcow2", str(path), DISK]
    try:
        subprocess.run(argv, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise KernelUnavailable(
            "a box needs qemu-img, which is not here", hint="apt install qemu-utils"
        ) from error
    except subprocess.CalledProcessError as error:
        raise KernelUnavailable(
            f"qemu-img could not make a disk: {error.stderr.strip()}",
            hint=f"is there room in {path.parent.parent}?",
        ) from error
