"""Profile an interface of a machine reached by SSH; the far end of its cable is on this machine.

The process that restores the interface runs on that machine, so it also acts when the connection
is lost.
"""

from __future__ import annotations

from harness.driver_profile import facts
from harness.driver_profile.facts import Profile
from harness.driver_profile.farend import FarEnd
from harness.errors import LabError
from harness.kernels import Say
from harness.labs.ssh.machine import SshMachine
from harness.labs.ssh.sent_module import SentModule, running

MODULE = "harness.driver_profile.dut_main"


def profile(ssh: SshMachine, name: str, far: FarEnd, repeat: int, say: Say) -> Profile:
    """Profile an interface of a machine; raises LabError."""
    for module in ("veth", "bonding max_bonds=0"):  # the profile names what is missing
        ssh.run(f"modprobe {module}")
    words = (name, str(repeat), far.how, str(far.patience / 1e9))
    with running(ssh, MODULE, *words) as program:
        return _served(ssh.name, program, far, say)


def _served(name: str, program: SentModule, far: FarEnd, say: Say) -> Profile:
    """Serve the requests of the program until it reports the profile."""
    for line in program.lines():
        if "profile" in line:
            return facts.restore(line["profile"])
        if "error" in line:
            raise LabError(f"{name}: {line['error']}", hint=line["hint"])
        if "say" in line:
            say(line["say"])
        elif "carrier" in line:
            far.carrier(on=line["carrier"])
            program.answer(done=True)
        else:
            program.answer(done=far.send(bytes.fromhex(line["send"])))
    raise LabError(f"the profile on {name} ended early: {program.last_error()}", hint="try again")
