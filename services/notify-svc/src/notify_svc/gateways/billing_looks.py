"""The look at billing-svc: what a customer owes at this moment, and what credit it has that is not applied."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ValidationError

from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money
from dunlin_kit.outbound import LookFailed, Outbound
from notify_svc.domain.look import AccountLook, LookedItem

PATH = "/billing/v1/items"
PAGE = 200
MAX_PAGES = 50


class _Item(BaseModel):
    """What is read of an item; `pending` is money announced for it that is not confirmed."""

    id: UUID
    due_on: date
    open: Amount
    disputed: Amount
    pending: Amount | None = None
    arranged_on: date | None = None


class _Page(BaseModel):
    """A page of open items; `unapplied` is the customer's credit in each currency."""

    data: list[_Item]
    unapplied: list[Amount]
    next_cursor: str | None


async def look_at_account(billing: Outbound, tenant: UUID, customer_id: UUID) -> AccountLook:
    """All open items and the unapplied credit of a customer right now. Refuses: LookFailed, also for half an answer."""
    asked = {"customer_id": str(customer_id), "open": "true", "limit": str(PAGE)}
    items: list[LookedItem] = []
    unapplied: dict[str, Money] = {}
    cursor: dict[str, str] = {}
    for _ in range(MAX_PAGES):
        page = _page(await billing.get(PATH, tenant=tenant, params=asked | cursor))
        items += page[0]
        unapplied = unapplied or page[1]
        if page[2] is None:
            return AccountLook(tuple(items), unapplied)
        cursor = {"cursor": page[2]}
    raise LookFailed("more open items than a look takes")


def _page(answer: object) -> tuple[list[LookedItem], dict[str, Money], str | None]:
    try:
        page = _Page.model_validate(answer)
        items = [
            LookedItem(one.id, one.due_on, one.open.money, one.disputed.money,
                       one.pending.money if one.pending else Money.zero(one.open.currency), one.arranged_on)
            for one in page.data
        ]
        return items, {one.currency: one.money for one in page.unapplied}, page.next_cursor
    except (ValidationError, DomainError) as failed:
        raise LookFailed("answered in another form") from failed
