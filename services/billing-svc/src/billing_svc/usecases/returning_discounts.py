"""Return discounts: what a credit note credits of money that came early is credited without the discount on it."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from billing_svc.domain.allocation import Allocated, Allocation, AllocationRule, Choice, Part, Share
from billing_svc.domain.credit import Credit, CreditKind
from billing_svc.domain.credit_note import CreditedLine, CreditNote
from billing_svc.domain.credited_discount import CreditedPart, credited_parts, taken_back
from billing_svc.domain.discounting import allocate_discounted
from billing_svc.domain.item import Item
from billing_svc.domain.reversal import UndoReason, UndoWish, undo_allocation
from billing_svc.store import allocations, credit_notes, credited_discounts, customer_credits
from billing_svc.usecases.allocate_credit import AllocationDay, allocate_credit
from billing_svc.usecases.posting import Posting
from billing_svc.usecases.reverse_allocation import enter_reversal
from dunlin_events.contracts.billing import Origin
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import sum_money


class ReturningDiscounts:
    """What was credited and what stands on invoices, in one posting that holds their accounts, note by note."""

    def __init__(self, posting: Posting) -> None:
        self._posting = posting
        self._credited: dict[UUID, list[CreditedLine]] = {}
        self._live: dict[UUID, list[Allocation]] = {}
        self._notes: dict[UUID, set[UUID]] = {}
        self._fresh: dict[UUID, list[Allocation]] = defaultdict(list)

    async def credited(self, invoice_id: UUID) -> list[CreditedLine]:
        """What notes that stand credit of it so far."""
        if invoice_id not in self._credited:
            self._credited[invoice_id] = await credit_notes.credited_of(self._posting.tx, invoice_id)
        return self._credited[invoice_id]

    async def after(
        self, note: CreditNote, made: tuple[Allocation, ...], items: Collection[Item],
    ) -> tuple[Allocation, ...]:
        """All that the note pays: what was open of its invoice (`made`), and its part of what was paid with a discount.

        Refuses: effective_in_future, period_locked.
        """
        taken = await self._take_back(note, [one.id for one in items])
        self._credited[note.invoice_id] += note.lines
        self._fresh[note.invoice_id] += (*made, *taken)
        return (*made, *taken)

    async def _take_back(self, note: CreditNote, item_ids: Collection[UUID]) -> tuple[Allocation, ...]:
        if note.unapplied.is_zero:
            return ()
        await self._read(note.invoice_id, item_ids)
        live, own = self._live[note.invoice_id], self._notes[note.invoice_id]
        credited = [line.net + line.tax for line in await self.credited(note.invoice_id)]
        taken = [one.amount for one in (*(one for one in live if one.credit_id in own), *self._fresh[note.invoice_id])]
        before = sum_money(note.amount.currency, credited) - sum_money(note.amount.currency, taken)
        parts = credited_parts(note.unapplied, [one for one in live if one.credit_id not in own], before)
        return tuple([await self._taken(note.id, part) for part in parts])

    async def _read(self, invoice_id: UUID, item_ids: Collection[UUID]) -> None:
        if invoice_id in self._live:
            return
        tx, posting = self._posting.tx, self._posting
        self._notes[invoice_id] = await credit_notes.of_invoice(tx, invoice_id)
        found = await allocations.live_on(tx, item_ids)
        live = self._live[invoice_id] = [one for on_item in found.values() for one in on_item]
        given = [one for one in live if one.discount is not None]
        posting.credits = await customer_credits.by_id(tx, {one.credit_id for one in given}) | posting.credits
        await posting.carrying.remember(tx, [one.id for one in given])

    async def _taken(self, note_id: UUID, part: CreditedPart) -> Allocation:
        posting, was = self._posting, part.allocation
        note = posting.credit_note(note_id)
        wish = UndoWish(was.id, UndoReason.REASSIGNED)
        reversal = undo_allocation(wish, was, posting.books, new_id())
        enter_reversal(posting, reversal, note.kind.value)
        (made,) = await self._pay(
            note, Allocated((Share(was.item_id, part.credited),), note.unapplied - part.credited))
        again: tuple[Allocation, ...] = ()
        if part.paid_again:
            money, choice = posting.credits[was.credit_id], Choice(AllocationRule.ITEMS, (Part(was.item_id),))
            again = await self._pay(money, allocate_discounted(
                money, choice, {was.item_id: posting.items[was.item_id]}))
        credited_discounts.add(posting.tx, reversal.id, note_id, taken_back(was, again))
        live = self._live[note.invoice_id]
        live[:] = [one for one in (*live, *again) if one.id != was.id]
        return made

    async def _pay(self, credit: Credit, allocated: Allocated) -> tuple[Allocation, ...]:
        return await allocate_credit(
            self._posting, credit, allocated, AllocationDay(None, self._posting.tenant.today),
            reason=CreditKind.CREDIT_NOTE.value, origin=Origin.LIVE)
