"""A conftest.py by which kernels are plain processes of this machine.

`PLAIN` has one, whatever `--kernel` says. With `NAMED`, `--kernel` takes four names; the guests of
"dead" never come up.
"""

from __future__ import annotations

WORK = (
    "import sys, json, pathlib; d = pathlib.Path(sys.argv[1]);"
    "sys.path[:] = json.loads((d / 'job.json').read_text())['path'];"
    "from harness.session import worker; worker.main(d)"
)
PLAIN = f"""
    import sys
    from harness.kernels import BootCommand
    from tests.forked import python

    class Plain:
        modules, writeback, clock, waits = "", False, "real", False
        def __init__(self, name): self.name = self.spec = name
        def command(self, directory):
            code = "import sys; sys.exit('no luck today')" if self.name == "dead" else WORK
            return BootCommand(python(code, str(directory)), {{}})

    WORK = {WORK!r}
    def pytest_configure(config):
        from harness.session import controller
        config.stash[controller.KERNEL] = Plain("plain")
"""
NAMED = (
    PLAIN.partition("    def pytest_configure")[0]
    + """\
    def pytest_configure(config):
        from harness.session import fleet
        names = ("old@1", "new@2", "third", "dead")
        config.stash[fleet.KERNELS] = {name: Plain(name) for name in names}
"""
)
