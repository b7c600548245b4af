"""Pending payments: the policy by which they wait, what they are meant to pay, and what became of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, literal_column, select

from billing_svc.domain.payment import Payment
from billing_svc.domain.pending_payment import FIRST_POLICY, Announced, PaymentPolicy
from billing_svc.store.ledger_tables import CreditRow
from billing_svc.store.payment_tables import PaymentDecisionRow, PaymentPolicyRow
from billing_svc.store.payments import choice_of
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _policy = CreditRow.__table__.c, PaymentPolicyRow.__table__.c
ANNOUNCED = select(_t.id, _t.currency, _t.amount, _t.choice).where(
    _t.customer_id == bindparam("customer_id", type_=Uuid), _t.state == literal_column("'pending'")).order_by(_t.id)
IN_FORCE = select(_policy.version, _policy.pending_days).order_by(_policy.version.desc()).limit(literal_column("1"))


async def announced(tx: Transaction, customer_id: UUID) -> list[Announced]:
    """What this customer's pending payments are meant to pay, in the order of their recording."""
    return [Announced(Money(row["amount"], row["currency"]), choice_of(row["choice"], row["currency"]))
            for row in await tx.rows(ANNOUNCED, customer_id=customer_id)]


async def policy_in_force(tx: Transaction) -> PaymentPolicy:
    """The tenant's newest version, or that by which every tenant begins."""
    row = await tx.row(IN_FORCE)
    return FIRST_POLICY if row is None else PaymentPolicy(row["version"], row["pending_days"])


def add_policy(tx: Transaction, policy: PaymentPolicy, *, recorded_at: datetime) -> None:
    tx.insert(PaymentPolicyRow, {"version": policy.version, "pending_days": policy.pending_days, "actor": tx.actor,
                                 "recorded_at": recorded_at})


def add_decision(tx: Transaction, payment: Payment, reason: str | None, *, recorded_at: datetime) -> None:
    """The state that the payment has now is what was decided."""
    tx.insert(PaymentDecisionRow, {
        "id": new_id(), "credit_id": payment.id, "decision": payment.state.value, "reason": reason, "actor": tx.actor,
        "recorded_at": recorded_at})
