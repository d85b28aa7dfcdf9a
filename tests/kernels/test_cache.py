"""A cached kernel is used only when every byte of it is as it was when it was kept."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from harness.errors import KernelUnavailable
from harness.kernels import cache


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cache.directory()


def _keep(name: str = "user-mode-linux_1", text: bytes = b"kernel") -> Path:
    with cache.locked(print), cache.building() as place:
        (place / "usr/bin").mkdir(parents=True)
        (place / "usr/bin/linux.uml").write_bytes(text)
        return cache.keep(place, name)


def _whole() -> list[Path]:
    return [place for place in cache.places() if not cache.damage(place)]


def test_what_was_kept_is_found() -> None:
    assert _whole() == []
    kept = _keep()
    assert _whole() == [kept]


@pytest.mark.parametrize("text", [b"", b"kerne", b"kernel and more", b"lernel"])
def test_a_changed_file_is_noticed(text: bytes) -> None:
    kept = _keep()
    (kept / "usr/bin/linux.uml").write_bytes(text)
    assert cache.damage(kept).startswith("usr/bin/linux.uml has ")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"usr/bin/linux.uml": 3}', '{"usr'])
def test_a_damaged_manifest_is_noticed(text: str) -> None:
    kept = _keep()
    (kept / cache.MANIFEST).write_text(text)
    assert cache.damage(kept) != ""


@pytest.mark.parametrize("name", ["usr/bin/linux.uml", cache.MANIFEST])
def test_a_missing_file_is_noticed(name: str) -> None:
    kept = _keep()
    (kept / name).unlink()
    assert "No such file" in cache.damage(kept)


def test_a_whole_kernel_is_found_beside_a_damaged_newer_one() -> None:
    whole = _keep("user-mode-linux_1")
    newer = _keep("user-mode-linux_2")
    (newer / "usr/bin/linux.uml").write_bytes(b"short")
    assert _whole() == [whole]


def test_a_damaged_kernel_is_replaced_and_nothing_is_left_over(own_cache: Path) -> None:
    kept = _keep()
    (kept / "usr/bin/linux.uml").write_bytes(b"short")
    assert _keep(text=b"fresh") == kept
    assert _whole() == [kept]
    assert {path.name for path in own_cache.iterdir()} == {"lock", kept.name}


def test_what_a_killed_run_left_half_built_is_never_found_and_goes(own_cache: Path) -> None:
    (own_cache / "partial-abc/usr/bin").mkdir(parents=True)
    assert _whole() == []
    _keep()
    assert not (own_cache / "partial-abc").exists()


def test_a_build_that_fails_leaves_nothing(own_cache: Path) -> None:
    def fail() -> None:
        with cache.locked(print), cache.building() as place:
            (place / "half").write_text("")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [path.name for path in own_cache.iterdir()] == ["lock"]


def test_a_second_run_says_that_it_waits_and_then_goes_on() -> None:
    said: list[str] = []
    entered = threading.Event()

    def second() -> None:
        with cache.locked(said.append):
            entered.set()

    with cache.locked(print):
        other = threading.Thread(target=second)
        other.start()
        assert not entered.wait(0.2)
    assert entered.wait(5)
    other.join()
    assert said == ["waiting for another run's fetch of a kernel"]


def test_a_cache_that_cannot_be_written_is_an_error_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(KernelUnavailable, match="hint: set XDG_CACHE_HOME"), cache.locked(print):
        pass
