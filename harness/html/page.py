"""Write results as one HTML file.

All values are escaped by the template. The page's policy allows its own style and script, by their
hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness import picture
from harness.html import claims_table, entries
from harness.html.entries import DRAWN
from harness.judge import counts
from harness.results.conformance import Conformance
from harness.results.rejudge import Rejudged
from harness.whole_file import replacing

NAME = "index.html"
FACTS = ("command", "date", "harness", "commit", "host", "host_kernel", "machine", "python")


def write(
    found: Conformance,
    place: Path,
    output: Path,
    drawn: int = DRAWN,
    again: Rejudged | None = None,
) -> None:
    """Write the page of the results in `place`, atomically; raises LabError."""
    text = render(found, place, output, drawn, again)
    part = output.with_name(f".{output.name}-{os.getpid()}")  # two reports may be made at once
    hint = "free space, or write it elsewhere: harness report --output FILE"
    with replacing(output, part, hint=hint) as file:
        file.write(text)


def render(
    found: Conformance,
    place: Path,
    output: Path,
    drawn: int = DRAWN,
    again: Rejudged | None = None,
) -> str:
    """Return the page with at most `drawn` timelines; links are relative to `output`.

    If recordings were judged `again`, it shows which verdicts changed.
    """
    pages = Environment(
        loader=PackageLoader("harness.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css, script = (pages.get_template(name).render() for name in ("page.css", "filter.js"))
    style = css + picture.style()
    table = claims_table.rows(found)
    return pages.get_template("page.html").render(
        style=style,
        script=script,
        policy=f"default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'",
        found=found,
        facts=FACTS,
        columns=claims_table.columns(found),
        table=table,
        legend=claims_table.legend(table),
        groups=entries.groups(found, place, output, drawn),
        verdicts=_verdicts(found),
        missing=list(_missing(found)),
        again=again,
    )


def _digest(text: str) -> str:
    """Return the hash by which a content security policy names an inline text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _verdicts(found: Conformance) -> list[tuple[str, int]]:
    """Return the number of results of each verdict, the one with the most weight first."""
    number = Counter(result.verdict for result in found.results)
    return [(word, number[word]) for word in reversed(counts.WORDS) if number[word]]


def _missing(found: Conformance) -> Iterator[str]:
    """Yield the parts of a session without any result."""
    if short := found.short():
        yield f"the session {short}"
    for label in found.labels():
        if not found.kernels.get(label):
            yield f"{label} did not boot"
