"""`harness doctor`: never hangs, mends what it names, and knows when nothing can run."""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.commands import doctor
from harness.doctor import kernels, tools
from harness.doctor.check import BAD, GOOD, LACKING, CheckResult, TimedCheck
from harness.kernels import cache, host, kvm, processor, qemu
from tests.kernels.test_automatic import BAD as DIES
from tests.kernels.test_automatic import GOOD as BOOTS
from tests.kernels.test_automatic import keep
from tests.waiting import comes_true

ROWS = {
    "host bonding": CheckResult(LACKING, ""),
    "kernels cached": CheckResult(LACKING, ""),
    "package sources": CheckResult(LACKING, ""),
    "cache": CheckResult(GOOD, ""),
    "guest memory": CheckResult(GOOD, ""),
    "QEMU": CheckResult(LACKING, ""),
}
OFFER = replace(ROWS["package sources"], kernel="uml@6.1")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_what_hangs_is_given_up_with_all_it_started(own_cache: Path) -> None:
    begun = own_cache / "begun"

    def hang() -> CheckResult:
        os.system(f"sleep 77 & echo $! > {begun}; wait")  # noqa: S605
        return CheckResult(GOOD, "")

    before = time.monotonic()
    assert TimedCheck("x", hang, 1.5).take() == CheckResult(BAD, "no answer within 1.5 s")
    assert time.monotonic() - before < 5
    asleep = Path("/proc", begun.read_text().strip(), "cmdline")

    def is_gone() -> bool:  # a killed process ends when the scheduler comes to it
        return not asleep.exists() or b"sleep" not in asleep.read_bytes()

    assert comes_true(is_gone, within=10)


@pytest.mark.parametrize("look", [tools.namespaces, tools.classifiers, tools.nftables])
def test_what_is_tried_in_a_namespace_fails_for_the_machine_only(
    look: Callable[[], CheckResult],
) -> None:
    """The program that tries it is text: nothing else finds a name in it that is gone."""
    assert not re.search(r"\w(Error|Exception): ", look().found)


def test_qemu_without_virtme_runs_the_lab_that_needs_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / qemu.QEMU
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(qemu, "has_virtme", lambda: False)
    row = kernels.emulator()
    assert row.found == "--lab qemu runs with it; stock@VERSION needs virtme-ng"
    assert row.remedy == "pip install virtme-ng"


def test_what_crashes_is_an_answer() -> None:
    def crash() -> CheckResult:
        raise RuntimeError("no luck")

    assert TimedCheck("x", crash).take() == CheckResult(BAD, "RuntimeError: no luck")
    assert TimedCheck("x", lambda: os._exit(3)).take() == CheckResult(BAD, "the check crashed")


@pytest.mark.parametrize(
    ("changed", "kernel"),
    [
        ({}, ""),
        ({"host bonding": CheckResult(GOOD, "", kernel="host")}, "host"),
        ({"package sources": OFFER}, "uml@6.1"),
        ({"package sources": OFFER, "cache": CheckResult(BAD, "")}, ""),
        ({"package sources": OFFER, "guest memory": CheckResult(BAD, "")}, ""),
        ({"package sources": OFFER, "kernels cached": CheckResult(BAD, "")}, ""),
        ({"QEMU": CheckResult(GOOD, "", kernel="stock@6.1")}, "stock@6.1"),
    ],
)
def test_it_knows_what_scenarios_run_in(changed: dict[str, CheckResult], kernel: str) -> None:
    rows = ROWS | changed
    assert doctor.runs_in(rows) == kernel
    assert ("nothing can run here" in doctor.verdict(kernel, rows)) == (not kernel)


def test_a_machine_on_which_nothing_runs_is_exit_status_1(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "refusal", lambda: "it has no bonding driver")
    monkeypatch.setenv("PATH", str(own_cache))
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 1, done.output
    assert "nothing can run here" in done.stdout
    assert {look.name for look in doctor.LOOKS} <= set(_names(done.stdout))


def _names(page: str) -> list[str]:
    return [line.split("  ")[0].strip() for line in page.splitlines()]


def test_the_page_can_be_read_by_machines() -> None:
    keep("uml", "6.1.9", BOOTS)
    done = CliRunner().invoke(main, ["doctor", "--json"])
    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert found["kernel"] in ("host", "uml@6.1")
    assert found["rows"]["kernels cached"]["found"] == "uml 6.1.9 boots"
    assert {row["state"] for row in found["rows"].values()} <= {GOOD, LACKING, BAD}


