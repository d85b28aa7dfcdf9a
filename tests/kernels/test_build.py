"""Building kernels: what is refused before anything is begun, and what goes into one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.errors import KernelUnavailable, UsageError
from harness.kernels import (
    apt_sources,
    build,
    build_tools,
    cached_kernel,
    compile,  # noqa: A004
    offers,
    source_tree,
)


@pytest.mark.parametrize(
    ("spec", "flavour", "version"),
    [("virtual@7.2", "virtual", "7.2"), ("debug@6.12.3", "debug", "6.12.3")],
)
def test_a_spec_names_flavour_and_version(spec: str, flavour: str, version: str) -> None:
    assert build.parse(spec) == (flavour, version)


@pytest.mark.parametrize(
    "spec", ["virtual", "virtual@", "uml@6.1", "virtual@7", "virtual@x.y", ""]
)
def test_what_cannot_be_built_is_rejected(spec: str) -> None:
    done = CliRunner().invoke(main, ["kernels", "build", spec])
    assert done.exit_code == 4
    assert f'"{spec}" cannot be built' in done.output
    assert "virtual@7.2" in done.output
    with pytest.raises(UsageError):
        build.parse(spec)


def test_packages_that_are_lacking_are_named_before_anything_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    done = CliRunner().invoke(main, ["kernels", "build", "virtual@7.2"])
    assert done.exit_code == 1
    wanted = "install bc binutils bison dpkg flex gcc make tar xz-utils"
    assert wanted in done.output
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_too_small_is_rejected_with_what_is_needed(tmp_path: Path) -> None:
    build_tools.check_space(tmp_path / "not" / "there", 1)
    with pytest.raises(KernelUnavailable, match="1000000000000 MB are needed"):
        build_tools.check_space(tmp_path, 10**18)


def test_a_later_fragment_wins() -> None:
    texts = ["# CONFIG_C is not set\nCONFIG_A=y\nCONFIG_B=y\n", "CONFIG_B=n\nCONFIG_D=17\n"]
    assert compile.merged(texts) == {"CONFIG_A": "y", "CONFIG_B": "n", "CONFIG_D": "17"}


def test_every_flavour_has_what_scenarios_need() -> None:
    for recipe in build.RECIPES.values():
        wanted = compile.merged(path.read_text() for path in recipe.files())
        lacking = [name for name in compile.NEEDED if wanted.get(f"CONFIG_{name}") != "y"]
        assert not lacking


def test_a_kernel_built_with_other_options_is_not_the_one_that_is_meant() -> None:
    assert build.RECIPES["virtual"].checksum() != build.RECIPES["debug"].checksum()


def test_the_machines_own_suite_is_asked_first_for_its_own_kernel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cached_kernel, "codename", lambda: "bookworm")
    monkeypatch.setattr(apt_sources, "are_debian", lambda: True)
    assert offers.order("6.1")[:2] == ["", "bookworm"]
    assert offers.order("7.2")[:3] == ["sid", "forky", "trixie-backports"]
    assert offers.order("6.12")[0] == "trixie"


def test_a_source_half_unpacked_is_none(tmp_path: Path) -> None:
    (tmp_path / "source.part").mkdir()
    assert source_tree.unpacked(tmp_path) == ""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / source_tree.VERSION).write_text("7.2.13-1\n")
    assert source_tree.unpacked(tmp_path) == "7.2.13-1"


def test_of_the_documentation_the_page_on_bonding_is_unpacked(tmp_path: Path) -> None:
    pages = Path(source_tree.DOCUMENTATION).parent
    names = ["bonding.rst", "netconsole.rst", "ing.rst", "heading.rst", "b.rst", "Makefile"]
    for name in names:
        (tmp_path / "from" / pages / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "from" / pages / name).write_text("text")
    to = tmp_path / "to"
    to.mkdir()
    subprocess.run(["tar", "-cf", tmp_path / "all.tar", "-C", tmp_path / "from", "."], check=True)
    unpack = ["tar", "-xf", str(tmp_path / "all.tar"), "-C", str(to), *source_tree._exclusions()]
    subprocess.run(unpack, check=True)
    assert sorted(path.name for path in (to / pages).iterdir()) == ["Makefile", "bonding.rst"]


def test_what_the_compiler_complains_of_is_shown(tmp_path: Path) -> None:
    lines = ["  CC      a.o", "b.c:1:2: error: no such thing", "  CC      c.o"]
    error = compile.Tree(tmp_path, tmp_path)._failed("the kernel cannot be compiled", lines)
    assert "b.c:1:2: error: no such thing" in error.message
    assert "a.o" not in error.message
