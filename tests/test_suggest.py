"""Names that do not exist: what is there, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_type_hints

import pytest

from harness.bonding import OPTIONS, BondSettings, Option
from harness.bonding.settings import Addresses, Flag, Number, Text, Word
from harness.bonding.table import SYNONYMS
from harness.errors import ScenarioError
from harness.judge.run import Run
from harness.record.cable import Cable
from harness.record.journal import Effect
from harness.record.machine import Machine
from harness.record.switches import Switch
from harness.record.usb import UsbNic
from harness.record.with_block import block
from harness.suggest import ALSO_CALLED, NoSuchName, alike, attributes, meant
from harness.topology import MachinePlan
from tests.stories import failover

NOWHERE: Any = None  # a site that nobody looks at
CABLE = Cable("eth0", NOWHERE)
RUN = Run.of(failover())


@pytest.mark.parametrize(
    ("thing", "name", "said", "hint"),
    [
        (CABLE, "pull", 'a cable has no "pull"', "did you mean cut? there are: admin_down, "),
        (CABLE, "loose", 'a cable has no "loose"', "did you mean lose? "),
        (UsbNic("eth0", NOWHERE), "unplugged", 'a USB adapter has no "unplugged"', "unplug"),
        (Machine(MachinePlan("target"), NOWHERE), "kill", 'a machine has no "kill"', "mean die? "),
        (Switch("sw", NOWHERE), "flush", 'a switch has no "flush"', "flush_fdb"),
        (RUN, "downtime", 'a run has no "downtime"', "did you mean outage? "),
        (RUN.slave("eth0"), "detectoin", 'run.slave(...) has no "detectoin"', "mean detection"),
        (
            Effect(lambda: None),
            "stop",
            'an effect has no "stop"',
            "there are: end",
        ),
    ],
)
def test_what_a_thing_does_not_have_is_reported_with_what_it_has(
    thing: object, name: str, said: str, hint: str
) -> None:
    with pytest.raises(NoSuchName) as caught:
        getattr(thing, name)
    assert caught.value.message == said
    assert hint in caught.value.hint
    assert not hasattr(thing, name)


def test_slaves_and_bonds_that_are_not_there_are_reported_with_those_that_are() -> None:
    with pytest.raises(ScenarioError) as caught:
        RUN.slave("eth9")
    assert "did you mean eth1 or eth0? there are: eth0, eth1" in caught.value.hint
    with pytest.raises(ScenarioError) as caught:
        RUN["bnd0"]
    assert caught.value.hint == "did you mean bond0? there are: bond0"


def test_python_may_ask_for_names_of_its_own() -> None:
    with pytest.raises(AttributeError) as caught:
        _ = CABLE.__deepcopy__  # type: ignore[attr-defined]
    assert not isinstance(caught.value, ScenarioError)


def test_hints_name_only_what_is_there() -> None:
    assert alike("pull", ["heal", "cut"]) == "did you mean cut?"
    assert alike("pull", ["heal"]) == ""
    assert meant("x", []) == "there is none"


def test_other_words_for_a_thing_lead_to_things_that_exist() -> None:
    things = [CABLE, Machine(MachinePlan("m"), NOWHERE), Switch("sw", NOWHERE), RUN]
    known = {name for thing in things for name in attributes(type(thing))} | {"set"}
    assert set(ALSO_CALLED) <= known


@block("with watch() as run:")
def watch(value: int) -> Iterator[int]:
    yield value


def test_a_recording_without_its_with_says_so() -> None:
    with watch(3) as run:
        assert run == 3
    with pytest.raises(NoSuchName) as caught:
        _ = watch(3).outage  # type: ignore[attr-defined]
    assert caught.value.message == 'there is no "outage": a recording needs a with block'
    assert "with watch() as run:" in caught.value.hint
    with pytest.raises(NoSuchName):
        _ = watch(3)["bond1"]  # type: ignore[index]


def test_the_named_options_of_a_bond_are_those_of_the_table() -> None:
    assert set(get_type_hints(BondSettings)) == set(OPTIONS) | set(SYNONYMS)


@pytest.mark.parametrize("name", sorted(get_type_hints(BondSettings)))
def test_a_named_option_takes_what_the_table_takes(name: str) -> None:
    option = OPTIONS[SYNONYMS.get(name, name)]
    assert get_type_hints(BondSettings)[name] == kind_of(option)


def kind_of(option: Option) -> object:
    if option.wire in ("ip4", "ip6"):
        return Addresses
    if option.wire in ("index", "mac"):
        return Text
    if not option.values:
        return Number
    return Flag if {value.word for value in option.values} == {"off", "on"} else Word


def test_everything_that_is_named_may_be_left_out_of_a_topologys_defaults() -> None:
    for kind in (Addresses, Text, Flag, Number, Word):
        assert type(None) in get_args(kind)
    assert Iterable[str] in get_args(Addresses)
