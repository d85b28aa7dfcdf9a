"""The kernel's files about the network, as seen from within a namespace of ours."""

from __future__ import annotations

import ctypes
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import LabError
from harness.labs.netns.namespace import Namespace

MNT_DETACH = 2

_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def mounted(namespace: Namespace) -> Iterator[Path]:
    """Show a namespace's own sysfs for as long as the block runs; raises LabError.

    What it shows is decided when it is mounted: so that is done within the namespace.
    """
    with namespace.inside(), tempfile.TemporaryDirectory() as place:
        if _libc.mount(b"sysfs", os.fsencode(place), b"sysfs", 0, None):
            why = os.strerror(ctypes.get_errno())
            raise LabError(f"sysfs of {namespace.name} could not be mounted: {why}")
        try:
            yield Path(place)
        finally:
            _libc.umount2(os.fsencode(place), MNT_DETACH)
