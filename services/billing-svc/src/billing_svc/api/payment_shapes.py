"""A payment on the wire: what is sent to record, apply or reverse one, and what is answered."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from billing_svc.api.owned import OwnerCode, names_of
from billing_svc.api.shapes import Body, Code, Labels
from billing_svc.domain.allocation import AllocationRule, Choice, Part
from billing_svc.domain.ledger import Origin
from billing_svc.domain.payment import PaymentState, RecordPayment
from billing_svc.domain.payment_policy import SecondPerson
from billing_svc.domain.pending_payment import RejectionReason
from billing_svc.domain.remittance import meant
from billing_svc.domain.reversal import ReversalReason, ReversalWish
from billing_svc.store.payment_views import AllocationView, PaymentView
from billing_svc.usecases.apply_credit import ApplyCredit
from billing_svc.usecases.confirm_payment import ConfirmPayment
from billing_svc.usecases.reject_payment import RejectPayment
from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kit.pages import Page
from dunlin_kit.wire import Day

MAX_PARTS = 500


class AllocationPartCreate(Body):
    """So much for this item; without an amount, as much as is open and there."""

    item_id: UUID
    amount: Amount | None = None

    def to_part(self) -> Part:
        return Part(self.item_id, self.amount.money if self.amount else None)


Parts = Annotated[list[AllocationPartCreate], Field(max_length=MAX_PARTS)]
References = Annotated[list[Code], Field(
    max_length=MAX_PARTS, description="Numbers or external ids of what is paid, in this order; else `reference`.")]


def choice_by(rule: AllocationRule, items: list[AllocationPartCreate], remittance: list[str]) -> Choice:
    """Refuses: items_not_meant."""
    if items and rule is AllocationRule.REMITTANCE:
        raise RuleBroken("items_not_meant", "Items are named only where the payer chose items.")
    return Choice(rule, tuple(part.to_part() for part in items), tuple(remittance))


class PaymentEntry(StrEnum):
    """`confirmed`: the money is there. `pending`: it is not certain yet, frees no credit and settles nothing."""

    CONFIRMED = "confirmed"
    PENDING = "pending"


class PaymentCreate(Body):
    """Money that has arrived. `items` are paid with `allocation` items; the rest stays on the account as credit."""

    id: UUID | None = None
    customer_id: UUID
    amount: Amount
    received_on: Day
    method: Code = Field(examples=["bank_transfer"])
    state: PaymentEntry = PaymentEntry.CONFIRMED
    allocation: AllocationRule
    items: Parts = Field(default_factory=list)
    remittance: References = Field(default_factory=list)
    effective_on: Day | None = Field(default=None, description="Its day in the books, when that is not `received_on`.")
    payer: Code | None = None
    reference: Code | None = None
    external_id: Code | None = None
    metadata: Labels = Field(default_factory=dict)

    def to_command(self) -> RecordPayment:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        return RecordPayment(
            self.id or new_id(), self.customer_id, self.amount.money, self.received_on, self.method,
            meant(choice_by(self.allocation, self.items, self.remittance), self.reference), self.effective_on,
            self.payer, self.reference, self.external_id, labels=self.metadata,
            pending=self.state is PaymentEntry.PENDING)


class CreditApply(Body):
    """What a credit has left is set against these items, or against the oldest debt; today unless `effective_on`."""

    allocation: AllocationRule
    items: Parts = Field(default_factory=list)
    remittance: References = Field(default_factory=list)
    effective_on: Day | None = None

    def to_wish(self, credit_id: UUID) -> ApplyCredit:
        """Refuses: items_not_meant, remittance_missing, remittance_not_meant."""
        choice = meant(choice_by(self.allocation, self.items, self.remittance), None)
        return ApplyCredit(credit_id, choice, self.effective_on)


class PaymentConfirm(Body):
    """What it pays now, where that is not what was chosen at its recording. Without `effective_on`: the day received,
    or the first open one after it."""

    allocation: AllocationRule | None = None
    items: Parts = Field(default_factory=list)
    remittance: References = Field(default_factory=list)
    effective_on: Day | None = None

    def to_wish(self, payment_id: UUID) -> ConfirmPayment:
        """Refuses: items_not_meant, remittance_missing, remittance_not_meant."""
        choice = meant(choice_by(self.allocation, self.items, self.remittance), None) if self.allocation else None
        if (self.items or self.remittance) and choice is None:
            raise RuleBroken("items_not_meant", "Items are named only where the payer chose items.")
        return ConfirmPayment(payment_id, choice, self.effective_on)


class PaymentReject(Body):
    """Why it is not taken for certain."""

    reason: RejectionReason

    def to_wish(self, payment_id: UUID) -> RejectPayment:
        return RejectPayment(payment_id, self.reason)


class PaymentReverse(Body):
    """Why it is undone. Without `effective_on`: today for a return, the payment's own day for a correction.

    `fee` is charged to the customer for a payment that the bank returned, as an item of its own that is due at once.
    """

    reason: ReversalReason
    effective_on: Day | None = None
    fee: Amount | None = None

    def to_wish(self, payment_id: UUID) -> ReversalWish:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        return ReversalWish(payment_id, self.reason, self.effective_on, self.fee.money if self.fee else None)


class AllocationRead(BaseModel):
    """What an item got: `amount`, and the `discount` given with it. `reversed_on` is null while it stands."""

    id: UUID
    item_id: UUID
    amount: Amount
    discount: Amount | None
    effective_on: date
    business_on: date
    reversed_on: date | None

    @classmethod
    def of(cls, view: AllocationView) -> Self:
        made = view.allocation
        return cls(id=made.id, item_id=made.item_id, amount=Amount.of(made.amount),
                   discount=Amount.of(made.discount.total) if made.discount else None, effective_on=made.effective_on,
                   business_on=made.business_on, reversed_on=view.reversed_on)


class PaymentRead(BaseModel):
    """A payment. `unapplied` is what is left of it; `effective_on` its day in the books, `business_on` its value.

    `expires_on` is the last day for confirming one that was recorded as pending; `decided_by` says who decided on it;
    `second_person` why that had to be another than `recorded_by`.
    """

    id: UUID
    customer_id: UUID
    state: PaymentState
    amount: Amount
    unapplied: Amount
    received_on: date
    business_on: date
    effective_on: date
    method: str
    payer: str | None
    reference: str | None
    external_id: str | None
    origin: Origin
    allocations: list[AllocationRead]
    unmatched: list[str] = Field(description="References of its payer that named nothing open; that part is unapplied.")
    reversed_on: date | None
    reversal_reason: ReversalReason | None
    expires_on: date | None
    second_person: SecondPerson | None
    recorded_by: str
    decided_by: str | None
    rejection_reason: RejectionReason | None
    metadata: dict[str, str]
    version: int

    @classmethod
    def of(cls, view: PaymentView, **more: Any) -> Self:
        """`more` are the fields that a shape with more of them has."""
        command, payment = view.command, view.payment
        return cls(
            **more,
            id=payment.id, customer_id=payment.customer_id, state=payment.state, amount=Amount.of(payment.amount),
            unapplied=Amount.of(payment.unapplied), received_on=payment.received_on, business_on=payment.business_on,
            effective_on=payment.effective_on, method=command.method, payer=command.payer, reference=command.reference,
            external_id=command.external_id, origin=command.origin,
            allocations=[AllocationRead.of(one) for one in view.allocations], unmatched=list(payment.unmatched),
            reversed_on=view.reversed_on,
            reversal_reason=view.reversal_reason, expires_on=payment.expires_on,
            second_person=view.second_person, recorded_by=view.recorded_by, decided_by=view.decided_by,
            rejection_reason=view.rejection_reason, metadata=dict(command.labels), version=payment.version)


class ListedPaymentRead(PaymentRead):
    """A payment in a list, with whose it is."""

    customer_number: str | None
    customer_name: str | None
    owner_code: str | None = OwnerCode

    @classmethod
    def listed(cls, view: PaymentView) -> Self:
        assert view.whose is not None, "it was read"
        return cls.of(view, **names_of(view.whose))


class PaymentPage(Page[ListedPaymentRead]):
    """Payments in the order that was asked for."""
