"""The pytest plugin: options, the guest marker, and who runs what. Loaded by every pytest run."""

from __future__ import annotations

import argparse
import math
import os
from importlib import import_module

import pytest

from harness.drivers import DEFAULT_MODEL, QEMU_DEVICES, models
from harness.errors import UsageError
from harness.labs import registry
from harness.session import (
    exports,
    inconclusive_limit,
    outage_limit,
    repeat,
    results_directory,
    where_it_runs,
)
from harness.session.option_types import number_of
from harness.session.shard_auto import shard_of
from harness.session.shards import Shard
from harness.session.where_it_runs import in_guest

PLUGINS = (
    "harness.session.axis",
    "harness.session.pages",
    "harness.session.claim_marks",
    "harness.session.verdicts",
    "harness.session.fixtures",
    "harness.session.missing_fixtures",
    "harness.session.kernelwatch",
    "harness.session.retry_inconclusive",
    "harness.session.inconclusive_limit",
    "harness.yours.session",
)
GUEST = (
    "guest(inside=True): runs in a guest, a kernel with bonding, as everything does that asks for "
    "`stage` or a topology; inside=False is for tests that stay on the host and start guests"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the harness."""
    where_it_runs.pytest_addoption(parser)
    results_directory.pytest_addoption(parser)
    group = parser.getgroup("harness", "network failover harness")
    group.addoption(
        "--kernel",
        action="append",
        metavar="KERNEL",
        help="kernel that scenarios run in; given again, each scenario runs in each, and a table "
        "shows how they fared: auto (the host's where it has bonding, else virtual where it is "
        "built, else uml), host, uml or uml@6.12 (Debian's User-Mode Linux, fetched once), "
        "virtual@7.2 (built), 6.12 (the best of these), stock@6.1 (in QEMU), a name of "
        "labs/kernels.toml, or the path of a kernel or .deb; see `harness kernels --help`",
    )
    group.addoption(
        "--lab",
        type=_lab,
        default=registry.DEFAULT,
        metavar="LAB",
        help="where topologies are built: netns (namespaces of the kernel), pipe (the same, "
        "with the DUT in a process of its own behind an agent), qemu (the DUT is Debian's "
        "kernel in QEMU, behind SSH), or FILE.toml (a machine behind SSH, its test NICs cabled to "
        "this one's: labs/README.md) (default: netns)",
    )
    group.addoption(
        "--yes",
        action="store_true",
        help="take the NICs that a lab's file names without asking",
    )
    group.addoption(
        "--nic",
        type=_nics,
        metavar="MODEL,...",
        help="the DUT's NICs, whose driver is under test, with --lab qemu: "
        f"{', '.join(QEMU_DEVICES)} (default: {DEFAULT_MODEL}); of several models, separated by "
        "commas, a topology's links have one after the other",
    )
    _add_work(group)
    _add_files(group)


def _add_work(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--guests",
        type=number_of("guests", 1, ", or leave it out"),
        default=0,
        metavar="N",
        help="run scenarios in N guests side by side (default: one for each core, or two)",
    )
    group.addoption(
        "--shard",
        type=_shard,
        metavar="I/N|auto",
        help="run the I-th of N parts of what was collected; N machines that are given 1/N to N/N "
        "run all of it, and `harness merge` joins their results; auto: by the job's number in "
        "GitLab, Buildkite, CircleCI, Slurm arrays and Kubernetes indexed jobs",
    )
    group.addoption(
        "--time-limit",
        type=_seconds,
        default=None,
        metavar="SECONDS",
        help="seconds after which a scenario has hung and its guest is replaced (default: 60 in "
        "virtual time, 180 in real time)",
    )
    inconclusive_limit.add_option(group)
    repeat.add_option(group)
    outage_limit.add_option(group)
    group.addoption(
        "--pause-on-fail",
        action="store_true",
        help="a scenario that fails waits with its topology and gives a Python prompt in it, with "
        "its links, switches, machines and its own variables; Ctrl-D lets the run go on",
    )


def _add_files(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--results",
        default=None,
        metavar="DIR",
        help="keep recordings in DIR/<time>, DIR/latest pointing to it (default: results)",
    )
    group.addoption(
        "--pcap",
        action="store_true",
        help="keep all frames of each recording in capture.pcapng beside its history, with the "
        "faults as comments, for Wireshark and tshark; without it ARP, ICMP and the like, "
        "and only of scenarios that fail",
    )
    exports.add_options(group)
    group.addoption(
        "--bond-config",
        action="append",
        metavar="FILE",
        help="put your own bond through every fault that applies to it, with `scenarios/field`: a "
        "configuration in any format that `harness check` reads; several make one",
    )
    group.addoption(
        "--bond-format",
        metavar="FORMAT",
        help="the format of --bond-config, where it cannot be told from the text, by the names "
        "that `harness check --from` takes",
    )


def _lab(text: str) -> str:
    try:
        return registry.known(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(f"{error.message} (hint: {error.hint})") from None


def _nics(text: str) -> str:
    try:
        return ",".join(models(text))
    except UsageError as error:
        raise argparse.ArgumentTypeError(f"{error.message} (hint: {error.hint})") from None


def _shard(text: str) -> Shard:
    try:
        return shard_of(os.environ) if text == "auto" else Shard.parse(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(f"{error.message} (hint: {error.hint})") from None


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(
            f'"{text}" is no time in seconds (hint: give a number above 0, such as 60)'
        )
    return value


def pytest_configure(config: pytest.Config) -> None:
    """Register markers, the verdicts, and on the host the controller of guests."""
    config.addinivalue_line("markers", GUEST)
    manager = config.pluginmanager
    for name in PLUGINS:
        if not manager.has_plugin(name):
            manager.register(import_module(name), name)
    if in_guest():
        return
    from harness.session import (  # noqa: PLC0415  (guests do without them)
        beside_xdist,
        controller,
        duts,
        fleet,
        unsupported,
    )

    try:
        duts.settle_options(config)
        fleet.check(config)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    manager.register(unsupported, "harness-unsupported")
    beside = beside_xdist.register(config)
    manager.register(controller.Controller(config, beside), "harness-controller")
