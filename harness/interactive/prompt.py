"""In a guest: build a topology and give the user a Python prompt in it.

Lines of `stream.jsonl` are {"ready": true} and {"error": text, "hint": text}.
"""

from __future__ import annotations

import code
import contextlib
import fcntl
import os
import shlex
import shutil
import stat
import subprocess
import sys
import termios
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

from harness import units
from harness.errors import HarnessError, UsageError
from harness.guests import init, modules
from harness.guests.facts import measure
from harness.guests.job import Job
from harness.guests.report_file import ReportFile
from harness.interactive import topologies
from harness.judge import report
from harness.judge.report import Failure
from harness.labs import registry
from harness.labs.netns.host import NetnsHost
from harness.labs.qemu.lab import QemuLab
from harness.record.net import Net, Run, Stage
from harness.topology import DUT

CONSOLE = os.makedev(4, 1)  # User-Mode Linux's con1, the user's terminal
LONGEST = 300  # characters of a value that are shown
HELP = """
{names}
  with net.watch() as run:     records until the end of the block, with probes
      eth0.cut()
  show(run)                    the timeline; run.outage, run.detection, ...
  dut.bond(miimon=50)          the bond with your own options; watch() makes it, too
  shell(), shell("target")     a shell in a machine's network
  Ctrl-D                       leaves; nothing is left (Ctrl-]: if nothing answers)
"""


NOTHING: Mapping[str, object] = MappingProxyType({})


class Prompt(code.InteractiveConsole):
    """A Python prompt that shows errors of the harness as it does elsewhere: message and hint."""

    def showtraceback(self) -> None:
        """Show the error that has just been raised."""
        error = sys.exception()
        if isinstance(error, HarnessError):
            self.write(f"error: {error}\n")
        else:
            super().showtraceback()


def main(directory: Path) -> None:
    """Run the job, in the guest."""
    job = Job.load(directory)
    child = os.fork()  # to be the leader of a session, whose terminal this is
    if child:
        os.waitpid(child, 0)
        return
    with ReportFile(directory, sync=job.writeback) as stream:
        try:
            _attended(job, directory, stream)
        except HarnessError as error:
            stream.write(error=error.message, hint=error.hint)
    os._exit(0)


def _attended(job: Job, directory: Path, stream: ReportFile) -> None:
    lab = registry.open_lab(job.lab, modules.need, job.dut)
    facts = {**asdict(measure(job)), **lab.facts()}
    stage = Stage(scenario="up", facts=facts, lab=lab, seed_text="up")
    place = topologies.TopologyClass(**job.options["topology"])
    topology: type[Net] = topologies.load(place)
    with topology(stage) as net:
        take_terminal(directory)
        stream.write(ready=True)
        talk(net)
    lab.close()


def talk(net: Net, more: Mapping[str, object] = NOTHING) -> None:
    """Let the user type Python until the end of input; `more` are names besides the nouns."""
    links, switches, machines = net.plan.links, net.plan.switches, net.plan.machines
    every = [part.name for group in (links, switches, machines) for part in group]
    own = {name: getattr(net, name) for name in every if hasattr(net, name)}

    def shell(machine: str = DUT) -> None:
        _run_shell(net, machine)

    def show(run: Run) -> None:
        width = shutil.get_terminal_size((100, 24)).columns
        for title, text in report.sections(Failure((), run.recording, run.limits), width):
            print(f"{title}\n{text}")

    names = {**more, **own} | {
        "net": net,
        "shell": shell,
        "show": show,
        "ms": units.ms,
        "s": units.s,
    }
    with contextlib.suppress(ImportError):
        import readline  # noqa: PLC0415  (not every Python has it)
        import rlcompleter  # noqa: PLC0415

        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    print((type(net).__doc__ or "").rstrip())
    print(HELP.format(names=", ".join(["net", *own, *more])))
    with contextlib.suppress(SystemExit):
        sys.displayhook = _shown
        Prompt(names).interact(banner="", exitmsg="")


def _run_shell(net: Net, machine: str) -> None:
    """Run a shell in a machine's network; raises UsageError for a machine that has none."""
    # The prompt gives access to what is behind the links, switches and machines.
    host, lab = net._network.host(machine), net._stage.lab  # noqa: SLF001
    if isinstance(host, NetnsHost):
        with host.namespace.inside():
            subprocess.run(_shell(machine), check=False)
    elif isinstance(lab, QemuLab):
        subprocess.run(lab.shell(), check=False)
    else:
        raise UsageError(
            f"the {machine} of --lab {lab.name} has no shell here",
            hint=f'{machine}.run(["ip", "link"]), {machine}.read_file(...) reach it',
        )


def _shown(value: object) -> None:
    """Print the value of an expression; a long one, such as a bond, only by its type."""
    text = repr(value)
    if value is not None:
        print(text if len(text) <= LONGEST else f"<{type(value).__name__}>")


def _shell(machine: str) -> list[str]:
    """Return the command of a shell whose prompt is the machine's name.

    Its /sys is that of its network, as with `ip netns exec`. It reads no start-up file: those
    write to places that are read-only in a guest.
    """
    own = ["bash", "--norc", "--noprofile", "-i"] if shutil.which("bash") else ["sh", "-i"]
    inner = f"mount -t sysfs sysfs /sys 2>/dev/null; exec {shlex.join(own)}"
    isolated = ["unshare", "--mount"] if shutil.which("unshare") else []
    prompt = shlex.quote(f"{machine}# ")
    return [
        *isolated,
        "sh",
        "-c",
        f"PS1={prompt}; export PS1; {inner if isolated else shlex.join(own)}",
    ]


def take_terminal(directory: Path) -> None:
    """Make the user's terminal that of this process, which becomes the leader of a session."""
    os.setsid()
    if init.in_uml():
        node = directory / "tmp" / "terminal"
        node.unlink(missing_ok=True)
        os.mknod(node, stat.S_IFCHR | 0o600, CONSOLE)
        terminal = os.open(node, os.O_RDWR | os.O_NOCTTY)
    else:
        terminal = os.dup(0)
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for number in range(3):
        os.dup2(terminal, number)
    sys.stdin = os.fdopen(0, "r", closefd=False)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
