"""The look at billing-svc: what customers owe right now, what credit is not applied, and statements as documents."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ValidationError

from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import DomainError
from dunlin_kit.outbound import LookFailed, Outbound
from notify_svc.domain.look import AccountLook, DuePart, LookedItem

PATH = "/billing/v1/items:owing"
MOST = 100


class _Part(BaseModel):
    """What of an item is due when, by an arrangement."""

    due_on: date
    amount: Amount


class _Item(BaseModel):
    """What is read of an item; `pending` is money announced for it that is not confirmed."""

    id: UUID
    due_on: date
    open: Amount
    disputed: Amount
    pending: Amount
    parts: list[_Part]


class _Owing(BaseModel):
    """A customer's open items; `known` is false where billing-svc has not heard of the customer yet."""

    customer_id: UUID
    known: bool
    items: list[_Item]
    unapplied: list[Amount]


class _OwingList(BaseModel):
    """What the first of the customers asked for owe."""

    data: list[_Owing]


async def look_at_accounts(
    billing: Outbound, tenant: UUID, customer_ids: Collection[UUID],
) -> dict[UUID, AccountLook]:
    """All open items and the unapplied credit of these customers right now, without those not known there.

    Refuses: LookFailed, also for half an answer.
    """
    found: dict[UUID, AccountLook] = {}
    left = list(customer_ids)
    while left:
        told = _told(await billing.get(PATH, tenant=tenant, params={"customer_id": [str(one) for one in left[:MOST]]}))
        answered = {one.customer_id for one in told}
        if not answered & set(left):
            raise LookFailed("did not answer what was asked")
        found |= {one.customer_id: _look(one) for one in told if one.known}
        left = [one for one in left if one not in answered]
    return found


async def statement_document(billing: Outbound, tenant: UUID, statement_id: UUID) -> bytes | None:
    """A statement as a PDF; None where none can be made of it. Refuses: LookFailed."""
    return await billing.get_file(f"/billing/v1/statements/{statement_id}/document", tenant=tenant)


def _told(answer: object) -> list[_Owing]:
    try:
        return _OwingList.model_validate(answer).data
    except ValidationError as failed:
        raise LookFailed("answered in another form") from failed


def _look(one: _Owing) -> AccountLook:
    try:
        items = tuple(
            LookedItem(item.id, item.due_on, item.open.money, item.disputed.money, item.pending.money,
                       tuple(DuePart(part.due_on, part.amount.money) for part in item.parts))
            for item in one.items)
        return AccountLook(items, {amount.currency: amount.money for amount in one.unapplied})
    except DomainError as failed:
        raise LookFailed("answered in another form") from failed
