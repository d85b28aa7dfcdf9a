"""On a DUT reached by SSH: profile an interface; the tester controls the far end of its cable.

    python3 -m harness.driver_profile.dut_main IFACE REPEAT FAR-END SECONDS

Standard output has lines of JSON: {"say": text}, {"profile": facts}, {"error": text, "hint":
text}, and requests, {"carrier": on} and {"send": frame in hex}. Each request is answered on
standard input by {"done": bool}.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from harness.driver_profile.farend import Moment
from harness.driver_profile.lease import ProfileRequest
from harness.driver_profile.run import environment, here
from harness.errors import HarnessError, LabError
from harness.loop import now


def tell(**line: Any) -> None:
    """Send a line to the tester."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


class TesterFarEnd:
    """The far end of the cable, controlled by requests to the tester."""

    def __init__(self, how: str, patience: int) -> None:
        self.how = how
        self.patience = patience

    def carrier(self, *, on: bool) -> Moment:
        """Plug the cable in or out; the round trip to the tester adds to the uncertainty."""
        before = now()
        self._asked(carrier=on)
        return Moment(before, now())

    def send(self, frame: bytes) -> bool:
        """Let the tester send a frame; returns whether it was sent."""
        return self._asked(send=frame.hex())

    def _asked(self, **request: Any) -> bool:
        tell(**request)
        answer = sys.stdin.readline()
        if not answer:
            raise LabError("the tester has closed the connection", hint="see why the tester ended")
        return bool(json.loads(answer)["done"])


def main(name: str, repeat: str, how: str, patience: str) -> None:
    """Profile an interface, and report to the tester."""
    far = TesterFarEnd(how, round(float(patience) * 1e9))
    try:
        found = here(
            ProfileRequest(name), environment(), int(repeat), lambda text: tell(say=text), far
        )
        tell(profile=found.plain())
    except HarnessError as error:
        tell(error=error.message, hint=error.hint)


if __name__ == "__main__":
    main(*sys.argv[1:])
