"""Commands of scripts and terminal sessions, expanded as a shell would.

Only a small part of a shell: variables with plain words, loops over words, redirections, prompts.
Other expansions keep their dollar sign, so that readers see that a name is unknown.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from harness.config.expansion import expanded, unrolled, words_of
from harness.config.ini_and_shell import physical_lines
from harness.config.place import Place
from harness.config.source import Source

PROMPT = re.compile(
    r"\s*(?:\([\w.-]+\)\s*)?"
    r"(?:\[[^\]\n]*@[^\]\n]*\]\s?|[\w.-]+@[\w.-]+[^#$%>\n]*|[\w.-]+(?=[#$%>]\s))?[#$%>]\s+(?=\S)"
)
# What else precedes a prompt's sign, or is one: only if a command follows.
BARE_PROMPT = re.compile(
    r"\s*(?:(?:[\w.-]+:[~/]\S*|[\w-]*\s?[~/][\w./-]*)\s?[#$%>]|➜\s+\S+(?:\s+git:\(\S+\))?(?:\s+✗)?|\u276f)\s+"
    r"(?=(?:sudo\s+)?(?:nmcli|ip|echo|modprobe|ifenslave|for|cat)\s)"
)
MORE = re.compile(r"\s*>\s")  # the prompt of a continued line
ROOT_PROMPT = re.compile(r"\s*#\s+(sudo\s+)?(nmcli|ip|echo|modprobe)\s")
PLAIN = re.compile(r"\s*(sudo\s+)?(nmcli|ip|echo|modprobe)\s")
ASSIGNED = re.compile(r"(\w+)=(.*)", re.DOTALL)
HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
NOISE = re.compile(r"\s(?:[012]?>&[012-]|&>>?\s*\S+|[12]>>?\s*\S+)")
ENDS = re.compile(r"[;&|()]+|;;")
KEYWORDS = frozenset(
    [
        *("if", "then", "elif", "else", "fi", "do", "done", "while", "until", "!", "{", "}"),
        *("time", "exec", "command", "sudo", "doas"),
    ]
)
DECLARING = frozenset(
    {"export", "local", "readonly", "declare", "typeset", "-r", "-a", "-x", "-i"}
)
SHELLS = frozenset({"sh", "bash", "dash", "ash"})
TEXTS = frozenset({"cat", "tee"})  # their input is not commands
MOST_ROUNDS = 256
MOST_LINES = 40  # of one quotation


@dataclass(frozen=True, slots=True)
class ShellCommand:
    """One command: its words, the file of its output, and the line as written."""

    words: tuple[str, ...]
    place: Place
    text: str
    target: str = ""
    piped: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The program, without its directory."""
        return self.words[0].rpartition("/")[2]

    @property
    def unclear(self) -> str:
        """The first word that was not expanded, "" if there is none."""
        return next(
            (word for word in (*self.words, self.target) if "$" in word or "`" in word), ""
        )


def commands(source: Source, known: Mapping[str, str] | None = None) -> Iterator[ShellCommand]:
    """Yield the commands of a script, a session or one line; `known` are variables."""
    found: list[ShellCommand] = []
    for place, text in _logical(source):
        found += _simple(text, place)
    yield from _run(found, dict(known or {}))


def _logical(source: Source) -> Iterator[tuple[Place, str]]:
    """Yield complete lines: continued ones joined, without prompts, comments and heredocs."""
    lines = list(physical_lines(source.text))
    session = _session([line for _, line in lines])
    pending, start, until = "", 0, ""
    for number, line in lines:
        if until:
            until = "" if line.strip() == until else until
            continue
        if pending:
            text = MORE.sub("", line, count=1) if session else line
        else:
            text = _unprompted(line, session=session)
        start = start if pending else number
        if text.rstrip().endswith("\\"):
            pending += text.rstrip()[:-1] + " "
            continue
        whole = _uncommented(pending + text)
        if not _closed(whole) and number - start < MOST_LINES and number < len(lines):
            pending = whole + "\n"
            continue
        pending = ""
        if heredoc := HEREDOC.search(whole):
            until = heredoc[2] if whole.split()[0] in TEXTS else ""
            whole = whole[: heredoc.start()] + whole[heredoc.end() :]
        yield source.at(start), whole.strip()


