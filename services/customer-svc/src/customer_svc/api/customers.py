"""Routes that put customers into the archive and change them."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from customer_svc import usecases
from customer_svc.api.customer_shapes import (
    CustomerAlikeRead,
    CustomerCreate,
    CustomerMerge,
    CustomerRead,
    CustomerRegisteredRead,
    CustomerUpdate,
)
from customer_svc.api.terms_shapes import CustomerTermsUpdate
from customer_svc.domain.customer import Customer
from dunlin_kernel.ids import CustomerId
from dunlin_kit import versions
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Made, Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import Tx, WriteRoute

writes = APIRouter(prefix="/customer/v1", route_class=WriteRoute, tags=["customers"])
MAY_WRITE = requires("customers:write")
NOT_FOUND = refuses("customer_not_found", status=404)
TAKEN = refuses("id_taken", "number_taken", "external_id_taken", status=409)
BAD_PARTICULARS = ("invalid_request", "bad_name", "bad_code", "bad_tag", "bad_metadata")
BAD_TERMS = ("bad_terms", "bad_instalments", "bad_discount", "bad_prepayment", "bad_cash_terms")


@writes.post("/customers", status_code=201, dependencies=[MAY_WRITE],
             responses=TAKEN | refuses(*BAD_PARTICULARS, *BAD_TERMS, "bad_customer_number"))
async def register_customer(body: CustomerCreate, tx: Tx, response: Made) -> CustomerRegisteredRead:
    """Register a customer, as prospect. Its number is never given to another. Who may be the same is named."""
    customer, alike = await usecases.register_customer(tx, body.to_registration())
    response.headers["Location"] = f"/customer/v1/customers/{customer.id}"
    return CustomerRegisteredRead(**dict(_answer(customer, response)), alike=[CustomerAlikeRead.of(o) for o in alike])


@writes.patch("/customers/{customer_id}", dependencies=[MAY_WRITE],
              responses=NOT_FOUND | versions.RESPONSES | refuses(*BAD_PARTICULARS)
              | refuses("customer_closed", "external_id_taken", status=409))
async def change_customer(
    customer_id: UUID, body: CustomerUpdate, seen: IfMatch, tx: Tx, response: Tagged
) -> CustomerRead:
    """Change particulars: what is left out stays, null clears."""
    change = body.to_change()
    return _answer(await usecases.change_customer(tx, CustomerId(customer_id), seen=seen, change=change), response)


@writes.put("/customers/{customer_id}/terms", dependencies=[MAY_WRITE],
            responses=NOT_FOUND | versions.RESPONSES | refuses("invalid_request", *BAD_TERMS)
            | refuses("customer_closed", status=409))
async def change_terms(
    customer_id: UUID, body: CustomerTermsUpdate, seen: IfMatch, tx: Tx, response: Tagged
) -> CustomerRead:
    """Put the customer on these terms of trade, for invoices issued from now on."""
    terms = body.to_terms()
    return _answer(await usecases.change_terms(tx, CustomerId(customer_id), seen=seen, terms=terms), response)


@writes.post("/customers/{customer_id}:activate", dependencies=[MAY_WRITE],
             responses=NOT_FOUND | refuses("illegal_transition", status=409) | refuses("invalid_request"))
async def activate_customer(customer_id: UUID, tx: Tx, response: Tagged) -> CustomerRead:
    """The customer may be sold to: a prospect for the first time, a suspended one again."""
    return _answer(await usecases.activate_customer(tx, CustomerId(customer_id)), response)


@writes.post("/customers/{customer_id}:suspend", dependencies=[MAY_WRITE],
             responses=NOT_FOUND | refuses("illegal_transition", status=409) | refuses("invalid_request"))
async def suspend_customer(customer_id: UUID, tx: Tx, response: Tagged) -> CustomerRead:
    """The customer may not be sold to until activated again; what is owed stays owed."""
    return _answer(await usecases.suspend_customer(tx, CustomerId(customer_id)), response)


@writes.post("/customers/{customer_id}:close", dependencies=[MAY_WRITE],
             responses=NOT_FOUND | refuses("invalid_request")
             | refuses("illegal_transition", "customer_closed", "customer_owes", "customer_has_credit",
                       "customer_has_deliveries", "customer_has_orders",
                       "customer_has_pending_payment", status=409))
async def close_customer(customer_id: UUID, tx: Tx, response: Tagged) -> CustomerRead:
    """End the relationship for good, where nothing is owed either way by what was heard so far (see `min_position`)."""
    return _answer(await usecases.close_customer(tx, CustomerId(customer_id)), response)


@writes.post("/customers/{customer_id}:merge", dependencies=[MAY_WRITE],
             responses=NOT_FOUND | refuses("customer_closed", "merge_into_closed", status=409)
             | refuses("invalid_request", "merge_with_itself", "merge_of_kinds", "too_many_contacts",
                       "too_many_addresses"))
async def merge_customer(customer_id: UUID, body: CustomerMerge, tx: Tx, response: Tagged) -> CustomerRead:
    """Close this entry and go on with the other one, which is answered: both were one customer.

    Contacts and addresses go over; what is owed moves by facts of billing-svc; the old number points on.
    """
    return _answer(await usecases.merge_customer(tx, CustomerId(customer_id), CustomerId(body.into_id)), response)


def _answer(customer: Customer, response: Response) -> CustomerRead:
    set_etag(response, customer.version)
    return CustomerRead.of(customer)
