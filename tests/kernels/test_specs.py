"""What `--kernel` takes, what it means, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import KernelUnavailable, UsageError
from harness.kernels import Kernel, aliases, cache, specs
from harness.kernels.cached_kernel import CachedKernel
from harness.kernels.qemu import StockKernel
from harness.kernels.uml import UmlKernel


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a directory of our own, with a cache of our own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labs").mkdir()
    return tmp_path


def uml_in(path: Path, release: str = "9.9.1") -> Path:
    """Make something that answers as a User-Mode Linux kernel does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho 'User Mode Linux v{release}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("text", "flavour", "version"),
    [
        ("auto", "auto", ""),
        ("host", "host", ""),
        ("uml", "uml", ""),
        ("uml@6.12", "uml", "6.12"),
        ("uml@6.12.101", "uml", "6.12.101"),
        ("virtual@7.2", "virtual", "7.2"),
        ("debug@7.2", "debug", "7.2"),
        ("stock@6.12", "stock", "6.12"),
        ("6.12", "best", "6.12"),
        ("oldest", "uml", "5.10"),
    ],
)
def test_a_spec_has_a_flavour_and_a_version(text: str, flavour: str, version: str) -> None:
    spec = specs.parse(text)
    assert (spec.text, spec.flavour, spec.version) == (text, flavour, version)


@pytest.mark.parametrize(
    ("data", "flavour"),
    [
        (b"!<arch>\ndebian-binary", "deb"),
        (bytes(0x202) + b"HdrS", "vmlinuz"),
        (b"\x7fELF", "file"),
        (b"", "file"),
    ],
)
def test_a_file_is_known_by_its_first_bytes(place: Path, data: bytes, flavour: str) -> None:
    (place / "kernel").write_bytes(data)
    assert specs.parse("./kernel").flavour == flavour
    assert specs.parse(str(place / "kernel")).path == place / "kernel"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", '"" is not a kernel'),
        ("um", "hint: did you mean uml?"),
        ("oldst", "hint: did you mean oldest?"),
        ("uml@", "uml@: the version is missing"),
        ("uml@x", 'uml@x: "x" is not a version'),
        ("stock", "stock: the version is missing\nhint: write it like uml@6.12"),
        ("qemu@6.1", '"qemu@6.1" is not a kernel'),
        ("./none", "./none is not a file"),
        ("6", '"6" is not a kernel'),
    ],
)
def test_what_is_no_kernel_is_reported_with_a_hint(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        specs.check(text)
    assert message in str(caught.value)
    assert "\nhint: " in str(caught.value)


def test_a_kernel_that_has_to_be_built_says_how() -> None:
    with pytest.raises(KernelUnavailable) as caught:
        specs.resolve("virtual@7.2", print)
    assert str(caught.value).endswith("not in the cache\nhint: harness kernels build virtual@7.2")


@pytest.mark.parametrize(
    ("kernel", "name", "spec"),
    [
        (UmlKernel(Path("k"), "6.1.176"), "uml 6.1.176", "uml@6.1"),
        (UmlKernel(Path("k"), "7.2.13", flavour="debug"), "debug 7.2.13", "debug@7.2"),
        (UmlKernel(Path("k"), "7.3.0", flavour="virtual", label="mine"), "mine", "mine"),
        (UmlKernel(Path("k"), "unknown"), "uml unknown", ""),
        (StockKernel(Path("k"), "6.1.0-31-amd64", "m", "b"), "stock 6.1.0-31-amd64", "stock@6.1"),
    ],
)
def test_a_kernel_has_the_spec_that_chooses_it(kernel: Kernel, name: str, spec: str) -> None:
    """A reproduce command has it where `--kernel auto` made the choice."""
    assert (kernel.name, kernel.spec) == (name, spec)


@pytest.mark.process
def test_a_bare_version_is_the_virtual_kernel_where_there_is_one() -> None:
    with cache.locked(print), cache.building() as built:
        uml_in(built / "linux", "7.2.13")
        more = ("time-travel=inf-cpu",)
        record = CachedKernel(
            built, "virtual", "7.2.13", clock="virtual", kernel="linux", arguments=more
        )
        record.keep("virtual_7.2.13")
    for text in ("7.2", "virtual@7.2", "virtual@7.2.13"):
        kernel = specs.resolve(text, print)
        assert kernel.name == "virtual 7.2.13"
        assert getattr(kernel, "arguments", None) == more


@pytest.mark.process
def test_a_named_kernel_brings_its_options(place: Path) -> None:
    uml_in(place / "built/linux")
    (place / "modules").mkdir()
    (place / "modules/modules.dep").write_text("")
    (place / "labs/kernels.toml").write_text(
        'plain = "../built/linux"\n'
        "[mine]\n"
        'spec = "../built/linux"\nmodules = "../modules"\nmemory = "1G"\narguments = ["a=b"]\n'
    )
    kernel = specs.resolve("mine", print)
    (place / "guest").mkdir()
    argv = kernel.command(place / "guest").argv
    assert (argv[1], "a=b" in argv[: argv.index("--")]) == ("mem=1024M", True)
    assert Path(kernel.modules).resolve() == place / "modules"
    assert specs.resolve("plain", print).modules == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nb = [\n", "kernels.toml: Invalid value (at end of document)"),
        ("a = 1\nb\n", "kernels.toml:2: "),
        ("\na = 3\n", 'kernels.toml:2: a: expected "SPEC", or a table with spec and options'),
        ('uml = "uml@6.1"\n', "kernels.toml:1: uml: expected a name of letters"),
        ('"a b" = "uml"\n', "kernels.toml:1: a b: expected a name of letters"),
        ('[a]\nmemory = "1G"\n', "kernels.toml:1: a: expected a spec such as"),
        ("[a]\nspec = 3\n", "kernels.toml:2: spec: expected a spec such as"),
        ('[a]\nspec = "uml"\nmemmory = "1G"\n', "kernels.toml:3: memmory: expected one of"),
        ('[a]\nspec = "uml"\n\nmemory = 1\n', "kernels.toml:4: memory: expected a size such as"),
        ('a = {spec = "uml", memory = 1}\n', "kernels.toml:1: memory: expected a size"),
        ('[a]\nspec = "uml"\narguments = "a b"\n', "kernels.toml:3: arguments: expected words"),
        ('[a]\nspec = "uml"\narguments = ["a b"]\n', ":3: arguments: expected words"),
        ('[a]\nspec = "uml"\nmodules = "x"\n', ":3: modules: expected a directory with modules"),
    ],
)
def test_a_wrong_file_is_reported_by_line_with_what_was_expected(
    place: Path, text: str, message: str
) -> None:
    (place / "labs/kernels.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        specs.check("a")
    assert message in str(caught.value)
    assert "\nhint: " in str(caught.value)


def test_a_name_of_an_invalid_spec_is_reported_with_its_line(place: Path) -> None:
    (place / "labs/kernels.toml").write_text('\n\na = "nonsense"\n')
    with pytest.raises(UsageError, match=r'kernels.toml:3: "nonsense" is not a kernel\nhint: '):
        specs.check("a")


def test_the_names_that_come_with_the_harness_are_good() -> None:
    for name in aliases.load():
        assert specs.check(name).flavour == "uml"
