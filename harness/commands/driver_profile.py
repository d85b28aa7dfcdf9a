"""`harness driver-profile`: what a network driver supports in a bond."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from harness.commands import exit_status
from harness.commands.progress import say
from harness.driver_profile import facts
from harness.driver_profile.conclusions import conclude
from harness.driver_profile.facts import Profile
from harness.drivers import QEMU_DEVICES
from harness.errors import UsageError
from harness.labs import registry

EMULATED = ("veth", "dummy", "rtl8150")


class ProfileCommand(exit_status.Command):
    """A command that restores the interfaces and exits with status 130 when interrupted."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            click.echo("interrupted: all interfaces were restored", err=True)
            context.exit(exit_status.INTERRUPTED)


@click.command("driver-profile", cls=ProfileCommand)
@click.argument("interfaces", nargs=-1, metavar="[IFACE]...")
@click.option(
    "--far-end",
    "far_ends",
    multiple=True,
    metavar="[NS:]IFACE",
    help="The interface at the other end of the cable, on this machine or in namespace NS: it is"
    " set down and up. Once for each IFACE, in their order; a veth's peer is found by itself.",
)
@click.option("--ask", is_flag=True, help="Ask the user to pull the cable and to plug it in.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="S",
    help="With --ask: how long to wait for it, in seconds.",
)
@click.option(
    "--repeat",
    type=click.IntRange(1, 100),
    metavar="N",
    help="How many times the link is cut (default: 5, with --ask once).",
)
@click.option(
    "--in-place", is_flag=True, help="Measure IFACE in its namespace, not in a separate one."
)
@click.option(
    "--kernel", metavar="SPEC", help="Boot this kernel and profile an emulated NIC in it."
)
@click.option(
    "--lab",
    metavar="qemu|FILE",
    help="Profile a NIC of this lab's DUT over SSH: of the model --nic in QEMU, or the test NICs"
    " of a lab file (labs/README.md), all or IFACE..., the far ends of whose cables are here.",
)
@click.option(
    "--nic",
    type=click.Choice((*EMULATED, *QEMU_DEVICES)),
    default=None,
    help=f"The emulated NIC for --kernel ({', '.join(EMULATED)}; default: veth) or for --lab qemu"
    f" ({', '.join(QEMU_DEVICES)}; default: virtio-net).",
)
@click.option(
    "--read",
    "recorded",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Measure nothing: conclude from what --json printed. Several files may be given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, one object an IFACE.")
@click.option("--markdown", is_flag=True, help="Print a table in Markdown, one line an IFACE.")
def driver_profile(*, as_json: bool, markdown: bool, **requests: Any) -> None:
    """Measure what a network driver supports in a bond: for each IFACE, facts and conclusions.

    Carrier latency, MII and ethtool link queries, speed and duplex, MAC changes, real bonds of
    each kind that depends on the driver, and promiscuous mode after a failover.

    IFACE must be free: no address, no master, no default route. It is moved into a separate
    namespace during the measurement and restored afterwards, even if this command is killed. A
    network manager may react to that. The other slave of its bonds is one end of a veth pair, or
    the next IFACE if several are given. Needs root (CAP_NET_ADMIN and CAP_SYS_ADMIN), but not with
    --kernel or --lab qemu: harness driver-profile --kernel virtual --nic veth

    Exit status: 0 profiled, 1 measuring failed, 2 the command line is wrong, 4 IFACE or SPEC
    cannot be used, 130 interrupted.
    """
    found = _profiles(**requests)
    if as_json:
        click.echo(json.dumps([plain(one) for one in found], indent=1))
        return
    if markdown:
        from harness.driver_profile import summary  # noqa: PLC0415

        click.echo(summary.markdown(found))
        return
    from rich.console import Console  # noqa: PLC0415  (JSON does without)

    from harness.driver_profile.table import show  # noqa: PLC0415

    for one in found:
        show(one, Console())


def plain(profile: Profile) -> dict[str, Any]:
    """Return a profile and its conclusions as plain JSON values; times in ns."""
    return profile.plain() | {"concluded": [one.plain() for one in conclude(profile)]}


def _profiles(
    interfaces: tuple[str, ...],
    far_ends: tuple[str, ...],
    ask: bool,  # noqa: FBT001
    time_limit: float,
    repeat: int | None,
    in_place: bool,  # noqa: FBT001
    kernel: str | None,
    nic: str | None,
    lab: str | None,
    recorded: tuple[Path, ...],
) -> list[Profile]:
    """Return a profile of each interface, measured here, in a guest, or read from a file."""
    times = repeat or (1 if ask else 5)
    if lab is not None:
        if any((kernel, recorded, far_ends, ask, in_place)):
            raise UsageError(
                "--lab excludes the other options that choose what to profile",
                hint="leave --kernel, --read, --far-end, --ask and --in-place out",
            )
        return _lab(lab, interfaces, nic, times)
    if nic not in (None, *EMULATED):
        raise UsageError(f"only QEMU has a {nic}", hint=f"give --lab qemu --nic {nic}")
    if sum((bool(interfaces), kernel is not None, bool(recorded))) != 1:
        raise UsageError(
            "give exactly one of IFACE, --kernel, --lab and --read",
            hint="IFACE..., or --kernel SPEC for an emulated NIC, --lab qemu|FILE, or --read FILE",
        )
    if recorded:
        return [one for path in recorded for one in _read(path)]
    if kernel is not None:
        return [_guest(kernel, nic or "veth", times)]
    if nic is not None:
        raise UsageError("--nic needs --kernel", hint=f"give --kernel virtual --nic {nic}")
    return _machine(interfaces, far_ends, time_limit if ask else 0.0, times, in_place=in_place)


def _guest(spec: str, nic: str, times: int) -> Profile:
    from harness.driver_profile import run  # noqa: PLC0415  (imports what only measuring needs)
    from harness.kernels import check, resolve  # noqa: PLC0415

    check(spec)
    kernel = resolve(spec, say)
    say(f"booting {kernel.name} ...")
    return run.in_guest(kernel, nic, times, say)


def _lab(lab: str, interfaces: tuple[str, ...], nic: str | None, times: int) -> list[Profile]:
    """Return profiles of NICs of a lab's DUT."""
    from harness.driver_profile import lab_file, run  # noqa: PLC0415

    chosen = registry.known(lab, files=True)
    if chosen in ("netns", "pipe"):
        raise UsageError(
            "profiles are made in qemu or on the machines of a lab file",
            hint=f"without --lab {chosen}: --kernel SPEC for an emulated NIC, IFACE for one here",
        )
    if chosen != "qemu":
        if nic is not None:
            raise UsageError("--nic is for QEMU", hint="name interfaces of the lab file: IFACE...")
        return lab_file.profiles(Path(lab), interfaces, times, say)
    if interfaces:
        raise UsageError(
            f"the DUT in QEMU has no {interfaces[0]} yet", hint="choose a model: --nic e1000e"
        )
    from harness.kernels.dut import image  # noqa: PLC0415
    from harness.kernels.host import HostKernel  # noqa: PLC0415

    model = nic or "virtio-net"
    if model not in QEMU_DEVICES:
        there = ", ".join(QEMU_DEVICES)
        raise UsageError(f"QEMU has no {model}", hint=f"--nic of --lab qemu: {there}")
    dut = image.for_job(say, model)
    say(f"starting the DUT with a {model} ...")
    return [run.in_guest(HostKernel(), QEMU_DEVICES[model], times, say, dut)]


def _machine(
    interfaces: tuple[str, ...],
    far_ends: tuple[str, ...],
    ask: float,
    times: int,
    *,
    in_place: bool,
) -> list[Profile]:
    from harness.driver_profile import run, safety  # noqa: PLC0415  (imports what only measuring needs)
    from harness.driver_profile.lease import ProfileRequest  # noqa: PLC0415

    if far_ends and len(far_ends) != len(interfaces):
        raise UsageError(
            f"{len(far_ends)} far ends for {len(interfaces)} interfaces",
            hint="give --far-end once for each IFACE, in their order",
        )
    twice = [name for name in interfaces if interfaces.count(name) > 1]
    if twice:
        raise UsageError(f"{twice[0]} is named twice", hint="name each interface once")
    if far_ends and ask:
        raise UsageError("--ask and --far-end exclude each other", hint="give one of them")
    safety.check_capabilities(safety.capabilities(), in_place=in_place)
    around = run.environment()
    ends = far_ends or ("",) * len(interfaces)
    partners = [*interfaces[1:], interfaces[0]] if len(interfaces) > 1 else [""]
    requests = [
        ProfileRequest(name, end, ask, in_place, partner)
        for name, end, partner in zip(interfaces, ends, partners, strict=True)
    ]
    return [run.here(request, around, times, say) for request in requests]


def _read(path: Path) -> list[Profile]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", hint="give a readable file"
        ) from error
    return facts.load_all(text)
