"""Figures and verdicts as OpenMetrics text, for those who watch trends with Prometheus.

Source: OpenMetrics 1.0 (https://github.com/prometheus/OpenMetrics). Samples have no time stamps:
the textfile collector of the node exporter refuses them. Times are in seconds, as the format asks.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from harness.judge import counts
from harness.results import repetition
from harness.results.conformance import Conformance, Result

MS = 1000.0  # in a second


class Sample(NamedTuple):
    """A value and the labels that tell it from others of its family."""

    labels: Mapping[str, str]
    value: float


def text(found: Conformance) -> Iterator[str]:
    """Yield the lines of an exposition; a figure that never came is +Inf."""
    yield from _family(
        "failover_figure_seconds", "A measured time, +Inf if it never came.", _figures(found)
    )
    yield from _family(
        "failover_tolerance_seconds",
        "Uncertainty of the figure with the same labels.",
        _figures(found, "tolerance_ms"),
    )
    yield from _family(
        "failover_bound_seconds", "A limit that the scenario asserted.", _bounds(found)
    )
    yield from _family(
        "failover_quantile_seconds",
        "Quantile of a figure over the runs of --repeat, by nearest rank.",
        _quantiles(found),
    )
    yield from _family("failover_runs", "Judged runs of --repeat.", _runs(found, "judged"))
    yield from _family("failover_failed_runs", "Those that failed.", _runs(found, "failed"))
    yield from _family("failover_verdicts", "Results by verdict.", _verdicts(found))
    yield from _family("failover_results", "Results of the run.", [Sample({}, len(found.results))])
    yield from _family(
        "failover_planned", "Results of a complete run.", [Sample({}, found.planned)]
    )
    yield from _family(
        "failover_run_start_timestamp_seconds", "When the last session began.", _start(found)
    )
    yield from _info(found)
    yield "# EOF"


def _family(name: str, about: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    if name.endswith("_seconds"):
        yield f"# UNIT {name} seconds"
    yield f"# HELP {name} {about}"
    for labels, value in samples:
        yield f"{name}{_labels(labels)} {_number(value)}"


def _info(found: Conformance) -> Iterator[str]:
    yield "# TYPE failover_scenario info"
    yield "# HELP failover_scenario What a scenario found."
    for result in found.results:
        about = {
            **_of(result, found),
            "verdict": result.verdict,
            "claims": ",".join(result.claims),
        }
        yield f"failover_scenario_info{_labels(about)} 1"


def _of(one: Result, found: Conformance) -> dict[str, str]:
    return {
        "scenario": one.scenario,
        "kernel": one.kernel,
        "release": found.release(one.kernel),
        "lab": one.lab,
    }


def _figures(found: Conformance, key: str = "ms") -> Iterator[Sample]:
    for result in found.results:
        for name, figure in result.figures.items():
            value = float("inf") if figure[key] is None else float(figure[key])
            yield Sample({**_of(result, found), "figure": name}, value / MS)


def _bounds(found: Conformance) -> Iterator[Sample]:
    """Yield the limits of each figure; of several with the same comparison, the narrowest."""
    for result in found.results:
        for name, figure in result.figures.items():
            narrowest: dict[str, float] = {}
            for bound in figure.get("bounds", ()):
                op, ms = bound["op"], float(bound["ms"])
                choose = min if op in ("<=", "<") else max
                narrowest[op] = choose(ms, narrowest.get(op, ms))
            for op, ms in narrowest.items():
                yield Sample({**_of(result, found), "figure": name, "op": op}, ms / MS)


def _quantiles(found: Conformance) -> Iterator[Sample]:
    for result in found.results:
        for name, figure in result.statistics.get("figures", {}).items():
            for word, share in repetition.SHARES.items():
                ms = figure[f"{word}_ms"]
                labels = {**_of(result, found), "figure": name, "quantile": f"{share:g}"}
                yield Sample(labels, float("inf") if ms is None else ms / MS)


def _runs(found: Conformance, key: str) -> Iterator[Sample]:
    for result in found.results:
        if result.statistics:
            yield Sample(_of(result, found), result.statistics[key])


def _verdicts(found: Conformance) -> Iterator[Sample]:
    """Yield the count of each verdict on each kernel, 0 included: a trend has no holes."""
    count = Counter((result.kernel, result.verdict) for result in found.results)
    for label in found.labels():
        for verdict in counts.WORDS:
            yield Sample({"kernel": label, "verdict": verdict}, count[label, verdict])


def _start(found: Conformance) -> Iterator[Sample]:
    dates = []
    for session in found.sessions:
        with suppress(ValueError):  # a file that was edited
            dates.append(dt.datetime.fromisoformat(str(session.get("date", ""))).timestamp())
    if dates:
        yield Sample({}, max(dates))


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return "+Inf" if value == float("inf") else f"{value:.12g}"
