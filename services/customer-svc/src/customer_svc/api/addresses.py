"""Routes of addresses: where bills, goods or writs reach a customer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from customer_svc import usecases
from customer_svc.api.address_shapes import (
    CustomerAddressCreate,
    CustomerAddressList,
    CustomerAddressRead,
    CustomerAddressUpdate,
)
from customer_svc.api.customers import NOT_FOUND
from customer_svc.domain.address import Address
from customer_svc.store import addresses, customers
from dunlin_kernel.ids import AddressId, CustomerId
from dunlin_kit import versions
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Made, Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

PREFIX = "/customer/v1/customers/{customer_id}"
writes = APIRouter(prefix=PREFIX, route_class=WriteRoute, tags=["addresses"])
router = APIRouter(prefix=PREFIX, route_class=ReadRoute, tags=["addresses"])
one_writes = APIRouter(prefix=PREFIX + "/addresses/{address_id}", route_class=WriteRoute, tags=["addresses"])
one_router = APIRouter(prefix=PREFIX + "/addresses/{address_id}", route_class=ReadRoute, tags=["addresses"])
MAY_READ, MAY_WRITE = requires("contacts:read"), requires("contacts:write")
NO_ADDRESS = refuses("customer_not_found", "address_not_found", status=404)
CLOSED = refuses("customer_closed", status=409)


async def _at(customer_id: UUID, address_id: UUID) -> tuple[CustomerId, AddressId]:
    return CustomerId(customer_id), AddressId(address_id)


At = Annotated[tuple[CustomerId, AddressId], Depends(_at)]


@router.get("/addresses", dependencies=[MAY_READ], responses=NOT_FOUND)
async def list_addresses(customer_id: UUID, tx: Tx) -> CustomerAddressList:
    """All addresses of a customer, at most 50."""
    customer = await customers.get(tx, CustomerId(customer_id))
    held = await addresses.of_customer(tx, customer.id)
    return CustomerAddressList(data=[CustomerAddressRead.of(address) for address in held])


@one_router.get("", dependencies=[MAY_READ], responses=NO_ADDRESS)
async def get_address(at: At, tx: Tx, response: Tagged) -> CustomerAddressRead:
    """One address."""
    return _answer(await addresses.get(tx, *at), response)


@writes.post("/addresses", status_code=201, dependencies=[MAY_WRITE],
             responses=NOT_FOUND | refuses("customer_closed", "id_taken", status=409)
             | refuses("invalid_request", "bad_address", "too_many_addresses"))
async def add_address(
    customer_id: UUID, body: CustomerAddressCreate, tx: Tx, response: Made
) -> CustomerAddressRead:
    """Add a place at which the customer is reached."""
    address = await usecases.add_address(tx, body.to_address(CustomerId(customer_id)))
    response.headers["Location"] = f"/customer/v1/customers/{customer_id}/addresses/{address.id}"
    return _answer(address, response)


@one_writes.patch("", dependencies=[MAY_WRITE],
                  responses=NO_ADDRESS | versions.RESPONSES | CLOSED | refuses("invalid_request", "bad_address"))
async def change_address(
    at: At, body: CustomerAddressUpdate, seen: IfMatch, tx: Tx, response: Tagged
) -> CustomerAddressRead:
    """Change an address: what is left out stays, null clears."""
    return _answer(await usecases.change_address(tx, *at, seen=seen, change=body.to_change()), response)


@one_writes.delete("", status_code=204, dependencies=[MAY_WRITE],
                   responses=NO_ADDRESS | versions.RESPONSES | CLOSED | refuses("invalid_request"))
async def remove_address(at: At, seen: IfMatch, tx: Tx) -> None:
    """Remove an address; the history keeps that there was one."""
    await usecases.remove_address(tx, *at, seen=seen)


def _answer(address: Address, response: Response) -> CustomerAddressRead:
    set_etag(response, address.version)
    return CustomerAddressRead.of(address)
