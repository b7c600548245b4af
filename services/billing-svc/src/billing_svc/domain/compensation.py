"""Compensation: what an insurer or a guarantor pays for a debt. The claim passes to them as far as they paid, and the
debt stays: the customer owes it as before, and what it still pays is shared with them pro rata.

Their money stands apart in the bank, so that what customers paid ties to what was received of them.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.item import Item
from billing_svc.domain.journal import JournalAccount, JournalLine
from billing_svc.domain.ledger import Fact, FactKind
from billing_svc.domain.posting_dates import Books
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class ReceiveCompensation:
    """The wish to record it. `claim_id` is the claim on a cover, where one was filed."""

    id: UUID
    item_id: UUID
    amount: Money
    payer: str
    received_on: date
    reference: str | None
    claim_id: UUID | None


@dataclass(frozen=True, slots=True)
class Compensation:
    """The fact. `claimed` is what was open of the item right then, `paid_before` what its customer had paid of it."""

    id: UUID
    item_id: UUID
    customer_id: UUID
    amount: Money
    claimed: Money
    paid_before: Money
    payer: str
    received_on: date
    effective_on: date
    reference: str | None = None
    claim_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PaidBefore:
    """What third parties paid for an item, and what its customer paid of it."""

    compensated: Money
    by_customer: Money


@dataclass(frozen=True, slots=True)
class ClaimPaid:
    """What was paid on a claim, and how much of that compensations which stand have booked."""

    paid: Money
    booked: Money


class CompensationReversalReason(StrEnum):
    """`reclaimed`: who had paid took it back; `recorded_in_error`: it never came, and takes its own day if open."""

    RECLAIMED = "reclaimed"
    RECORDED_IN_ERROR = "recorded_in_error"


@dataclass(frozen=True, slots=True)
class ReverseCompensation:
    """The wish. `effective_on` None means the compensation's own day for a correction, else today."""

    compensation_id: UUID
    reason: CompensationReversalReason
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class CompensationReversal:
    """The fact: `amount` is what of it had not been passed on yet."""

    id: UUID
    compensation: Compensation
    amount: Money
    reason: CompensationReversalReason
    effective_on: date


@dataclass(frozen=True, slots=True)
class CompensationStanding:
    """A compensation today: `recovered` is what the customer has paid of the item since, `shared` what was passed on
    of that to who had paid, `reversed_on` when the rest went back."""

    compensation: Compensation
    recovered: Money
    shared: Money
    reversed_on: date | None = None

    @property
    def due(self) -> Money:
        """Their share of what was recovered, less what they had of it; rounded half away from zero."""
        one = self.compensation
        if self.reversed_on is not None:
            return Money.zero(one.amount.currency)
        parts = 2 * one.amount.minor * min(self.recovered, one.claimed).minor + one.claimed.minor
        share = Money(parts // (2 * one.claimed.minor), one.amount.currency)
        return max(share - self.shared, Money.zero(one.amount.currency))


def compensation_of(
    wish: ReceiveCompensation, item: Item, before: PaidBefore, *, day: date, today: date,
) -> Compensation:
    """Refuses: amount_not_positive, received_in_future, currency_mismatch, more_than_open."""
    if not wish.amount.is_positive:
        raise RuleBroken("amount_not_positive", "A compensation has an amount above zero.")
    if wish.received_on > today:
        raise RuleBroken("received_in_future", "It cannot have been received after today.", today=today)
    if wish.amount.currency != item.amount.currency:
        raise RuleBroken("currency_mismatch", "A debt is compensated in its own currency.",
                         currency=item.amount.currency)
    if wish.amount + before.compensated > item.open:
        raise RuleBroken("more_than_open", "No more is compensated than is owed.", item_id=item.id,
                         open=(item.open - before.compensated).amount)
    return Compensation(
        wish.id, item.id, item.customer_id, wish.amount, item.open, before.by_customer, wish.payer,
        wish.received_on, day, wish.reference, wish.claim_id)


def within_claim(wish: ReceiveCompensation, claim: ClaimPaid | None) -> ReceiveCompensation:
    """No more than was paid on the claim that it names; what is beyond that is none of it.

    Refuses: claim_not_paid, currency_mismatch, more_than_claim_paid.
    """
    if wish.claim_id is None:
        return wish
    if claim is None:
        raise Conflict("claim_not_paid", "Nothing is known here of money for this claim.", claim_id=wish.claim_id)
    if wish.amount > claim.paid - claim.booked:
        raise RuleBroken("more_than_claim_paid", "This is more than is left of what was paid on the claim.",
                         left=(claim.paid - claim.booked).amount)
    return wish


def shareable(standing: CompensationStanding) -> Money:
    """What is passed on now. Refuses: compensation_reversed, nothing_to_share."""
    _check_standing(standing)
    if standing.due.is_zero:
        raise RuleBroken("nothing_to_share", "Nothing was recovered since that is theirs.")
    return standing.due


def reversal_of(
    wish: ReverseCompensation, standing: CompensationStanding, books: Books, reversal_id: UUID,
) -> CompensationReversal:
    """What was not passed on of it goes back, and with it the claim.

    Refuses: compensation_reversed, compensation_shared, effective_too_early, effective_in_future, period_locked.
    """
    _check_standing(standing)
    one, correction = standing.compensation, wish.reason is CompensationReversalReason.RECORDED_IN_ERROR
    left = one.amount - standing.shared
    if left.is_zero or (correction and standing.shared.is_positive):
        raise Conflict("compensation_shared", "Their share of later receipts was passed on already.",
                       shared=standing.shared.amount)
    day = books.day_of(wish.effective_on, default=one.effective_on if correction else books.today,
                       not_before=one.effective_on)
    return CompensationReversal(reversal_id, one, left, wish.reason, day)


def _check_standing(standing: CompensationStanding) -> None:
    if standing.reversed_on is not None:
        raise Conflict("compensation_reversed", "This compensation was taken back already.",
                       reversed_on=standing.reversed_on)


def fact_of_compensation(one: Compensation, base: Money | None) -> Fact:
    """Dr bank (of third parties), Cr what is theirs of the claim. `base`: in the tenant's own currency, of another."""
    return _booked(FactKind.COMPENSATION_RECEIVED, one.id, one, (one.amount, base), one.effective_on)


def fact_of_share(share_id: UUID, one: Compensation, amount: Money, base: Money | None, day: date) -> Fact:
    """Dr what is theirs of the claim, Cr bank (of third parties)."""
    return _booked(FactKind.COMPENSATION_SHARED, share_id, one, (-amount, None if base is None else -base), day)


def fact_of_compensation_reversal(reversal: CompensationReversal, base: Money | None) -> Fact:
    """Dr what is theirs of the claim, Cr bank (of third parties)."""
    return _booked(FactKind.COMPENSATION_REVERSED, reversal.id, reversal.compensation,
                   (-reversal.amount, None if base is None else -base), reversal.effective_on)


def _booked(kind: FactKind, fact_id: UUID, one: Compensation, paid: tuple[Money, Money | None], day: date) -> Fact:
    amount, base = paid
    return Fact(kind, fact_id, one.customer_id, amount.currency, day, (), (
        JournalLine(JournalAccount.THIRD_PARTY_BANK, amount, base),
        JournalLine(JournalAccount.THIRD_PARTY_CLAIMS, -amount, None if base is None else -base)))
