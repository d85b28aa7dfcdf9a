"""What a scenario needs: the claims it puts to the proof, and the words for times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import KernelRefused
from harness.units import Measured, Span, ms, s

if TYPE_CHECKING:
    import pytest

__all__ = [
    "KernelRefused",
    "Measured",
    "Span",
    "claim",
    "contradicted",
    "control",
    "expects_kernel_report",
    "ms",
    "s",
]


def version() -> str:
    """Return the version of the harness as it was installed."""
    from importlib import metadata  # noqa: PLC0415  (guests need no version)

    try:
        return metadata.version("network-failover-harness")
    except metadata.PackageNotFoundError:
        return "of a checkout that is not installed"


# pytest is imported on use: a guest's helpers and the recorder import this package without it.
def claim(*ids: str) -> pytest.MarkDecorator:
    """Return the mark that names the claims of the catalogue which a scenario puts to the proof.

    An id that the catalogue does not have is a usage error when scenarios are collected.
    """
    import pytest  # noqa: PLC0415

    return pytest.mark.claim(*ids)


def contradicted(id: str, *, kernels: str, evidence: str) -> pytest.MarkDecorator:  # noqa: A002
    """Return the mark of a known contradiction: on these kernels the claim does not hold.

    The scenario must then fail, and passing is the failure. `kernels` is a predicate such as
    ">=6.1" or ">=6.1,<7.2" (harness.claims.matches); `evidence` says how it was seen, in a
    sentence with source.
    """
    import pytest  # noqa: PLC0415

    return pytest.mark.contradicted(id, kernels=kernels, evidence=evidence)


def control(name: str) -> pytest.MarkDecorator:
    """Return the mark that says: this scenario shows that the scenario `name` can fail.

    It differs in the one thing that matters (the fault, the option) and must come out the other
    way. tests/project/test_scenarios.py holds every scenario to having a control or being one.
    """
    import pytest  # noqa: PLC0415

    return pytest.mark.control(name)


def expects_kernel_report(fragment: str) -> pytest.MarkDecorator:
    """Return the mark that says: in this scenario the kernel reports a fault of its own.

    `fragment` is part of the report's fingerprint, such as "WARNING in dev_set_mtu". Without the
    report the scenario fails, and with any other too. A crash of the kernel cannot be expected.
    """
    import pytest  # noqa: PLC0415

    return pytest.mark.expect_kernel_report(fragment)
