"""The route of the limitation clocks: which claims can soon be enforced no more."""

from datetime import date
from typing import Self
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from dunlin_events.contracts.base import Amount
from dunlin_kit import pages
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import OwnerCode, StandingInFor
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.staff import Owner, Whose, whose
from dunlin_kit.tenants import present
from dunlin_kit.write_route import ReadRoute, Tx
from notify_svc.domain.limitation import InterruptionKind
from notify_svc.store import collection_policies, limitations
from notify_svc.store.limitations import Nearing

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["collections"])


class LimitationRead(BaseModel):
    """A claim and its clock: it can be enforced up to `expires_on`. `restarted_on` and `restarted_by` say what began
    the clock anew for the last time; null while it runs from the due date."""

    item_id: UUID
    item_number: str
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    claimed: Amount = Field(description="What is open, and what was written off of it and not recovered.")
    written_off: Amount
    due_on: date
    restarted_on: date | None
    restarted_by: InterruptionKind | None
    expires_on: date
    within_months: int = Field(description="It ends within 12, 6, 3 or 1 months; 0 when it has ended.")

    @classmethod
    def of(cls, one: Nearing, asked: Whose) -> Self:
        restarted = one.clock.restarted
        return cls(
            item_id=one.item_id, item_number=one.item_number, customer_id=one.customer_id, number=one.number,
            name=one.name, owner_code=one.owner_code, standing_in_for=asked.standing_in_for(one.owner_code),
            claimed=Amount.of(one.claim.claimed), written_off=Amount.of(one.claim.lost), due_on=one.claim.due_on,
            restarted_on=restarted.on if restarted else None, restarted_by=restarted.kind if restarted else None,
            expires_on=one.clock.expires_on, within_months=one.within_months)


class LimitationPage(Page[LimitationRead]):
    """Claims that are warned of, the next to end first."""

    on: date


@router.get("/limitations", dependencies=[requires("collections:read")], responses=pages.RESPONSES)
async def list_limitations(
    tx: Tx, me: Me, response: Response, cursor: Paging, customer_id: UUID | None = None, owner: Owner = None,
    limit: Limit = pages.DEFAULT_LIMIT,
) -> LimitationPage:
    """Claims that can be enforced for less than a year, or no more: each with its last day and what interrupted it."""
    tenant = await present(tx)
    months = (await collection_policies.in_force(tx, tenant.currency)).policy.limitation_months
    asked = await whose(tx, me.subject, owner, tenant.today)
    found = await limitations.nearing(tx, tenant, months=months, owners=asked.codes, customer_id=customer_id)
    if cursor.after is not None:
        after = (date.fromisoformat(cursor.after[0]), UUID(cursor.after[1]))
        found = [one for one in found if one.key > after]
    page = cursor.page(response, found[: limit + 1], limit, lambda one: list(one.key),
                       lambda one: LimitationRead.of(one, asked))
    return LimitationPage(**page, on=tenant.today)
