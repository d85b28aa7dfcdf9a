"""What tests of the pipe lab need to know of its inside."""

from __future__ import annotations

from harness.labs.pipe.lab import PipeLab


def agent_of(lab: PipeLab) -> int:
    """Return the process of a lab's agent."""
    assert lab._channel is not None
    return lab._channel.pid
