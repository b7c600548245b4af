"""One customer is put into the archive, and those that may be the same one are named."""

from collections.abc import Sequence

from customer_svc.domain.customer import Customer
from customer_svc.domain.likeness import Alike, alike
from customer_svc.domain.registration import Registration
from customer_svc.store import alike_customers
from customer_svc.usecases.register_customers import register_customers
from dunlin_kit.transaction import Transaction

MOST_ALIKE = 20


async def register_customer(tx: Transaction, registration: Registration) -> tuple[Customer, Sequence[Alike]]:
    """The new entry, and up to 20 open ones with its name or tax id: a warning, nothing is refused for it.

    Refuses: tenant_not_known_yet, id_taken, number_taken, external_id_taken.
    """
    [customer] = await register_customers(tx, [registration])
    others = await alike_customers.some(tx, [customer], MOST_ALIKE)
    return customer, alike([customer], others).get(customer.id, ())
