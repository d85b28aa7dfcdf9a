"""The command that runs one scenario of a session again, on the same kernel and lab."""

from __future__ import annotations

import pytest

from harness import shipped
from harness.drivers import DEFAULT_MODEL
from harness.judge import report
from harness.labs import registry
from harness.session import axis, outage_limit

AUTO = "auto"


def command(item: pytest.Item, spec: str, chosen: str | None = None) -> str:
    """Return the command line, to be given in pytest's root directory.

    `spec` is that of the kernel's facts, such as "uml@6.12", "" if none booted; `chosen` is
    the `--kernel` that the scenario ran on, by default the session's first one.
    """
    scenario, program = shipped.again(axis.scenario_of(item), item.config.inipath)
    return report.command(scenario, options(item.config, spec, chosen), program)


def options(config: pytest.Config, spec: str, chosen: str | None = None) -> list[str]:
    """Return the options of the session that decide what a scenario measures."""
    named, nic = config.getoption("lab"), config.getoption("nic")
    found = [] if registry.brings_kernel(named) else _kernel(config, spec, chosen)
    found += [] if named == registry.DEFAULT else [f"--lab={named}"]
    found += [] if nic in (None, DEFAULT_MODEL) else [f"--nic={nic}"]
    found += [f"--bond-config={path}" for path in config.getoption("bond_config") or ()]
    given = config.getoption("bond_format")
    found += [f"--bond-format={given}"] if given else []
    repeated = config.getoption("repeat", default=1)
    found += [f"--repeat={repeated}"] if repeated > 1 else []
    return found + outage_limit.option(config)


def _kernel(config: pytest.Config, spec: str, chosen: str | None) -> list[str]:
    kernel = chosen or (config.getoption("kernel") or [AUTO])[0]
    kernel = spec if kernel == AUTO else kernel
    return [f"--kernel={kernel}"] if kernel else []
