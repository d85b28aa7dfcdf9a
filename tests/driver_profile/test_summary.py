"""Several profiles in one table: what a line says, and that no subject is missing from it."""

from __future__ import annotations

from dataclasses import replace

from harness.driver_profile.conclusions import conclude
from harness.driver_profile.facts import AddressChange, Identity
from harness.driver_profile.summary import SUBJECTS, markdown
from tests.drivers import GOOD, GOOD_CARRIER, samples

BLIND = replace(GOOD_CARRIER, down_flag=samples(None, None), down_event=samples(None, None))
POOR = replace(
    GOOD,
    identity=Identity("poor"),
    carrier=BLIND,
    mac_up=AddressChange(refused="EBUSY"),
    mac_down=AddressChange(hears=False),
)


def test_a_line_for_each_driver() -> None:
    head, rule, good, poor = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in markdown([GOOD, POOR]).splitlines()
    )
    assert set(rule) == {"---"}
    told = dict(zip(head, good, strict=True))
    assert told["driver"] == "good"
    assert (told["lost (ms)"], told["back (ms)"]) == ("8", "3")
    assert {told[column] for column in SUBJECTS.values()} == {"yes"}
    told = dict(zip(head, poor, strict=True))
    assert told["lost (ms)"] == "**never**"
    assert told["miimon"] == "**no**"
    assert (told["MAC while up"], told["MAC while down"]) == (
        "**EBUSY**",
        "accepted, **no frames**",
    )


def test_what_was_not_measured_is_not_known() -> None:
    bare = replace(GOOD, carrier=None, mac_up=None, trials=(), survivals=())
    line = markdown([bare]).splitlines()[-1].strip("|").split("|")
    assert line[2].strip() == line[3].strip() == line[4].strip() == "?"


def test_each_column_is_a_conclusion() -> None:
    assert set(SUBJECTS) <= {one.subject for one in conclude(GOOD)}
