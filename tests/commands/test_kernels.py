"""`harness kernels`: what it prints, and an exit status that can be relied on."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.kernels import cache, cached_kernel
from harness.kernels.cached_kernel import CachedKernel


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cache.directory()


def kernels(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["kernels", *map(str, arguments)])


def keep(name: str, flavour: str, release: str) -> CachedKernel:
    """Put a kernel into the cache that says its release, and dies when it is booted."""
    with cache.locked(print), cache.building() as place:
        script = (
            "#!/bin/sh\ncase $1 in --help) echo User Mode Linux v{};; *) echo no luck;; esac\n"
        )
        (place / "linux").write_text(script.format(release))
        (place / "linux").chmod(0o755)
        version = f"{release}-1"
        return CachedKernel(place, flavour, release, version=version, kernel="linux").keep(name)


@pytest.mark.process
def test_the_list_shows_each_kernel_with_its_state() -> None:
    keep("a", "uml", "6.1.176")
    damaged = keep("b", "virtual", "7.2.13")
    damaged.file.write_text("short")
    cached_kernel.hold(keep("c", "uml", "5.10.46"))
    done = kernels("list", "--cached")
    lines = {line.split()[0]: line.split(None, 6)[1:] for line in done.stdout.splitlines() if line}
    assert done.exit_code == 0
    assert lines["uml@6.1"] == ["6.1.176", "real", "uml", "0", "MB", "cached"]
    assert lines["uml@5.10"][5:] == ["cached, in use"]
    assert lines["virtual@7.2"][5].startswith("damaged: linux has 5 bytes instead of")
    assert lines["host"][0] == os.uname().release


@pytest.mark.process
def test_the_list_can_be_read_by_machines() -> None:
    entry = keep("a", "uml", "6.1.176")
    host, kept = json.loads(kernels("list", "--cached", "--json").stdout)
    assert host["kernel"] == "host"
    assert kept == {
        "kernel": "uml@6.1",
        "release": "6.1.176",
        "clock": "real",
        "flavour": "uml",
        "size": entry.size(),
        "state": "cached",
        "directory": str(entry.place),
        "suite": "",
        "version": "6.1.176-1",
        "origin": "",
        "digest": "",
    }


def test_removing_says_what_was_freed(own_cache: Path) -> None:
    keep("a", "uml", "6.1.176")
    keep("b", "uml", "6.12.101")
    done = kernels("remove", "uml@6.1")
    assert (done.exit_code, done.stdout) == (0, "removed uml@6.1 (a): 0 MB freed\n")
    assert {path.name for path in own_cache.iterdir()} == {"lock", "b"}
    assert kernels("remove", "b").exit_code == 0
    assert {path.name for path in own_cache.iterdir()} == {"lock"}


def test_a_kernel_in_use_is_not_removed() -> None:
    entry = keep("a", "uml", "6.1.176")
    cached_kernel.hold(entry)
    done = kernels("remove", "uml@6.1")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "error: a is in use by a run\nhint: wait until" in done.stderr
    assert entry.damage() == ""


def test_removing_what_is_not_there_is_exit_status_1() -> None:
    done = kernels("remove", "uml@6.1")
    assert done.exit_code == 1
    assert "error: uml@6.1 is not in the cache\nhint: harness kernels list" in done.stderr


@pytest.mark.parametrize("spec", ["host", "uml", "nonsense", "6.12", "uml@x"])
def test_removing_what_is_no_kernel_of_the_cache_is_exit_status_4(spec: str) -> None:
    keep("a", "uml", "6.1.176")
    done = kernels("remove", spec)
    assert done.exit_code == 4
    assert "hint: " in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.process
def test_a_fetch_of_what_is_there_fetches_nothing() -> None:
    keep("a", "uml", "6.1.176")
    done = kernels("fetch", "uml@6.1")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "uml@6.1 is uml 6.1.176\n", "")


@pytest.mark.parametrize("command", ["fetch", "check"])
@pytest.mark.parametrize(
    ("spec", "status"), [("nonsense", 4), ("./none", 4), ("stock", 4), ("virtual@7.2", 1)]
)
def test_what_cannot_be_had_is_reported_without_a_traceback(
    command: str, spec: str, status: int
) -> None:
    done = kernels(command, spec)
    assert (done.exit_code, done.stdout) == (status, "")
    assert done.stderr.startswith("error: ")
    assert "\nhint: " in done.stderr


@pytest.mark.process
def test_a_kernel_that_does_not_boot_is_shown_with_the_end_of_its_console() -> None:
    keep("a", "uml", "6.1.176")
    done = kernels("check", "uml@6.1")
    assert done.exit_code == 1
    assert "boots     no: it ended with status 0 before its job was done" in done.stdout
    assert "the end of its console:\n  no luck\n" in done.stdout
    told = json.loads(kernels("check", "uml@6.1", "--json").stdout)
    assert (told["usable"], told["boots"], told["console"]) == (False, False, ["no luck"])


@pytest.mark.parametrize("command", ["", "list", "fetch", "remove", "check"])
def test_every_command_explains_itself(command: str) -> None:
    done = kernels(*filter(None, [command]), "--help")
    assert done.exit_code == 0
    assert len(done.stdout) > 200


def test_a_wrong_command_line_is_exit_status_2() -> None:
    assert kernels("check").exit_code == 2
    assert kernels("nonsense").exit_code == 2


@pytest.mark.guest(inside=False)
@pytest.mark.skipif(not shutil.which("apt-get"), reason="this machine has no apt-get")
def test_debians_kernel_passes_its_checkup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    told = json.loads(kernels("check", "uml", "--json").stdout)
    assert (told["usable"], told["trouble"], told["unexpected"]) == (True, "", [])
    assert told["facts"]["hz"] == 100
    assert told["options"] > 30
