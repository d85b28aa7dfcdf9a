"""Stock kernels: how they are found, fetched with the real apt, and started in QEMU."""

from __future__ import annotations

import itertools
import lzma
from pathlib import Path

import pytest

from harness.errors import KernelUnavailable, UsageError
from harness.guests import modules
from harness.guests.job import Job
from harness.kernels import apt, cache, debian_image, kvm, qemu, specs
from harness.kernels.cached_kernel import CachedKernel
from harness.kernels.qemu import StockKernel
from tests import packages

RELEASE = "9.9.0-1-amd64"
HAS_VIRTME = pytest.mark.skipif(
    not qemu.has_virtme(), reason="virtme-ng is missing: pip install -e '.[stock]'"
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def image(path: Path, release: str = RELEASE) -> Path:
    """Make the head of an x86 kernel image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = bytearray(0x400)
    head[0x202:0x206] = b"HdrS"
    head[0x20E:0x210] = (0x100).to_bytes(2, "little")
    path.write_bytes(head[:0x300] + f"{release} (somebody) #1 SMP\0".encode())
    return path


def module(path: Path, *needs: str) -> Path:
    """Make a module, in which only what it needs is of interest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = b"\x7fELF\0license=GPL\0depends=" + ",".join(needs).encode() + b"\0name=x\0"
    path.write_bytes(lzma.compress(data) if path.suffix == ".xz" else data)
    return path


def test_an_image_tells_its_release(tmp_path: Path) -> None:
    assert qemu.release_of(image(tmp_path / "vmlinuz")) == RELEASE
    (tmp_path / "other").write_bytes(bytes(0x400))
    with pytest.raises(UsageError, match=r"is not an x86 kernel image\nhint: "):
        qemu.release_of(tmp_path / "other")


def test_modules_lie_beside_their_image(tmp_path: Path) -> None:
    path = image(tmp_path / "boot/vmlinuz")
    with pytest.raises(UsageError, match=rf"is linux {RELEASE}, and its modules are not next to"):
        specs.check(str(path))
    home = tmp_path / "lib/modules" / RELEASE
    module(home / "kernel/net/a.ko")
    (home / "modules.dep").write_text("kernel/net/a.ko:\n")
    assert debian_image.modules_of(path, RELEASE) == home
    assert specs.check(str(path)).flavour == "vmlinuz"


def test_of_a_packages_modules_the_wanted_stay_with_what_they_need(tmp_path: Path) -> None:
    module(tmp_path / "kernel/net/a-one.ko.xz", "b_two", "built_in")
    module(tmp_path / "kernel/lib/b-two.ko.xz", "c")
    module(tmp_path / "kernel/lib/c.ko")
    module(tmp_path / "kernel/sound/noise.ko", "c")
    modules.prune(tmp_path, lambda path: path.startswith("kernel/net/"))
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.ko*")}
    assert left == {"kernel/net/a-one.ko", "kernel/lib/b-two.ko", "kernel/lib/c.ko"}
    names = [path.name for path in modules.files(tmp_path, ["a_one"])]
    assert names == ["c.ko", "b-two.ko", "a-one.ko"]
    assert (tmp_path / "kernel/net/a-one.ko").read_bytes().startswith(b"\x7fELF")


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("kernel/drivers/net/bonding/bonding.ko", True),
        ("kernel/drivers/net/veth.ko", True),
        ("kernel/net/sched/sch_netem.ko.xz", True),
        ("kernel/drivers/virtio/virtio_pci.ko", True),
        ("kernel/fs/9p/9p.ko", True),
        ("kernel/drivers/net/ethernet/intel/e1000/e1000.ko", False),
        ("kernel/drivers/gpu/drm/drm.ko", False),
    ],
)
def test_modules_that_networks_are_made_of_are_kept(path: str, *, kept: bool) -> None:
    assert bool(debian_image.KEPT.match(path)) == kept


@pytest.mark.parametrize(
    ("version", "meant"),
    [("6.1", True), ("6.1.192", True), ("6.1.192-2", True), ("6.1.19", False), ("6.12", False)],
)
def test_a_version_is_a_series_or_debians(version: str, *, meant: bool) -> None:
    entry = CachedKernel(Path(), "stock", "6.1.0-56-amd64", "6.1.192-2")
    assert debian_image.wanted(version)(entry) == meant


@pytest.mark.parametrize(
    ("console", "status", "said"),
    [
        (b"Linux ...\r\nKernel panic - not syncing: VFS: Unable to mount root\r\n", 0, ""),
        (b"Probing EDD (edd=off to disable)... ok\r\n", None, "hangs here (a first boot did"),
        (b"could not access KVM: Permission denied\n", 1, "fails here (could not access KVM"),
        (b"", -6, "fails here (QEMU ended with status -6"),
        (b"Kernel panic - not syncing: VFS\n", None, "hangs"),
    ],
)
def test_kvm_works_where_a_kernel_comes_to_its_end(
    console: bytes, status: int | None, said: str
) -> None:
    found = kvm.trouble(console, status)
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_without_a_device_there_is_no_kvm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kvm, "DEVICE", tmp_path / "none")
    assert kvm.accelerator("nothing", tmp_path, print) == "tcg"


