"""The command `harness`: its subcommands are in `harness.commands`."""

from __future__ import annotations

import click

from harness.commands import config, matrix
from harness.commands.bisect import bisect
from harness.commands.claims import claims
from harness.commands.doctor import doctor
from harness.commands.driver_profile import driver_profile
from harness.commands.explore import explore
from harness.commands.judge import judge
from harness.commands.kernels import kernels
from harness.commands.kernels_build import build
from harness.commands.lab import lab
from harness.commands.report import open_report, report
from harness.commands.results import results
from harness.commands.run import run
from harness.commands.show import show
from harness.commands.stats import stats
from harness.commands.up import up
from harness.version import version


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version(), prog_name="harness")
def main() -> None:
    """Hold Linux bonds to their documentation; scenarios: `pytest scenarios/`, `harness run`."""


kernels.add_command(build)
for command in (run, up, kernels, driver_profile, lab, doctor, claims, results):
    main.add_command(command)
for command in (stats, report, open_report, judge, show, bisect, explore):
    main.add_command(command)
matrix.register(main)
config.register(main)
