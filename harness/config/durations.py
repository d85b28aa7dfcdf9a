"""Times in configuration files: systemd's time spans, and netplan's with another default unit.

The bonding driver uses whole ms (lp_interval: s). systemd rounds down (it divides microseconds):
1.5ms becomes 1.
"""

from __future__ import annotations

import re
from fractions import Fraction

# What each unit is, as in systemd.time(7).
MILLISECONDS = {
    **dict.fromkeys(("us", "usec", "\u00b5s", "\u03bcs"), Fraction(1, 1000)),
    **dict.fromkeys(("ms", "msec"), Fraction(1)),
    **dict.fromkeys(("s", "sec", "second", "seconds"), Fraction(1000)),
    **dict.fromkeys(("m", "min", "minute", "minutes"), Fraction(60_000)),
    **dict.fromkeys(("h", "hr", "hour", "hours"), Fraction(3_600_000)),
    **dict.fromkeys(("d", "day", "days"), Fraction(86_400_000)),
    **dict.fromkeys(("w", "week", "weeks"), Fraction(604_800_000)),
}
PART = re.compile(r"\s*([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([A-Za-z\u00b5\u03bc]*)")


def in_unit(text: str, unit: str, bare: str) -> str | None:
    """Return a span as a whole number of `unit` (ms or s), None where it is no span.

    A number without a unit counts in `bare`; spans may have parts, such as "1s 500ms".
    """
    at, total = 0, Fraction(0)
    text = text.strip()
    while at < len(text):
        match = PART.match(text, at)
        if match is None or (match[2] or bare) not in MILLISECONDS:
            return None
        total += Fraction(match[1]) * MILLISECONDS[match[2] or bare]
        at = match.end()
    return str(int(total / MILLISECONDS[unit])) if text else None
