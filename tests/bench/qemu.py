"""What a DUT in QEMU costs: boot, restore, a scenario beside namespaces; clock and NICs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from harness import ms
from harness.drivers import DEFAULT_MODEL
from harness.errors import Inconclusive
from harness.history import History
from harness.kernels.dut import image
from harness.kernels.host import HostKernel
from harness.labs.agent import clock
from harness.labs.qemu.lab import LOGIN, QemuLab
from harness.labs.qemu.machine import Qemu
from harness.labs.registry import DEFAULT
from harness.labs.ssh.dut import RemoteDut
from harness.labs.ssh.machine import SshMachine
from harness.loop import now
from harness.record.net import Stage
from harness.topology import DUT
from harness.units import MS
from tests.bench.guest import Bench, Line, reporting
from tests.bench.probes import seen
from tests.bench.table import Cell, Table, left_out

NAME = "qemu"
MODELS = ("virtio-net", "rtl8139", "vmxnet3", "e1000", "pcnet")
LAGS = 3000 * ms  # the slowest of these drivers looks at its chip every 2 s
APART = 10  # seconds between two measurements of the clock
FILES = ("key", "known_hosts", "vmlinux", "initramfs")


def table(bench: Bench) -> Table:
    """Return one row for each figure."""
    rounds = max(4, bench.rounds // 4)
    there = replace(bench, kernel=HostKernel())
    said: list[Line] = []
    dut = image.for_job(lambda _: None, DEFAULT_MODEL)
    options = {"rounds": rounds}
    there.guest(
        "tests.bench.qemu:inside", lambda _, line: said.append(line), dut=dut, options=options
    )
    rows = [line for line in said if "what" in line]
    here = bench.lines("tests.bench.labs:inside", rounds=rounds)
    walls = [line["wall"] / MS for line in here if line.get("lab") == DEFAULT]
    if walls:
        rows.append(_row(f"the same scenario in netns, {bench.kernel.name}", "ms", walls))
    title = f"a DUT in QEMU ({dut['accelerator']}), {dut['release']}"
    return Table(NAME, title, tuple(rows), left_out(said))


def _row(what: str, unit: str, values: list[float]) -> dict[str, Cell]:
    row: dict[str, Cell] = {"what": what, "unit": unit, "median": float(median(values))}
    return row | {"min": float(min(values)), "max": float(max(values)), "n": len(values)}


def inside(directory: Path) -> None:
    """On the tester: measure a DUT in QEMU and report a row for each figure."""
    from harness.guests.job import Job  # noqa: PLC0415

    dut = Job.load(directory).dut
    with reporting(directory) as (options, say):

        def report(what: str, unit: str, values: list[float]) -> None:
            if values:
                say(**_row(what, unit, values))

        _starts(dut, report)
        _scenarios(QemuLab(dut, (MODELS[0],)), options["rounds"], report, say)
        for model in MODELS:
            _lags(QemuLab(dut, (model,)), model, options["rounds"] // 2, report)


Report = Callable[[str, str, list[float]], None]


def _starts(dut: Mapping[str, str], report: Report) -> None:
    """Measure boot and restore: an image without a snapshot boots, and then takes one."""
    with tempfile.TemporaryDirectory() as place:
        for name in FILES:
            Path(place, name).symlink_to(Path(dut["place"], name))
        fresh = {**dut, "place": place}
        (_, first), *others = [_start(fresh) for _ in range(4)]
    logins, whole = [login for login, _ in others], [ready for _, ready in others]
    report("boot and snapshot, to SSH and two agents", "s", [first - median(whole)])
    report("restore, to SSH", "s", logins)
    report("restore, to SSH and two agents", "s", whole)


def _start(dut: Mapping[str, str]) -> tuple[float, float]:
    """Return after how many s the DUT has answered a command by SSH, and had two agents."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as place, ExitStack() as undo:
        machine = Qemu(dut, Path(place))
        undo.callback(machine.close)
        runs = time.monotonic()
        with SshMachine(DUT, machine.address) as ssh:
            ssh.connect(LOGIN)
        login = time.monotonic()
        RemoteDut.connect(machine.address, LOGIN).close()
        return login - begin, runs - begin + time.monotonic() - login


