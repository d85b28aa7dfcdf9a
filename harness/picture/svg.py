"""SVG elements as text: any name is escaped to text that XML allows."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

CHARACTER = 6.3  # px: the width of a character of the labels, at most in the mean
CUT = "\N{HORIZONTAL ELLIPSIS}"
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # control, bidi, surrogates, no character


def element(tag: str, *children: str, **attributes: str | float) -> str:
    """Return an element; `class_` stands for class, `_` in a name for `-`."""
    pairs = "".join(
        f" {name.rstrip('_').replace('_', '-')}={quoteattr(_value(value))}"
        for name, value in attributes.items()
    )
    inner = "".join(children)
    return f"<{tag}{pairs}>{inner}</{tag}>" if inner else f"<{tag}{pairs}/>"


def words(text: str) -> str:
    """Return text as the content of an element."""
    return escape(clean(text))


def title(lines: Iterable[str]) -> str:
    """Return the element whose text the pointer shows at a mark."""
    return f"<title>{escape(chr(10).join(map(clean, lines)))}</title>"


def label(x: float, y: float, text: str, class_: str = "", anchor: str = "") -> str:
    """Return a text at a place."""
    more = {"class_": class_} if class_ else {}
    if anchor:
        more["text_anchor"] = anchor
    return element("text", words(text), x=x, y=y, **more)


def clean(text: str) -> str:
    """Return a text with escapes for characters that XML forbids or that are invisible."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _escaped(char) if unicodedata.category(char) in HIDDEN else char for char in text
    )


def _escaped(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> float:
    """Return the approximate width (px) of a label; wide East Asian characters count twice."""
    text = clean(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return (len(text) + wide) * CHARACTER


def shorten(text: str, room: float) -> str:
    """Return a text cut to the width `room` (px)."""
    text = clean(text)
    if width(text) <= room:
        return text
    while text and width(text + CUT) > room:
        text = text[:-1]
    return text + CUT


def _value(value: str | float) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else clean(str(value))
