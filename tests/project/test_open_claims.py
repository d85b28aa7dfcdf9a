"""Each claim has a scenario, or says what its trial would need, or is on a list that shrinks."""

from __future__ import annotations

from harness.claims import catalogue
from tests import open_claims


def test_no_claim_is_open_that_was_not() -> None:
    assert set(open_claims.found()) - set(open_claims.listed()) == set(), (
        "give the claim a scenario, or say what its trial needs (scenarios/claims/README.md)"
    )


def test_the_list_has_claims_of_the_catalogue_once_each() -> None:
    names = open_claims.listed()
    assert set(names) <= catalogue().claims.keys()
    assert len(names) == len(set(names))


def test_what_a_scenario_tries_does_not_say_that_it_cannot_be_tried() -> None:
    cannot = {one.id for one in catalogue().claims.values() if one.needs}
    assert cannot & open_claims.tried() == set()


def test_what_is_no_longer_open_is_not_on_the_list() -> None:
    assert set(open_claims.listed()) <= set(open_claims.found()), (
        "python -m tests.open_claims writes the list"
    )
