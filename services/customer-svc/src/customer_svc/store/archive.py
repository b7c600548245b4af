"""A change of the archive leaves as one: the row, a line of history for each field, and the fact."""

from collections.abc import Sequence
from datetime import datetime

from customer_svc.domain.classification import ClassChange
from customer_svc.domain.contact import Contact, decisions_between
from customer_svc.domain.customer import Customer
from customer_svc.store import classes, customers, facts, history
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.customer import CustomerProfile, CustomerRegistered
from dunlin_kit.transaction import Transaction


def register(tx: Transaction, new: Sequence[Customer], *, at: datetime) -> None:
    customers.add(tx, new)
    history.registered(tx, new, at=at)
    tx.emit(*(facts.profile(CustomerRegistered, customer) for customer in new))


def keep(tx: Transaction, before: Customer, after: Customer, fact: type[CustomerProfile], *, at: datetime) -> None:
    """Nothing leaves when nothing changed."""
    keep_with(tx, before, after, facts.profile(fact, after), at=at)


def keep_with(tx: Transaction, before: Customer, after: Customer, *told: Event, at: datetime) -> None:
    """Keep the entry and tell these facts; nothing leaves when nothing changed."""
    if after is not before:
        customers.move(tx, after)
        history.changed(tx, before, after, at=at)
        tx.emit(*told)


def keep_class(tx: Transaction, change: ClassChange, *, at: datetime) -> None:
    """The row, its line of history, and the fact; one given back to the rule is told of when the rule has judged."""
    history.class_changed(tx, change, at=at)
    if change.after is not None:
        classes.keep(tx, change.dimension, [(change.customer_id, change.after)])
        if change.before is None or change.before.value != change.after.value:
            tx.emit(facts.classified(change, change.after))


def move_contact(
    tx: Transaction, before: Contact | None, after: Contact | None, others: Sequence[Contact], *, at: datetime
) -> None:
    """A contact was added, changed or (None) removed beside these others: its history, and what may be told of it."""
    contact = after or before
    assert contact is not None
    history.contact_changed(tx, before, after, at=at)
    tx.emit(facts.contacts_changed(contact.customer_id, [*others, *([after] if after else [])]))
    tx.emit(*(facts.consent_changed(contact, decision) for decision in decisions_between(before, after)))
