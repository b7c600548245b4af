"""Two entries were one customer: one is closed and points on, what belongs to it goes over to the other."""

from datetime import datetime

from customer_svc.domain.address import MAX_ADDRESSES
from customer_svc.domain.contact import MAX_CONTACTS
from customer_svc.domain.customer import Customer
from customer_svc.domain.merging import merged
from customer_svc.store import addresses, archive, contacts, customers, facts, groups, moving, staff
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.customer import CustomerClosed
from dunlin_events.contracts.customer_groups import CustomerGroupChanged
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def merge_customer(tx: Transaction, source_id: CustomerId, into_id: CustomerId) -> Customer:
    """The entry that goes on; it takes over group and owner where it has none. What is owed moves by facts of
    billing-svc, which hears of this.

    Refuses: customer_not_found, merge_with_itself, merge_of_kinds, customer_closed, merge_into_closed,
    too_many_contacts, too_many_addresses.
    """
    tenant = await present(tx)
    both = {one: await customers.lock(tx, one) for one in sorted({source_id, into_id})}
    source, into = both[source_id], both[into_id]
    left, after = merged(source, into)
    archive.keep_with(
        tx, source, left, facts.profile(CustomerClosed, left), *await _belonging(tx, source, left),
        *facts.customers_merged(source, into), at=tenant.now)
    archive.keep_with(tx, into, after, *await _belonging(tx, into, after), at=tenant.now)
    await _people_and_places(tx, source_id, into_id, at=tenant.now)
    return after


async def _belonging(tx: Transaction, before: Customer, after: Customer) -> list[Event]:
    told: list[Event] = []
    if before.group_id != after.group_id:
        group = await groups.get(tx, after.group_id) if after.group_id else None
        told.append(CustomerGroupChanged(
            customer_id=after.id, group_id=after.group_id, group_number=group.number if group else None))
    if before.owner_id != after.owner_id and after.owner_id is not None:
        owner = await staff.get(tx, after.owner_id)
        told.append(CustomerOwnerChanged(customer_id=after.id, owner_id=owner.id, owner_code=owner.code))
    return told


async def _people_and_places(tx: Transaction, source_id: CustomerId, into_id: CustomerId, *, at: datetime) -> None:
    people, others = await contacts.of_customer(tx, source_id), await contacts.of_customer(tx, into_id)
    if len(people) + len(others) > MAX_CONTACTS:
        raise RuleBroken("too_many_contacts", f"A customer has at most {MAX_CONTACTS} contacts.")
    places = await addresses.of_customer(tx, source_id)
    if len(places) + len(await addresses.of_customer(tx, into_id)) > MAX_ADDRESSES:
        raise RuleBroken("too_many_addresses", f"A customer has at most {MAX_ADDRESSES} addresses.")
    moving.contacts_to(tx, people, into_id, others, at=at)
    moving.addresses_to(tx, places, into_id, at=at)
