"""Routes that read the archive: one customer, lists, the search by any part of a name, the history."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from customer_svc.api.customer_shapes import CustomerChangePage, CustomerChangeRead, CustomerPage, CustomerRead
from customer_svc.api.customers import NOT_FOUND
from customer_svc.domain.customer import MAX_CODE, CustomerStatus
from customer_svc.domain.customer_number import MAX_NUMBER
from customer_svc.domain.labels import MAX_KEY, MAX_TAG, MAX_VALUE
from customer_svc.domain.name_search import MAX_QUERY
from customer_svc.store import customer_lists, customers, history
from customer_svc.store.customer_lists import CustomerSort
from dunlin_kernel.ids import CustomerId
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Tagged
from dunlin_kit.versions import set_etag
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/customer/v1", route_class=ReadRoute, tags=["customers"])
MAY_READ = requires("customers:read")
PRINTABLE = r"^[^\x00-\x1f]+$"
CodeFilter = Annotated[str | None, Field(max_length=MAX_CODE, pattern=PRINTABLE)]


class CustomerListing(BaseModel):
    """The exact values a list is narrowed to, and its order."""

    status: CustomerStatus | None = None
    region: CodeFilter = None
    industry: CodeFilter = None
    external_id: CodeFilter = None
    number: Annotated[str | None, Field(max_length=MAX_NUMBER, pattern=PRINTABLE)] = None
    source: CodeFilter = None
    group_id: UUID | None = None
    owner_id: UUID | None = None
    tag: Annotated[str | None, Field(max_length=MAX_TAG, pattern=PRINTABLE)] = None
    metadata: Annotated[
        str | None, Field(max_length=MAX_KEY + MAX_VALUE + 1, pattern=r"^[^\x00-\x1f:]+:[^\x00-\x1f]+$",
                          description="An own field with exactly this text, as `key:text`.")] = None
    in_class: Annotated[
        str | None, Field(max_length=64, pattern=r"^[a-z_]+:[A-Za-z_]+$",
                          description="A class of one dimension, as `dimension:class`.", examples=["abc:A"])] = None
    sort: CustomerSort = CustomerSort.NUMBER


async def _listing(query: Annotated[CustomerListing, Query()]) -> CustomerListing:
    return query


Listing = Annotated[CustomerListing, Depends(_listing)]


@router.get("/customers", dependencies=[MAY_READ], responses=pages.RESPONSES)
async def list_customers(
    tx: Tx, response: Response, cursor: Paging, query: Listing, limit: Limit = pages.DEFAULT_LIMIT
) -> CustomerPage:
    """Customers with exactly these values, in this order."""
    filters = query.model_dump(mode="json", exclude_none=True, exclude={"sort"})
    found = await customer_lists.page(tx, filters, query.sort, cursor.after, limit)
    return CustomerPage(**cursor.page(
        response, found, limit, lambda customer: customer_lists.key_of(customer, query.sort), CustomerRead.of))


@router.get("/customers:search", dependencies=[MAY_READ],
            responses=pages.RESPONSES | refuses("empty_query", "query_too_long", "cursor_invalid"))
async def search_customers(
    tx: Tx, response: Response, cursor: Paging, q: Annotated[str, Query(max_length=MAX_QUERY, pattern=PRINTABLE)],
    limit: Limit = pages.DEFAULT_LIMIT,
) -> CustomerPage:
    """Customers with `q` anywhere in their name, Chinese or Latin, whatever its case, width or accent; by number.

    For one that was merged into another the other one is given.
    """
    found = await customer_lists.search(tx, q, cursor.after, limit)
    page = cursor.page(response, found, limit, lambda customer: [customer.number])
    standing = await customers.standing_for(tx, page["data"])
    return CustomerPage(**page | {"data": [CustomerRead.of(customer) for customer in standing]})


@router.get("/customer-numbers/{number}", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_customer_by_number(
    number: Annotated[str, Path(max_length=MAX_CODE, pattern=PRINTABLE)], tx: Tx, response: Tagged
) -> CustomerRead:
    """Who goes on under a number: the customer it was given to, or the one that it was merged into."""
    customer = await customers.of_number(tx, number)
    set_etag(response, customer.version)
    return CustomerRead.of(customer)


@router.get("/customers/{customer_id}", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_customer(customer_id: UUID, tx: Tx, response: Tagged) -> CustomerRead:
    """One customer."""
    customer = await customers.get(tx, CustomerId(customer_id))
    set_etag(response, customer.version)
    return CustomerRead.of(customer)


@router.get("/customers/{customer_id}/history", dependencies=[requires("customers:read", "contacts:read")],
            responses=pages.RESPONSES | NOT_FOUND)
async def list_customer_changes(
    customer_id: UUID, tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT
) -> CustomerChangePage:
    """Who changed what when, the newest first; contacts' fields are among them."""
    customer = await customers.get(tx, CustomerId(customer_id))
    found = await history.page(tx, customer.id, cursor.after, limit)
    return CustomerChangePage(**cursor.page(response, found, limit, lambda change: [change.id], CustomerChangeRead.of))
