"""The kernels of a session, and which of them runs what."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness import kernels
from harness.errors import KernelUnavailable
from harness.kernels import Kernel, Say
from harness.session import axis
from harness.session.work_lists import split_by_kernel

# Kernels by label that a conftest.py or a test puts here are used instead of those of --kernel.
KERNELS = pytest.StashKey[Mapping[str, Kernel]]()


def check(config: pytest.Config) -> None:
    """Reject impossible values of `--kernel`; raises UsageError."""
    ours = config.stash.get(KERNELS, {})
    for choice in axis.kernels(config):
        if choice not in ours:
            kernels.check(choice)


def resolve(config: pytest.Config, say: Say, given: Kernel | None = None) -> Fleet:
    """Return the kernels that `--kernel` names, fetched if necessary, or `given` instead of each.

    Of several, those that are unavailable are set aside: the others run. Raises UsageError, and
    KernelUnavailable where none is available.
    """
    chosen = axis.kernels(config)
    ours = config.stash.get(KERNELS, {})
    found: dict[str, Kernel] = {}
    broken: dict[str, KernelUnavailable] = {}
    for choice, label in chosen.items():
        try:
            kernel = given or ours.get(choice) or kernels.resolve(choice, say)
        except KernelUnavailable as error:
            broken[label] = error
            continue
        # A single "auto" is labelled as the kernel found: two machines' results differ in it.
        alone = choice == "auto" and len(chosen) == 1
        found[kernel.name.partition(" ")[0] if alone else label] = kernel
    if not found:
        raise next(iter(broken.values()))
    usable = [choice for choice, label in chosen.items() if label not in broken]
    return Fleet(found, dict(zip(found, usable, strict=True)), axis.in_ids(config), broken)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Kernels by label, the choice that each label stands for, and the slugs that ids carry.

    `broken` are those that are unavailable, each with its reason.
    """

    kernels: Mapping[str, Kernel]
    choices: Mapping[str, str]
    slugs: Mapping[str, str]
    broken: Mapping[str, KernelUnavailable] = field(default_factory=dict)

    @property
    def first(self) -> Kernel:
        """The first kernel that was named."""
        return next(iter(self.kernels.values()))

    @property
    def several(self) -> bool:
        """Whether there is more than one kernel."""
        return len(self.labels) > 1

    @property
    def labels(self) -> list[str]:
        """All kernels that were named, including the unavailable ones."""
        return [*self.kernels, *self.broken]

    @property
    def has_real_clock(self) -> bool:
        """Whether any of them has a real clock."""
        return any(kernel.clock == "real" for kernel in self.kernels.values())

    @property
    def guests(self) -> int:
        """How many guests run at a time by default."""
        # A busy machine does not change results in virtual time.
        waits = all(kernel.waits or kernel.clock == "virtual" for kernel in self.kernels.values())
        return len(os.sched_getaffinity(0)) * (2 if waits and self.has_real_clock else 1)

    @property
    def title(self) -> str:
        """All kernels' names."""
        return ", ".join(kernel.name for kernel in self.kernels.values())

    def label(self, item: pytest.Item) -> str:
        """Return the label of the kernel that runs an item."""
        label = axis.label_of(item)
        return label if label and label in self.labels else next(iter(self.kernels))

    def options(self, label: str) -> dict[str, Any]:
        """Return the options by which a guest's worker collects this kernel's items only."""
        slugs = {label: self.slugs[label]} if label in self.slugs else {}
        return {"kernel": [self.choices[label]], "kernel_slugs": slugs}

    def group(self, item: pytest.Item) -> str:
        """Return the name under which an item's result is shown with others: file and kernel."""
        return f"{self.label(item)} {item.path}"

    def shares(
        self, items: Iterable[pytest.Item], cores: int, seconds: Mapping[str, float]
    ) -> list[list[str]]:
        """Return a work list for each guest, of one kernel each; `cores` guests run at a time."""
        work: dict[str, list[str]] = {label: [] for label in self.kernels}
        for item in items:
            if (label := self.label(item)) in work:
                work[label].append(item.nodeid)
        return split_by_kernel({label: ids for label, ids in work.items() if ids}, cores, seconds)


def without(lists: Sequence[list[str]], gone: Iterable[str]) -> list[list[str]]:
    """Return work lists without some ids, and no list that is empty."""
    names = set(gone)
    left = [[name for name in ids if name not in names] for ids in lists]
    return [ids for ids in left if ids]
