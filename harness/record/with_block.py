"""Context managers that raise a helpful error when they are used without `with`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

from harness.suggest import NoSuchName

P = ParamSpec("P")
T = TypeVar("T")


class Block(Generic[T]):
    """A context manager; reading an attribute of it, without `with`, names the mistake."""

    def __init__(self, manager: AbstractContextManager[T], usage: str) -> None:
        """Wrap a context manager; nothing happens before it is entered."""
        self._manager = manager
        self._usage = usage

    def __enter__(self) -> T:
        return self._manager.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return self._manager.__exit__(kind, error, trace)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Raise NoSuchName: nothing was recorded."""
            if name.startswith("_"):
                raise AttributeError(name)
            raise NoSuchName(
                f'there is no "{name}": a recording needs a with block',
                hint=f"write `{self._usage}`, the faults in the block, and read the run after it",
            )

        def __getitem__(self, name: object) -> object:
            return getattr(self, str(name))


def block(
    usage: str,
) -> Callable[[Callable[P, Iterator[T]]], Callable[P, Block[T]]]:
    """Return a decorator like `contextmanager`; `usage` shows the `with` statement in errors."""

    def decorate(function: Callable[P, Iterator[T]]) -> Callable[P, Block[T]]:
        make = contextmanager(function)

        @wraps(function)
        def begin(*args: P.args, **kwargs: P.kwargs) -> Block[T]:
            return Block(make(*args, **kwargs), usage)

        return begin

    return decorate
