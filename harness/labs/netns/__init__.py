"""Networks in namespaces of one kernel; pyroute2 encodes and decodes the messages it takes.

Of pyroute2 only its message classes are used, and importing all of it takes half a second in a
guest: so its package is there without its contents until somebody asks for one of them.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any


def _bare(name: str) -> None:
    """Have a package whose modules can be imported, itself run only when it is looked into."""
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
