"""F-strings of every form, as a program that is sent may have them."""

from __future__ import annotations

NAME, NUMBER, WIDTH = {"a": "eth0"}, 7.25, 9
FORMATTED = [
    f"{NAME['a']} is gone",
    f"{NAME!r} {{kept}} {NAME['a']!s:>{WIDTH}}|",
    f"{NUMBER:{WIDTH}.{1}f} {NUMBER:08.3f} {f'{NUMBER:.0f} of {WIDTH}'}",
    f"{NUMBER=} {'{}'} {[f'{one}' for one in range(2)]}",
    "plain {} text",
]
