"""What asks for a network runs in the chosen kernel, wherever it lies; nothing else is claimed."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.plain_kernels import PLAIN
from tests.tiny import Tiny

WHERE = """
    import pytest
    from harness.session import worker

    @pytest.fixture
    def net(stage): return worker.job() is not None
    @pytest.fixture
    def wrapped(net): return net

    def test_by_a_topology(wrapped): assert wrapped
    @pytest.mark.usefixtures("net")
    def test_by_a_mark(): assert worker.job() is not None
    class TestOfAClass:
        def test_method(self, stage): assert worker.job() is not None
    def test_without(): assert worker.job() is None
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny.make(tmp_path, conftest=PLAIN)


def put(tiny: Tiny, path: str, text: str) -> None:
    """Write a file of the project, without any mark."""
    place = tiny.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(textwrap.dedent(text))


@pytest.mark.parametrize("folder", ["checks", "scenarios", "deep/down"])
def test_what_asks_for_a_stage_runs_in_a_guest_in_any_folder(tiny: Tiny, folder: str) -> None:
    put(tiny, f"{folder}/test_where.py", WHERE)
    code, said = tiny.run()
    assert code == 0, said
    assert "4 passed" in said
    assert "lab       netns in plain" in said


def test_a_folder_called_scenarios_is_not_claimed(tiny: Tiny) -> None:
    put(tiny, "scenarios/test_s.py", "def test_bare(): pass")
    code, said = tiny.run()
    assert code == 0, said
    assert "lab " not in said
    assert not (tiny.root / "results").exists()


def test_a_configured_folder_runs_in_guests_and_must_name_claims(tiny: Tiny) -> None:
    put(tiny, "promises/test_s.py", "def test_bare(): pass")
    code, said = tiny.run("-o", "scenario_paths=promises")
    assert code == 4
    assert "promises/test_s.py::test_bare names no claim" in said
    put(
        tiny,
        "promises/test_s.py",
        """
        from harness import claim
        from harness.session import worker
        @claim("MIIMON-2")
        def test_it(): print("in a guest:", worker.job() is not None); assert 0
        """,
    )
    _, said = tiny.run("-o", "scenario_paths=promises")
    assert "in a guest: True" in said


def test_the_hosts_cache_may_be_moved(tiny: Tiny) -> None:
    """Guests have no cache; its setting would be an error there."""
    put(tiny, "test_where.py", WHERE)
    code, said = tiny.run("-o", "cache_dir=elsewhere")
    assert code == 0, said
    assert (tiny.root / "elsewhere").is_dir()


def test_a_stage_of_the_users_own_is_none_of_ours(tiny: Tiny) -> None:
    put(
        tiny,
        "test_theirs.py",
        """
        import pytest
        from harness.session import worker
        @pytest.fixture
        def stage(): return "production"
        def test_it(stage): assert (stage, worker.job()) == ("production", None)
        """,
    )
    code, said = tiny.run()
    assert code == 0, said


def test_a_stage_that_adds_to_ours_is_ours(tiny: Tiny) -> None:
    put(
        tiny,
        "test_more.py",
        """
        import pytest
        from harness.session import worker
        @pytest.fixture
        def stage(stage): return stage
        def test_it(stage): assert worker.job() is not None
        """,
    )
    code, said = tiny.run()
    assert code == 0, said


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("", "requests `stage` only while it runs"),
        ("@pytest.mark.guest(inside=False)\n", "guest(inside=False) keeps this test outside"),
    ],
)
def test_a_network_on_the_host_is_rejected_with_the_reason(
    tiny: Tiny, mark: str, message: str
) -> None:
    body = f"import pytest\n{mark}def test_it(request): request.getfixturevalue('stage')\n"
    put(tiny, "test_late.py", body)
    code, said = tiny.run()
    assert code == 1
    assert message in said
    assert "hint: " in said
