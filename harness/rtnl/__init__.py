"""rtnetlink requests and notifications as bytes: encoded and decoded here, sent elsewhere.

Only pyroute2's message classes are used. Importing all of pyroute2 takes half
a second in a guest: its package is registered here, and executed on the first attribute access.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any


def _bare(name: str) -> None:
    """Register a package; execute it on the first access to an attribute that is no module."""
    spec = importlib.util.find_spec(name)
    if name in sys.modules or spec is None or spec.loader is None:
        return
    loader, module = spec.loader, importlib.util.module_from_spec(spec)

    def whole(attribute: str) -> Any:
        if importlib.util.find_spec(f"{name}.{attribute}"):
            return importlib.import_module(f"{name}.{attribute}")
        del module.__dict__["__getattr__"]
        loader.exec_module(module)
        return getattr(module, attribute)

    module.__dict__["__getattr__"] = whole
    sys.modules[name] = module


_bare("pyroute2")
