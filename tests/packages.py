"""An archive of Debian packages in a directory, for the real apt and dpkg."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

needs_apt = pytest.mark.skipif(
    not (shutil.which("apt-get") and shutil.which("dpkg-deb")),
    reason="this machine has no apt-get and dpkg-deb",
)


def control(name: str, version: str, more: str = "") -> str:
    """Return the control file of a package; `more` are whole lines."""
    text = f"Package: {name}\nVersion: {version}\nArchitecture: all\n{more}"
    text += "Maintainer: nobody <nobody@example.org>\nInstalled-Size: 12\n"
    return f"{text}Description: stands in for it\n"


def offer(archive: Path, built: Path, text: str) -> None:
    """Pack the files in `built` with a control file, and list the package in the archive."""
    archive.mkdir(exist_ok=True)
    (built / "DEBIAN").mkdir(exist_ok=True)
    (built / "DEBIAN/control").write_text(text)
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    deb = archive / f"{fields['Package']}_{fields['Version']}_all.deb"
    subprocess.run(["dpkg-deb", "--build", str(built), str(deb)], check=True, capture_output=True)
    sum_ = hashlib.sha256(deb.read_bytes()).hexdigest()
    where = f"Filename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {sum_}\n\n"
    with (archive / "Packages").open("a", encoding="utf-8") as packages:
        packages.write(text + where)
