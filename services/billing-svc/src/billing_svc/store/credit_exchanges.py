"""Credit across currencies as rows: facts, only ever added; what was taken is a credit like any other."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.credit import Credit
from billing_svc.domain.credit_exchange import CreditExchange, ExchangeReversal
from billing_svc.domain.ledger import Origin
from billing_svc.domain.payment import PaymentState
from billing_svc.store.credit_exchange_tables import CreditExchangeReversalRow, CreditExchangeRow
from billing_svc.store.ledger_tables import CreditRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _undone = CreditExchangeRow.__table__.c, CreditExchangeReversalRow.__table__.c
_paid = CreditRow.__table__.c
_ids = bindparam("ids", type_=ARRAY(Uuid))
BY_ID = select(
    _t.id, _t.leg_id, _paid.customer_id, _t.payment_id, _t.given_currency, _t.given, _t.taken_currency, _t.taken,
    _t.effective_on, _t.business_on,
).join_from(CreditExchangeRow.__table__, CreditRow.__table__, _paid.id == _t.payment_id).where(_t.id == func.any(_ids))
UNDONE = select(_undone.credit_exchange_id).where(_undone.credit_exchange_id == func.any(_ids))


async def by_id(tx: Transaction, exchange_id: UUID) -> CreditExchange:
    """Refuses: exchange_not_found."""
    row = await tx.row(BY_ID, ids=[exchange_id])
    if row is None:
        raise NotFound("exchange_not_found", "There is no such exchange.", credit_exchange_id=exchange_id)
    return CreditExchange(
        row["id"], row["leg_id"], row["customer_id"], row["payment_id"], Money(row["given"], row["given_currency"]),
        Money(row["taken"], row["taken_currency"]), row["effective_on"], row["business_on"])


async def undone_of(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Those of these that were undone. Only after the lock of their accounts."""
    return {row["credit_exchange_id"] for row in await tx.rows(UNDONE, ids=list(ids))}


def add(tx: Transaction, one: CreditExchange, credit: Credit, *, recorded_at: datetime) -> None:
    """The exchange, and what was taken as it then stands."""
    tx.insert(CreditExchangeRow, {
        "id": one.id, "leg_id": one.leg_id, "customer_id": one.customer_id, "payment_id": one.payment_id,
        "given_currency": one.given.currency, "given": one.given.minor, "taken_currency": one.taken.currency,
        "taken": one.taken.minor, "effective_on": one.effective_on, "business_on": one.business_on,
        "actor": tx.actor, "recorded_at": recorded_at})
    tx.insert(CreditRow, {
        "id": credit.id, "customer_id": credit.customer_id, "kind": credit.kind.value,
        "state": PaymentState.CONFIRMED.value, "method": None, "payer": None, "reference": None, "external_id": None,
        "currency": credit.amount.currency, "amount": credit.amount.minor, "unapplied": credit.unapplied.minor,
        "received_on": credit.business_on, "business_on": credit.business_on, "effective_on": credit.effective_on,
        "raised_on": credit.raised_on, "expires_on": None, "choice": None, "second_person": None, "unmatched": "[]",
        "kept_for": None, "origin": Origin.LIVE.value, "actor": tx.actor, "labels": "{}", "version": credit.version,
        "recorded_at": recorded_at})


def add_reversal(tx: Transaction, one: ExchangeReversal, *, reason: str, recorded_at: datetime) -> None:
    tx.insert(CreditExchangeReversalRow, {
        "id": one.id, "credit_exchange_id": one.exchange.id, "effective_on": one.effective_on, "reason": reason,
        "actor": tx.actor, "recorded_at": recorded_at})
    tx.change(CreditRow, {"id": one.exchange.id, "state": PaymentState.REVERSED.value})