def test_a_trial_of_kvm_that_fails_is_reported_and_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kvm").touch()
    monkeypatch.setattr(kvm, "DEVICE", tmp_path / "kvm")
    said: list[str] = []
    program = tmp_path / "qemu"
    program.write_text(f"#!/bin/sh\necho tried >> {tmp_path}/tries\necho no luck\nexit 1\n")
    program.chmod(0o755)
    for _ in range(2):
        assert kvm.accelerator(str(program), tmp_path, said.append) == "tcg"
    assert (tmp_path / "tries").read_text() == "tried\n"
    assert said.count("KVM fails here (no luck): QEMU emulates the processor (TCG)") == 2


def test_without_qemu_there_is_a_hint_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(KernelUnavailable, match=r"hint: .*install qemu-system-x86") as no:
        specs.resolve("stock@6.1", print)
    assert "there is no qemu-system-x86_64 on this machine" in str(no.value)


def test_commas_in_a_shared_path_are_doubled() -> None:
    fsdev = qemu.share("results", "/a,b")[1]
    assert ",path=/a,,b," in fsdev


@HAS_VIRTME
def test_the_command_starts_our_init_with_the_hosts_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qemu, "executable", lambda: "/usr/bin/qemu")
    home = tmp_path / "modules"
    module(home / "9p.ko.xz")
    (home / "modules.dep").write_text("9p.ko.xz:\n")
    (tmp_path / "busybox").write_bytes(b"\x7fELF")
    guest = tmp_path / "guest"
    guest.mkdir()
    Job("", (), (), results="/results").save(guest)
    path, busybox = image(tmp_path / "vmlinuz"), str(tmp_path / "busybox")
    kernel = StockKernel(path, RELEASE, str(home), busybox, memory=256 << 20, arguments=("x=1",))
    argv = kernel.command(guest).argv
    after = dict(itertools.pairwise(argv))
    assert (kernel.name, after["-accel"], after["-m"]) == (f"stock {RELEASE}", "tcg", "256M")
    line = after["-append"].split()
    assert {"panic=-1", "x=1", f"init={guest}/python"} < set(line)
    assert line[line.index("--") :] == ["--", "-I", "-S", f"{guest}/init.py", "boot", str(guest)]
    exported = [word for word in argv if word.startswith("local,")]
    assert [("readonly=on" in word) for word in exported] == [True, False, False]
    initramfs = (guest / "initramfs").read_bytes()
    assert b"modules/9p.ko\0" in initramfs
    assert b"-o ro,cache=loose,version=9p2000.L" in initramfs


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an archive with a kernel, and the machine's sources consist of it."""
    place = tmp_path / "archive"
    monkeypatch.setattr(apt, "PAUSE", 0.01)
    (tmp_path / "list").write_text(f"deb [trusted=yes] file:{place} ./\n")
    (tmp_path / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{tmp_path}/list"; Dir::Etc::sourceparts "/dev/null";'
    )
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    built = tmp_path / "built"
    image(built / f"binary/usr/lib/modules/{RELEASE}/vmlinuz")  # as newer suites have it
    module(built / f"modules/usr/lib/modules/{RELEASE}/kernel/net/a.ko.xz")
    module(built / "busybox/bin/busybox")
    (built / "meta").mkdir()
    _pack(built / "meta", place, debian_image.PACKAGE, f"linux-image-{RELEASE} (= 9.9.3-1)")
    names = f"linux-binary-{RELEASE} (= 9.9.3-1), linux-modules-{RELEASE} (= 9.9.3-1), kmod"
    (built / "image").mkdir()
    _pack(built / "image", place, f"linux-image-{RELEASE}", names)
    for part in ("binary", "modules"):
        _pack(built / part, place, f"linux-{part}-{RELEASE}")
    _pack(built / "busybox", place, debian_image.BUSYBOX)
    return place


def _pack(built: Path, archive: Path, name: str, depends: str = "libc6") -> None:
    packages.offer(archive, built, packages.control(name, "9.9.3-1", f"Depends: {depends}\n"))


@packages.needs_apt
def test_a_fetch_takes_all_packages_that_the_kernel_is_in(archive: Path) -> None:
    said: list[str] = []
    entry = debian_image.fetch("9.9", said.append)
    assert (entry.spec, entry.release, entry.version) == ("stock@9.9", RELEASE, "9.9.3-1")
    assert qemu.release_of(entry.file) == RELEASE
    kept = {path.name for path in entry.place.rglob("*") if path.is_file()}
    assert {"vmlinuz", "a.ko", "modules.dep", "busybox"} < kept
    assert sum("fetching" in line for line in said) == 1
    assert debian_image.fetch("9.9.3", said.append) == entry
    assert {path.name for path in cache.directory().iterdir()} == {"lock", entry.place.name}


@packages.needs_apt
def test_an_unavailable_version_is_reported_with_the_available_ones(archive: Path) -> None:
    with pytest.raises(
        KernelUnavailable, match=r"linux-image-amd64 9\.8\nhint: there are stock@9"
    ):
        debian_image.fetch("9.8", lambda _: None)
    assert [path.name for path in cache.directory().iterdir()] == ["lock"]
