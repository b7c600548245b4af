"""Remittance: which items a payer's references name. What names nothing that is open is said, and stays unapplied."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from billing_svc.domain.allocation import AllocationRule, Choice, Part
from dunlin_kernel.errors import RuleBroken

_NUMBER = re.compile(r"[A-Z][A-Z0-9]{0,11}-[0-9]{6,}", re.ASCII)


def references_in(text: str | None) -> tuple[str, ...]:
    """What a payment's own reference may name: each document number in it, and the whole of it."""
    if not text:
        return ()
    numbers = _NUMBER.findall(text.upper())
    return tuple(dict.fromkeys(numbers or [text.strip()]))


def meant(choice: Choice, reference: str | None) -> Choice:
    """The choice with the references that count: those that were listed, else those in the payment's own reference.

    Refuses: remittance_missing, remittance_not_meant.
    """
    if choice.rule is not AllocationRule.REMITTANCE:
        if choice.references:
            raise RuleBroken("remittance_not_meant", "References are listed only where the payer chose by remittance.")
        return choice
    listed = choice.references or references_in(reference)
    if not listed:
        raise RuleBroken("remittance_missing", "Say by its references, or by a list, what is paid.")
    return replace(choice, references=tuple(dict.fromkeys(listed)))


def resolved(choice: Choice, named: Mapping[str, Sequence[UUID]]) -> Choice:
    """The choice with the items that its references name, in their order; `named` gives the open ones by due date."""
    if choice.rule is not AllocationRule.REMITTANCE:
        return choice
    items = dict.fromkeys(item_id for text in choice.references for item_id in named.get(text, ()))
    return replace(choice, parts=tuple(Part(item_id) for item_id in items),
                   unmatched=tuple(text for text in choice.references if not named.get(text)))
