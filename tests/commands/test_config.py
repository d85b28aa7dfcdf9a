"""harness check and harness convert as people call them: output, exit status, SARIF."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.config.rules import RULES
from tests.configs import PROC

ARP = "mode=1 arp_interval=100 arp_ip_target=192.0.2.2,192.0.2.3 arp_validate=all"


def harness(*arguments: str, given: str | None = None) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, arguments, input=given)


def test_a_sound_bond_passes() -> None:
    ran = harness("check", ARP)
    assert ran.exit_code == 0, ran.output
    assert ran.output.splitlines()[-1] == "0 errors, 0 warnings, 0 notes"


def test_an_error_fails_with_line_reason_claim_and_hint(tmp_path: Path) -> None:
    (tmp_path / "bonding.conf").write_text("# all bonds\noptions bonding mode=1\n")
    ran = harness("check", str(tmp_path))
    assert ran.exit_code == 1
    assert f"{tmp_path}/bonding.conf:2  error  bond0 monitors no link" in ran.output
    assert "    OPT-3: Without any link monitoring" in ran.output
    assert "    hint: set miimon=100" in ran.output


def test_warnings_fail_only_if_strict_and_rules_can_be_left_out() -> None:
    one_target = ARP.replace(",192.0.2.3", "")
    assert harness("check", one_target).exit_code == 0
    assert harness("check", "--strict", one_target).exit_code == 1
    assert harness("check", "--strict", "--ignore", "one-target", one_target).exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "bond77"),
        ("check", "/nowhere/at/all"),
        ("check", "--from", "netplan", "mode=1 miimon=100"),
        ("check", "--kernel", "new", ARP),
        ("check", "--environment", "moon", ARP),
        ("check",),
        ("convert", ARP),
        ("convert", "--to", "paper", ARP),
        ("convert", "--to", "netplan", "bond77"),
    ],
)
def test_what_cannot_be_read_or_done_is_reported_without_a_traceback(
    arguments: tuple[str],
) -> None:
    ran = harness(*arguments)
    assert ran.exit_code == 2, ran.output
    assert ran.exception is None or isinstance(ran.exception, SystemExit)
    assert "rror: " in ran.output


@pytest.mark.parametrize("columns", [40, 80])
def test_a_terminal_gets_lines_of_its_width_and_anything_else_whole_ones(
    tmp_path: Path, columns: int
) -> None:
    (tmp_path / "bonding.conf").write_text("options bonding mode=1 miimon=100 arp_interval=100\n")
    words = [sys.executable, "-m", "harness", "check", "bonding.conf"]
    whole = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert max(map(len, whole.stdout.splitlines())) > 80
    shown = on_terminal(words, tmp_path, columns)
    assert max(len(line) for line in shown) <= columns
    assert " ".join(" ".join(shown).split()) == " ".join(whole.stdout.split())


def on_terminal(words: list[str], place: Path, columns: int) -> list[str]:
    """Return the lines that a command writes to a terminal, less their colours."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm"}
    with subprocess.Popen(words, cwd=place, stdout=its, env=environment) as running:
        os.close(its)
        shown = b""
        with suppress(OSError):  # EIO: the other end is closed
            while piece := os.read(ours, 4096):
                shown += piece
        running.wait()
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()


