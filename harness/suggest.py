"""Suggest similar names for one that does not exist, and raise the error with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from harness.errors import ScenarioError

# What people call a thing elsewhere; no likeness of letters finds these.
ALSO_CALLED = {
    "cut": ("pull", "unplug", "disconnect", "down", "link_down", "break_", "fail", "shut"),
    "heal": ("plug", "reconnect", "connect", "up", "link_up", "repair", "restore", "fix"),
    "lose": ("drop", "loss", "blackhole", "silence"),
    "delay": ("latency", "slow", "lag"),
    "die": ("kill", "stop", "crash", "down", "shutdown"),
    "revive": ("start", "up", "boot", "restart"),
    "power_off": ("cut", "kill", "die", "down", "off", "fail", "stop"),
    "power_on": ("heal", "start", "up", "on", "revive"),
    "outage": ("downtime", "blackout", "interruption", "dark_time", "gap", "dead_time"),
    "switchover": ("failover", "failover_time", "switch_time"),
    "first_reply": ("first_answer", "resumption", "reconvergence", "first_packet"),
    "reversion": ("failback", "fallback", "revert", "recovery_time"),
    "lost": ("loss", "packet_loss", "dropped", "drops"),
    "active_slave": ("active", "current", "current_slave"),
    "link_states": ("states", "link_state", "links"),
    "failures": ("link_failures", "failure_count"),
    "set": ("change", "configure", "option", "options"),
    "run": ("shell", "exec", "execute", "command", "cmd", "ssh"),
    "send": ("inject", "transmit", "packet"),
}


class NoSuchName(ScenarioError, AttributeError):
    """A scenario names what a thing does not have; `hasattr` takes it for a plain no."""


def alike(name: str, has: Iterable[str], most: int = 2) -> str:
    """Return a hint with synonyms and at most so many similar names, "" for none."""
    known = list(has)
    also = [one for one in known if name.lower() in ALSO_CALLED.get(one, ())]
    found = dict.fromkeys([*also, *get_close_matches(name, known, n=most, cutoff=0.6)])
    return f"did you mean {' or '.join(found)}?" if found else ""


def meant(name: str, has: Iterable[str]) -> str:
    """Return a hint with similar names, and with all names."""
    known = sorted(has)
    there = f"there are: {', '.join(known)}" if known else "there is none"
    return f"{alike(name, known)} {there}".strip()


def attributes(thing: object) -> list[str]:
    """Return the public attributes of an object."""
    return [name for name in dir(thing) if not name.startswith("_")]


def suggesting(kind: str) -> Callable[[object, str], object]:
    """Return a `__getattr__` that raises NoSuchName; `kind` describes the object in errors."""

    def missing(thing: object, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)  # Python itself asks for such names
        has = attributes(type(thing))
        raise NoSuchName(f'{kind} has no "{name}"', hint=meant(name, has))

    return missing
