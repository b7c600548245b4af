"""Payments with all that is known of them: how they came, what they paid, and whether they were reversed."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.allocation import Allocation
from billing_svc.domain.credit import CreditKind
from billing_svc.domain.ledger import Origin
from billing_svc.domain.payment import Payment, PaymentState, RecordPayment
from billing_svc.domain.payment_policy import SecondPerson
from billing_svc.domain.pending_payment import RejectionReason
from billing_svc.domain.reversal import ReversalReason
from billing_svc.store.allocations import allocation_kept
from billing_svc.store.customer_names import NAMES, Named, named
from billing_svc.store.document_tables import CustomerRow
from billing_svc.store.ledger_tables import AllocationReversalRow, AllocationRow, CreditRow, PaymentReversalRow
from billing_svc.store.payment_tables import PaymentDecisionRow
from billing_svc.store.payments import choice_of
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_ids = bindparam("ids", type_=ARRAY(Uuid))
_c, _a = CreditRow.__table__.c, AllocationRow.__table__.c
_undone, _back = AllocationReversalRow.__table__.c, PaymentReversalRow.__table__.c
_decided, _customer = PaymentDecisionRow.__table__.c, CustomerRow.__table__.c
PAYMENTS = (
    select(*_c, _back.effective_on.label("reversed_on"), _back.reason.label("reversal_reason"),
           _decided.actor.label("decided_by"), _decided.reason.label("rejection_reason"), *NAMES)
    .outerjoin_from(CreditRow.__table__, PaymentReversalRow.__table__, _back.credit_id == _c.id)
    .outerjoin(PaymentDecisionRow.__table__, _decided.credit_id == _c.id)
    .outerjoin(CustomerRow.__table__, _customer.customer_id == _c.customer_id)
    .where(_c.id == func.any(_ids), _c.kind == literal_column(f"'{CreditKind.PAYMENT.value}'")))
ALLOCATIONS = (
    select(*_a, _undone.effective_on.label("reversed_on"))
    .outerjoin_from(AllocationRow.__table__, AllocationReversalRow.__table__, _undone.allocation_id == _a.id)
    .where(_a.credit_id == func.any(_ids)).order_by(_a.id))


@dataclass(frozen=True, slots=True)
class AllocationView:
    """`reversed_on`: the day on which its undoing took effect; None while it stands."""

    allocation: Allocation
    reversed_on: date | None = None


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment, the command that recorded it, its allocations in order, its reversal, who did and decided, and where
    it was read whose it is."""

    command: RecordPayment
    payment: Payment
    allocations: tuple[AllocationView, ...]
    recorded_by: str
    reversed_on: date | None = None
    reversal_reason: ReversalReason | None = None
    decided_by: str | None = None
    rejection_reason: RejectionReason | None = None
    whose: Named | None = None

    @property
    def second_person(self) -> SecondPerson | None:
        """Why a second person had to confirm it."""
        return SecondPerson(self.payment.second_person) if self.payment.second_person else None


async def view(tx: Transaction, ids: Collection[UUID]) -> list[PaymentView]:
    """In the order of `ids`. Refuses: payment_not_found."""
    rows = {row["id"]: row for row in await tx.rows(PAYMENTS, ids=list(ids))}
    made = await allocations_of(tx, ids)
    for payment_id in ids:
        if payment_id not in rows:
            raise NotFound("payment_not_found", "There is no such payment.", payment_id=payment_id)
    return [_view(rows[payment_id], made[payment_id]) for payment_id in ids]


async def allocations_of(tx: Transaction, credit_ids: Collection[UUID]) -> dict[UUID, list[AllocationView]]:
    """What these credits paid, in order, undone or not."""
    made: dict[UUID, list[AllocationView]] = defaultdict(list)
    for row in await tx.rows(ALLOCATIONS, ids=list(credit_ids)):
        made[row["credit_id"]].append(_allocation(row))
    return made


def _view(row: Mapping[str, Any], made: Collection[AllocationView]) -> PaymentView:
    currency = row["currency"]
    amount = Money(row["amount"], currency)
    command = RecordPayment(
        row["id"], row["customer_id"], amount, row["received_on"], row["method"], choice_of(row["choice"], currency),
        effective_on=row["effective_on"], payer=row["payer"], reference=row["reference"],
        external_id=row["external_id"], origin=Origin(row["origin"]), labels=row["labels"])
    payment = Payment(
        row["id"], row["customer_id"], amount, Money(row["unapplied"], currency), row["business_on"],
        row["effective_on"], row["raised_on"], row["version"], state=PaymentState(row["state"]),
        received_on=row["received_on"], expires_on=row["expires_on"], second_person=row["second_person"],
        unmatched=tuple(row["unmatched"]), kept_for=row["kept_for"])
    reason, rejection = row["reversal_reason"], row["rejection_reason"]
    return PaymentView(
        command, payment, tuple(made), row["actor"], row["reversed_on"], ReversalReason(reason) if reason else None,
        row["decided_by"], RejectionReason(rejection) if rejection else None, named(row))


def _allocation(row: Mapping[str, Any]) -> AllocationView:
    return AllocationView(allocation_kept(row), row["reversed_on"])
