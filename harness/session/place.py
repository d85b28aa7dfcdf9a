"""Where an item of a session runs: on the host, or in a guest."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


def in_guest() -> bool:
    """Return whether this process is a guest's worker."""
    worker = sys.modules.get("harness.session.worker")
    return worker is not None and worker.job() is not None


def needs_guest(item: pytest.Item) -> bool:
    """Return whether an item runs in a guest: it lies below scenarios/ or is marked so."""
    marker = item.get_closest_marker("guest")
    if marker is not None:
        return bool(marker.kwargs.get("inside", True))
    root = item.config.rootpath
    inside = item.path.relative_to(root) if item.path.is_relative_to(root) else Path()
    return "scenarios" in inside.parts[:-1] or root.name == "scenarios"
