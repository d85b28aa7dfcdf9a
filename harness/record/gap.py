"""Wait until no probe is under way: the next frame that passes a switch is then a request."""

from __future__ import annotations

from harness.errors import Inconclusive
from harness.loop import Loop, now
from harness.record.recorder import Recorder
from harness.units import in_ms

PROBES = 100  # probe intervals that are waited for
LOOKS = 4  # for each of them


def wait_for_gap(loop: Loop, recorder: Recorder, interval: int) -> None:
    """Wait until no probe is under way; `interval` is theirs in ns.

    There is nothing to wait for where a path loses its probes. Raises Inconclusive where one works
    and has no gap: a round trip takes longer than probes are apart.
    """

    def is_quiet() -> bool:
        streams = recorder.streams.values()
        return not any(stream.under_way(interval) for stream in streams)

    begun = now()
    # The recorder looks when probes are sent: by then the next one is always under way.
    stop_looking = loop.every(interval // LOOKS, lambda _: recorder.drain(), begun)
    try:
        loop.pump(begun + PROBES * interval, is_quiet)
    finally:
        stop_looking()
    if not is_quiet() and recorder.steady():
        raise Inconclusive(
            f"a probe was under way at any time for {in_ms(now() - begun)}",
            hint="probes that are further apart leave gaps: watch(every=100 * ms)",
        )
