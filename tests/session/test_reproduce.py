"""The options of a command that runs a scenario again."""

from __future__ import annotations

import pytest

from harness.drivers import DEFAULT_MODEL
from harness.session import reproduce

pytest_plugins = ["pytester"]


@pytest.mark.parametrize(
    ("given", "spec", "chosen", "expected"),
    [
        ([], "virtual@7.2", None, ["--kernel=virtual@7.2"]),
        ([], "host", None, ["--kernel=host"]),
        ([], "", None, []),
        (["--kernel=uml@6.1"], "uml@6.1", None, ["--kernel=uml@6.1"]),
        (["--kernel=a", "--kernel=b"], "b", "b", ["--kernel=b"]),
        (["--lab=pipe", "--kernel=uml"], "", None, ["--kernel=uml", "--lab=pipe"]),
        # The DUT brings its kernel: --kernel would be rejected.
        (
            ["--lab=qemu", "--nic=rtl8139"],
            "host",
            None,
            ["--lab=qemu", "--nic=rtl8139"],
        ),
        (["--lab=qemu", f"--nic={DEFAULT_MODEL}"], "", None, ["--lab=qemu"]),
        (
            ["--kernel=uml", "--bond-config=a b", "--bond-format=nmcli"],
            "",
            None,
            ["--kernel=uml", "--bond-config=a b", "--bond-format=nmcli"],
        ),
    ],
)
def test_what_decides_a_measurement_is_given_again(
    pytester: pytest.Pytester, given: list[str], spec: str, chosen: str | None, expected: list[str]
) -> None:
    if any("bond-config" in one for one in given):
        (pytester.path / "a b").write_text("nmcli con add type bond ifname bond0 mode 1\n")
    config = pytester.parseconfig("-p", "harness.plugin", *given)
    assert reproduce.options(config, spec, chosen) == expected
