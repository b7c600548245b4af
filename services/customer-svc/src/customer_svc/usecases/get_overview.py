"""One customer on one page: the archive's own entry, and what was heard of its debt, credit and reminders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from customer_svc.domain.classification import Dimension, HeldClass
from customer_svc.domain.contact import Contact
from customer_svc.domain.customer import Customer
from customer_svc.domain.group import CustomerGroup
from customer_svc.domain.heard_credit import CreditWeights, HeardCredit, HeardHold
from customer_svc.domain.heard_ledger import HeardAccount, HeardItem
from customer_svc.domain.heard_matter import HeardMatter
from customer_svc.store import (
    classes,
    contacts,
    groups,
    heard_ageing,
    heard_credits,
    heard_ledgers,
    heard_matters,
    heard_positions,
)
from customer_svc.store.heard_credits import HeardGrade, HeardPromise, HeardReminder
from customer_svc.usecases.get_owner import Ownership, get_owner
from dunlin_kernel.ids import CustomerId
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Overview:
    """`on` is the tenant's today, `edges` are those of its ageing; `positions` says how far each owner's stream of the
    customer was heard."""

    customer: Customer
    ownership: Ownership
    group: CustomerGroup | None
    contacts: Sequence[Contact]
    accounts: Mapping[str, HeardAccount]
    items: Sequence[HeardItem]
    credits: Mapping[str, HeardCredit]
    holds: Sequence[HeardHold]
    reminder: HeardReminder | None
    promises: Sequence[HeardPromise]
    positions: Sequence[str]
    classes: Mapping[Dimension, HeldClass]
    grade: HeardGrade | None
    weights: CreditWeights
    matters: Sequence[HeardMatter]
    edges: Sequence[int]

    @property
    def on(self) -> date:
        return self.ownership.on


async def get_overview(tx: Transaction, customer_id: CustomerId) -> Overview:
    """Refuses: tenant_not_known_yet, customer_not_found."""
    ownership = await get_owner(tx, customer_id)
    customer = ownership.customer
    ids = [customer_id]
    ledger = (await heard_ledgers.of_customers(tx, ids))[customer_id]
    holds = (await heard_credits.holds_of(tx, ids))[customer_id]
    return Overview(
        customer, ownership, await groups.get(tx, customer.group_id) if customer.group_id else None,
        await contacts.of_customer(tx, customer_id), ledger.accounts, await heard_ledgers.open_items(tx, customer_id),
        (await heard_credits.credits_of(tx, ids))[customer_id],
        [hold for hold in holds.values() if hold.released_at is None],
        (await heard_credits.reminders_of(tx, ids)).get(customer_id),
        (await heard_credits.promises_of(tx, ids))[customer_id], await heard_positions.of_customer(tx, customer_id),
        await classes.of_customer(tx, customer_id),
        (await heard_credits.grades_of(tx, ids)).get(customer_id),
        await heard_credits.weights_on(tx, ownership.on), await heard_matters.standing(tx, customer_id),
        await heard_ageing.edges(tx))
