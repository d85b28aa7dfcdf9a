"""What would end or hold up the session of a guest fails one scenario; the others go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plain_kernels import PLAIN
from tests.tiny import Tiny

BODIES = {
    "raise KeyboardInterrupt": "KeyboardInterrupt was raised here: it ends this scenario",
    "raise SystemExit": "SystemExit was raised here: it ends this scenario, not the run",
    "sys.exit('no use')": 'SystemExit("no use") was raised here',
    "raise GeneratorExit": "GeneratorExit was raised here",
    "pytest.exit('enough')": 'pytest.exit("enough") was raised here',
    "breakpoint()": "breakpoint() has no terminal where scenarios run",
    "pdb.set_trace()": "breakpoint() has no terminal where scenarios run",
    "input('well?')": "there is no input where scenarios run",
    "sys.stdin.read()": "there is no input where scenarios run",
    "list(sys.stdin)": "there is no input where scenarios run",
    "code.interact()": "there is no input where scenarios run",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    scenarios = [f"def test_{n}(): {body}" for n, body in enumerate(BODIES)]
    fixture = "@pytest.fixture\ndef leaving():\n    yield\n    sys.exit(1)"
    head = f"import code, pdb, sys\n{fixture}\n"
    last = "def test_leaving(leaving): pass\ndef test_last(): pass"
    place = tmp_path_factory.mktemp("session_exits")
    tiny = Tiny.make(place, conftest=PLAIN, a="\n".join([head, *scenarios, last]))
    code, text = tiny.run("--guests=1", "-rA")
    assert code == 1, text
    return text


def test_each_scenario_fails_alone(said: str) -> None:
    assert f"{len(BODIES)} failed, 2 passed, 1 error" in said


@pytest.mark.parametrize("body", BODIES)
def test_it_says_what_is_wrong_where_and_what_to_do(said: str, body: str) -> None:
    name = f"test_{list(BODIES).index(body)}"
    told = said.partition(f"_ {name} _")[2].partition("\n____")[0]
    assert BODIES[body] in told, told
    assert f"in {name}\n" in told
    assert "hint: " in told
    assert "harness/session" not in told


def test_tests_behind_an_ended_session_say_that_it_ended(tmp_path: Path) -> None:
    text = "def test_a(request): request.session.shouldstop = 'mine'\ndef test_b(): pass"
    code, said = Tiny.make(tmp_path, conftest=PLAIN, a=text).run("--guests=1")
    assert code == 1, said
    assert "1 failed, 1 passed" in said
    assert "the guest's pytest ended with status 2 before this test" in said
    assert "hint: a conftest.py or one of your plugins ends the session" in said


def test_a_scenario_whose_guest_died_is_counted_as_not_judged(tmp_path: Path) -> None:
    text = "import os\nfrom harness import claim\n@claim('MIIMON-2')\ndef test_a(): os._exit(0)"
    code, said = Tiny.make(tmp_path, conftest=PLAIN, a=text).run()
    assert code == 1, said
    assert "claims: 1 not judged\n" in said
    assert "claims tried by 0 scenarios" in said
