"""The one place that waits for something to come true, and tries again what may pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

from harness.errors import LabError

T = TypeVar("T")


def wait_until(condition: Callable[[], T], *, within: float, what: str, every: float = 0.05) -> T:
    """Return the first true value of `condition`, asked `every` so many seconds.

    Raises LabError with the last value seen when none came `within` so many seconds.
    """

    def give_up(state: tenacity.RetryCallState) -> T:
        last = state.outcome.result() if state.outcome else None
        raise LabError(f"{what} did not come within {within:g} s; last seen: {last!r}")

    return tenacity.Retrying(
        retry=tenacity.retry_if_not_result(bool),
        stop=tenacity.stop_after_delay(within),
        wait=tenacity.wait_fixed(every),
        retry_error_callback=give_up,
    )(condition)


def retry(
    action: Callable[[], T], *, on: type[Exception], times: int = 3, pause: float = 1.0
) -> T:
    """Return what `action` returns, tried again when it raises `on`; the last error is raised.

    The first pause is of `pause` seconds, each further one twice as long.
    """
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(on),
        stop=tenacity.stop_after_attempt(times),
        wait=tenacity.wait_exponential(multiplier=pause),
        reraise=True,
    )(action)
