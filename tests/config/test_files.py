"""Files that are no text, cannot be read or have one bad line: findings, and the rest goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.config import Configuration
from harness.config.lint import Finding, lint
from harness.config.rules import RULES
from tests.config_lines import cases, told, written

AB = "mode=active-backup miimon=100"
GOOD = "DEVICE=b1\nBONDING_OPTS='mode=1 miimon=100'\n"
TABLE = cases("config_findings.txt")
NOBODY = 65534


def check(*arguments: str, given: bytes | None = None) -> Result:
    """Run harness check."""
    return CliRunner().invoke(main, ("check", *arguments), input=given)


def reading(found: Configuration) -> list[Finding]:
    """Return the remarks on what was read."""
    return [one for one in lint(found, RULES) if one.rule in ("unread", "unknown-setting")]


@pytest.mark.parametrize("case", TABLE)
def test_one_bad_line_or_file_does_not_sink_the_rest(tmp_path: Path, case: str) -> None:
    """The first line of what is expected is the bond, the others are findings."""
    files, (bond, *expected) = TABLE[case]
    found = written(tmp_path, files)
    assert told(found)[0] == bond
    said = [
        f"{one.level} {str(one.place).removeprefix(f'{tmp_path}/')} {one.message}"
        for one in reading(found)
    ]
    assert len(said) == len(expected)
    for one, part in zip(said, expected, strict=True):
        assert one.startswith(part)


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A directory with one good file and many that are none."""
    (tmp_path / "ifcfg-b1").write_bytes(GOOD.encode() + b"# f\xfcr den Dom\n")
    (tmp_path / "picture").write_bytes(b"\x89PNG\r\n\0\0")
    (tmp_path / "empty").touch()
    (tmp_path / "lost").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "masked").symlink_to("/dev/null")
    (tmp_path / "ifcfg-io").symlink_to("/proc/self/mem")
    (tmp_path / "wide").write_bytes(GOOD.encode("utf-16"))
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(8 * 1024 * 1024)
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "below").mkdir()
    return tmp_path


def test_what_is_no_configuration_is_named_and_the_bond_is_read(odd: Path) -> None:
    said = check(str(odd)).output
    for name, words in {
        "ifcfg-b1:3  note": "byte 0xfc is no UTF-8 text",
        "picture:2  note": "there is a NUL byte",
        "empty  note": "the file is empty",
        "lost  note": "the link leads nowhere",
        "loop  note": "the link leads to itself",
        "masked  note": "a device, not a text file",
        "ifcfg-io  error": "cannot be read: Input/output error",
        "wide:1  error": "the file is UTF-16",
        "huge  note": "is longer than 4 MB",
        "fifo  note": "a FIFO, not a text file",
    }.items():
        assert f"{odd}/{name}  {words}" in said
    assert f"b1: {AB}" in said
    assert check(str(odd)).exit_code == 1


@pytest.mark.parametrize(
    "name", ["picture", "empty", "lost", "masked", "ifcfg-io", "huge", "fifo"]
)
def test_such_a_file_alone_cannot_be_checked(odd: Path, name: str) -> None:
    ran = check(str(odd / name))
    assert ran.exit_code == 2
    assert f"{odd}/{name}" in ran.output
    assert "hint: " in ran.output


def test_one_argument_that_is_not_there_does_not_hide_the_others(odd: Path) -> None:
    ran = check(str(odd / "ifcfg-b1"), str(odd / "gone"))
    assert ran.exit_code == 1
    assert f"{odd}/gone  error  there is no such file" in ran.output
    assert f"b1: {AB}" in ran.output


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        (b"mode=1 miimon=100\n# \xe4\n", 0, "<standard input>:2  note  byte 0xe4"),
        (b"mode=1\0miimon=100\n", 2, "<standard input>:1: there is a NUL"),
        (b"", 2, "<standard input>: the file is empty"),
    ],
)
def test_standard_input_may_be_anything(given: bytes, status: int, said: str) -> None:
    ran = check("-", given=given)
    assert (ran.exit_code, said in ran.output) == (status, True), ran.output


def test_a_latin_1_comment_is_an_error_where_the_tool_refuses_it(tmp_path: Path) -> None:
    plan = "# \xe4\nnetwork: {bonds: {b: {interfaces: [], parameters: {mode: balance-rr}}}}\n"
    (tmp_path / "n.yaml").write_bytes(plan.encode("latin-1"))
    assert f"{tmp_path}/n.yaml:1  error  byte 0xe4" in check(str(tmp_path)).output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read")
def test_an_unreadable_file_is_reported_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "ifcfg-b1").write_text(GOOD)
    secret = tmp_path / "ifcfg-b2"
    secret.write_text(GOOD)
    secret.chmod(0)
    (tmp_path / "locked").mkdir(mode=0)
    (tmp_path / "netplan").mkdir()
    (tmp_path / "netplan/50.yaml").touch(mode=0)
    code = (
        "import encodings.utf_8_sig, pathlib, os, sys; from harness.config.gather import sources; "
        f"os.setgroups([]); os.setuid({NOBODY}); os.chdir('/'); "
        "[print(one.name, *one.remarks) for one in sources(sys.argv[1:])]"
    )
    # pytest's own directories above it: two, or with pytest-xdist three.
    above = [place for place in tmp_path.parents if place.name.startswith(("pytest-", "popen-"))]
    for place in (tmp_path, *above):
        place.chmod(0o755)
    words = [sys.executable, "-c", code, str(tmp_path)]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    for name in ("ifcfg-b2", "locked", "netplan/50.yaml"):
        assert f"file='{tmp_path}/{name}'" in ran.stdout
    assert ran.stdout.count("cannot be read: Permission denied") == 3
    assert "run as a user who may read it" in ran.stdout
    assert f"{tmp_path}/ifcfg-b1" in ran.stdout
