"""The route of Monday's question: what went wrong?"""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from dunlin_events.contracts.base import Amount
from dunlin_kernel.calendar import days_after
from dunlin_kernel.clock import start_of_day
from dunlin_kit import pages
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import StandingInFor
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose, whose
from dunlin_kit.tenants import present
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx
from notify_svc.domain.trouble import Trouble, TroubleKind
from notify_svc.store import troubles
from notify_svc.store.troubles import Asked

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["collections"])
DAYS_BACK = 7


class TroubleRead(BaseModel):
    """Something that went wrong on a day. `ref_id` is the payment, promise, message or notice; `amount` what went back
    or came, or what was promised; `customer_id` null for a notice to a member of staff."""

    kind: TroubleKind
    on: date
    ref_id: UUID
    customer_id: UUID | None
    number: str | None
    name: str | None
    owner_code: str | None = Field(description="Who answers for the customer.")
    standing_in_for: str | None = StandingInFor
    amount: Amount | None
    reason: str | None

    @classmethod
    def of(cls, one: Trouble, asked: Whose) -> Self:
        own = {name: getattr(one, name) for name in cls.model_fields if name != "standing_in_for"}
        return cls(**own | {"amount": Amount.of(one.amount) if one.amount else None},
                   standing_in_for=asked.standing_in_for(one.owner_code))


class TroublePage(Page[TroubleRead]):
    """What went wrong, newest first."""

    since: date


@router.get("/troubles", dependencies=[requires("collections:read")],
            responses=pages.RESPONSES | refuses("tenant_not_known_yet", status=409))
async def list_troubles(
    tx: Tx, me: Me, response: Response, cursor: Paging,
    since: Annotated[Day | None, Query(description="From this day on; the last week when left out.")] = None,
    kind: TroubleKind | None = None, owner: Owner = None, limit: Limit = pages.DEFAULT_LIMIT,
) -> TroublePage:
    """What went wrong: payments that went back or whose references name nothing, broken promises, messages that
    bounced, failed, or may have left."""
    tenant = await present(tx)
    first = since or days_after(tenant.today, -DAYS_BACK)
    of = await whose(tx, me.subject, owner, tenant.today)
    asked = Asked(first, start_of_day(tenant.zone, first), tenant.zone, of.codes, kind)
    after = (date.fromisoformat(cursor.after[0]), cursor.after[1], UUID(cursor.after[2])) if cursor.after else None
    found = await troubles.listed(tx, asked, after, limit=limit + 1)
    page = cursor.page(response, found, limit, lambda one: [one.on, one.kind.value, one.ref_id],
                       lambda one: TroubleRead.of(one, of))
    return TroublePage(**page, since=first)