def _session(lines: list[str]) -> bool:
    """Return whether a text is a terminal's: then what has no prompt is output.

    `# ` alone is a prompt in a text that is no script and has no commands without it.
    """
    prompts = filter(None, map(_prompt, lines))
    if any(prompt.strip() != "#" for prompt in prompts):
        return True
    script = lines[:1] and lines[0].startswith("#!")
    rooted = any(ROOT_PROMPT.match(line) for line in lines)
    return bool(rooted and not script and not any(PLAIN.match(line) for line in lines))


def _unprompted(line: str, *, session: bool) -> str:
    if not session:
        return line
    prompt = _prompt(line)
    return line[len(prompt) :] if prompt else ""


def _prompt(line: str) -> str:
    """Return the prompt that a line begins with, "" where there is none."""
    match = BARE_PROMPT.match(line) or PROMPT.match(line)
    return match[0] if match else ""


def _closed(text: str) -> bool:
    try:
        shlex.split(text)
    except ValueError:
        return False
    return True


def _uncommented(text: str) -> str:
    """Return a line without its comment: a # that begins a word outside of quotes."""
    quote = ""
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote and text[at - 1] != "\\" else quote
        elif sign in "'\"" and (not at or text[at - 1] != "\\"):
            quote = sign
        elif sign == "#" and (not at or text[at - 1].isspace()):
            return text[:at]
    return text


def _simple(text: str, place: Place) -> Iterator[ShellCommand]:
    """Yield the simple commands of a line, none for a syntax error."""
    plainer = unrolled(NOISE.sub(" ", f" {text}"))
    lexer = shlex.shlex(plainer, posix=True, punctuation_chars=";&|()<>")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        parts = list(lexer)
    except ValueError:
        return
    words: list[str] = []
    piped: tuple[str, ...] = ()
    target, redirected = "", False
    for part in [*parts, ";"]:
        if redirected:
            target, redirected = part, False
        elif part in (">", ">>", "<"):
            redirected = part != "<"
        elif ENDS.fullmatch(part):
            if words:
                place = replace(place, column=place.column + 1)
                yield ShellCommand(tuple(words), place, text, target, piped)
            piped = tuple(words) if part == "|" else ()
            words, target = [], ""
        else:
            words.append(part)


def _run(found: list[ShellCommand], known: dict[str, str]) -> Iterator[ShellCommand]:
    """Yield commands as they run: loops unrolled, variables replaced."""
    at = 0
    while at < len(found):
        command = found[at]
        bare = _bare(command.words)
        at += 1
        if bare[:1] == ("for",) and len(bare) > 3 and bare[2] == "in":
            end = _end(found, at)
            values = [one for word in bare[3:] for one in words_of(word, known)]
            for value in values[:MOST_ROUNDS]:
                yield from _run(found[at:end], known | {bare[1]: value})
            at = end
        elif bare:
            yield from _one(replace(command, words=bare), known)


def _end(found: list[ShellCommand], at: int) -> int:
    """Return where the loop ends whose first command is at `at`."""
    depth = 1
    for number in range(at, len(found)):
        words = [word for word in found[number].words if word != "do"]
        depth += words[:1] in (["for"], ["while"], ["until"])
        depth -= words[:1] == ["done"]
        if not depth:
            return number
    return len(found)


def _bare(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command without keywords of the shell and programs that run others."""
    while words and (words[0] in KEYWORDS or (words[0].startswith("-") and len(words) > 1)):
        words = words[1:]
    return words


def _one(command: ShellCommand, known: dict[str, str]) -> Iterator[ShellCommand]:
    bare = [word for word in command.words if word not in DECLARING]
    assigned = [ASSIGNED.fullmatch(word) for word in bare]
    if all(assigned):
        known |= {match[1]: expanded(match[2], known) for match in assigned if match}
        return
    words = [one for word in command.words for one in words_of(word, known)]
    made = replace(command, words=tuple(words), target=expanded(command.target, known))
    if not words:
        return
    if made.name in SHELLS and "-c" in words[:-1]:
        inner = Source(made.place.file, words[words.index("-c") + 1])
        for one in commands(inner, known):
            yield replace(one, place=made.place, text=made.text)
    else:
        yield made
