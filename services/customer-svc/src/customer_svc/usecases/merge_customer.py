"""Two entries were one customer: one is closed and points on, its contacts and addresses go over to the other."""

from customer_svc.domain.address import MAX_ADDRESSES
from customer_svc.domain.contact import MAX_CONTACTS
from customer_svc.domain.customer import Customer
from customer_svc.domain.merging import merged
from customer_svc.store import addresses, archive, contacts, customers, facts, moving
from dunlin_events.contracts.customer import CustomerClosed
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def merge_customer(tx: Transaction, source_id: CustomerId, into_id: CustomerId) -> Customer:
    """The entry that goes on. What is owed moves by facts of billing-svc, which hears of this.

    Refuses: customer_not_found, merge_with_itself, merge_of_kinds, customer_closed, merge_into_closed,
    too_many_contacts, too_many_addresses.
    """
    tenant = await present(tx)
    both = {one: await customers.lock(tx, one) for one in sorted({source_id, into_id})}
    source, into = both[source_id], both[into_id]
    after = merged(source, into)
    archive.keep_with(
        tx, source, after, facts.profile(CustomerClosed, after), *facts.customers_merged(source, into), at=tenant.now)
    people, others = await contacts.of_customer(tx, source_id), await contacts.of_customer(tx, into_id)
    if len(people) + len(others) > MAX_CONTACTS:
        raise RuleBroken("too_many_contacts", f"A customer has at most {MAX_CONTACTS} contacts.")
    places = await addresses.of_customer(tx, source_id)
    if len(places) + len(await addresses.of_customer(tx, into_id)) > MAX_ADDRESSES:
        raise RuleBroken("too_many_addresses", f"A customer has at most {MAX_ADDRESSES} addresses.")
    moving.contacts_to(tx, people, into_id, others, at=tenant.now)
    moving.addresses_to(tx, places, into_id, at=tenant.now)
    return into
