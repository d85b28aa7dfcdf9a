"""What ends a pytest session when a scenario raises it: in a guest it ends that scenario only."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest

from harness.errors import ScenarioError

HINTS = {
    pytest.exit.Exception: "-x or --maxfail ends a run; pytest.skip() leaves one scenario out",
    SystemExit: "assert what must hold, or pytest.skip() what cannot be tried",
}
USUAL = "let the scenario raise an Exception, or assert what must hold"


@contextmanager
def kept() -> Iterator[None]:
    """Turn what would end the session into the failure of a scenario."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, pytest.exit.Exception) as error:
        kind = "pytest.exit" if isinstance(error, pytest.exit.Exception) else type(error).__name__
        said = f'("{error}")' if str(error) else ""
        hint = next((text for one, text in HINTS.items() if isinstance(error, one)), USUAL)
        stopped = ScenarioError(
            f"{kind}{said} was raised here: it ends this scenario, not the run", hint=hint
        )
        raise stopped.with_traceback(error.__traceback__) from None


class SessionExits:
    """The pytest plugin that keeps a guest's session going."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None]:
        """Let a fixture end its scenario only."""
        with kept():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None]:
        """Let a scenario end itself only."""
        with kept():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None]:
        """Let what comes after a fixture's yield end its scenario only."""
        with kept():
            return (yield)
