"""Every error of the harness; the class says whose fault it is.

HarnessError
    UsageError          the command line or a file asks for something impossible   exit 4
    ScenarioError       a scenario asks for something impossible                   fix the scenario
    LabError            the lab did not do what it promised                        fix the lab
        KernelRefused       the kernel answered a request with an errno
        KernelUnavailable   no kernel with bonding is available here
        GuestDied           a guest panicked, hung or was killed
    OverLimit           traffic was dark for longer than the user allows               --max-outage
    Inconclusive        the run cannot be judged: neither passed nor a kernel bug
    NotPromised         this kernel never promised what the scenario asks for          skipped
    NotTestable         this lab cannot show on this kernel what is asked for          skipped
AssertionError          the kernel contradicts its documentation
"""

from __future__ import annotations

import errno


class HarnessError(Exception):
    """Base of the harness's errors: what was seen and expected, then a hint on what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class UsageError(HarnessError):
    """The command line or a configuration file asks for something impossible."""


class ScenarioError(HarnessError):
    """A scenario asks for something impossible, such as a link that is not in its topology."""


class LabError(HarnessError):
    """The lab did not do what it promised."""


class KernelRefused(LabError):
    """The kernel answered a request with an errno."""

    def __init__(self, what: str, code: int, *, detail: str = "", hint: str = "") -> None:
        name = errno.errorcode.get(code, str(code))
        reason = f': kernel says "{detail}"' if detail else ""
        super().__init__(f"{what} was refused with {name}{reason}", hint=hint)
        self.errno = code
        self.detail = detail


class KernelUnavailable(LabError):
    """No kernel with a bonding driver is available here."""


class GuestDied(LabError):
    """A guest panicked, hung or was killed."""


class OverLimit(HarnessError):
    """Traffic was dark for longer than the user allows, which contradicts no documentation."""


class Inconclusive(HarnessError):
    """The run cannot be judged: it is neither a pass nor a bug of the kernel."""


class NotPromised(HarnessError):
    """The kernel under test never promised what a scenario asks for: an option it lacks."""


class NotTestable(HarnessError):
    """The lab cannot show, on the kernel under test, what a scenario asks for."""
