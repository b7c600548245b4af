"""Kept ageing: what an account owes by the usual buckets on one day, moved by each entry, and how long it stays so."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

from billing_svc.domain.ageing import AgeingPolicy
from dunlin_kernel.calendar import days_after
from dunlin_kernel.frozen import replace

KEPT = AgeingPolicy()
"""The buckets that accounts keep; any others are reckoned from the items."""
STARTS = (1, *(edge + 1 for edge in KEPT.edges))
"""The days past due on which an item comes into bucket 1, 2, ..."""
NOTHING = (0,) * len(KEPT.names)


@dataclass(frozen=True, slots=True)
class KeptAgeing:
    """Amounts in minor units and numbers of open items by bucket as of `aged_on`, and of each day before `turns_on`.

    On `turns_on` the first of them comes into another bucket (None: none ever will); a day too early is allowed, for
    the turn of that day finds out. From then on, and before `aged_on`, the buckets must be reckoned anew.
    """

    aged_on: date
    turns_on: date | None
    amounts: tuple[int, ...] = NOTHING
    items: tuple[int, ...] = NOTHING

    def holds_on(self, day: date) -> bool:
        return self.aged_on <= day and (self.turns_on is None or day < self.turns_on)

    def moved(self, due_on: date, before: int, after: int, today: date) -> "KeptAgeing":
        """The buckets after what is open of an item due on `due_on` went from `before` to `after`."""
        kept = self if any(self.items) else KeptAgeing(today, None)
        bucket = bisect_right(STARTS, (kept.aged_on - due_on).days)
        amounts, items = list(kept.amounts), list(kept.items)
        amounts[bucket] += after - before
        items[bucket] += (after != 0) - (before != 0)
        if not any(items):
            return KeptAgeing(today, None)
        turns_on = kept.turns_on
        if after and bucket < len(STARTS):
            turn = days_after(due_on, STARTS[bucket])
            turns_on = turn if turns_on is None else min(turn, turns_on)
        return replace(kept, turns_on=turns_on, amounts=tuple(amounts), items=tuple(items))


UNOWED = KeptAgeing(date.min, None)
"""Of an account on which nothing is open."""
