"""What the archive has heard of that stands open about a customer beside its balance: arrangements, cases, alerts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money, sum_money


class MatterKind(StrEnum):
    """What it is."""

    ARRANGEMENT = "arrangement"
    WRITE_OFF = "write_off"
    PENDING_PAYMENT = "pending_payment"
    ALERT = "alert"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class HeardMatter:
    """One of them as one stream told of it. `on` is its first day there, `until` the day that comes next in it.

    What went on at another customer after a merger is told there: `amount` and `until` are None where that stream has
    not said them, and of a write-off the amount is what that stream alone added, or took off below zero.

    `said` is its state, number, method, rule or stage; `more` what is to be done next in a case, why a debt was
    written off, or the instant of an alert. One that does not stand any more is kept and not shown.
    """

    kind: MatterKind
    id: UUID
    on: date
    said: str
    amount: Money | None = None
    until: date | None = None
    more: str | None = None
    stands: bool = True

    def ended(self) -> "HeardMatter":
        return replace(self, stands=False)

    def less(self, amount: Money) -> "HeardMatter":
        """Of which so much is over; it stands while anything is left."""
        assert self.amount is not None
        left = self.amount - amount
        return replace(self, amount=left, stands=left.is_positive)


def joined(told: Sequence[HeardMatter]) -> HeardMatter:
    """One matter as all streams that spoke of it told it, that of the customer that goes on first, the oldest last.

    It stands as was told of it last, and not before its beginning was heard of.
    """
    last, first = told[0], told[-1]
    amounts = [one.amount for one in told if one.amount is not None]
    said = replace(
        last, on=first.on, amount=amounts[0] if amounts else None,
        until=next((one.until for one in told if one.until is not None), None),
        more=next((one.more for one in told if one.more is not None), None))
    if said.kind is MatterKind.WRITE_OFF:
        left = sum_money(amounts[0].currency, amounts)
        return replace(said, amount=left, stands=left.is_positive)
    return replace(said, stands=said.stands and (bool(amounts) or said.kind is MatterKind.CASE))


def must_await_no_payment(matters: Iterable[HeardMatter]) -> None:
    """A customer is closed only when no payment is still to be confirmed. Refuses: customer_has_pending_payment."""
    for one in matters:
        if one.kind is MatterKind.PENDING_PAYMENT and one.stands and one.amount is not None:
            raise Conflict(
                "customer_has_pending_payment", "A payment is still to be confirmed; confirm or reject it first.",
                amount=one.amount.amount, currency=one.amount.currency, payment_id=one.id)
