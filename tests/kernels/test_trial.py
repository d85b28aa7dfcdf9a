"""Kernels are tried before work is given to them, and one that does not boot says why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness import kernels
from harness.errors import KernelUnavailable
from harness.guests import console
from harness.kernels import cache, preload, processor, trial, uml
from harness.kernels.uml import UmlKernel
from tests import amx
from tests.amx import NEEDS_COMPILER

OLD = """\
userspace - ptrace set fp regs failed, errno = 14
Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b
CPU: 0 PID: 1 Comm: python Not tainted 6.1.176 #1
 [<606931e5>] panic+0x197/0x376
 [<6004b1ca>] ? put_fp_registers+0x10/0x12
""".splitlines()


def dying(path: Path, *words: str) -> UmlKernel:
    """Make a kernel that says something when it is booted, and counts how often it is."""
    said = "".join(f"echo '{word}'\n" for word in words)
    path.write_text(
        f"#!/bin/sh\n[ $1 = --help ] && echo User Mode Linux v6.1.9 && exit\n"
        f"echo >> {path}.boots\n{said}exit 1\n"
    )
    path.chmod(0o755)
    return uml.identify(path)


def boots(kernel: UmlKernel) -> int:
    return len(Path(f"{kernel.path}.boots").read_text().splitlines())


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_the_lines_that_tell_why_come_first() -> None:
    assert console.cause_lines(["[    0.5] usual", *reversed(OLD)]) == OLD[:2]
    assert console.refuses_short_state(OLD)
    assert console.refuses_short_state(
        ["copy_context_skas0 : put_fp_registers failed, pid = 7, err = -14"]
    )
    assert not console.refuses_short_state(OLD[1:])


def test_a_kernel_that_does_not_boot_is_reported_with_the_decisive_lines(own_cache: Path) -> None:
    kernel = dying(own_cache / "linux", *(f"usual {n}" for n in range(30)), OLD[1], "the end")
    with pytest.raises(KernelUnavailable) as caught:
        trial.fit(kernel, lambda _: None)
    assert caught.value.message == (
        "uml 6.1.9 does not boot here: its first process was killed by SIGSEGV\n  " + OLD[1]
    )
    assert "harness kernels check" in caught.value.hint


def test_a_failure_of_unknown_cause_is_tried_again(own_cache: Path) -> None:
    kernel = dying(own_cache / "linux", "no memory today")
    for _ in range(2):
        with pytest.raises(KernelUnavailable):
            trial.fit(kernel, lambda _: None)
    assert boots(kernel) == 2


def test_without_a_compiler_the_error_names_processor_and_ways(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = dying(own_cache / "linux", *OLD)
    monkeypatch.setattr(preload, "COMPILERS", ("no-such-compiler",))
    for _ in range(2):
        with pytest.raises(KernelUnavailable) as caught:
            trial.fit(kernel, lambda _: None)
    assert (
        "uml 6.1.9 does not boot here: User-Mode Linux before 6.16 cannot set the registers"
        in (caught.value.message)
    )
    assert processor.described() in caught.value.message
    assert "there is no C compiler" in caught.value.message
    assert "\n" not in caught.value.message
    assert "gcc" in caught.value.hint
    assert "uml@7.2" in caught.value.hint
    assert boots(kernel) == 1, "a failure whose cause is known is remembered"


def test_a_trial_is_remembered_for_this_machine_kernel_and_memory_only(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = dying(own_cache / "linux", *OLD)
    for _ in range(2):
        assert trial.outcome(kernel, lambda _: None).short_state
    assert boots(kernel) == 1
    trial.outcome(replace(kernel, memory=1 << 28), lambda _: None)
    assert boots(kernel) == 2
    kernel.path.touch()
    trial.outcome(kernel, lambda _: None)
    assert boots(kernel) == 3
    monkeypatch.setattr(processor, "identity", lambda: "another machine")
    trial.outcome(kernel, lambda _: None)
    assert boots(kernel) == 4
    trial.forget(kernel)
    trial.outcome(kernel, lambda _: None)
    assert boots(kernel) == 5


def test_a_memory_of_trials_that_is_broken_costs_a_trial(own_cache: Path) -> None:
    kernel = dying(own_cache / "linux", *OLD)
    trial.outcome(kernel, lambda _: None)
    file = cache.directory().with_name(trial.MEMORY)
    file.write_text(json.dumps({key: {"trouble": 1} for key in json.loads(file.read_text())}))
    assert trial.outcome(kernel, lambda _: None).short_state
    assert boots(kernel) == 2


@NEEDS_COMPILER
def test_the_wrapper_is_built_once(own_cache: Path) -> None:
    made = preload.library()
    state = made.stat()
    assert preload.library().stat() == state
    assert [path.name for path in made.parent.iterdir()] == [made.name]


@pytest.fixture
def with_amx(tmp_path: Path) -> Iterator[None]:
    with amx.processor(tmp_path):
        yield


@pytest.mark.guest(inside=False)
@NEEDS_COMPILER
def test_an_old_kernel_boots_on_a_processor_with_amx(with_amx: None) -> None:
    said: list[str] = []
    kernel = kernels.resolve("uml@6.1", said.append)
    assert isinstance(kernel, UmlKernel)
    assert kernel.preload
    assert said[-1].startswith(f"{kernel.name}: {trial.TOO_OLD} ({processor.described()})")
    said.clear()
    assert kernels.resolve("uml@6.1", said.append) == kernel
    assert len(said) == 1, "both trials are remembered"


@pytest.mark.guest(inside=False)
@NEEDS_COMPILER
def test_the_fault_is_as_on_the_real_processor(with_amx: None) -> None:
    found = trial.boot(uml.packaged(print, "6.1"))
    assert found.short_state
    assert found.lines[0].endswith("ptrace set fp regs failed, errno = 14")
