"""A transition happens or refuses; the whole table is walked."""

from enum import StrEnum

import pytest

from dunlin_kernel.errors import Conflict
from dunlin_kernel.lifecycle import IllegalTransition, Lifecycle


class Light(StrEnum):
    RED = "red"
    GREEN = "green"
    OUT = "out"


LIGHT = Lifecycle("light", {Light.RED: {Light.GREEN, Light.OUT}, Light.GREEN: {Light.RED}, Light.OUT: set()})


def test_every_pair_of_states_is_allowed_or_refused_as_the_table_says() -> None:
    pairs = list(LIGHT.all_pairs())
    assert len(pairs) == len(Light) ** 2
    assert {(start, end) for start, end, allowed in pairs if allowed} == {
        (Light.RED, Light.GREEN), (Light.RED, Light.OUT), (Light.GREEN, Light.RED)}
    for start, end, allowed in pairs:
        assert LIGHT.allows(start, end) is allowed
        if allowed:
            assert LIGHT.advance(start, end) is end
            continue
        with pytest.raises(IllegalTransition) as refused:
            LIGHT.advance(start, end)
        assert isinstance(refused.value, Conflict)
        assert refused.value.code == "illegal_transition"
        assert refused.value.facts == {"status": start.value}
        assert start.value in refused.value.detail
        assert end.value in refused.value.detail


def test_a_table_that_forgets_a_state_is_no_lifecycle() -> None:
    with pytest.raises(AssertionError, match="every state has a line"):
        Lifecycle("light", {Light.RED: {Light.GREEN}, Light.GREEN: set()})
