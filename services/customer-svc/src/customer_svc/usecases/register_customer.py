"""One customer is put into the archive: a list of one."""

from customer_svc.domain.customer import Customer
from customer_svc.domain.registration import Registration
from customer_svc.usecases.register_customers import register_customers
from dunlin_kit.transaction import Transaction


async def register_customer(tx: Transaction, registration: Registration) -> Customer:
    """The new entry. Refuses: tenant_not_known_yet, id_taken, number_taken, external_id_taken."""
    [customer] = await register_customers(tx, [registration])
    return customer
