"""Enter what interest comes to: a charge with its segments, the compensation of a claim, and what is waived of it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from billing_svc.domain.allocation import Allocated, Allocation, Share
from billing_svc.domain.charge import Charge, ChargeReason, ChargeWish
from billing_svc.domain.interest_charge import GivenBack, InterestWaiver, Reckoning, fact_of_interest_waiver
from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.reversal import UndoReason, UndoWish, undo_allocation
from billing_svc.store import allocations, customer_credits, interest
from billing_svc.usecases.allocate_credit import AllocationDay, allocate_credit
from billing_svc.usecases.charging import Charging
from billing_svc.usecases.move_of import move_of
from billing_svc.usecases.posting import Posting
from billing_svc.usecases.reverse_allocation import enter_reversal
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import InvoicedItem, Origin
from dunlin_events.contracts.billing_charges import InterestCharged, InterestSegment, InterestWaived
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money

RECOMPUTED = "recomputed"
"""Why interest is waived that was charged before money was known that had come earlier."""


@dataclass(frozen=True, slots=True)
class Waived:
    """So much of an interest item is not owed; `maker` proposed it where a second person acts."""

    item_id: UUID
    amount: Money
    reason: str
    maker: str | None = None


class ChargingInterest:
    """Charges and waivers of interest in one posting."""

    def __init__(self, posting: Posting, charging: Charging) -> None:
        self.posting, self._charging, self._today = posting, charging, posting.tenant.today

    def charge(self, reckoned: Reckoning) -> None:
        """The difference to what was charged before; due at once."""
        item, today = reckoned.item, self._today
        self._charging.charge(
            ChargeWish(ItemKind.INTEREST, item.customer_id, reckoned.to_charge, today, today, ChargeReason.LATE_PAYMENT,
                       item.invoice_id, item.id),
            lambda charge, figures: _told(charge, figures, reckoned))

    def compensate(self, item: Item, amount: Money) -> None:
        """The fixed sum for the costs of recovering a claim, once."""
        self._charging.charge(ChargeWish(
            ItemKind.FEE, item.customer_id, amount, self._today, self._today, ChargeReason.LATE_PAYMENT_COMPENSATION,
            item.invoice_id, item.id))

    async def waive_again(self, item: Item, amount: Money, back: Collection[GivenBack]) -> Money:
        """So much of an interest item was charged too much."""
        await waive_paid(self.posting, Waived(item.id, amount, RECOMPUTED), back)
        return amount


async def paid_on(posting: Posting, item_ids: Collection[UUID]) -> dict[UUID, list[Allocation]]:
    """The allocations that stand on these items, ready to be undone: with their credits, and what they were carried
    for."""
    found = await allocations.live_on(posting.tx, item_ids)
    live = [one for on_item in found.values() for one in on_item]
    posting.credits |= await customer_credits.by_id(posting.tx, {one.credit_id for one in live})
    await posting.carrying.remember(posting.tx, [one.id for one in live])
    return found


async def waive_paid(posting: Posting, waived: Waived, back: Collection[GivenBack]) -> None:
    """Waive interest; what was paid of it is unapplied again, on the credit that paid it, and the rest of what that
    paid stays paid."""
    await give_back(posting, back, waived.reason, lambda: _waive(posting, waived))


async def give_back(posting: Posting, back: Collection[GivenBack], reason: str, enter: Callable[[], None]) -> None:
    """Undo what was paid, `enter` what is waived, and pay the rest again."""
    for one in back:
        wish = UndoWish(one.allocation.id, UndoReason.REASSIGNED)
        enter_reversal(posting, undo_allocation(wish, one.allocation, posting.books, new_id()), reason)
    enter()
    for one in back:
        if one.paid_again.is_positive:
            credit = posting.credits[one.allocation.credit_id]
            rest = Allocated((Share(one.allocation.item_id, one.paid_again),), credit.unapplied - one.paid_again)
            await allocate_credit(posting, credit, rest, AllocationDay(None, posting.tenant.today),
                                  reason=reason, origin=Origin.LIVE)


def _waive(posting: Posting, waived: Waived) -> None:
    tx, day, item = posting.tx, posting.books.open_on(posting.tenant.today), posting.items[waived.item_id]
    waiver = InterestWaiver(new_id(), item.id, item.customer_id, waived.amount, waived.reason, day)
    figures = posting.post(fact_of_interest_waiver(waiver))
    after = posting.items[item.id]
    interest.add_waiver(tx, waiver, maker=waived.maker or tx.actor, checker=tx.actor if waived.maker else None,
                        recorded_at=posting.tenant.now)
    tx.emit(InterestWaived(
        customer_id=item.customer_id, origin=Origin.LIVE, account=figures, waiver_id=waiver.id, number=item.number,
        invoice_id=item.invoice_id, claim_item_id=item.claim_item_id, amount=Amount.of(waived.amount), waived_on=day,
        reason=waived.reason, items=[move_of(after, -waived.amount)]))


def _told(charge: Charge, figures: AccountFigures, reckoned: Reckoning) -> InterestCharged:
    wish = charge.wish
    assert wish.claim_item_id is not None, "interest is charged on an item"
    return InterestCharged(
        customer_id=wish.customer_id, origin=Origin.LIVE, account=figures, charge_id=charge.id, number=charge.number,
        items=[InvoicedItem(item_id=charge.item_id, due_on=wish.due_on, amount=Amount.of(wish.amount))],
        amount=Amount.of(wish.amount), invoice_id=wish.invoice_id, claim_item_id=wish.claim_item_id,
        charged_on=wish.effective_on, to_on=reckoned.to_on, rule=reckoned.rule, total=Amount.of(reckoned.total),
        segments=[InterestSegment(
            from_on=one.from_on, to_on=one.to_on, principal=Amount.of(one.principal), rate=f"{one.rate:f}")
            for one in reckoned.segments])
