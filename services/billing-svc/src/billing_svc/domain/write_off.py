"""Write-offs: a debt that is not expected any more leaves the books; the claim stays. Proposed by one person, approved
by another. Money that comes later re-opens and settles what it recovers, and no more; once gone, it is lost again.

Output tax is corrected at once where the policy says so, in proportion, to the cent over all recoveries.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.bad_debt_policy import BadDebtAccount
from billing_svc.domain.item import Item
from billing_svc.domain.journal import JournalAccount, journal_of_write_off, reversed_journal
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from dunlin_kernel.errors import Forbidden, RuleBroken
from dunlin_kernel.lifecycle import Lifecycle
from dunlin_kernel.money import Money


class WriteOffReason(StrEnum):
    INSOLVENCY = "insolvency"
    UNTRACEABLE = "untraceable"
    TIME_BARRED = "time_barred"
    UNECONOMICAL = "uneconomical"
    COURT_DECISION = "court_decision"


class WriteOffState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    REVERSED = "reversed"


WRITE_OFF_LIFECYCLE = Lifecycle("write-off", {
    WriteOffState.PROPOSED: {WriteOffState.APPROVED, WriteOffState.REFUSED},
    WriteOffState.APPROVED: {WriteOffState.REVERSED},
    WriteOffState.REFUSED: set(),
    WriteOffState.REVERSED: set(),
})


@dataclass(frozen=True, slots=True)
class WriteOff:
    """`tax` is the part of `amount` that corrected output tax, `recovered` what came in of it since."""

    id: UUID
    item_id: UUID
    customer_id: UUID
    amount: Money
    reason: WriteOffReason
    state: WriteOffState
    maker: str
    account: BadDebtAccount
    tax: Money
    recovered: Money
    effective_on: date | None = None

    @property
    def rest(self) -> Money:
        """What is still written off."""
        return self.amount - self.recovered

    def tax_within(self, recovered: Money) -> Money:
        """The tax in so much of it, counted from its beginning, so that the parts sum to the whole."""
        size = self.amount.minor
        return Money((2 * self.tax.minor * recovered.minor + size) // (2 * size), self.tax.currency)


@dataclass(frozen=True, slots=True)
class Recovery:
    """So much of a write-off came in after all."""

    id: UUID
    write_off_id: UUID
    credit_id: UUID
    amount: Money
    tax: Money
    effective_on: date


@dataclass(frozen=True, slots=True)
class RecoveryReversal:
    """What had recovered so much is gone: it is written off again."""

    id: UUID
    recovery_id: UUID
    amount: Money
    tax: Money
    effective_on: date


@dataclass(frozen=True, slots=True)
class WriteOffReversal:
    """The rest of a write-off is owed again: it was an error, or the debt is good after all."""

    id: UUID
    write_off_id: UUID
    amount: Money
    tax: Money
    effective_on: date


def proposed(item: Item, amount: Money | None) -> Money:
    """The amount to be written off: what is open and not disputed, or part of it.

    Refuses: nothing_open, currency_mismatch, more_than_undisputed, amount_not_positive.
    """
    if item.is_settled:
        raise RuleBroken("nothing_open", "Nothing is open on this item.", item_id=item.id)
    wanted = item.undisputed if amount is None else amount
    if wanted > item.undisputed:
        raise RuleBroken("more_than_undisputed", "No more is written off than is open and not in dispute.",
                         undisputed=item.undisputed)
    if not wanted.is_positive:
        raise RuleBroken("amount_not_positive", "A write-off has an amount above zero.")
    return wanted


def approvable(write_off: WriteOff, checker: str) -> WriteOff:
    """Refuses: illegal_transition, second_person_needed."""
    WRITE_OFF_LIFECYCLE.advance(write_off.state, WriteOffState.APPROVED)
    if checker == write_off.maker:
        raise Forbidden("second_person_needed", "Another person than the one who proposed it approves a write-off.")
    return write_off


def recoverable(write_off: WriteOff, unapplied: Money, amount: Money | None) -> Money:
    """How much of a credit recovers it.

    Refuses: not_written_off, currency_mismatch, more_than_written_off, more_than_unapplied, amount_not_positive.
    """
    if write_off.state is not WriteOffState.APPROVED or write_off.rest.is_zero:
        raise RuleBroken("not_written_off", "Nothing of this stands written off.", state=write_off.state.value)
    wanted = min(write_off.rest, unapplied) if amount is None else amount
    if wanted > write_off.rest:
        raise RuleBroken("more_than_written_off", "No more is recovered than was written off.", rest=write_off.rest)
    if wanted > unapplied:
        raise RuleBroken("more_than_unapplied", "This is more than the credit has left.", unapplied=unapplied)
    if not wanted.is_positive:
        raise RuleBroken("amount_not_positive", "A recovery has an amount above zero.")
    return wanted


def recovery_of(write_off: WriteOff, amount: Money, recovery_id: UUID, credit_id: UUID, day: date) -> Recovery:
    """With its part of the tax."""
    before = write_off.tax_within(write_off.recovered)
    tax = write_off.tax_within(write_off.recovered + amount) - before
    return Recovery(recovery_id, write_off.id, credit_id, amount, tax, day)


def recovery_undone(held: WriteOff, recovery: Recovery, new_id: UUID, day: date) -> tuple[WriteOff, RecoveryReversal]:
    """The write-off as it stands without it, and the tax that is corrected again."""
    after = replace(held, recovered=held.recovered - recovery.amount)
    tax = held.tax_within(held.recovered) - held.tax_within(after.recovered)
    return after, RecoveryReversal(new_id, recovery.id, recovery.amount, tax, day)


def reversal_of(write_off: WriteOff, reversal_id: UUID, day: date) -> tuple[WriteOff, WriteOffReversal]:
    """Refuses: illegal_transition, not_written_off."""
    state = WRITE_OFF_LIFECYCLE.advance(write_off.state, WriteOffState.REVERSED)
    if write_off.rest.is_zero:
        raise RuleBroken("not_written_off", "All of it was recovered.", state=write_off.state.value)
    tax = write_off.tax - write_off.tax_within(write_off.recovered)
    return replace(write_off, state=state), WriteOffReversal(reversal_id, write_off.id, write_off.rest, tax, day)


def fact_of_write_off(write_off: WriteOff) -> Fact:
    """The debt leaves the books."""
    assert write_off.effective_on is not None, "an approved write-off has its day"
    return Fact(
        FactKind.DEBT_WRITTEN_OFF, write_off.id, write_off.customer_id, write_off.amount.currency,
        write_off.effective_on, (Entry(LedgerSide.RECEIVABLE, write_off.item_id, -write_off.amount),),
        journal_of_write_off(JournalAccount(write_off.account.value), write_off.amount, write_off.tax))


def fact_of_recovery(write_off: WriteOff, recovery: Recovery) -> Fact:
    """What comes in is owed again, so that the money can settle it."""
    return _back(FactKind.DEBT_RECOVERED, write_off, recovery)


def fact_of_recovery_reversal(write_off: WriteOff, reversal: RecoveryReversal) -> Fact:
    """It leaves the books again."""
    part = replace(write_off, id=reversal.id, amount=reversal.amount, tax=reversal.tax,
                   effective_on=reversal.effective_on)
    return replace(fact_of_write_off(part), kind=FactKind.RECOVERY_REVERSED)


def fact_of_write_off_reversal(write_off: WriteOff, reversal: WriteOffReversal) -> Fact:
    """What is still written off is owed again."""
    return _back(FactKind.WRITE_OFF_REVERSED, write_off, reversal)


def _back(kind: FactKind, write_off: WriteOff, back: Recovery | WriteOffReversal) -> Fact:
    return Fact(
        kind, back.id, write_off.customer_id, back.amount.currency, back.effective_on,
        (Entry(LedgerSide.RECEIVABLE, write_off.item_id, back.amount),),
        reversed_journal(journal_of_write_off(JournalAccount(write_off.account.value), back.amount, back.tax)))
