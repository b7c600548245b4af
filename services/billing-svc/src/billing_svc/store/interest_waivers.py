"""Waivers of interest that wait for a second person, and what became of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.interest_waiver import InterestWaiverReason, InterestWaiverState, WaiverProposal
from billing_svc.store.interest_tables import InterestWaiverProposalRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t = InterestWaiverProposalRow.__table__.c
BY_ID = select(_t.id, _t.item_id, _t.customer_id, _t.currency, _t.amount, _t.reason, _t.state, _t.maker).where(
    _t.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))


async def by_id(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, WaiverProposal]:
    """Refuses: waiver_not_found."""
    found = {row["id"]: _proposal(row) for row in await tx.rows(BY_ID, ids=list(ids))}
    for waiver_id in ids:
        if waiver_id not in found:
            raise NotFound("waiver_not_found", "There is no such waiver.", waiver_id=waiver_id)
    return found


def add(tx: Transaction, one: WaiverProposal, *, recorded_at: datetime) -> None:
    tx.insert(InterestWaiverProposalRow, {
        "id": one.id, "item_id": one.item_id, "customer_id": one.customer_id, "currency": one.amount.currency,
        "amount": one.amount.minor, "reason": one.reason.value, "state": one.state.value, "maker": one.maker,
        "recorded_at": recorded_at})


def decide(tx: Transaction, one: WaiverProposal) -> None:
    tx.change(InterestWaiverProposalRow, {"id": one.id, "state": one.state.value})


def _proposal(row: Any) -> WaiverProposal:
    return WaiverProposal(
        row["id"], row["item_id"], row["customer_id"], Money(row["amount"], row["currency"]),
        InterestWaiverReason(row["reason"]), InterestWaiverState(row["state"]), row["maker"])
