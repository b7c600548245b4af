"""Instalments: the due dates of an invoice and what falls due on each; the parts sum to its total, to the cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dunlin_kernel.calendar import Terms, due_on
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money, sum_money

MAX_INSTALMENTS = 60
WHOLE_BPS = 10_000


@dataclass(frozen=True, slots=True)
class InstalmentShare:
    """By terms of trade: a share of the total in basis points, and when it is due."""

    share_bps: int
    terms: Terms


@dataclass(frozen=True, slots=True)
class Instalment:
    """So much of an invoice is due on this day."""

    due_on: date
    amount: Money


def by_terms(total: Money, shares: Sequence[InstalmentShare], issued_on: date) -> tuple[Instalment, ...]:
    """Split by largest remainder, by due date; a share too small for a cent is left out.

    Refuses: date_out_of_range.
    """
    assert sum(share.share_bps for share in shares) == WHOLE_BPS, "shares are of the whole"
    parts = total.split([share.share_bps for share in shares])
    dated = (Instalment(due_on(issued_on, share.terms), part) for share, part in zip(shares, parts, strict=True))
    return tuple(sorted((one for one in dated if one.amount.is_positive), key=lambda one: one.due_on))


def as_agreed(total: Money, wanted: Sequence[Instalment], issued_on: date) -> tuple[Instalment, ...]:
    """The instalments that an invoice names itself, by due date.

    Refuses: due_before_issue, amount_not_positive, currency_mismatch, instalments_do_not_sum.
    """
    for one in wanted:
        if one.due_on < issued_on:
            raise RuleBroken("due_before_issue", "An invoice is due no earlier than it is issued.")
    summing(total, wanted)
    return tuple(sorted(wanted, key=lambda one: one.due_on))


def summing(total: Money, wanted: Sequence[Instalment]) -> None:
    """Refuses: amount_not_positive, currency_mismatch, instalments_do_not_sum."""
    if any(not one.amount.is_positive for one in wanted):
        raise RuleBroken("amount_not_positive", "Each instalment has an amount above zero.")
    if sum_money(total.currency, (one.amount for one in wanted)) != total:
        raise RuleBroken("instalments_do_not_sum", "The instalments sum to the total, to the cent.", total=total)
