"""A finding as a scenario of four steps, and as the draft of a report."""

from __future__ import annotations

import json

from harness.claims import catalogue
from harness.errors import HarnessError
from harness.explore.finding import NEVER_HEALTHY, FoundDifference
from harness.explore.networks import EVERY_MS, REST_MS
from harness.explore.schedule import FaultSchedule, FaultStep

FIXTURES = {
    "2": ("one_switch", "OneSwitch", "topologies"),
    "3": ("three_slaves", "ThreeSlaves", "variants"),
    "2 lacp": ("lacp_pair", "LacpPair", "channels"),
}
UNCHECKED = (
    "Not checked yet: whether the driver or the model is wrong. Read the function of the driver "
    "that the rule names before this is sent to anybody."
)
DARK_MS = 30_000  # of the watch of a bond that never passes traffic
METHODS = {"enslave", "release"}


def scenario(finding: FoundDifference) -> str:
    """Return the text of a scenario file: topology, bond, disturbance, assertion."""
    schedule = finding.schedule
    fixture, topology, module = FIXTURES[schedule.network]
    claim = next((refusal.claim for refusal in finding.refusals if refusal.claim != "none"), "")
    lines = [f'"""{finding.line()}."""', ""]
    dark = finding.rule == NEVER_HEALTHY
    imports = ["ms", *([] if dark else ["refused"]), *(["claim"] if claim else [])]
    lines += [
        f"from harness import {', '.join(sorted(imports))}",
        f"from scenarios.{module} import {topology}",
        "",
        "",
        *([f'@claim("{claim}")'] if claim else []),
        f"def test_{finding.rule.replace('-', '_')}({fixture}: {topology}) -> None:",
        f'    """The rule {finding.rule} holds."""',
        f"    bond = {fixture}.dut.bond({_arguments(schedule)})",
        f"    with {fixture}.watch({_watching(dark=dark)}) as run:",
        *(f"        {line}" for step in schedule.whole for line in _lines(fixture, step)),
        f"        {fixture}.after({DARK_MS if dark else REST_MS} * ms)",
        "    assert run.recovered" if dark else f'    assert refused(run, "{finding.rule}") == []',
    ]
    text = "\n".join(lines)
    return text if "(bond," in text else text.replace("    bond = ", "    ", 1)


def _watching(*, dark: bool) -> str:
    return f"every={EVERY_MS} * ms{', healthy=False' if dark else ''}"


def _arguments(schedule: FaultSchedule) -> str:
    return ", ".join(f"{name}={json.dumps(value)}" for name, value in schedule.options.items())


def _lines(fixture: str, step: FaultStep) -> list[str]:
    found = [f"{fixture}.after({step.after} * ms)"] if step.after else []
    if step.action == "set":
        return [*found, f"{fixture}.dut.set({step.where}={json.dumps(step.setting)})"]
    if step.action == "prio":
        return [*found, f"{fixture}.dut.set_slave({fixture}.{step.where}, prio={step.value})"]
    if step.action == "set_mac":
        return [*found, f'{fixture}.dut.set_mac(bond, "{step.value}")']
    if step.action in METHODS:
        return [*found, f"{fixture}.dut.{step.action}(bond, {fixture}.{step.where})"]
    way = f'direction="{step.value}"' if step.value else ""
    return [*found, f"{fixture}.{step.where}.{step.action}({way})"]


def report(finding: FoundDifference, name: str) -> str:
    """Return the draft of a report in Markdown."""
    again = f"`pytest {name} --kernel SPEC ...`"
    if finding.schedule.fails:
        again = "`harness explore --schedules 1 --corpus DIR --kernel SPEC`, with this corpus"
    lines = [
        f"# {finding.line()}",
        "",
        f"Seen on Linux {finding.release}. Other kernels: {again}.",
        "",
        "## What was done",
        "",
        f"- a bond of {finding.schedule.slaves} slaves with `{_arguments(finding.schedule)}`",
        *(f"- after {_text(step)}" for step in finding.schedule.whole),
        "",
        "## What is not allowed",
        "",
        *(f"- {refusal.line(0)}" for refusal in finding.refusals),
        *(f"    {line}" for line in finding.console),
        "",
        *_claims(finding),
        UNCHECKED,
    ]
    return "\n".join(lines)


def _text(step: FaultStep) -> str:
    if step.action == "lose" and step.value:
        return f"{step.after} ms: lose {step.where} {step.value}wards"
    value = f" to {step.value!r}" if step.value or step.action == "set" else ""
    fails = f", whose allocation {step.fails} in the kernel fails" if step.fails else ""
    return f"{step.after} ms: {step.action} {step.where}{value}{fails}"


def _claims(finding: FoundDifference) -> list[str]:
    """Return the claims concerned, with the documentation's words."""
    try:
        known = catalogue()
    except HarnessError:
        return []
    lines = []
    for name in dict.fromkeys(refusal.claim for refusal in finding.refusals):
        if name in known.claims:
            claim = known.claims[name]
            lines += [f"Claim {name}: {claim.text}", ""]
            lines += [f"> {claim.quote}", ""] if claim.quote else []
        lines += [f"Known difference {d.number}: {d.kernel}" for d in known.about(name)]
    return [*lines, ""] if lines else []
