"""Refusals carry a code, a sentence and facts, and each kind can be told from the others."""

import pytest

from dunlin_kernel.errors import Conflict, DomainError, Forbidden, NotFound, NotReady, RuleBroken

KINDS = (NotFound, Conflict, Forbidden, RuleBroken, NotReady)


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_says_what_why_and_with_which_facts(kind: type[DomainError]) -> None:
    refusal = kind("period_locked", "The period is closed.", closed_until="2026-01-31")
    assert (refusal.code, refusal.detail) == ("period_locked", "The period is closed.")
    assert refusal.facts == {"closed_until": "2026-01-31"}
    assert str(refusal) == "period_locked: The period is closed."


@pytest.mark.parametrize("kind", KINDS)
def test_the_kinds_are_siblings(kind: type[DomainError]) -> None:
    refusal = kind("some_code", "Some sentence.")
    assert [other for other in KINDS if isinstance(refusal, other)] == [kind]
    assert isinstance(refusal, DomainError)
    assert refusal.facts == {}
