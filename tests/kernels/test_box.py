"""A Vagrant box of a DUT's image: its root is the image's, with another init behind it."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import pytest

from harness.errors import KernelUnavailable
from harness.kernels.dut import root
from harness.kernels.dut.box import ADDRESS, box
from harness.kernels.dut.cpio import Cpio
from harness.kernels.dut.image import Image

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE"
TRAILER = b"TRAILER!!!\0"


@pytest.fixture
def image(tmp_path: Path) -> Image:
    """An image, as harness.kernels.dut.image leaves it, of one file."""
    place = tmp_path / "image"
    place.mkdir()
    with Cpio(place / "initramfs") as out:
        out.file("init", root.INIT, 0o755)
    (place / "vmlinux").write_bytes(b"ELF")
    (place / "key").write_text("private", encoding="ascii")
    (place / "known_hosts").write_text(f"[127.0.0.1]:2222 {HOST_KEY}\n", encoding="ascii")
    return Image(str(place), "6.1.0-50-amd64", "qemu-system-x86_64", "tcg")


@pytest.mark.process
@pytest.mark.skipif(not shutil.which("qemu-img"), reason="no qemu-img: apt install qemu-utils")
def test_a_box_boots_the_image_with_an_init_that_asks_for_an_address(
    image: Image, tmp_path: Path
) -> None:
    made = box(image, tmp_path / "box")
    with tarfile.open(made) as archive:
        found = {name: archive.extractfile(name).read() for name in archive.getnames()}  # type: ignore[union-attr]
    assert sorted(found) == [
        *("Vagrantfile", "box.img", "initramfs", "key", "metadata.json", "vmlinux"),
    ]
    assert json.loads(found["metadata.json"])["provider"] == "libvirt"
    assert found["box.img"].startswith(b"QFI\xfb")  # qcow2
    assert found["vmlinux"] == b"ELF"
    first, second, rest = found["initramfs"].split(TRAILER)
    assert root.INIT.encode() in first
    assert root.BOX_INIT.encode() in second
    assert "udhcpc" in root.BOX_INIT
    assert not rest.strip(b"\0")
    assert second.lstrip(b"\0").startswith(b"070701")
    assert (len(first) + len(TRAILER) + len(second) - len(second.lstrip(b"\0"))) % 4 == 0
    assert 'lv.driver, lv.cpu_mode, lv.memory = "qemu", "maximum"' in found["Vagrantfile"].decode()
    beside = {
        path.name: path.read_text(encoding="ascii")
        for path in made.parent.iterdir()
        if path != made
    }
    assert beside == {"key": "private", "known_hosts": f"{ADDRESS} {HOST_KEY}\n"}


@pytest.mark.process
def test_a_box_needs_qemu_img(
    image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(KernelUnavailable, match="a box needs qemu-img") as refused:
        box(image, tmp_path / "box")
    assert refused.value.hint == "apt install qemu-utils"
    assert not list((tmp_path / "box").iterdir())
