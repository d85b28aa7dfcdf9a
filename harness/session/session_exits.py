"""Exceptions that end a pytest session: in a guest they end the scenario that raises them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest

from harness.errors import ScenarioError

HINTS = {
    pytest.exit.Exception: "-x or --maxfail ends a run; pytest.skip() leaves one scenario out",
    SystemExit: "assert what must hold, or pytest.skip() what cannot be tested",
}
USUAL = "let the scenario raise an Exception, or assert what must hold"


@contextmanager
def kept() -> Iterator[None]:
    """Turn an exception that would end the session into the failure of a scenario."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, pytest.exit.Exception) as error:
        kind = "pytest.exit" if isinstance(error, pytest.exit.Exception) else type(error).__name__
        text = f'("{error}")' if str(error) else ""
        hint = next(
            (advice for exit_class, advice in HINTS.items() if isinstance(error, exit_class)),
            USUAL,
        )
        stopped = ScenarioError(
            f"{kind}{text} was raised here: it ends this scenario, not the run", hint=hint
        )
        raise stopped.with_traceback(error.__traceback__) from None


class SessionExits:
    """The pytest plugin that continues a guest's session after such exceptions."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None]:
        """Limit a fixture's exit to its scenario."""
        with kept():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None]:
        """Limit a scenario's exit to itself."""
        with kept():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None]:
        """Limit an exit after a fixture's yield to its scenario."""
        with kept():
            return (yield)