def test_a_cached_kernel_that_crashes_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    keep("uml", "6.1.9", DIES)
    monkeypatch.setattr("harness.kernels.preload.COMPILERS", ())
    row = kernels.cached()
    assert row.state == BAD
    assert row.found.startswith("uml 6.1.9 does not boot here")
    assert "gcc" in row.remedy


def test_a_damaged_kernel_is_named_with_the_command_that_removes_it() -> None:
    keep("uml", "6.1.9", BOOTS).file.write_text("short")
    assert kernels.cached() == CheckResult(
        BAD, "no User-Mode Linux that boots", "harness kernels remove uml-6.1.9"
    )


def test_a_cache_that_cannot_be_written_is_bad(own_cache: Path) -> None:
    (own_cache / "cache").write_text("a file")
    row = kernels.disk()
    assert (row.state, row.remedy) == (BAD, "export XDG_CACHE_HOME=DIRECTORY")
    assert cache.directory().name in row.found or str(own_cache) in row.found


@pytest.mark.parametrize(
    ("flags", "found", "remedy"),
    [
        ({"vmx"}, "there is no /dev/kvm", "modprobe kvm_intel"),
        ({"svm"}, "there is no /dev/kvm", "modprobe kvm_amd"),
        (set(), "this processor has no virtualisation", ""),
    ],
)
def test_a_processor_without_virtualisation_is_emulated(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch, flags: set[str], found: str, remedy: str
) -> None:
    monkeypatch.setattr(kvm, "DEVICE", own_cache / "kvm")
    monkeypatch.setattr(processor, "flags", lambda: frozenset(flags))
    row = kernels.virtualisation()
    assert row.state == LACKING
    assert row.found.startswith(found)
    assert row.remedy.removeprefix("sudo ") == remedy


@pytest.mark.parametrize(
    ("refusal", "group", "found", "remedy"),
    [
        (
            errno.EACCES,
            "kvm",
            "is not accessible to this user",
            "usermod -aG kvm $USER, then log in again",
        ),
        (errno.EACCES, "", "is not accessible to this user", "chmod o+rw /dev/kvm"),
        (errno.EPERM, "kvm", "is kept from this container", ""),
        (errno.ENODEV, "kvm", "nothing is behind it (No such device)", "modprobe kvm_intel"),
    ],
)
def test_a_device_that_cannot_be_opened_has_the_remedy_of_its_reason(
    monkeypatch: pytest.MonkeyPatch, refusal: int, group: str, found: str, remedy: str
) -> None:
    monkeypatch.setattr(kvm, "group", lambda: group)
    monkeypatch.setattr(processor, "flags", lambda: frozenset({"vmx"}))
    said, command = kernels._why_refused(refusal)
    assert found in said
    assert command.removeprefix("sudo ") == remedy


def test_a_device_without_a_driver_is_refused(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kvm, "DEVICE", own_cache / "kvm")
    assert kvm.refusal() == errno.ENOENT
    with socket.socket(socket.AF_UNIX) as nothing:
        nothing.bind(str(own_cache / "kvm"))
        assert kvm.refusal() == errno.ENXIO


def test_kvm_is_believed_only_when_it_runs_something(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = own_cache / qemu.QEMU
    program.write_text("#!/bin/sh\necho failed to set MSR\n")
    program.chmod(0o755)
    assert kvm.firmware_trouble(str(program)) == "fails here (failed to set MSR)"
    program.write_text("#!/bin/sh\necho 'SeaBIOS (version 1)'; exec sleep 60\n")
    assert kvm.firmware_trouble(str(program)) == ""
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(kvm, "LIMIT", 0.3)
    assert kvm.firmware_trouble(str(program)) == "did nothing for 0.3 s"


def test_a_switch_that_forbids_namespaces_is_named(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "_inside", lambda: "unshare: Operation not permitted")
    monkeypatch.setattr(tools, "_value", lambda path: "1" if "apparmor" in path else "")
    row = tools.namespaces()
    assert "Operation not permitted" in row.found
    wanted = "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    assert row.remedy.removeprefix("sudo ") == wanted


def test_the_script_for_a_new_namespace_finds_what_it_imports() -> None:
    assert "import" not in tools._inside("true")
