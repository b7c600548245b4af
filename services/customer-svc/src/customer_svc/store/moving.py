"""Contacts and addresses that go over from one customer to another, with their lines in both histories."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from customer_svc.domain.address import Address
from customer_svc.domain.contact import Contact
from customer_svc.store import archive, facts, history
from customer_svc.store.relationship_tables import AddressRow
from customer_svc.store.tables import ContactRow
from dunlin_kernel.ids import CustomerId
from dunlin_kit.transaction import Transaction


def contacts_to(
    tx: Transaction, people: Sequence[Contact], into_id: CustomerId, others: Sequence[Contact], *, at: datetime
) -> None:
    """What they decided goes with them: consent is told anew in the stream of the customer they come to."""
    there = list(others)
    for person in people:
        come = replace(person, customer_id=into_id, version=person.version + 1)
        tx.change(ContactRow, {"id": come.id, "customer_id": into_id, "version": come.version})
        history.contact_changed(tx, person, None, at=at)
        archive.move_contact(tx, None, come, there, at=at)
        there.append(come)
    if people:
        tx.emit(facts.contacts_changed(people[0].customer_id, []))


def addresses_to(tx: Transaction, places: Sequence[Address], into_id: CustomerId, *, at: datetime) -> None:
    for place in places:
        come = replace(place, customer_id=into_id, version=place.version + 1)
        tx.change(AddressRow, {"id": come.id, "customer_id": into_id, "version": come.version})
        history.address_changed(tx, place, None, at=at)
        history.address_changed(tx, None, come, at=at)
