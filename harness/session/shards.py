"""Work cut for several machines: each cuts the same collection the same way and takes its part."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.errors import UsageError
from harness.session.work_lists import split


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of the work: the `index`-th of `count`, counted from 1."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard that "2/5" names; raises UsageError."""
        match = re.fullmatch(r"(\d+)/(\d+)", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise UsageError(
                f'"{text}" is not a shard',
                hint="the second of five is 2/5, the last 5/5; auto takes the CI job's number",
            )
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


@dataclass(frozen=True, slots=True)
class Cut:
    """What a shard got of `total` scenarios; `digest` is that of all parts."""

    shard: Shard
    mine: tuple[str, ...]
    total: int
    digest: str


def cut(ids: Sequence[str], shard: Shard, seconds: Mapping[str, float]) -> Cut:
    """Return a shard's part of a collection, in its order.

    It balances the times of scenarios, or their number if no time is known. Machines with other
    times have other parts: then their digests differ, and `harness merge` reports that.
    """
    parts = split(ids, shard.count, seconds)
    mine = parts[shard.index - 1] if shard.index <= len(parts) else []
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
    return Cut(shard, tuple(mine), len(ids), digest)
