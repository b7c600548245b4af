"""The list of items: what one customer owes, or who owes us what, item by item."""

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field

from billing_svc.api.owned import OwnerCode, names_of, narrowed
from billing_svc.api.shapes import Currency, ItemPartRead, ItemRead
from billing_svc.domain.instalments import Instalment
from billing_svc.domain.item import Item
from billing_svc.domain.pending_payment import pending_by_item
from billing_svc.store import (
    accounts,
    arrangements,
    customer_names,
    customers,
    document_lists,
    items,
    pending_payments,
)
from billing_svc.store.customer_names import Named
from billing_svc.store.document_lists import ItemSort
from dunlin_events.contracts.base import Amount
from dunlin_kernel.calendar import days_after
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money
from dunlin_kit import pages
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import StandingInFor, asked_for
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.tenants import present
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["invoices"])


class OwedItemRead(ItemRead):
    """An item and whose it is, how much of it would be paid by the customer's pending payments, and what of it is due
    when."""

    customer_number: str | None
    customer_name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    pending: Amount
    parts: list[ItemPartRead] = Field(description="By its arrangement, the next first; empty without one.")

    @classmethod
    def owed(cls, item: Item, who: Named, asked: Whose, pending: Money | None, parts: Iterable[Instalment]) -> Self:
        return cls(
            **dict(ItemRead.of(item)), **names_of(who), standing_in_for=asked.standing_in_for(who.owner_code),
            pending=Amount.of(pending or Money.zero(item.open.currency)),
            parts=[ItemPartRead(due_on=part.due_on, amount=Amount.of(part.amount)) for part in parts])


class ItemPage(Page[OwedItemRead]):
    """Items by due date, and the named customer's credit that is not applied, per currency, at the same moment; none
    where no customer is named."""

    unapplied: list[Amount]


async def _filters(
    customer_id: UUID | None = None,
    is_open: Annotated[bool | None, Query(alias="open", description=(
        "Whether anything is owed of it; of all customers, what is owed."))] = None,
    currency: Annotated[Currency | None, Query()] = None,
    due_from: Annotated[Day | None, Query(alias="due_on.gte")] = None,
    due_to: Annotated[Day | None, Query(alias="due_on.lte")] = None,
) -> dict[str, Any]:
    if customer_id is None and is_open is False:
        raise RuleBroken("customer_missing", "Settled items are listed of one customer: name it.")
    return pages.given({"customer_id": customer_id, "open": True if customer_id is None else is_open,
                        "currency": currency, "due_from": due_from, "due_to": due_to})


@router.get("/items", dependencies=[requires("items:read")],
            responses=pages.RESPONSES | refuses("customer_missing")
            | refuses("customer_not_known_yet", "tenant_not_known_yet", status=409))
async def list_items(
    tx: Tx, me: Me, response: Response, cursor: Paging, filters: Annotated[dict[str, Any], Depends(_filters)],
    overdue: Annotated[bool | None, Query(description="Whether its due date is over, as the ageing report counts.")]
    = None, owner: Owner = None, sort: ItemSort = ItemSort.DUE_ON, limit: Limit = pages.DEFAULT_LIMIT,
) -> ItemPage:
    """What a customer owes, or who owes us what: by due date. Beside a customer's, on the same snapshot, the credit
    that is not applied."""
    customer_id = filters.get("customer_id")
    await customers.assert_heard_of(tx, customer_id)
    asked = await asked_for(tx, me, owner)
    narrow = narrowed(filters, asked) if overdue is None else await _by_today(tx, narrowed(filters, asked), overdue)
    ids = await document_lists.page_of_items(tx, narrow, sort, cursor.after, limit)
    by_id = await items.by_id(tx, ids)
    names = await customer_names.of(tx, {item.customer_id for item in by_id.values()})
    pending, parts = await _pending(tx, by_id.values()), await arrangements.schedules_of(tx, by_id.values())
    page = cursor.page(
        response, [by_id[one] for one in ids], limit, lambda item: [item.due_on, item.id],
        lambda item: OwedItemRead.owed(
            item, names[item.customer_id], asked, pending.get(item.id), parts.get(item.id, ())))
    held = await accounts.of_customer(tx, customer_id) if customer_id else []
    return ItemPage(**page, unapplied=[Amount.of(account.unapplied) for account in held])


async def _by_today(tx: Tx, filters: dict[str, Any], overdue: bool) -> dict[str, Any]:
    """The same, of what was due before today, or of the rest."""
    today = (await present(tx)).today
    if overdue:
        last = days_after(today, -1)
        return filters | {"due_to": min(filters.get("due_to", last), last)}
    return filters | {"due_from": max(filters.get("due_from", today), today)}


async def _pending(tx: Tx, shown: Collection[Item]) -> Mapping[UUID, Money]:
    """What pending payments would pay of these items; they may mean others of their customers first."""
    meant = await pending_payments.announced_by(tx, {item.customer_id for item in shown})
    announced = {customer_id: some for customer_id, some in meant.items() if some}
    owed = await items.open_of(tx, announced)
    found: dict[UUID, Money] = {}
    for customer_id, some in announced.items():
        found |= pending_by_item(some, {item.id: item for item in owed.values() if item.customer_id == customer_id})
    return found
