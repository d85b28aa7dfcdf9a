"""Tiny projects that tests run pytest on, in a process of its own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.forked import server
from tests.forked_python import SOCKET

SETTINGS = """\
[tool.pytest.ini_options]
addopts = ["--strict-markers", "--import-mode=importlib"]
"""
IN_GUESTS = "import pytest; pytestmark = pytest.mark.guest\n"
HARNESS = Path(__file__).parents[1]
# A conftest.py with the topology that most tiny scenarios use.
FIXTURES = """
    from collections.abc import Iterator
    import pytest
    from harness.record.net import Stage
    from scenarios.topologies import OneSwitch

    @pytest.fixture
    def one_switch(stage: Stage) -> Iterator[OneSwitch]:
        with OneSwitch(stage) as net:
            yield net
"""


@dataclass(frozen=True)
class Tiny:
    """A project in `root`; what runs in it keeps its temporary files in `temporary`."""

    root: Path
    temporary: Path

    @classmethod
    def make(cls, place: Path, **files: str) -> Tiny:
        """Make a project: `a="..."` is test_a.py, run in guests; `conftest` the conftest.py."""
        tiny = cls(place / "project", place / "temporary")
        tiny.root.mkdir(parents=True)
        tiny.temporary.mkdir()
        (tiny.root / "pyproject.toml").write_text(SETTINGS)
        for name, text in files.items():
            path = "conftest.py" if name == "conftest" else f"test_{name}.py"
            head = "" if name == "conftest" else IN_GUESTS
            (tiny.root / path).write_text(head + textwrap.dedent(text))
        return tiny

    @classmethod
    def checkout(cls, temporary: Path) -> Tiny:
        """Return the harness's own scenarios as a project."""
        return cls(HARNESS, temporary)

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start pytest on the project; `more` is added to the environment."""
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "harness.plugin", *arguments],
            cwd=self.root,
            env=self.environment(more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def environment(self, more: dict[str, str]) -> dict[str, str]:
        """Return the environment that pytest gets: of plugins, only ours."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        own |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TMPDIR": str(self.temporary)}
        own |= {"PYTHONPATH": str(HARNESS), "COLUMNS": "200", SOCKET: server().name}
        return own | more

    def run(
        self, *arguments: str, within: float = 120, stdin: int | None = None, **more: str
    ) -> tuple[int, str]:
        """Run pytest on the project, forked; return its exit code and all that it wrote."""
        environment = self.environment(more)
        if environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]:
            argv = ["-p", "harness.plugin", *arguments]
            return server().run("pytest", argv, self.root, environment, within, stdin)
        # pytest rewrites the asserts of all installed plugins, which must not be imported before
        process = self.start(*arguments, **more)
        try:
            wrote, _ = process.communicate(timeout=within)
        finally:
            process.kill()
        return process.returncode, wrote

    def on_terminal(self, *arguments: str, **more: str) -> str:
        """Run pytest on a terminal; return all that was written to it."""
        written = bytearray()

        def read(descriptor: int) -> bytes:
            written.extend(data := os.read(descriptor, 1 << 16))
            return data

        argv = [sys.executable, "-m", "pytest", "-p", "harness.plugin", *arguments]
        environment = [f"{name}={value}" for name, value in self.environment(more).items()]
        pty.spawn(["env", "-C", str(self.root), "-i", *environment, *argv], read)
        return written.decode()
