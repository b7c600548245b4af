"""Customers are put into the archive, each with a number that nobody had before."""

from collections.abc import Sequence

from customer_svc.domain.customer import Customer
from customer_svc.domain.customer_number import floor_after, numbered
from customer_svc.domain.registration import Registration, must_be_free
from customer_svc.store import archive, customers
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def register_customers(tx: Transaction, registrations: Sequence[Registration]) -> list[Customer]:
    """The new entries, in the order asked. Refuses: tenant_not_known_yet, id_taken, number_taken, external_id_taken."""
    tenant = await present(tx)
    must_be_free(registrations, await customers.known(tx, registrations))
    given = [registration.number for registration in registrations]
    wanted, floor = given.count(None), floor_after(given)
    first = await customers.take_numbers(tx, wanted=wanted, floor=floor) if given else floor
    new = [
        Customer(r.id, number, r.status, r.particulars, version=1, registered_at=tenant.now)
        for r, number in zip(registrations, numbered(given, first), strict=True)
    ]
    archive.register(tx, new, at=tenant.now)
    return new
