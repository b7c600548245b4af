"""Pending payments: the policy by which they wait, what they are meant to pay, and what became of them."""

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.payment import Payment, RecordPayment
from billing_svc.domain.payment_policy import FIRST_POLICY, PaymentPolicy
from billing_svc.domain.pending_payment import Announced
from billing_svc.store.ledger_tables import CreditRow
from billing_svc.store.payment_tables import PaymentDecisionRow, PaymentPolicyRow
from billing_svc.store.payments import choice_of
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _policy = CreditRow.__table__.c, PaymentPolicyRow.__table__.c
ANNOUNCED = select(_t.id, _t.customer_id, _t.currency, _t.amount, _t.choice).where(
    _t.customer_id == func.any(bindparam("customer_ids", type_=ARRAY(Uuid))),
    _t.state == literal_column("'pending'")).order_by(_t.id)
POLICY = select(func.jsonb_build_array(
    _policy.version, _policy.pending_days, _policy.second_person_above, _policy.second_person_for_new_payer,
)).order_by(_policy.version.desc()).limit(literal_column("1")).scalar_subquery().label("payment_policy")
"""The tenant's newest version as a column, to be read beside others; null where none was set."""
IN_FORCE = select(POLICY)
PAYERS = select(_t.customer_id, _t.payer).distinct().where(
    _t.customer_id == func.any(bindparam("customer_ids", type_=ARRAY(Uuid))),
    _t.payer == func.any(bindparam("payers", type_=ARRAY(Text))), _t.state == literal_column("'confirmed'"))


async def announced(tx: Transaction, customer_id: UUID) -> list[Announced]:
    """What this customer's pending payments are meant to pay, in the order of their recording."""
    return (await announced_by(tx, [customer_id]))[customer_id]


async def announced_by(tx: Transaction, customer_ids: Collection[UUID]) -> dict[UUID, list[Announced]]:
    """The same of several customers; those without pending payments have none."""
    found: dict[UUID, list[Announced]] = {customer_id: [] for customer_id in customer_ids}
    for row in await tx.rows(ANNOUNCED, customer_ids=list(customer_ids)):
        found[row["customer_id"]].append(
            Announced(Money(row["amount"], row["currency"]), choice_of(row["choice"], row["currency"])))
    return found


async def policy_in_force(tx: Transaction) -> PaymentPolicy:
    """The tenant's newest version, or that by which every tenant begins."""
    return policy_of(await tx.row(IN_FORCE))


def policy_of(row: Any) -> PaymentPolicy:
    """The policy in a row that was read with the column `POLICY`."""
    if row["payment_policy"] is None:
        return FIRST_POLICY
    version, pending_days, thresholds, for_new_payer = row["payment_policy"]
    above = {currency: Money(minor, currency) for currency, minor in thresholds.items()}
    return PaymentPolicy(version, pending_days, above, for_new_payer)


async def known_payers(tx: Transaction, commands: Collection[RecordPayment]) -> dict[UUID, set[str]]:
    """Of the payers named: those from whom the customer has a confirmed payment."""
    payers = [one.payer for one in commands if one.payer]
    known: dict[UUID, set[str]] = defaultdict(set)
    for row in await tx.rows(PAYERS, customer_ids=[one.customer_id for one in commands], payers=payers):
        known[row["customer_id"]].add(row["payer"])
    return known


def add_policy(tx: Transaction, policy: PaymentPolicy, *, recorded_at: datetime) -> None:
    above = {currency: amount.minor for currency, amount in policy.second_person_above.items()}
    tx.insert(PaymentPolicyRow, {
        "version": policy.version, "pending_days": policy.pending_days, "second_person_above": json.dumps(above),
        "second_person_for_new_payer": policy.second_person_for_new_payer, "actor": tx.actor,
        "recorded_at": recorded_at})


def add_decision(tx: Transaction, payment: Payment, reason: str | None, *, recorded_at: datetime) -> None:
    """The state that the payment has now is what was decided."""
    tx.insert(PaymentDecisionRow, {
        "id": new_id(), "credit_id": payment.id, "decision": payment.state.value, "reason": reason, "actor": tx.actor,
        "recorded_at": recorded_at})
