"""`--kernel host`, where the host has bonding: a guest is such a host, so these run in one."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.kernels import host
from tests.tiny import HARNESS, Tiny

pytestmark = pytest.mark.guest

SCENARIO = """
    import os, socket, struct
    from pathlib import Path
    from harness.session import worker
    from harness.guests import init

    def test_a_bond_of_our_own():
        assert init.make_bond() == 0
        assert sorted(os.listdir("/sys/class/net")) == ["bonding_masters", "lo", "probe0"]
        assert os.geteuid() == 0
        assert worker.facts().lab.startswith(f"netns in host {os.uname().release}")
"""
NOBODY = 65534
MS_RDONLY = 1


def _interfaces() -> set[str]:
    return {path.name for path in Path("/sys/class/net").iterdir()}


def test_root_can_use_it(tmp_path: Path) -> None:
    before = _interfaces()
    tiny = Tiny.make(tmp_path, a=SCENARIO)
    code, said = tiny.run("--kernel=host")
    assert code == 0, said
    assert "1 passed" in said
    assert _interfaces() == before
    assert list(tiny.temporary.iterdir()) == []


def test_auto_takes_it_where_it_is() -> None:
    assert host.refusal() == ""


def test_an_ordinary_user_can_use_it_by_a_user_namespace(open_place: Path) -> None:
    before = _interfaces()
    for place in (Path(sys.executable).resolve(), Path(sys.executable), HARNESS / "harness"):
        _open_up(place)
    tiny = Tiny.make(open_place, a=SCENARIO)
    for path in (tiny.root, tiny.temporary):
        os.chown(path, NOBODY, NOBODY)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "harness.plugin", "--kernel=host"],
        cwd=tiny.root,
        env=tiny.environment({}),
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert _interfaces() == before
    assert list(tiny.temporary.iterdir()) == []


@pytest.fixture
def open_place() -> Iterator[Path]:
    """Give a directory that everybody may pass to: the guest's own devtmpfs has room for it."""
    place = Path(tempfile.mkdtemp(dir="/dev"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def _open_up(place: Path) -> None:
    """Let everybody pass to `place`: homes may be closed, and the Python may be in one.

    In this guest alone: a closed directory is replaced by one that is open and has the same below.
    """
    for closed in reversed(place.parents):
        if closed.stat().st_mode & 0o005 != 0o005:
            below = [path.name for path in closed.iterdir() if path.is_dir()]
            _mount("tmpfs", closed, "mode=755")
            for name in below:
                (closed / name).mkdir()
                _mount("hostfs", closed / name, str(closed / name))


def _mount(kind: str, target: Path, data: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    flags = MS_RDONLY if kind == "hostfs" else 0
    failed = libc.mount(b"none", os.fsencode(target), kind.encode(), flags, os.fsencode(data))
    assert not failed, os.strerror(ctypes.get_errno())
