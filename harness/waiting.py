"""Retry actions that may fail temporarily."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

T = TypeVar("T")


def retry(
    action: Callable[[], T], *, on: type[Exception], times: int = 3, pause: float = 1.0
) -> T:
    """Return what `action` returns, tried again when it raises `on`; the last error is raised.

    The first pause takes `pause` seconds, each further one twice as long.
    """
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(on),
        stop=tenacity.stop_after_attempt(times),
        wait=tenacity.wait_exponential(multiplier=pause),
        reraise=True,
    )(action)


def retry_within(
    action: Callable[[], T], *, on: type[Exception], within: float, pause: float = 0.2
) -> T:
    """Return what `action` returns, tried again for some seconds while it raises `on`.

    The last error is raised.
    """
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(on),
        stop=tenacity.stop_after_delay(within),
        wait=tenacity.wait_fixed(pause),
        reraise=True,
    )(action)
