"""Routes of the log of interactions: written down, read, and what is to be followed up."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from customer_svc import usecases
from customer_svc.api.customers import NOT_FOUND
from customer_svc.api.interaction_shapes import (
    FollowUpPage,
    FollowUpRead,
    InteractionCreate,
    InteractionPage,
    InteractionRead,
)
from customer_svc.domain.staff import answered_for
from customer_svc.store import customers, interactions, staff
from dunlin_kernel.ids import CustomerId, StaffId
from dunlin_kit import pages
from dunlin_kit.auth import Me, requires
from dunlin_kit.pages import Limit, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner
from dunlin_kit.tenants import present
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/customer/v1", route_class=WriteRoute, tags=["interactions"])
router = APIRouter(prefix="/customer/v1", route_class=ReadRoute, tags=["interactions"])
MAY_READ, MAY_WRITE = requires("contacts:read"), requires("contacts:write")


@writes.post("/customers/{customer_id}/interactions", status_code=201, dependencies=[MAY_WRITE],
             responses=refuses("customer_not_found", "contact_not_found", status=404)
             | refuses("id_taken", status=409)
             | refuses("invalid_request", "bad_interaction", "interaction_in_the_future"))
async def record_interaction(customer_id: UUID, body: InteractionCreate, tx: Tx) -> InteractionRead:
    """Write down a call, mail, chat or visit with its outcome; an entry is never changed."""
    return InteractionRead.of(
        await usecases.record_interaction(tx, body.to_interaction(CustomerId(customer_id))))


@router.get("/customers/{customer_id}/interactions", dependencies=[MAY_READ], responses=pages.RESPONSES | NOT_FOUND)
async def list_interactions(
    customer_id: UUID, tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT
) -> InteractionPage:
    """The log of a customer, the newest entry first."""
    customer = await customers.get(tx, CustomerId(customer_id))
    found = await interactions.page(tx, customer.id, cursor.after, limit)
    return InteractionPage(**cursor.page(
        response, found, limit, lambda one: [one.interaction.happened_at, one.interaction.id], InteractionRead.of))


@router.get("/follow-ups", dependencies=[MAY_READ],
            responses=pages.RESPONSES)
async def list_follow_ups(
    tx: Tx, me: Me, response: Response, cursor: Paging,
    owner_id: Annotated[UUID | None, Query(description="Only customers of this member of staff.")] = None,
    owner: Owner = None, limit: Limit = pages.DEFAULT_LIMIT,
) -> FollowUpPage:
    """Whom to call or visit again by today: the last entry of each of these customers said so."""
    today = (await present(tx)).today
    asker = me.subject if owner == "me" else None
    owners: Sequence[StaffId] | None = None if owner_id is None else [StaffId(owner_id)]
    if owner is not None:
        own: Sequence[StaffId] = await staff.with_code(tx, owner) if asker is None else answered_for(
            asker, await staff.everybody(tx), await staff.away_on(tx, today), today)
        owners = own if owners is None else [one for one in owners if one in own]
    found = await interactions.follow_ups(tx, today, owners, cursor.after, limit)
    return FollowUpPage(**cursor.page(
        response, found, limit, lambda due: [due.follow_up_on, due.id],
        lambda due: FollowUpRead.of(due, asker)))
