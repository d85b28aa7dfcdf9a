"""The Vagrantfile as vagrant itself reads it; a VBoxManage that tells its version will do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not shutil.which("vagrant"), reason="no vagrant here")
VAGRANTFILE = Path(__file__).parents[3] / "Vagrantfile"
STUB = '#!/bin/sh\n[ "$1" != --version ] || echo 7.0.20r163906\n'


def validated(
    place: Path, text: str, wiring: str, provider: str = "virtualbox"
) -> subprocess.CompletedProcess[str]:
    """Let vagrant validate a Vagrantfile for a provider."""
    (place / "Vagrantfile").write_text(text, encoding="utf-8")
    (place / "VBoxManage").write_text(STUB, encoding="ascii")
    (place / "VBoxManage").chmod(0o755)
    own = {"HOME": str(place), "VAGRANT_HOME": str(place / "home"), "WIRING": wiring}
    own |= {"VAGRANT_DEFAULT_PROVIDER": provider, "PATH": f"{place}:{os.environ['PATH']}"}
    return subprocess.run(
        ["vagrant", "validate"],
        cwd=place,
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("wiring", ["report", "rack"])
def test_vagrant_takes_it(tmp_path: Path, wiring: str) -> None:
    done = validated(tmp_path, VAGRANTFILE.read_text(encoding="utf-8"), wiring)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "validated successfully" in done.stdout


def test_vagrant_takes_it_for_libvirt(tmp_path: Path) -> None:
    text = VAGRANTFILE.read_text(encoding="utf-8")
    done = validated(tmp_path, text, "rack", "libvirt")
    if "provider 'libvirt' could not be found" in done.stderr:
        pytest.skip("no vagrant-libvirt here")
    assert "validated successfully" in done.stdout, done.stdout + done.stderr
    wrong = validated(
        tmp_path, text.replace("default_prefix", "default_prefxi"), "rack", "libvirt"
    )
    assert "default_prefxi" in wrong.stdout + wrong.stderr


def test_libvirt_has_one_wiring(tmp_path: Path) -> None:
    done = validated(tmp_path, VAGRANTFILE.read_text(encoding="utf-8"), "report", "libvirt")
    assert done.returncode != 0
    assert "libvirt has the wiring rack alone; hint: WIRING=rack" in done.stderr + done.stdout


def test_vagrant_finds_a_misspelt_setting_of_virtualbox(tmp_path: Path) -> None:
    text = VAGRANTFILE.read_text(encoding="utf-8")
    done = validated(tmp_path, text.replace("vb.customize", "vb.customise"), "rack")
    assert done.returncode != 0
    assert "customise" in done.stdout + done.stderr


def test_a_wiring_that_is_not_there(tmp_path: Path) -> None:
    done = validated(tmp_path, VAGRANTFILE.read_text(encoding="utf-8"), "star")
    assert done.returncode != 0
    assert "WIRING is star; hint: one of report, rack" in done.stderr + done.stdout
