"""One text of a configuration, and remarks on its encoding."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from harness.config.model import ConfigError, Remark
from harness.config.place import Place

COMMAND_LINE = "<command line>"
STANDARD_INPUT = "<standard input>"
# Longer marks first: that of UTF-32 begins with that of UTF-16.
WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE = 4096  # bytes, enough to tell text from anything else


class NoText(ConfigError):
    """The file is not text: a picture, a device, a binary file."""


@dataclass(frozen=True, slots=True)
class Source:
    """One text and its name: a path, or words in angle brackets.

    `remarks` are findings of reading it, such as bytes that are not UTF-8. A text within another
    `file` begins `shift` lines after its beginning.
    """

    name: str
    text: str
    remarks: tuple[Remark, ...] = ()
    shift: int = 0
    file: str = ""

    @property
    def base(self) -> str:
        """The last part of the name."""
        return Path(self.name).name

    @property
    def parent(self) -> str:
        """The last part but one of the name."""
        return Path(self.name).parent.name

    def at(self, line: int = 0) -> Place:
        """Return a line of it."""
        inside = self.shift if line or self.file else 0
        return Place(self.file or self.name, line + inside)


def decoded(name: str, data: bytes) -> Source:
    """Return bytes as a source; raises ConfigError for bytes that are no text.

    Comments in Latin-1 are common in old files, and most tools do not look at them.
    """
    encoding = _wide(data)
    if encoding:
        return _from_wide(name, data, encoding)
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        hint = "give a text file"
        raise NoText(
            "there is a NUL byte here: the file is not text", Place(name, line), hint=hint
        )
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        place = Place(name, data[: error.start].count(b"\n") + 1)
        why = f"byte {data[error.start]:#04x} is no UTF-8 text: the file is read as Latin-1"
        hint = f"iconv -f LATIN1 -t UTF-8 {name}"
        remark = Remark("", why, place, hint, level="note")
        return Source(name, data.decode("latin-1"), (remark,))


def _wide(data: bytes) -> str:
    """Return the encoding of texts with more than one byte for each character, "" for others."""
    for mark, encoding in WIDE:
        if data.startswith(mark):
            return encoding
    even, odd = data[0:SAMPLE:2], data[1:SAMPLE:2]
    most = len(odd) * 3 // 4
    if not most:
        return ""
    if odd.count(0) > most and not even.count(0):
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > most and not odd.count(0) else ""


def _from_wide(name: str, data: bytes, encoding: str) -> Source:
    hint = f"iconv -f {encoding.upper()} -t UTF-8 {name}"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        why = f"the file begins as {encoding.upper()} and is none: {error.reason}"
        raise NoText(why, Place(name), hint="give a text file") from None
    why = f"the file is {encoding.upper()}, which no tool that configures networks reads"
    return Source(name, text, (Remark("", why, Place(name, 1), hint, level="error"),))
