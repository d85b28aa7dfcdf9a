"""Findings as SARIF 2.1.0, the format in which code hosts show them at their lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness.config.lint import Finding, Rule
from harness.config.place import Place

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
NAME = "network-failover-harness"
UNREAD = {
    "id": "unread",
    "shortDescription": {"text": "a file or line that belongs to no bond"},
    "defaultConfiguration": {"level": "note"},
}


def sarif(findings: Sequence[Finding], rules: Iterable[Rule]) -> str:
    """Return a SARIF log of one run, as text."""
    described = [*map(_rule, rules), UNREAD]
    index = {rule["id"]: number for number, rule in enumerate(described)}
    driver = {"name": NAME, "version": _version(), "rules": described}
    results = [_result(finding, index) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)


def _version() -> str:
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return "0"


def _rule(rule: Rule) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "defaultConfiguration": {"level": rule.level},
    }
    if rule.hint:
        made["help"] = {"text": rule.hint}
    if rule.claim:
        made["properties"] = {"claim": rule.claim}
    return made


def _result(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    words = [finding.message]
    if finding.claim:
        words.append(f"{finding.claim}: {finding.in_short}")
    words += [f"hint: {finding.hint}"] if finding.hint else []
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": finding.level,
        "message": {"text": "\n".join(words)},
        "locations": [{"physicalLocation": _location(finding.place)}],
        "partialFingerprints": {"remark/v1": f"{finding.rule}:{finding.bond}:{finding.message}"},
    }


def _location(place: Place) -> dict[str, Any]:
    name = place.file.strip("<>").replace(" ", "-") if place.file.startswith("<") else place.file
    path = Path(name)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    made: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if place.line:
        made["region"] = {"startLine": place.line}
    return made
