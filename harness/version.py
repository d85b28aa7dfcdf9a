"""The version of the harness."""

from __future__ import annotations


def version() -> str:
    """Return the version of the harness as it was installed."""
    from importlib import metadata  # noqa: PLC0415  (guests need no version)

    try:
        return metadata.version("network-failover-harness")
    except metadata.PackageNotFoundError:
        return "of a checkout that is not installed"
