"""On a DUT reached by SSH: profile an interface; the tester acts at its cable's far end.

    python3 -m harness.driver_profile.there IFACE REPEAT FAR-END SECONDS

Standard output has lines of JSON: {"say": text}, {"profile": facts}, {"error": text, "hint":
text}, and requests, {"carrier": on} and {"send": frame in hex}. Each request is answered on
standard input by {"done": bool}.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from harness.driver_profile.farend import Moment
from harness.driver_profile.lease import Wish
from harness.driver_profile.run import here, surroundings
from harness.errors import HarnessError, LabError
from harness.loop import now


def tell(**line: Any) -> None:
    """Write one line to the tester."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


class TesterFarEnd:
    """The far end of the cable, at which the tester acts when it is asked to."""

    def __init__(self, how: str, patience: int) -> None:
        self.how = how
        self.patience = patience

    def carrier(self, *, on: bool) -> Moment:
        """Have the cable plugged in or pulled out; the answer's way back is part of the doubt."""
        before = now()
        self._asked(carrier=on)
        return Moment(before, now())

    def send(self, frame: bytes) -> bool:
        """Have a frame sent, and tell whether it is on its way."""
        return self._asked(send=frame.hex())

    def _asked(self, **request: Any) -> bool:
        tell(**request)
        answer = sys.stdin.readline()
        if not answer:
            raise LabError("the tester is gone", hint="look why it ended")
        return bool(json.loads(answer)["done"])


def main(name: str, repeat: str, how: str, patience: str) -> None:
    """Profile an interface, and report to the tester."""
    far = TesterFarEnd(how, round(float(patience) * 1e9))
    try:
        found = here(Wish(name), surroundings(), int(repeat), lambda text: tell(say=text), far)
        tell(profile=found.plain())
    except HarnessError as error:
        tell(error=error.message, hint=error.hint)


if __name__ == "__main__":
    main(*sys.argv[1:])
