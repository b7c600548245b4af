"""Held losses: what was written off or closed of items. A credit note pays that before any of it stays unapplied; what
an allocation paid of it is lost again once that is undone; and a small difference goes with what it was left of."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from billing_svc.domain.allocation import Allocated, Allocation, Share
from billing_svc.domain.difference import Difference, DifferenceReversal, closed_again
from billing_svc.domain.item import Item
from billing_svc.domain.reversal import AllocationReversal
from billing_svc.domain.write_off import Recovery, WriteOff, recovery_of, recovery_undone
from billing_svc.store import differences, losses, write_offs
from billing_svc.usecases.allocate_credit import AllocationDay, allocate_credit
from billing_svc.usecases.close_difference import enter_difference
from billing_svc.usecases.posting import Posting
from billing_svc.usecases.recover_debt import enter_recovery, enter_recovery_reversal
from billing_svc.usecases.reverse_difference import enter_difference_reversal
from billing_svc.usecases.tell_settled import load_siblings
from dunlin_events.contracts.billing import Origin
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money


class HeldLosses:
    """Those of one `posting`, which must have the items and credits that it is asked about."""

    def __init__(self, posting: Posting) -> None:
        self.posting = posting
        self._closed: dict[UUID, list[Difference]] = {}
        self._written_off: dict[UUID, dict[UUID, WriteOff]] = {}
        self._behind: dict[UUID, Recovery | Difference] = {}

    async def remember(self, allocations: Collection[Allocation]) -> None:
        """Read what is behind these allocations, which are to be undone."""
        await self._read({one.item_id for one in allocations})
        if allocations:
            self._behind |= await losses.behind(self.posting.tx, [one.id for one in allocations])

    async def pay(self, note_id: UUID, items: Collection[Item]) -> tuple[Allocation, ...]:
        """What is left of a credit note pays what was lost of these items, as far as it reaches."""
        if self.posting.credits[note_id].unapplied.is_zero:
            return ()
        in_order = [one.id for one in sorted(items, key=lambda one: (one.due_on, one.id))]
        await self._read(in_order)
        made: list[Allocation] = []
        for item_id in in_order:
            for difference in tuple(self._closed[item_id]):
                made += await self._pay_closed(note_id, difference)
            for write_off in tuple(self._written_off[item_id].values()):
                made += await self._pay_written_off(note_id, write_off)
        return tuple(made)

    def after(self, reversal: AllocationReversal) -> None:
        """What comes of the undoing of an allocation that was remembered."""
        allocation, day = reversal.allocation, reversal.effective_on
        behind = self._behind.get(allocation.id)
        if isinstance(behind, Recovery):
            self._lose_again(behind, allocation.item_id, day)
        elif behind is not None and self.posting.items[allocation.item_id].open == allocation.amount:
            self._close(behind, allocation.amount, day)
        if self.posting.items[allocation.item_id].open.is_positive:
            for difference in tuple(self._closed[allocation.item_id]):
                self._reopen(difference, day)

    async def _read(self, item_ids: Collection[UUID]) -> None:
        missing, tx = [one for one in item_ids if one not in self._closed], self.posting.tx
        if not missing:
            return
        await load_siblings(self.posting, missing)
        closed = await differences.standing_on(tx, missing)
        self._closed |= closed
        self._written_off |= await write_offs.approved_on(tx, missing)
        await self.posting.carrying.remember(tx, [one.id for on_item in closed.values() for one in on_item])

    async def _pay_closed(self, note_id: UUID, difference: Difference) -> tuple[Allocation, ...]:
        amount = min(difference.amount, self.posting.credits[note_id].unapplied)
        if amount.is_zero:
            return ()
        self._reopen(difference, self.posting.credits[note_id].effective_on)
        made = await self._paid(note_id, difference.item_id, amount)
        losses.add(self.posting.tx, made.id, difference)
        if difference.amount > amount:
            self._close(difference, difference.amount - amount, made.effective_on)
        return (made,)

    async def _pay_written_off(self, note_id: UUID, write_off: WriteOff) -> tuple[Allocation, ...]:
        posting, note = self.posting, self.posting.credits[note_id]
        amount = min(write_off.rest, note.unapplied)
        if amount.is_zero:
            return ()
        assert write_off.effective_on is not None, "an approved write-off has its day"
        day = posting.books.day_of(None, default=note.effective_on, not_before=write_off.effective_on)
        recovery, on_item = recovery_of(write_off, amount, new_id(), note_id, day), self._written_off[write_off.item_id]
        on_item[write_off.id] = enter_recovery(posting, write_off, recovery)
        made = await self._paid(note_id, write_off.item_id, amount)
        losses.add(posting.tx, made.id, recovery)
        return (made,)

    async def _paid(self, note_id: UUID, item_id: UUID, amount: Money) -> Allocation:
        note = self.posting.credit_note(note_id)
        (made,) = await allocate_credit(
            self.posting, note, Allocated((Share(item_id, amount),), note.unapplied - amount),
            AllocationDay(None, note.effective_on), reason=note.kind.value, origin=Origin.LIVE)
        return made

    def _reopen(self, difference: Difference, wanted: date) -> None:
        day = self.posting.books.day_of(None, default=wanted, not_before=difference.effective_on)
        enter_difference_reversal(self.posting, DifferenceReversal(new_id(), difference, day))
        self._closed[difference.item_id].remove(difference)

    def _close(self, difference: Difference, amount: Money, day: date) -> None:
        self._closed[difference.item_id].append(again := closed_again(difference, amount, new_id(), day))
        enter_difference(self.posting, again)

    def _lose_again(self, recovery: Recovery, item_id: UUID, day: date) -> None:
        if (held := self._written_off[item_id].get(recovery.write_off_id)) is not None:
            after, reversal = recovery_undone(held, recovery, new_id(), day)
            self._written_off[item_id][held.id] = after
            enter_recovery_reversal(self.posting, after, reversal)
