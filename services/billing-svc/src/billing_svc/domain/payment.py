"""Payments: money received. Only a confirmed one frees credit; what is not allocated stays as unapplied credit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.allocation import AllocationRule, Choice
from billing_svc.domain.credit import Credit, CreditKind
from billing_svc.domain.journal import journal_of_payment
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide, Origin
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.frozen import replace
from dunlin_kernel.lifecycle import Lifecycle
from dunlin_kernel.money import Money


class PaymentState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    REVERSED = "reversed"
    REJECTED = "rejected"
    EXPIRED = "expired"


PAYMENT_LIFECYCLE = Lifecycle("payment", {
    PaymentState.PENDING: {PaymentState.CONFIRMED, PaymentState.REJECTED, PaymentState.EXPIRED},
    PaymentState.CONFIRMED: {PaymentState.REVERSED},
    PaymentState.REVERSED: set(),
    PaymentState.REJECTED: set(),
    PaymentState.EXPIRED: set(),
})


@dataclass(frozen=True, slots=True)
class RecordPayment:
    """The wish to record money that has arrived. `effective_on` is its day in the books: `received_on` unless given;
    `kept_for` the deposit request that it came in on."""

    id: UUID
    customer_id: UUID
    amount: Money
    received_on: date
    method: str
    choice: Choice
    effective_on: date | None = None
    payer: str | None = None
    reference: str | None = None
    external_id: str | None = None
    origin: Origin = Origin.LIVE
    labels: Mapping[str, str] = field(default_factory=dict)
    pending: bool = False
    kept_for: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Credit):
    """Money received, as a credit.

    `expires_on` is the last day on which one that was pending could be confirmed; None for all others.
    `second_person` is why a second person had to confirm it (`payment_policy.SecondPerson`); None when nobody had to.
    `unmatched` are references of its payer that named nothing open.
    """

    kind: CreditKind = CreditKind.PAYMENT
    state: PaymentState
    received_on: date
    expires_on: date | None = None
    second_person: str | None = None
    unmatched: tuple[str, ...] = ()

    def reversed(self) -> "Payment":
        """Refuses: illegal_transition."""
        state = PAYMENT_LIFECYCLE.advance(self.state, PaymentState.REVERSED)
        return replace(self, state=state, version=self.version + 1)


def receive(command: RecordPayment, *, effective_on: date, today: date) -> Payment:
    """A payment before any of it is entered: arrived for certain, unless the command says that it is pending.

    Refuses: amount_not_positive, received_in_future, effective_too_early.
    """
    state = PaymentState.PENDING if command.pending else PaymentState.CONFIRMED
    if not command.amount.is_positive:
        raise RuleBroken("amount_not_positive", "A payment has an amount above zero.")
    if command.received_on > today:
        raise RuleBroken("received_in_future", "A payment cannot have been received after today.", today=today)
    if effective_on < command.received_on:
        raise RuleBroken("effective_too_early", "Money takes effect no earlier than it was received.",
                         earliest=command.received_on)
    return Payment(
        command.id, command.customer_id, command.amount, Money.zero(command.amount.currency), command.received_on,
        effective_on, effective_on, 0, kept_for=command.kept_for, state=state, received_on=command.received_on)


def fact_of_payment(payment: Payment) -> Fact:
    """Money came in: the customer's credit rises by all of it."""
    return Fact(
        FactKind.PAYMENT_CONFIRMED, payment.id, payment.customer_id, payment.amount.currency, payment.effective_on,
        (Entry(LedgerSide.CREDIT, payment.id, payment.amount),), journal_of_payment(payment.amount))


def spendable(credit: Credit, choice: Choice) -> Credit:
    """Refuses: items_missing, payment_not_confirmed, nothing_unapplied."""
    if choice.rule is AllocationRule.NONE:
        raise RuleBroken("items_missing", "Say which items get it, or that the oldest go first.")
    if isinstance(credit, Payment) and credit.state is not PaymentState.CONFIRMED:
        raise Conflict("payment_not_confirmed", "Only a confirmed payment can be applied.", state=credit.state.value)
    if credit.unapplied.is_zero:
        raise RuleBroken("nothing_unapplied", "Nothing is left of this credit.")
    return credit
