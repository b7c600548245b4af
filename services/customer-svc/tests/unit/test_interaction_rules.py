"""The log of interactions and spreadsheet rows: what an entry may hold, and what no program takes for a formula."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_svc.domain.interaction import (
    Findings,
    Interaction,
    InteractionKind,
    InteractionOutcome,
    Willingness,
    must_have_happened,
)
from customer_svc.domain.spreadsheet import BYTE_ORDER_MARK, as_csv
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import CustomerId, new_id

AT = datetime(2026, 3, 16, 2, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=20)


def an_entry(**more: Any) -> Interaction:
    held = {"kind": InteractionKind.VISIT, "happened_at": AT, "summary": "Spoke to Li",
            "outcome": InteractionOutcome.REACHED, **more}
    return Interaction(new_id(), CustomerId(new_id()), **held)


@pytest.mark.parametrize("wrong", [
    {"summary": ""}, {"summary": "x" * 2001}, {"summary": "a\nb"}, {"findings": Findings(condition=" ")},
    {"kind": InteractionKind.CALL, "findings": Findings(Willingness.UNABLE)}, {"follow_up_on": date(2026, 4, 1)},
    {"outcome": InteractionOutcome.FOLLOW_UP}])
def test_entries_that_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(RuleBroken) as refused:
        an_entry(**wrong)
    assert refused.value.code == "bad_interaction"


@pytest.mark.parametrize("right", [
    {"kind": InteractionKind.CALL}, {"findings": Findings(Willingness.UNABLE, "slow", "no cash")},
    {"summary": "x" * 2000}, {"outcome": InteractionOutcome.FOLLOW_UP, "follow_up_on": date(2026, 4, 1)}])
def test_entries_that_are_taken(right: dict[str, Any]) -> None:
    assert an_entry(**right).happened_at == AT


def test_only_what_has_happened_is_logged() -> None:
    must_have_happened(an_entry(), AT)
    with pytest.raises(RuleBroken) as refused:
        must_have_happened(an_entry(), datetime(2026, 3, 16, 1, tzinfo=UTC))
    assert refused.value.code == "interaction_in_the_future"


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_value_is_taken_for_a_formula(value: str) -> None:
    assert as_csv(["a"], [[value]]) == f"{BYTE_ORDER_MARK}a\r\n'{value}\r\n"


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_what_is_written_is_read_again(rows: list[tuple[str, str]]) -> None:
    text = as_csv(["a", "b"], rows).removeprefix(BYTE_ORDER_MARK)
    read = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [[value.removeprefix("'") for value in row] for row in read] == [
        [value.removeprefix("'") for value in row] for row in rows]
