"""Files in files: here-documents of scripts, files that cloud-init or Ignition writes, Markdown.

Each becomes a separate text with the name of the file that is written; line numbers are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import yaml

from harness.config.detect import detect
from harness.config.expansion import expanded
from harness.config.model import ConfigError, Remark
from harness.config.source import Source
from harness.config.wrappers import inner, text, value
from harness.config.yaml_nodes import Node

HEREDOC = re.compile(r"<<(-?)\s*(['\"]?)(\w+)\2")
WRITES = re.compile(r"\b(?:cat|tee)\b")
TARGET = re.compile(r"(?:>>?\s*|\btee\s+(?:-a\s+)?)['\"]?([^\s'\"|;&<>]+)")
ASSIGNED = re.compile(r"\s*(?:export\s+|local\s+|readonly\s+)?(\w+)=(['\"]?)([^'\"`]*)\2\s*")
WRITTEN = re.compile(r"^[ \t]*(?:- )?(?:path|dest)[ \t]*:", re.MULTILINE)
FENCE = re.compile(r"\s*(```|~~~)")
NAMED = re.compile(r"[\w./-]*(?:\bifcfg-[\w.-]+|\.(?:netdev|network|nmconnection|ya?ml)\b)")
NEAR = 3  # lines above a block, one of which names its file
BY_COMMANDS = frozenset({"nmcli", "ip-link"})  # which are read from a page as a whole
IN_YAML = frozenset({"netplan", "nmstate", "cloud-init", "talos"})  # which are found there anyway
Sources = list[Source]


def unpacked(source: Source) -> Sources:
    """Return the files that a text contains, or the text itself if there are none."""
    for kind in KINDS:
        if parts := kind(source):
            return parts
    return [source]


def _part(source: Source, name: str, lines: str, first: int) -> Source:
    """Return a piece that begins after line `first`, with the name of the file that it becomes."""
    return Source(name, lines, shift=source.shift + first, file=source.file or source.name)


def _whole(source: Source, parts: Sources, rest: list[str]) -> Sources:
    """Return the pieces of a known format, and the rest of the text if that has one."""
    found = [part for part in parts if part.remarks or detect(part)]
    left = replace(source, text="\n".join(rest))
    return [*([left] if found and detect(left) else []), *found]


def _heredocs(source: Source) -> Sources:
    """Return the files that a script writes with cat or tee and a here-document."""
    if "<<" not in source.text:
        return []
    parts, rest, known = Sources(), list[str](), dict[str, str]()
    lines = iter(enumerate(source.text.split("\n"), 1))
    for number, line in lines:
        rest.append(line)
        if assigned := ASSIGNED.fullmatch(line):
            known[assigned[1]] = expanded(assigned[3], known)
        match, target = HEREDOC.search(line), TARGET.search(line)
        if match is None or not WRITES.search(line):
            continue
        body = list(_until(lines, match[3]))
        rest += [*[""] * (len(body) - 1), *body[-1:]]
        if target is not None:
            made = "\n".join(one.lstrip("\t") if match[1] else one for one in body[:-1])
            plain = made if match[2] else expanded(made, known)
            part = _called(source, expanded(target[1], known), plain, number)
            parts += [part] if detect(part) not in BY_COMMANDS else []
    return _whole(source, parts, rest)


def _called(source: Source, name: str, lines: str, first: int) -> Source:
    """Return a file that a script writes; without its name its format is unknown."""
    part = _part(source, name, lines, first)
    if "$" not in Path(name).name or not detect(part):
        return part
    why = f"{name}: the name of this file is made as the script runs, and it is not read"
    remark = Remark("", why, source.at(first), "give the file that it makes", level="warning")
    return replace(part, text="", remarks=(remark,))


def _until(lines: Iterator[tuple[int, str]], word: str) -> Iterator[str]:
    for _, line in lines:
        yield line
        if line.strip() == word:
            return


def _written(source: Source) -> Sources:
    """Return the files that cloud-init (write_files), Ignition or Ansible's copy is to write."""
    if not WRITTEN.search(source.text):
        return []
    try:
        found = inner(source, lambda node: bool(_path(node) and _content(node)))
    except ConfigError:
        return []
    parts, rest = Sources(), source.text.split("\n")
    for one in found:
        node = _content(one.node)
        if node is None or not isinstance(node.raw, yaml.ScalarNode):
            continue
        mark = node.raw.start_mark.line
        part = _part(node.source, _path(one.node), node.raw.value, mark + 1)
        if detect(part) not in IN_YAML:
            parts.append(part)
            if node.source.shift == source.shift:
                end = node.raw.end_mark.line
                rest[mark + 1 : end] = [""] * (end - mark - 1)
    return _whole(source, parts, rest)


def _path(node: Node) -> str:
    return text(node, "path") or text(node, "dest")


def _content(node: Node) -> Node | None:
    contents = value(node, "contents")
    return value(node, "content") or (value(contents, "inline") if contents else None)


def _page(source: Source) -> Sources:
    """Return the one configuration of a page of Markdown, or all where each has a file's name."""
    lines = source.text.split("\n")
    fences = [nth for nth, line in enumerate(lines) if FENCE.match(line)]
    parts = Sources()
    for first, last in zip(fences[::2], fences[1::2], strict=False):
        caption = next(
            (line for line in reversed(lines[max(0, first - NEAR) : first]) if line.strip()), ""
        )
        name = NAMED.search(caption)
        block = "\n".join(lines[first + 1 : last])
        parts.append(_part(source, name[0] if name else "", block, first + 1))
    found = [part for part in parts if detect(part)]
    if not found or BY_COMMANDS.issuperset(str(detect(part)) for part in found):
        return []
    names = {part.name for part in found}
    if len(found) > 1 and ("" in names or len(names) < len(found)):
        why = f"a page with {len(found)} configurations: which of them belong together is unknown"
        remark = Remark("", why, source.at(), "write each to a file of its own", level="error")
        return [replace(source, text="", remarks=(remark,))]
    return [part if part.name else replace(part, name=source.name) for part in found]


KINDS: tuple[Callable[[Source], Sources], ...] = (_heredocs, _written, _page)
