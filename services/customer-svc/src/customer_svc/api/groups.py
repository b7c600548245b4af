"""Routes of groups: made, changed, listed; and which group a customer belongs to."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from customer_svc import usecases
from customer_svc.api.customer_shapes import CustomerRead
from customer_svc.api.group_shapes import (
    CustomerGroupCreate,
    CustomerGroupPage,
    CustomerGroupRead,
    CustomerGroupUpdate,
    CustomerMembershipUpdate,
)
from customer_svc.store import groups
from dunlin_kernel.ids import CustomerId, GroupId
from dunlin_kit import pages, versions
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Made, Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/customer/v1", route_class=WriteRoute, tags=["groups"])
router = APIRouter(prefix="/customer/v1", route_class=ReadRoute, tags=["groups"])
MAY_READ, MAY_WRITE = requires("customers:read"), requires("customers:write")
NO_GROUP = refuses("group_not_found", status=404)


@router.get("/groups", dependencies=[MAY_READ], responses=pages.RESPONSES)
async def list_groups(
    tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT
) -> CustomerGroupPage:
    """Groups by number; members are found by `group_id` of the list of customers."""
    found = await groups.page(tx, cursor.after, limit)
    return CustomerGroupPage(
        **cursor.page(response, found, limit, lambda group: [group.number], CustomerGroupRead.of))


@router.get("/groups/{group_id}", dependencies=[MAY_READ], responses=NO_GROUP)
async def get_group(group_id: UUID, tx: Tx, response: Tagged) -> CustomerGroupRead:
    """One group."""
    group = await groups.get(tx, GroupId(group_id))
    set_etag(response, group.version)
    return CustomerGroupRead.of(group)


@writes.post("/groups", status_code=201, dependencies=[MAY_WRITE],
             responses=refuses("id_taken", "group_number_taken", status=409)
             | refuses("invalid_request", "bad_customer_number", "bad_name", "unknown_currency"))
async def create_group(body: CustomerGroupCreate, tx: Tx, response: Made) -> CustomerGroupRead:
    """Make a group of customers that belong together."""
    group = await usecases.create_group(tx, body.to_group())
    response.headers["Location"] = f"/customer/v1/groups/{group.id}"
    set_etag(response, group.version)
    return CustomerGroupRead.of(group)


@writes.patch("/groups/{group_id}", dependencies=[MAY_WRITE],
              responses=NO_GROUP | versions.RESPONSES | refuses("invalid_request", "bad_name", "unknown_currency"))
async def change_group(
    group_id: UUID, body: CustomerGroupUpdate, seen: IfMatch, tx: Tx, response: Tagged
) -> CustomerGroupRead:
    """Change name, currency or set-off of a group: what is left out stays."""
    group = await usecases.change_group(tx, GroupId(group_id), seen=seen, change=body.to_change())
    set_etag(response, group.version)
    return CustomerGroupRead.of(group)


@writes.put("/customers/{customer_id}/group", dependencies=[MAY_WRITE],
            responses=refuses("customer_not_found", "group_not_found", status=404) | versions.RESPONSES
            | refuses("customer_closed", status=409) | refuses("invalid_request"))
async def change_customer_group(
    customer_id: UUID, body: CustomerMembershipUpdate, seen: IfMatch, tx: Tx, response: Tagged
) -> CustomerRead:
    """Put a customer into a group, or (null) into none: it is never in two."""
    group_id = GroupId(body.group_id) if body.group_id else None
    customer = await usecases.change_customer_group(tx, CustomerId(customer_id), seen=seen, group_id=group_id)
    set_etag(response, customer.version)
    return CustomerRead.of(customer)
