"""What kernels are called in tables and in ids, and how an id loses its kernel again."""

from __future__ import annotations

import pytest

from harness.results.kernel_labels import function, labels, slugs, without
from harness.session.fixtures import LONGEST, folder_of


def test_a_name_is_its_own_label() -> None:
    assert labels(["uml@6.12", "5.10"]) == {"uml@6.12": "uml@6.12", "5.10": "5.10"}


def test_a_path_is_called_by_its_end() -> None:
    assert labels(["/opt/linux/linux.uml"]) == {"/opt/linux/linux.uml": "linux.uml"}


def test_paths_that_end_alike_get_the_directory_that_distinguishes_them() -> None:
    old, new = "/srv/old/usr/bin/linux", "/srv/new/usr/bin/linux"
    assert labels([old, new, "uml"]) == {old: "old/linux", new: "new/linux", "uml": "uml"}


def test_labels_are_unique_whatever_is_given() -> None:
    assert list(labels(["linux", "a/linux"]).values()) == ["linux", "linux#2"]


def test_slugs_are_letters_that_a_k_expression_takes() -> None:
    assert slugs(["uml@6.12", "old/linux", "uml-6.12"]) == {
        "uml@6.12": "uml-6.12",
        "old/linux": "old-linux",
        "uml-6.12": "uml-6.12-2",
    }


@pytest.mark.parametrize(
    ("nodeid", "scenario"),
    [
        ("test_a.py::test_x[100-uml-6.12]", "test_a.py::test_x[100]"),
        ("test_a.py::test_x[uml-6.12]", "test_a.py::test_x"),
        ("test_a.py::test_x[100]", "test_a.py::test_x[100]"),
        ("test_a.py::test_x[100-6.12]", "test_a.py::test_x[100-6.12]"),
    ],
)
def test_an_id_without_its_kernel_is_the_one_of_a_single_kernel(
    nodeid: str, scenario: str
) -> None:
    assert without(nodeid, "uml-6.12") == scenario
    assert function(scenario) == "test_a.py::test_x"


def test_recordings_of_two_kernels_never_share_a_directory() -> None:
    ids = [f"test_a.py::test_{'x' * LONGEST}[{slug}]" for slug in ("uml-5.10", "uml-6.12")]
    first, second = map(folder_of, ids)
    assert first != second
    assert len(first) == len(second) == LONGEST
