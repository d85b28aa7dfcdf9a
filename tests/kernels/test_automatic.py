"""`--kernel auto` ends with a kernel that boots, or with what to install."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import KernelUnavailable
from harness.kernels import apt, automatic, cache, cached_kernel, host, preload, qemu, trial
from harness.kernels.cached_kernel import CachedKernel
from tests.kernels.test_trial import OLD

GOOD = """echo '{"bonding": 0, "done": 0}' > stream.jsonl"""
BAD = "\n".join(f"echo '{line}'" for line in OLD)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be on a machine without bonding, compiler, QEMU, kernel image, network and cached kernel."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(host, "refusal", lambda: "it has no bonding driver")
    monkeypatch.setattr(preload, "COMPILERS", ())
    monkeypatch.setattr(qemu, "can_boot", lambda: False)
    monkeypatch.setattr(automatic, "installed_images", list)
    monkeypatch.setattr(apt, "PAUSE", 0.01)
    (tmp_path / "sources.list").write_text(
        "deb [trusted=yes] http://127.0.0.1:9/nowhere bookworm main\n"
    )
    (tmp_path / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{tmp_path}/sources.list"; Dir::Etc::sourceparts "/dev/null";'
    )
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    return tmp_path


def keep(flavour: str, release: str, does: str, suite: str = "") -> CachedKernel:
    """Put a kernel into the cache that does something when it is booted."""
    with cache.locked(print), cache.building() as place:
        (place / "linux").write_text(
            f"#!/bin/sh\n[ $1 = --help ] && echo User Mode Linux v{release} && exit\n{does}\n"
        )
        (place / "linux").chmod(0o755)
        made = CachedKernel(place, flavour, release, kernel="linux", suite=suite)
        return made.keep(f"{flavour}-{release}")


def chosen() -> tuple[str, list[str]]:
    said: list[str] = []
    kernel = automatic.choose(said.append)
    return kernel.name, [line for line in said if not line.startswith("testing whether")]


def test_virtual_time_comes_first_and_the_newest_of_it() -> None:
    keep("uml", "6.1.9", GOOD, cached_kernel.codename())
    keep("virtual", "7.2.9", GOOD)
    keep("virtual", "7.2.13", GOOD)
    assert chosen() == ("virtual 7.2.13", [])


def test_one_line_says_what_was_wrong_and_what_is_used() -> None:
    keep("uml", "6.1.9", BAD, cached_kernel.codename())
    keep("uml", "7.2.9", GOOD, "forky")
    name, said = chosen()
    assert name == "uml 7.2.9"
    assert len(said) == 1
    assert said[0].startswith(f"uml 6.1.9 does not boot here: {trial.TOO_OLD}")
    assert said[0].endswith("; used instead: uml 7.2.9")


def test_a_kernel_without_bonding_is_not_taken() -> None:
    keep("virtual", "7.2.9", GOOD.replace("0", str(95), 1))
    keep("uml", "6.1.9", GOOD, cached_kernel.codename())
    assert chosen() == (
        "uml 6.1.9",
        [f"virtual 7.2.9 cannot be used: {trial.WITHOUT}; used instead: uml 6.1.9"],
    )


def test_a_damaged_kernel_is_not_taken() -> None:
    keep("virtual", "7.2.9", GOOD).file.write_text("short")
    keep("uml", "6.1.9", GOOD, cached_kernel.codename())
    name, said = chosen()
    assert name == "uml 6.1.9"
    assert "virtual-7.2.9 is damaged (linux has 5 bytes instead of" in said[0]


@pytest.mark.skipif(not apt.usable(), reason="this machine has no apt")
def test_a_mirror_that_is_not_reachable_is_asked_once_and_named(machine: Path) -> None:
    said: list[str] = []
    with pytest.raises(KernelUnavailable) as caught:
        automatic.choose(said.append)
    assert "no kernel with a bonding driver is available here: " in caught.value.message
    assert "this machine's kernel: it has no bonding driver" in caught.value.message
    assert "127.0.0.1" in caught.value.message
    assert "\n" not in str(caught.value).replace("\nhint:", "")
    assert "check the network" in caught.value.hint
    assert sum("querying" in line for line in said) == 1
    keep("uml", "5.10.9", GOOD, "bullseye")
    assert chosen()[0] == "uml 5.10.9"


@pytest.mark.skipif(not apt.usable(), reason="this machine has no apt")
def test_a_full_disk_or_a_cache_that_cannot_be_written_says_what_helps(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine / "cache").write_text("a file")
    with pytest.raises(KernelUnavailable) as caught:
        automatic.choose(print)
    assert "the cache for kernels cannot be written" in caught.value.message
    assert caught.value.hint == cache.unwritable(OSError()).hint
    monkeypatch.setattr(cache, "locked", _full)
    with pytest.raises(KernelUnavailable) as caught:
        automatic.choose(print)
    assert caught.value.message.count("no space for a kernel") == 1
    assert caught.value.hint == cache.no_space(machine).hint


def _full(_: object) -> None:
    raise cache.no_space(Path("/"))


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("dnf", "dnf install qemu-system-x86-core"),
        ("pacman", "pacman -S qemu-system-x86"),
    ],
)
def test_without_apt_one_line_says_what_to_install(
    machine: Path, monkeypatch: pytest.MonkeyPatch, manager: str, command: str
) -> None:
    (machine / "bin").mkdir()
    (machine / "bin" / manager).symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(machine / "bin"))
    with pytest.raises(KernelUnavailable) as caught:
        automatic.choose(print)
    assert command in caught.value.hint
    assert "apt" not in str(caught.value)
    monkeypatch.setattr(host, "has_module", lambda: True)
    with pytest.raises(KernelUnavailable) as caught:
        automatic.choose(print)
    assert "modprobe bonding max_bonds=0; or " in caught.value.hint


def test_another_processor_has_no_user_mode_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    keep("uml", "6.1.9", GOOD, cached_kernel.codename())
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    monkeypatch.setattr(host, "has_module", lambda: True)
    with pytest.raises(KernelUnavailable) as caught:
        automatic.choose(print)
    assert caught.value.hint.removeprefix("sudo ") == "modprobe bonding max_bonds=0"
    monkeypatch.setattr(host, "refusal", lambda: "")
    assert automatic.choose(print).name == f"host {os.uname().release}"
