"""The route of Monday's question: what came in, and what is not applied?"""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.domain.credit import CreditKind
from billing_svc.domain.payment import PaymentState
from billing_svc.store import receipts
from billing_svc.store.receipts import Receipt, Received
from dunlin_events.contracts.base import Amount
from dunlin_kernel.calendar import days_after
from dunlin_kit import pages
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import StandingInFor
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose, whose
from dunlin_kit.tenants import present
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["payments"])
DAYS_BACK = 7


class ReceiptRead(BaseModel):
    """A payment that came in, or any credit of which something is not applied; `unmatched` are references of its payer
    that named nothing open."""

    id: UUID
    kind: CreditKind
    state: PaymentState
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = Field(description="Who answers for the customer.")
    standing_in_for: str | None = StandingInFor
    amount: Amount
    unapplied: Amount
    received_on: date
    method: str | None
    payer: str | None
    reference: str | None
    unmatched: list[str]
    reversed_on: date | None

    @classmethod
    def of(cls, one: Receipt, asked: Whose) -> Self:
        own = {name: getattr(one, name) for name in cls.model_fields if name != "standing_in_for"}
        return cls(**own | {"amount": Amount.of(one.amount), "unapplied": Amount.of(one.unapplied),
                            "unmatched": list(one.unmatched),
                            "standing_in_for": asked.standing_in_for(one.owner_code)})


class ReceivedRead(BaseModel):
    """In one currency: confirmed payments since the day, and all that is not applied."""

    came_in: Amount
    unapplied: Amount

    @classmethod
    def of(cls, one: Received) -> Self:
        return cls(came_in=Amount.of(one.came_in), unapplied=Amount.of(one.unapplied))


class ReceiptPage(Page[ReceiptRead]):
    """What came in since a day and what is not applied, newest first; `totals` are of all pages."""

    since: date
    totals: list[ReceivedRead]


@router.get("/receipts", dependencies=[requires("payments:read")],
            responses=pages.RESPONSES | refuses("tenant_not_known_yet", status=409))
async def list_receipts(
    tx: Tx, me: Me, response: Response, cursor: Paging,
    since: Annotated[Day | None, Query(description="Received from this day on; the last week when left out.")] = None,
    unapplied: Annotated[bool, Query(description="Only what is not applied in full.")] = False,
    owner: Owner = None, limit: Limit = pages.DEFAULT_LIMIT,
) -> ReceiptPage:
    """What came in and what is unapplied: payments since a day, and older credits of which something is left."""
    tenant = await present(tx)
    first = since or days_after(tenant.today, -DAYS_BACK)
    asked = await whose(tx, me.subject, owner, tenant.today)
    filters: dict[str, Any] = ({"unapplied": True} if unapplied else {}) | (
        {"owners": list(asked.codes)} if asked.codes else {})
    after = {"after": (date.fromisoformat(cursor.after[0]), UUID(cursor.after[1]))} if cursor.after else {}
    found = await receipts.listed(tx, first, filters | after, limit)
    sums = await receipts.totals(tx, first, filters)
    page = cursor.page(response, found, limit, lambda one: [one.received_on, one.id],
                       lambda one: ReceiptRead.of(one, asked))
    return ReceiptPage(**page, since=first, totals=[ReceivedRead.of(sums[code]) for code in sorted(sums)])
