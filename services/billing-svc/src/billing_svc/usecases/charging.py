"""Charge interest, fees and reclaims: each takes a number and is owed as an item of its own."""

from collections.abc import Callable, Collection
from typing import Self
from uuid import UUID

from billing_svc.domain.charge import SERIES, Charge, ChargeWish, charged_item, fact_of_charge
from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.ledger import Fact, Origin
from billing_svc.domain.numbering import NumberSeries
from billing_svc.store import charges, items, number_series
from billing_svc.usecases.posting import Posting
from dunlin_events.contracts.base import AccountFigures, Amount, Event
from dunlin_events.contracts.billing import InvoicedItem
from dunlin_events.contracts.billing import Origin as ToldOrigin
from dunlin_events.contracts.billing_charges import FeeCharged
from dunlin_kernel.ids import new_id

Told = Callable[[Charge, AccountFigures], Event]


class Charging:
    """Holds the number series of charges in one posting, after its accounts. `save` keeps what was charged."""

    def __init__(self, posting: Posting, series: dict[str, NumberSeries]) -> None:
        self._posting, self._series = posting, series
        self._charged: list[Charge] = []

    @classmethod
    async def begin(cls, posting: Posting, kinds: Collection[ItemKind]) -> Self:
        """Wait for the series, last of all locks."""
        names = {SERIES[kind] for kind in kinds}
        return cls(posting, await number_series.lock(posting.tx, names, today=posting.tenant.today))

    def charge(
        self, wish: ChargeWish, told: Told | None = None, fact_of: Callable[[Charge], Fact] = fact_of_charge,
    ) -> Item:
        """Take the next number, enter what is owed, as `fact_of` says, and tell it: as `told` says, else as a fee.

        Refuses: amount_not_positive, due_before_issue, effective_in_future, period_locked.
        """
        posting, series = self._posting, SERIES[wish.kind]
        posting.books.open_on(wish.effective_on)
        number, self._series[series] = self._series[series].take(posting.tenant.today)
        charge = Charge(new_id(), new_id(), number, wish)
        posting.items[charge.item_id] = charged_item(charge)
        figures = posting.post(fact_of(charge))
        self._charged.append(charge)
        posting.tx.emit((told or _told)(charge, figures))
        return posting.items[charge.item_id]

    def save(self) -> set[UUID]:
        """Gather items, charges and series; returns the items, whose rows are new: give them to `Posting.save`."""
        posting = self._posting
        for charge in self._charged:
            items.add(posting.tx, posting.items[charge.item_id], origin=Origin.LIVE, told_version=0,
                      recorded_at=posting.tenant.now)
            charges.add(posting.tx, charge, recorded_at=posting.tenant.now)
        number_series.move(posting.tx, *self._series.values())
        return {charge.item_id for charge in self._charged}


def _told(charge: Charge, figures: AccountFigures) -> FeeCharged:
    wish = charge.wish
    return FeeCharged(
        customer_id=wish.customer_id, origin=ToldOrigin.LIVE, account=figures, charge_id=charge.id,
        number=charge.number,
        items=[InvoicedItem(item_id=charge.item_id, due_on=wish.due_on, amount=Amount.of(wish.amount))],
        amount=Amount.of(wish.amount), invoice_id=wish.invoice_id, claim_item_id=wish.claim_item_id,
        charged_on=wish.effective_on, reason=wish.reason.value)
