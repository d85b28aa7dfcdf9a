"""The timeline of a recording as SVG: no script, no other file, for screen and print."""

from harness.picture.draw import draw, style

__all__ = ["draw", "style"]
