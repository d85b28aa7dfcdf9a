"""Print a driver's profile as tables."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.driver_profile.conclusions import conclude
from harness.driver_profile.facts import AddressChange, LinkQuery, Profile, Speed, Survival
from harness.units import in_ms

STYLE = {"yes": "green", "no": "red", "unknown": "dim"}
WIDE = 110  # from this width on, claims have their own column
TableRow = tuple[str, str]


def show(profile: Profile, console: Console) -> None:
    """Print the measurements, then the conclusions."""
    _head(profile, console)
    facts = Table(box=None, pad_edge=False, show_header=False)
    for name, value in measured(profile):
        facts.add_row(name, Text(value))
    console.print(facts)
    console.print()
    console.print(concluded(profile, console.width))
    console.print()


def _head(profile: Profile, console: Console) -> None:
    who = profile.identity
    named = [
        who.driver or "unknown driver",
        who.version,
        who.firmware and f"firmware {who.firmware}",
    ]
    named += [who.bus and f"at {who.bus}"]
    text = f"{profile.interface}  {profile.mac}  {' '.join(one for one in named if one)}"
    console.print(text, style="bold", highlight=False, markup=False, emoji=False)
    clock = f"Linux {profile.kernel}, HZ={profile.hz}, {profile.clock} clock"
    console.print(clock, style="dim", highlight=False, markup=False)


def measured(profile: Profile) -> Iterator[TableRow]:
    """Yield name and text of each measurement; "not measured" with the reason."""
    missing = profile.missing
    if profile.carrier is None:
        yield "carrier latency", missing.get("carrier", "not measured")
    else:
        seen = profile.carrier
        yield "fault at the far end", seen.how
        yield "lost, carrier flag (ms)", f"{seen.down_flag.text()}   min / median / max"
        yield "lost, netlink event (ms)", seen.down_event.text()
        yield "back, carrier flag (ms)", seen.up_flag.text()
        yield "back, netlink event (ms)", seen.up_event.text()
        yield "resolution", f"{in_ms(seen.resolution)} = {seen.resolved_by}"
    yield "SIOCGMIIPHY, SIOCGMIIREG", _query(profile.mii)
    yield "ETHTOOL_GLINK", _query(profile.ethtool_link)
    yield "speed and duplex", _speed(profile.speed)
    yield "MAC change while up", _change(profile.mac_up)
    yield "MAC change while down", _change(profile.mac_down)
    for survival in profile.survivals:
        yield f"{survival.setting} of a bond", _survival(survival)
    if "bonds" in missing:
        yield "bonds with it", missing["bonds"]
    if "frames" in missing:
        yield "frames to it", missing["frames"]


def concluded(profile: Profile, width: int) -> Table:
    """Return the table of conclusions, for a terminal of a width."""
    return _wide(profile) if width >= WIDE else _narrow(profile)


def _wide(profile: Profile) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("in a bond", "", "works", "why", "claims"):
        table.add_column(name, ratio=1 if name == "why" else None, no_wrap=name != "why")
    last = ""
    for one in conclude(profile):
        group = "" if one.group == last else one.group
        last = one.group
        answer = Text(one.answer, style=STYLE[one.answer])
        table.add_row(group, one.subject, answer, Text(one.why), Text("\n".join(one.claims)))
    return table


def _narrow(profile: Profile) -> Table:
    """Return the table for a narrow terminal: groups are headings, claims follow the reason."""
    table = Table(box=None, pad_edge=False)
    for name in ("in a bond", "works", "why"):
        table.add_column(name, ratio=1 if name == "why" else None, no_wrap=name != "why")
    last = ""
    for one in conclude(profile):
        if one.group != last:
            table.add_row(Text(one.group, style="bold"))
        last = one.group
        answer = Text(one.answer, style=STYLE[one.answer])
        claims = f" [{', '.join(one.claims)}]" if one.claims else ""
        table.add_row(f"  {one.subject}", answer, Text(f"{one.why}{claims}"))
    return table


def _query(query: LinkQuery | None) -> str:
    if query is None:
        return "not measured"
    if query.refused:
        return f"not supported: {query.refused}"
    state = "link up" if query.link else "no link"
    follows = {True: ", follows the cable", False: ", does NOT follow the cable", None: ""}
    return f"supported: {state}{follows[query.followed]}"


def _speed(speed: Speed | None) -> str:
    if speed is None:
        return "not measured"
    if speed.refused:
        return f"not supported: {speed.refused}"
    mbps = f"{speed.mbps} Mb/s" if speed.mbps else "speed unknown"
    return f"{mbps}, {speed.duplex or 'unknown'} duplex"


def _change(change: AddressChange | None) -> str:
    if change is None:
        return "not measured"
    if change.refused:
        return f"refused: {change.refused}"
    if not change.kept:
        return "accepted without effect"
    heard = {True: ", frames to it arrive", False: ", frames to it do NOT arrive", None: ""}
    return f"accepted{heard[change.hears]}"


def _survival(one: Survival) -> str:
    phases = (("unset", one.off), ("set", one.on), ("failed over", one.away), ("back", one.back))
    received = {True: "receives", False: "does not receive", None: "?"}
    texts = (f"{name}: {'on' if it.flag else 'off'} {received[it.hears]}" for name, it in phases)
    return ", ".join(texts)
