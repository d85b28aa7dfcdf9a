"""The options of a command that runs a scenario again."""

from __future__ import annotations

import pytest

from harness.labs import registry
from harness.session import reproduce

pytest_plugins = ["pytester"]


@pytest.mark.parametrize(
    ("given", "lab", "chosen", "expected"),
    [
        ([], "netns in virtual 7.2.13", None, ["--kernel=virtual@7.2"]),
        ([], "netns in host 6.1.0", None, ["--kernel=host"]),
        ([], "", None, []),
        (["--kernel=uml@6.1"], "netns in uml 6.1.176", None, ["--kernel=uml@6.1"]),
        (["--kernel=a", "--kernel=b"], "netns in b", "b", ["--kernel=b"]),
        (["--lab=pipe", "--kernel=uml"], "", None, ["--kernel=uml", "--lab=pipe"]),
        # The DUT brings its kernel: --kernel would be refused.
        (
            ["--lab=qemu", "--nic=rtl8139"],
            "qemu in host 6.18",
            None,
            ["--lab=qemu", "--nic=rtl8139"],
        ),
        (["--lab=qemu", f"--nic={registry.NIC}"], "", None, ["--lab=qemu"]),
        (
            ["--kernel=uml", "--bond-config=a b", "--bond-format=nmcli"],
            "",
            None,
            ["--kernel=uml", "--bond-config=a b", "--bond-format=nmcli"],
        ),
    ],
)
def test_what_decides_a_measurement_is_given_again(
    pytester: pytest.Pytester, given: list[str], lab: str, chosen: str | None, expected: list[str]
) -> None:
    if any("bond-config" in one for one in given):
        (pytester.path / "a b").write_text("nmcli con add type bond ifname bond0 mode 1\n")
    config = pytester.parseconfig("-p", "harness.plugin", *given)
    assert reproduce.options(config, lab, chosen) == expected
