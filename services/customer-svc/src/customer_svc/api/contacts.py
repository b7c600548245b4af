"""Routes of contacts, and whom to write to for a purpose."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from customer_svc import usecases
from customer_svc.api.contact_shapes import (
    AddressingList,
    AddressingRead,
    ContactConsentUpdate,
    ContactCreate,
    ContactList,
    ContactRead,
    ContactUpdate,
)
from customer_svc.api.customers import NOT_FOUND
from customer_svc.domain.contact import Channel, Contact, ContactPurpose
from customer_svc.store import contacts, customers
from dunlin_kernel.ids import ContactId, CustomerId
from dunlin_kit import versions
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Made, Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

PREFIX = "/customer/v1/customers/{customer_id}"
writes = APIRouter(prefix=PREFIX, route_class=WriteRoute, tags=["contacts"])
router = APIRouter(prefix=PREFIX, route_class=ReadRoute, tags=["contacts"])
one_writes = APIRouter(prefix=PREFIX + "/contacts/{contact_id}", route_class=WriteRoute, tags=["contacts"])
one_router = APIRouter(prefix=PREFIX + "/contacts/{contact_id}", route_class=ReadRoute, tags=["contacts"])
all_router = APIRouter(prefix="/customer/v1", route_class=ReadRoute, tags=["contacts"])
MOST_CUSTOMERS = 100
MAY_READ, MAY_WRITE = requires("contacts:read"), requires("contacts:write")
NO_CONTACT = refuses("customer_not_found", "contact_not_found", status=404)
BAD = ("invalid_request", "bad_contact_name", "bad_role", "bad_email", "bad_phone", "unknown_zone")


async def _at(customer_id: UUID, contact_id: UUID) -> tuple[CustomerId, ContactId]:
    return CustomerId(customer_id), ContactId(contact_id)


At = Annotated[tuple[CustomerId, ContactId], Depends(_at)]


@router.get("/contacts", dependencies=[MAY_READ], responses=NOT_FOUND)
async def list_contacts(customer_id: UUID, tx: Tx) -> ContactList:
    """All contacts of a customer, at most 100."""
    customer = await customers.get(tx, CustomerId(customer_id))
    return ContactList(data=[ContactRead.of(contact) for contact in await contacts.of_customer(tx, customer.id)])


@one_router.get("", dependencies=[MAY_READ], responses=NO_CONTACT)
async def get_contact(at: At, tx: Tx, response: Tagged) -> ContactRead:
    """One contact."""
    return _answer(await contacts.get(tx, *at), response)


@writes.post("/contacts", status_code=201, dependencies=[MAY_WRITE],
             responses=NOT_FOUND | refuses("customer_closed", "id_taken", status=409)
             | refuses(*BAD, "too_many_contacts"))
async def add_contact(customer_id: UUID, body: ContactCreate, tx: Tx, response: Made) -> ContactRead:
    """Add a person through whom the customer is reached."""
    contact = await usecases.add_contact(tx, body.to_contact(CustomerId(customer_id)))
    response.headers["Location"] = f"/customer/v1/customers/{customer_id}/contacts/{contact.id}"
    return _answer(contact, response)


@one_writes.patch("", dependencies=[MAY_WRITE],
                  responses=NO_CONTACT | versions.RESPONSES | refuses("customer_closed", status=409) | refuses(*BAD))
async def change_contact(at: At, body: ContactUpdate, seen: IfMatch, tx: Tx, response: Tagged) -> ContactRead:
    """Change a contact: what is left out stays, null clears."""
    return _answer(await usecases.change_contact(tx, *at, seen=seen, change=body.to_change()), response)


@one_writes.delete("", status_code=204, dependencies=[MAY_WRITE],
                   responses=NO_CONTACT | versions.RESPONSES | refuses("customer_closed", status=409)
                   | refuses("invalid_request"))
async def remove_contact(at: At, seen: IfMatch, tx: Tx) -> None:
    """Remove a contact; the history keeps that there was one."""
    await usecases.remove_contact(tx, *at, seen=seen)


@one_writes.post("/consents", dependencies=[MAY_WRITE], responses=NO_CONTACT | refuses("invalid_request"))
async def change_consent(at: At, body: ContactConsentUpdate, tx: Tx, response: Tagged) -> ContactRead:
    """What a person decided about being reached; it holds at once, and the history keeps it."""
    return _answer(await usecases.change_consent(tx, *at, body.to_decision()), response)


@router.get("/addressing", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_addressing(
    customer_id: UUID, tx: Tx, purpose: Annotated[ContactPurpose, Query(description="What the message is for.")],
    channel: Annotated[Channel, Query(description="How it would go.")] = Channel.EMAIL,
) -> AddressingRead:
    """Whom to reach for a purpose on a channel, right now: asked before each message is sent."""
    return AddressingRead.of(await usecases.get_addressing(tx, CustomerId(customer_id), purpose, channel))


@all_router.get("/customers:addressing", dependencies=[MAY_READ])
async def list_addressings(
    tx: Tx, purpose: Annotated[ContactPurpose, Query(description="What the messages are for.")],
    customer_ids: Annotated[list[UUID], Query(alias="customer_id", min_length=1, max_length=MOST_CUSTOMERS)],
    channel: Annotated[Channel, Query(description="How they would go.")] = Channel.EMAIL,
) -> AddressingList:
    """Whom to reach of these customers, right now: asked before messages are sent to many."""
    ids = [CustomerId(one) for one in customer_ids]
    return AddressingList(data=[
        AddressingRead.of(one) for one in await usecases.list_addressings(tx, ids, purpose, channel)])


def _answer(contact: Contact, response: Response) -> ContactRead:
    set_etag(response, contact.version)
    return ContactRead.of(contact)
