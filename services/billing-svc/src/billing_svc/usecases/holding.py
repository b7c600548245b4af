"""What a posting holds: the items and credits that were read, and the steps by which each of them has moved."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from billing_svc.domain.allocation import AllocationRule, Choice
from billing_svc.domain.credit import Credit
from billing_svc.domain.credit_note import CreditNote
from billing_svc.domain.item import Item
from billing_svc.domain.payment import Payment
from billing_svc.domain.posting_dates import Step
from billing_svc.domain.remittance import resolved
from billing_svc.store import items, ledger, remittance
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing_deposits import CreditKept
from dunlin_kit.tenants import Also
from dunlin_kit.transaction import Transaction

BY_NAME = (AllocationRule.ITEMS, AllocationRule.REMITTANCE)


def items_also(choices: Sequence[tuple[UUID, Choice]]) -> Also | None:
    """What customers may pay, to be read in one trip with the tenant: all that is open, or the items that are named."""
    named, swept = _wanted(choices)
    if (named and swept) or not (named or swept):
        return None
    return Also(items.OPEN_TOO, {"ids": list(swept)}) if swept else Also(items.NAMED_TOO, {"ids": list(named)})


def _wanted(choices: Sequence[tuple[UUID, Choice]]) -> tuple[set[UUID], set[UUID]]:
    """The items that are named, and the customers all of whose items may be paid."""
    return ({part.item_id for _, choice in choices for part in choice.parts},
            {customer_id for customer_id, choice in choices if choice.rule is AllocationRule.OLDEST_FIRST})


class Holding:
    """Items and credits by id, as they stand now. Read only what the accounts that are held protect."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.items: dict[UUID, Item] = {}
        self.credits: dict[UUID, Credit] = {}
        self._named: dict[tuple[UUID, str], list[UUID]] = {}
        self._new_steps: dict[UUID, list[Step]] = defaultdict(list)
        self._old_steps: dict[UUID, list[Step]] = {}
        self._kept: dict[tuple[UUID, UUID], Credit] = {}

    def step(self, ref_id: UUID, step: Step) -> None:
        """An item or credit moved."""
        self._new_steps[ref_id].append(step)

    def moved(self, credit: Credit) -> None:
        """A credit moved, at the customer that has it now."""
        self.credits[credit.id] = credit
        if credit.kept_for is not None:
            self._kept[credit.customer_id, credit.id] = credit

    def tell_kept(self) -> None:
        """Tell how much is kept for orders of the credits that moved."""
        for (customer_id, credit_id), one in self._kept.items():
            assert one.kept_for is not None, "only those are here"
            self.tx.emit(CreditKept(customer_id=customer_id, credit_id=credit_id, request_id=one.kept_for,
                                    kept=Amount.of(one.unapplied)))
        self._kept = {}

    def payment(self, payment_id: UUID) -> Payment:
        """One of the credits, which is a payment."""
        credit = self.credits[payment_id]
        assert isinstance(credit, Payment), "this credit was read as a payment"
        return credit

    def credit_note(self, credit_note_id: UUID) -> CreditNote:
        """One of the credits, which is a credit note."""
        credit = self.credits[credit_note_id]
        assert isinstance(credit, CreditNote), "this credit was read as a credit note"
        return credit

    async def remember_steps(self, ids: Collection[UUID]) -> None:
        """Read how these items and credits moved before this transaction."""
        missing = [one for one in ids if one not in self._old_steps]
        if missing:
            self._old_steps |= {one: [] for one in missing} | await ledger.steps_of(self.tx, missing)

    async def load_items(self, choices: Sequence[tuple[UUID, Choice]], rows: Sequence[Any] | None = None) -> None:
        """Read what customers may pay: the items they named, also by remittance, and all open ones where the oldest go
        first. With what `items_also` wants these are the `rows` in which it was read."""
        named, swept = _wanted(choices)
        if rows is not None and items_also(choices):
            self.items |= items.of_rows(rows)
            named, swept = set(), set()
        if texts := {text for _, choice in choices for text in choice.references}:
            self._named |= await remittance.named(self.tx, {customer_id for customer_id, _ in choices}, texts)
            named |= {item_id for ids in self._named.values() for item_id in ids}
        self.items |= await items.by_id(self.tx, named)
        self.items |= await items.open_of(self.tx, swept)

    def items_of(self, customer_id: UUID, choice: Choice) -> dict[UUID, Item]:
        """Those of the items read that are this customer's, and named where items are named."""
        named = [self.items[part.item_id] for part in choice.parts if part.item_id in self.items]
        items = named if choice.rule in BY_NAME else self.items.values()
        return {item.id: item for item in items if item.customer_id == customer_id}

    def resolved(self, customer_id: UUID, choice: Choice) -> Choice:
        """The choice with the items that its references name among those read."""
        texts = {text: self._named.get((customer_id, text), ()) for text in choice.references}
        still_open = {text: [one for one in ids if self.items[one].open.is_positive] for text, ids in texts.items()}
        return resolved(choice, still_open)

    def steps_of(self, ref_id: UUID) -> list[Step] | None:
        """Every step of an item or credit so far; None when they were not read."""
        old = self._old_steps.get(ref_id)
        return None if old is None else old + self._new_steps[ref_id]
