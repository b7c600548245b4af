"""Disputes: an amount of an item that the customer contests. It stays owed and keeps ageing until it is settled.

Money settles the undisputed part first: only a payer who names the item pays into what is disputed, and then the
dispute gives way, the newest first, by a settlement of its own before the money.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.item import Item
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money


class DisputeReason(StrEnum):
    PRICE = "price"
    QUANTITY = "quantity"
    QUALITY = "quality"
    DELIVERY = "delivery"
    DUPLICATE = "duplicate"
    NOT_ORDERED = "not_ordered"
    TAX_DOCUMENT = "tax_document"
    OTHER = "other"


class DisputeOutcome(StrEnum):
    """`accepted`: it is credited; `rejected`, `withdrawn`: it was owed all the time; `paid`: money settled it."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    PAID = "paid"


BY_HAND = frozenset({DisputeOutcome.ACCEPTED, DisputeOutcome.REJECTED, DisputeOutcome.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class DisputeWish:
    """`amount` None means all that is open and not disputed yet; `evidence` refers to where it can be read."""

    id: UUID
    item_id: UUID
    reason: DisputeReason
    amount: Money | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """`rest` is what is still contested of `amount`; zero ends the dispute."""

    id: UUID
    item_id: UUID
    customer_id: UUID
    amount: Money
    rest: Money
    reason: DisputeReason
    evidence: str | None
    opened_on: date

    def less(self, amount: Money) -> "Dispute":
        rest = self.rest - amount
        assert not rest.is_negative, "never more settled than is contested"
        return replace(self, rest=rest)


@dataclass(frozen=True, slots=True)
class Settlement:
    """How so much of a dispute ended."""

    id: UUID
    dispute_id: UUID
    outcome: DisputeOutcome
    amount: Money
    settled_on: date


def open_dispute(wish: DisputeWish, item: Item, today: date) -> Dispute:
    """Refuses: currency_mismatch, more_than_undisputed, amount_not_positive."""
    undisputed = item.undisputed
    amount = undisputed if wish.amount is None else wish.amount
    if amount > undisputed or (amount.is_zero and undisputed.is_zero):
        raise RuleBroken("more_than_undisputed", "No more is disputed than is open and not disputed yet.",
                         undisputed=undisputed)
    if not amount.is_positive:
        raise RuleBroken("amount_not_positive", "A dispute has an amount above zero.")
    return Dispute(wish.id, item.id, item.customer_id, amount, amount, wish.reason, wish.evidence, today)


def settle_by_hand(dispute: Dispute, outcome: DisputeOutcome, amount: Money | None) -> Money:
    """The amount that is settled: all that is left, or part of it.

    Refuses: not_by_hand, dispute_settled, currency_mismatch, amount_not_positive, more_than_disputed.
    """
    if outcome not in BY_HAND:
        raise RuleBroken("not_by_hand", "A dispute is accepted, rejected or withdrawn; only money settles it as paid.")
    if dispute.rest.is_zero:
        raise Conflict("dispute_settled", "This dispute was settled already.")
    settled = dispute.rest if amount is None else amount
    if settled > dispute.rest:
        raise RuleBroken("more_than_disputed", "No more is settled than is contested.", disputed=dispute.rest)
    if not settled.is_positive:
        raise RuleBroken("amount_not_positive", "A settlement has an amount above zero.")
    return settled


def giving_way(disputes: Sequence[Dispute], item: Item, lowered: Money) -> tuple[tuple[Dispute, Money], ...]:
    """By how much each dispute of an item gives way before its open amount falls by `lowered`: the newest first."""
    too_much, yielded = item.disputed - (item.open - lowered), []
    for dispute in sorted(disputes, key=lambda one: one.id, reverse=True):
        part = min(too_much, dispute.rest)
        if part.is_positive:
            yielded.append((dispute, part))
            too_much -= part
    assert not too_much.is_positive, "what is disputed of an item is what its disputes contest"
    return tuple(yielded)
