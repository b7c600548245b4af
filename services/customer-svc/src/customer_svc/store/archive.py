"""A change of the archive leaves as one: the row, a line of history for each field, and the fact."""

from collections.abc import Sequence
from datetime import datetime

from customer_svc.domain.contact import Contact
from customer_svc.domain.customer import Customer
from customer_svc.store import customers, facts, history
from dunlin_events.contracts.customer import CustomerProfile, CustomerRegistered
from dunlin_kernel.ids import CustomerId
from dunlin_kit.transaction import Transaction


def register(tx: Transaction, new: Sequence[Customer], *, at: datetime) -> None:
    customers.add(tx, new)
    history.registered(tx, new, at=at)
    tx.emit(*(facts.profile(CustomerRegistered, customer) for customer in new))


def keep(tx: Transaction, before: Customer, after: Customer, fact: type[CustomerProfile], *, at: datetime) -> None:
    """Nothing leaves when nothing changed."""
    if after is not before:
        customers.move(tx, after)
        history.changed(tx, before, after, at=at)
        tx.emit(facts.profile(fact, after))


def tell_contacts(tx: Transaction, customer_id: CustomerId, now: Sequence[Contact]) -> None:
    """Say how many contacts there are now, and for which purposes."""
    tx.emit(facts.contacts_changed(customer_id, now))