def _scenarios(lab: QemuLab, rounds: int, report: Report, say: Callable[..., None]) -> None:
    """Measure a scenario, the rate of its probes, and the DUT's clock and timers."""
    from scenarios.topologies import OneSwitch  # noqa: PLC0415  (only a checkout has them)

    facts = lab.facts()
    walls, errors = list[float](), list[float]()
    for number in range(rounds + 1):
        begin = now()
        try:
            with OneSwitch(Stage("bench", _facts(facts), lab)) as net:
                net.dut.bond()
                with net.watch() as run:
                    net.eth0.cut()
        except Inconclusive as error:
            say(unfit=error.message)
            continue
        if number:  # the first one plugs the NICs in
            walls.append((now() - begin) / MS)
            errors += [one.error / MS for one in run.history.about.clocks.values()]
    report("one scenario (miimon=100, eth0 cut)", "ms", walls)
    _probes(lab, report)
    report("error of the DUT's clock", "ms", errors)
    report("jitter of the DUT's timers", "ms", [facts["jitter"] / MS])
    report("drift of the DUT's clock", "ppm", _drift(lab))
    lab.close()


def _probes(lab: QemuLab, report: Report) -> None:
    """Measure whether the DUT keeps the pace of probes, at the interval of the lab."""
    from scenarios.topologies import OneSwitch  # noqa: PLC0415  (only a checkout has them)

    with OneSwitch(Stage("bench", _facts(lab.facts()), lab)) as net:
        net.dut.bond()
        with net.watch() as run:
            net.after(LAGS)
    interval = run.history.about.interval
    held = seen(run.history, interval)
    report(
        f"probes sent of those wanted, every {interval // MS} ms",
        "%",
        [100 * held["rate"] / held["wanted"]],
    )
    report("probes behind their grid", "ms", [held["late"] / MS])
    report("longest gap between two probes", "ms", [held["gap"] / MS])


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"clock": "real", **facts}


def _drift(lab: QemuLab) -> list[float]:
    """Return by how many microseconds a second the DUT's clock goes otherwise than ours."""
    running = lab.running()
    if running is None:
        return []
    begin, first = now(), clock.measure(running.dut.work)
    time.sleep(APART)
    apart = clock.measure(running.dut.work).offset - first.offset
    return [apart * 1_000_000 / (now() - begin)]


def _lags(lab: QemuLab, model: str, rounds: int, report: Report) -> None:
    """Measure how late a model's driver reports a cable that is cut and plugged in."""
    from scenarios.topologies import OneSwitch  # noqa: PLC0415  (only a checkout has them)

    facts, down, up = _facts(lab.facts()), list[float](), list[float]()
    for _ in range(rounds):
        with OneSwitch(Stage("bench", facts, lab)) as net:
            net.dut.bond()
            with net.watch(healthy=False) as run:
                net.after(LAGS)
                net.eth0.cut()
                net.after(LAGS)
                net.eth0.heal()
                net.after(LAGS)
        down += _lag(run.history, "cut", up=False)
        up += _lag(run.history, "heal", up=True)
    report(f"{model}: carrier lost after a cut", "ms", down)
    report(f"{model}: carrier back after it is plugged in", "ms", up)
    lab.close()


def _lag(history: History, action: str, *, up: bool) -> Iterator[float]:
    """Yield the time from a fault of eth0 to the driver's report, in ms; nothing without one."""
    begin = next(history.select("fault", "eth0", action=action)).at
    changes = (e.at for e in history.select("carrier", "dut/eth0") if e["up"] is up)
    at = next((at for at in changes if begin < at < begin + LAGS.ns), None)
    if at is not None:
        yield (at - begin) / MS