@pytest.mark.skipif(not os.access("/proc/kmsg", os.R_OK), reason="only root may read /proc/kmsg")
def test_a_file_that_makes_its_reader_wait_does_not(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("options bonding mode=4\n")
    (tmp_path / "b.conf").symlink_to("/proc/kmsg")
    words = [sys.executable, "-m", "harness", "check", str(tmp_path)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout
    # A stream, or what the kernel has had to say meanwhile.
    assert re.search(r"b\.conf(:\d+)?  note  ", ran.stdout), ran.stdout


def test_a_link_to_itself_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("a")
    ran = harness("check", str(tmp_path / "a"))
    assert (ran.exit_code, "the link leads to itself" in ran.output) == (2, True)


def test_standard_input_is_read() -> None:
    ran = harness("check", "-", given="options bonding mode=1\n")
    assert ran.exit_code == 1
    assert "<standard input>:1  error" in ran.output


def test_surroundings_are_taken_into_account() -> None:
    assert harness("check", "--environment", "virtualbox", ARP).exit_code == 1
    text = f"{ARP} arp_missed_max=3"
    assert harness("check", "--kernel", "uml@5.10", text).exit_code == 1
    assert harness("check", "--kernel", "6.1", text).exit_code == 0


def test_json_has_everything() -> None:
    ran = harness("check", "--format", "json", "mode=1")
    (finding,) = json.loads(ran.stdout)
    assert ran.exit_code == 1
    assert finding["rule"] == "no-monitor"
    assert finding["claim"] == "OPT-3"
    assert finding["file"] == "<command line>"
    assert set(finding) == {
        *("rule", "level", "message", "file", "line", "bond", "claim", "hint", "promised")
    }


def test_sarif_has_the_lines_of_the_files(tmp_path: Path) -> None:
    place = tmp_path / "a b"
    place.mkdir()
    (place / "ifcfg-bond0").write_text("DEVICE=bond0\nBONDING_OPTS='mode=1 updelay=x'\n")
    (place / "README").write_text("hello\n")
    ran = harness("check", "--format", "sarif", str(place))
    log = json.loads(ran.stdout)
    results = log["runs"][0]["results"]
    assert {result["ruleId"] for result in results} >= {"bad-value", "no-monitor", "unread"}
    by_rule = {result["ruleId"]: result for result in results}
    region = by_rule["bad-value"]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2}
    assert len(log["runs"][0]["tool"]["driver"]["rules"]) == len(RULES) + 1


def test_convert_prints_what_it_can_say(tmp_path: Path) -> None:
    ran = harness("convert", "--to", "netplan", "--from", "bonding-opts", ARP)
    assert ran.exit_code == 0, ran.output
    (tmp_path / "n.yaml").write_text(ran.stdout)
    assert harness("check", str(tmp_path / "n.yaml")).exit_code == 0


def test_convert_names_what_it_cannot_say_and_writes_nothing_then() -> None:
    text = f"{ARP} arp_missed_max=3"
    ran = harness("convert", "--to", "netplan", text)
    assert ran.exit_code == 1
    assert ran.stdout == ""
    assert "cannot be said in netplan: bond0: arp_missed_max=3: it has no name" in ran.stderr
    lossy = harness("convert", "--to", "netplan", "--lossy", text)
    assert lossy.exit_code == 0
    assert "arp-validate: all" in lossy.stdout
    assert "arp_missed_max=3" in lossy.stderr


def test_convert_into_a_directory_overwrites_nothing(tmp_path: Path) -> None:
    there = str(tmp_path / "new")
    assert harness("convert", "--to", "networkd", "--into", there, ARP).exit_code == 0
    assert {path.name for path in Path(there).iterdir()} == {"10-bond0.netdev", "20-bond0.network"}
    again = harness("convert", "--to", "networkd", "--into", there, ARP)
    assert again.exit_code == 2
    assert "is there already" in again.output


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        (
            "interfaces",
            (
                "iface bond0 inet static\n  address 192.0.2.1/24\n  gateway 192.0.2.254\n"
                "  bond-mode 1\n  bond-miimon 100\n"
                "  up ifenslave bond0 eth0 eth1\n  dns-search a\n"
            ),
            {7: "dns-search a"},
        ),
        (
            "ifcfg-bond0",
            "DEVICE=bond0\nBONDING_OPTS='mode=1 miimon=100'\nDNS1=192.0.2.254\n#DNS2=x\n",
            {3: "DNS1=192.0.2.254"},
        ),
        (
            "bond.yaml",
            (
                "network:\n  bonds:\n    bond0:\n      interfaces: [eth0]\n      routes:\n"
                "      - to: default\n      parameters: {mode: active-backup}\n"
            ),
            {6: "network.bonds.bond0.routes.to: default"},
        ),
    ],
)
def test_convert_names_the_lines_that_it_leaves_behind(
    tmp_path: Path, name: str, text: str, left: dict[int, str]
) -> None:
    (tmp_path / name).write_text(text)
    ran = harness("convert", "--to", "networkd", str(tmp_path / name))
    assert ran.exit_code == 0, ran.output
    for line, spelled in left.items():
        assert f"left behind: {tmp_path}/{name}:{line}: {spelled}" in ran.stderr
    assert ran.stderr.count("left behind") == len(left)


def test_a_value_that_cannot_be_read_is_reported_once_and_nothing_is_made_of_it() -> None:
    said = harness("check", "mode=9 miimon=abc").output
    assert "error  mode=9: there is no value of that number  [bad-value]" in said
    assert "no-mode" not in said
    assert "no-monitor" not in said


@pytest.mark.parametrize(
    ("target", "mode"), [("nm", 0o600), ("netplan", 0o600), ("networkd", 0o644)]
)
def test_files_that_may_have_secrets_are_private(tmp_path: Path, target: str, mode: int) -> None:
    before = os.umask(0o022)
    try:
        assert (
            harness("convert", "--to", target, "--into", str(tmp_path / "x"), ARP).exit_code == 0
        )
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "x").iterdir()} == {mode}


@pytest.mark.parametrize(
    ("text", "target", "said"),
    [
        ("mode=1", "netplan", "bond0 monitors no link"),
        ("mode=4 miimon=100 arp_interval=100", "networkd", "ARPIntervalSec=100ms cannot be set"),
        ("mode=1 arp_interval=100", "ifcfg", "no probe is ever sent"),
    ],
)
def test_convert_says_what_check_calls_an_error(text: str, target: str, said: str) -> None:
    ran = harness("convert", "--lossy", "--to", target, text)
    assert "harness check calls this an error: " in ran.stderr
    assert said in ran.stderr


def test_convert_has_no_such_words_for_a_sound_bond() -> None:
    assert harness("convert", "--to", "netplan", ARP).stderr == ""


@pytest.mark.parametrize("line", ["Up Delay (ms): 200", "Down Delay (ms): 400"])
def test_nothing_of_a_bond_that_runs_is_left_behind(tmp_path: Path, line: str) -> None:
    (tmp_path / "bond4").write_text(PROC.replace("Up Delay (ms): 5000", line))
    ran = harness("convert", "--to", "interfaces", "--lossy", str(tmp_path / "bond4"))
    assert ran.exit_code == 0
    assert "left behind" not in ran.stderr
