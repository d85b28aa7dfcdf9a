"""A conftest.py by which names of kernels are plain processes of this machine."""

from __future__ import annotations

PLAIN = """
    import sys
    from harness.kernels import BootCommand
    from harness.session import fleet

    class Plain:
        modules, writeback, clock, waits = "", False, "real", False
        def __init__(self, name): self.name = self.spec = name
        def command(self, directory):
            code = (
                "import sys, json, pathlib; d = pathlib.Path(sys.argv[1]);"
                "sys.path[:] = json.loads((d / 'job.json').read_text())['path'];"
                "from harness.session import worker; worker.main(d)"
            )
            if self.name == "dead":
                code = "import sys; sys.exit('no luck today')"
            return BootCommand([sys.executable, "-c", code, str(directory)], {})

    def pytest_configure(config):
        names = ("old@1", "new@2", "third", "dead")
        config.stash[fleet.KERNELS] = {name: Plain(name) for name in names}
"""
