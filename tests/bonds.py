"""Bonds that hypothesis makes up: any options that the driver accepts together."""

from __future__ import annotations

from hypothesis import strategies as st

from harness.bonding import MODES, OPTIONS, BondOptions, Option


def _settings(option: Option) -> st.SearchStrategy[object]:
    if option.values:
        return st.sampled_from([value.word for value in option.values])
    addresses = {"ip4": st.ip_addresses(v=4), "ip6": st.ip_addresses(v=6)}
    if option.wire in addresses:
        some = addresses[option.wire].filter(
            lambda a: not (a.is_multicast or a.is_loopback or a.packed[0] in (0, 255))
        )
        return st.lists(some.map(str), min_size=1, max_size=16, unique=True)
    if option.wire == "index":
        return st.from_regex(r"[a-z]{1,8}[0-9]{1,4}", fullmatch=True)
    if option.wire == "mac":
        return st.binary(min_size=5, max_size=5).map(lambda tail: f"02:{tail.hex(':')}")
    return st.integers(option.low, option.high)


@st.composite
def bonds(draw: st.DrawFn) -> BondOptions:
    """Any options that the driver accepts together."""
    mode = draw(st.sampled_from(MODES))
    able = [name for name, option in OPTIONS.items() if mode in option.modes and name != "mode"]
    options = {
        name: draw(_settings(OPTIONS[name])) for name in draw(st.sets(st.sampled_from(able)))
    }
    if "miimon" in options or {"updelay", "downdelay", "peer_notif_delay"} & options.keys():
        options["miimon"] = draw(st.integers(1, 10_000))
        options = {k: v for k, v in options.items() if k not in ("arp_interval", "arp_validate")}
    return BondOptions.of(mode=mode, **options)
