"""A kernel from a tree of one's own: built incrementally under a name, the tree left as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.errors import UsageError
from harness.kernels import build, cache, cached_kernel, own_build, specs, uml
from harness.kernels.uml import UmlKernel
from tests.kernels.small_tree import BONDING, FIX, make_tree

pytestmark = pytest.mark.process


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cache.directory()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "linux-next")


def kernels(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["kernels", *map(str, arguments)])


def digest(name: str) -> str:
    entry = cached_kernel.named(name)
    assert entry is not None
    return entry.digest


def test_a_tree_is_built_under_the_name_of_its_directory(tree: Path) -> None:
    before = sorted(tree.rglob("*"))
    done = kernels("build", tree)
    assert done.exit_code == 0, done.output
    assert "pytest scenarios/ --kernel linux-next" in done.stdout
    assert sorted(tree.rglob("*")) == before
    kernel = specs.resolve("linux-next", print)
    assert isinstance(kernel, UmlKernel)
    assert kernel.name == f"linux-next (linux 7.3.0-rc1, {digest('linux-next')})"
    assert kernel.clock == "virtual"


def test_only_what_has_changed_is_compiled_again(tree: Path) -> None:
    assert "  CC" in _log_of(kernels("build", tree))
    first = digest("linux-next")
    again = kernels("build", tree)
    assert "0 files changed" in again.output
    assert "  CC" not in _log_of(again)
    assert digest("linux-next") == first
    driver = tree / BONDING
    driver.write_text(driver.read_text().replace("100", "50"))
    assert "  CC" in _log_of(kernels("build", tree))
    assert digest("linux-next") != first
    assert [entry.name for entry in cached_kernel.entries()] == ["linux-next"], "the old one went"


def _log_of(done: Result) -> str:
    assert done.exit_code == 0, done.output
    return next(build.builds().glob("tree-*/virtual/build.log")).read_text()


def test_a_tree_is_configured_again_if_its_options_have_changed(tree: Path) -> None:
    kernels("build", tree)
    configured = next(build.builds().glob("tree-*/virtual/.config"))
    before = configured.stat().st_mtime_ns
    kernels("build", tree)
    assert configured.stat().st_mtime_ns == before
    (tree / "Kconfig").write_text("config NEW\n")
    kernels("build", tree)
    assert configured.stat().st_mtime_ns > before


def test_patches_make_other_kernels_in_the_same_workspace(tree: Path, tmp_path: Path) -> None:
    patch = tmp_path / "fix.patch"
    patch.write_text(FIX)
    kernels("build", tree)
    done = kernels("build", tree, "--patch", patch, "--name", "fixed")
    assert done.exit_code == 0, done.output
    assert digest("fixed") != digest("linux-next")
    assert len(list(build.builds().glob("tree-*"))) == 1
    assert "100" in (tree / BONDING).read_text()


def test_a_warning_of_the_compiler_is_shown(tree: Path) -> None:
    driver = tree / BONDING
    driver.write_text(driver.read_text().replace("int miimon", "static int miimon"))
    assert "warning: 'miimon' defined but not used" in _plain_quotes(kernels("build", tree))


def test_an_error_of_the_compiler_is_shown_with_what_to_do(tree: Path) -> None:
    driver = tree / BONDING
    driver.write_text(driver.read_text().replace("int miimon", "itn miimon"))
    done = kernels("build", tree)
    assert done.exit_code == 1
    assert "unknown type name 'itn'" in _plain_quotes(done)
    assert "hint: correct the tree or the patch, then run again" in done.output


def _plain_quotes(done: Result) -> str:
    return done.output.replace("\N{LEFT SINGLE QUOTATION MARK}", "'").replace(
        "\N{RIGHT SINGLE QUOTATION MARK}", "'"
    )


def test_a_directory_that_is_no_kernel_is_rejected(tmp_path: Path) -> None:
    done = kernels("build", tmp_path)
    assert done.exit_code == 4
    assert "is not a kernel tree: it has no Makefile" in done.output
    assert "hint: give the top directory of a git checkout" in done.output


@pytest.mark.parametrize("name", ["virtual", "7up", "a b", "host"])
def test_a_name_that_means_something_else_is_rejected(tree: Path, name: str) -> None:
    done = kernels("build", tree, "--name", name)
    assert done.exit_code == 4
    assert f'a kernel cannot be called "{name}"' in done.output


def test_a_name_that_is_taken_is_rejected(tree: Path, tmp_path: Path) -> None:
    kernels("build", tree, "--name", "mine")
    other = make_tree(tmp_path / "other")
    done = kernels("build", other, "--name", "mine")
    assert done.exit_code == 4
    assert f"mine is already a kernel built from {tree}" in done.output
    assert "hint: give another --name NAME, or `harness kernels remove mine`" in done.output


def test_a_name_of_the_kernels_file_is_taken(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "labs").mkdir()
    (tmp_path / "labs" / "kernels.toml").write_text('old = "uml@5.10"\n')
    monkeypatch.chdir(tmp_path)
    done = kernels("build", tree, "--name", "old")
    assert done.exit_code == 4
    assert "old is already a kernel of" in done.output
    assert "kernels.toml:1" in done.output


def test_debug_is_for_trees(tmp_path: Path) -> None:
    done = kernels("build", "virtual@7.2", "--debug")
    assert done.exit_code == 4
    assert "hint: give debug@7.2" in done.output


def test_a_tree_can_have_a_debug_kernel(tree: Path) -> None:
    assert kernels("build", tree, "--debug").exit_code == 0
    kernel = specs.resolve("linux-next", print)
    assert isinstance(kernel, UmlKernel)
    assert set(uml.DEBUG_ARGUMENTS["debug"]) < set(kernel.arguments)


def test_it_is_listed_removed_and_its_objects_are_cleaned(tree: Path) -> None:
    kernels("build", tree)
    rows = json.loads(kernels("list", "--cached", "--json").stdout)
    own = next(row for row in rows if row["kernel"] == "linux-next")
    assert (own["flavour"], own["version"], own["clock"]) == ("own", "7.3.0-rc1", "virtual")
    assert (own["origin"], own["digest"]) == (str(tree), digest("linux-next"))
    assert own["state"] == f"cached, built from {tree}"
    assert kernels("remove", "linux-next").exit_code == 0
    with pytest.raises(UsageError, match='"linux-next" is not a kernel'):
        specs.parse("linux-next")
    done = kernels("clean")
    assert done.stdout.endswith("freed\n")
    assert not [place for place in build.builds().iterdir() if place.is_dir()]


def test_a_named_kernel_is_not_what_auto_or_a_version_choose(tree: Path) -> None:
    kernels("build", tree)
    assert specs.cached("virtual", "7.3", print) is None
    assert specs.cached("virtual", "", print) is None


def test_a_misspelt_name_is_answered_with_a_similar_one(tree: Path) -> None:
    kernels("build", tree)
    with pytest.raises(UsageError, match="did you mean linux-next"):
        specs.parse("linux-nxt")


@pytest.mark.parametrize("makefile", ["", "VERSION = 7\nPATCHLEVEL = x\nSUBLEVEL = 0\n"])
def test_a_makefile_without_a_version_is_no_kernels(makefile: str) -> None:
    with pytest.raises(UsageError, match="has no VERSION"):
        own_build.version_of(makefile)


def test_another_tree_of_the_series_begins_with_what_is_compiled(
    tree: Path, tmp_path: Path
) -> None:
    kernels("build", tree)
    other = make_tree(tmp_path / "other")
    (other / "net").mkdir()
    (other / "net" / "new.c").write_text("int x;\n")
    done = kernels("build", other)
    assert "  CC" not in next(build.builds().glob("tree-other*/virtual/build.log")).read_text()
    assert "1 file changed" in done.output
    assert digest("other") == digest("linux-next")


def test_a_tree_of_another_series_begins_anew(tree: Path, tmp_path: Path) -> None:
    kernels("build", tree)
    other = make_tree(tmp_path / "other")
    makefile = other / "Makefile"
    makefile.write_text(makefile.read_text().replace("PATCHLEVEL = 3", "PATCHLEVEL = 4"))
    kernels("build", other)
    assert "  CC" in next(build.builds().glob("tree-other*/virtual/build.log")).read_text()
