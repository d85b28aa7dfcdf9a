"""The machine's sources for another suite: addresses and keys stay, other archives do not come."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.errors import KernelUnavailable
from harness.kernels import apt_sources

pytestmark = pytest.mark.skipif(not shutil.which("apt-config"), reason="this machine has no apt")

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/keys/a.gpg] http://one.example/debian bookworm main contrib  # why
deb-src http://one.example/debian bookworm main
deb http://one.example/debian bookworm-updates main
deb http://other.example/tool bookworm stable
deb http://other.example/packages tool-bookworm main
"""
STANZAS = """\
# a comment
Types: deb deb-src
# in between
URIs: http://two.example/debian
Suites: bookworm bookworm-updates
Components: main non-free
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs: http://two.example/debian-security
Suites: bookworm-security
Components: main
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the machine's sources files of a directory."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{tmp_path}/sources.list";\n'
        f'Dir::Etc::sourceparts "{tmp_path}/parts";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    return tmp_path


@pytest.mark.process
def test_a_line_keeps_its_options_and_address(machine: Path) -> None:
    (machine / "sources.list").write_text(ONE_LINE)
    wanted = "deb [arch=amd64 signed-by=/keys/a.gpg] http://one.example/debian forky main\n"
    assert apt_sources.of_suite("forky") == {"suite.list": wanted, "suite.sources": ""}


@pytest.mark.process
def test_a_stanza_keeps_its_address_and_key(machine: Path) -> None:
    (machine / "parts/debian.sources").write_text(STANZAS)
    (machine / "parts/ignored.bak").write_text(STANZAS)
    made = apt_sources.of_suite("trixie")["suite.sources"]
    assert made.splitlines() == [
        "Types: deb",
        "Uris: http://two.example/debian",
        "Suites: trixie",
        "Components: main",
        "Signed-By: ",
        *STANZAS.splitlines()[7:11],
    ]


@pytest.mark.process
def test_without_debians_archive_there_is_a_message(machine: Path) -> None:
    (machine / "sources.list").write_text("deb http://archive.example/ubuntu noble main\n")
    assert not apt_sources.are_debian()
    with pytest.raises(KernelUnavailable, match=r"do not include Debian(.|\n)*hint: "):
        apt_sources.of_suite("trixie")
