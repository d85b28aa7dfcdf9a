"""A process that holds a tap may start others."""

from __future__ import annotations

import os

import pytest

from harness.labs.netns.capture import Tap
from harness.labs.netns.namespace import Namespace
from harness.record.filters import control_and_icmp

pytestmark = pytest.mark.guest


def test_a_fork_beside_a_ring_does_the_kernel_no_harm() -> None:
    """What the kernel reports, or a guest that dies, fails the test."""
    namespace = Namespace("tapped")
    tap = Tap(namespace, control_and_icmp(1))
    for _ in range(3):
        child = os.fork()
        if child == 0:
            os._exit(7)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 7
    assert tap.take() == []
    tap.close()
    namespace.close()
