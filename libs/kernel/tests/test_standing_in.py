"""Whoever is away is stood in for by the deputy, or the deputy's deputy, and by nobody when all are away."""

import pytest

from dunlin_kernel.standing_in import acting

RING = {"a": "b", "b": "c", "c": "a"}


@pytest.mark.parametrize(("first", "away", "acts"), [
    ("a", "", "a"), ("a", "a", "b"), ("a", "ab", "c"), ("a", "b", "a"), ("a", "abc", None), (None, "", None),
    ("stranger", "", None)])
def test_the_first_one_who_is_there_acts(first: str | None, away: str, acts: str | None) -> None:
    assert acting(first, RING, away) == acts


def test_a_deputy_of_whom_nothing_is_known_acts_for_nobody() -> None:
    assert acting("a", {"a": "z"}, "a") is None
    assert acting("a", {"a": None}, "a") is None
