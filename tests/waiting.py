"""Wait until something that another process does has come true."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

T = TypeVar("T")


def wait_until(condition: Callable[[], T], *, within: float, what: str, every: float = 0.05) -> T:
    """Return the first true value of `condition`, asked `every` so many seconds.

    Raises TimeoutError with the last value seen when none came `within` so many seconds.
    """

    def give_up(state: tenacity.RetryCallState) -> T:
        last = state.outcome.result() if state.outcome else None
        raise TimeoutError(f"{what} did not come within {within:g} s; last seen: {last!r}")

    return tenacity.Retrying(
        retry=tenacity.retry_if_not_result(bool),
        stop=tenacity.stop_after_delay(within),
        wait=tenacity.wait_fixed(every),
        retry_error_callback=give_up,
    )(condition)


def comes_true(condition: Callable[[], object], within: float = 120, every: float = 0.1) -> bool:
    """Tell whether a condition came true `within` so many seconds."""
    try:
        wait_until(condition, within=within, what="the condition", every=every)
    except TimeoutError:
        return False
    return True
