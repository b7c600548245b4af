"""Ageing: how old what is owed is, by days past the due date, and what must tie before anyone may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money

MAX_EDGES = 12
NOT_DUE = 0
"""Bucket 0 is not due; bucket k of 1..n lies between two edges; the last one is over the last edge."""


class AgeingBasis(StrEnum):
    """From which date days are counted: the contractual due date, that of an arrangement, or the issue."""

    DUE_DATE = "due_date"
    ARRANGED = "arranged"
    INVOICE_DATE = "invoice_date"


@dataclass(frozen=True, slots=True)
class AgeingPolicy:
    """The last day of each bucket but the open one: `(30, 60, 90)` is 1-30, 31-60, 61-90, over 90."""

    edges: tuple[int, ...] = (30, 60, 90)

    def __post_init__(self) -> None:
        rising = all(earlier < later for earlier, later in pairwise((0, *self.edges)))
        if not (1 <= len(self.edges) <= MAX_EDGES and rising):
            raise RuleBroken("bad_ageing_edges", f"Edges are 1 to {MAX_EDGES} rising numbers of days above 0.")

    @property
    def names(self) -> tuple[str, ...]:
        """`not_due`, `1_30`, `31_60`, `61_90`, `over_90`"""
        starts = (1, *(edge + 1 for edge in self.edges[:-1]))
        between = (f"{start}_{end}" for start, end in zip(starts, self.edges, strict=True))
        return ("not_due", *between, f"over_{self.edges[-1]}")


def bucket_for(days_past_due: int, policy: AgeingPolicy) -> int:
    """The bucket of an item: 0 when it is not due (n <= 0), else the first whose edge is not passed."""
    if days_past_due <= 0:
        return NOT_DUE
    return 1 + sum(edge < days_past_due for edge in policy.edges)


@dataclass(frozen=True, slots=True)
class Aged:
    """One customer (or all of them) in one currency: amounts and numbers of items by bucket, and unapplied credit."""

    buckets: tuple[Money, ...]
    counts: tuple[int, ...]
    unapplied: Money
    oldest_days: int

    @property
    def receivables(self) -> Money:
        total = self.buckets[0]
        for amount in self.buckets[1:]:
            total += amount
        return total

    @property
    def overdue(self) -> Money:
        return self.receivables - self.buckets[NOT_DUE]

    @property
    def net(self) -> Money:
        return self.receivables - self.unapplied


@dataclass(frozen=True, slots=True)
class Controls:
    """The two controls of the journal in one currency, and both in base currency; never netted in the books."""

    receivables: Money
    customer_credit: Money
    in_base: tuple[Money, Money] | None = None


def tied(totals: Mapping[str, Aged], controls: Mapping[str, Controls]) -> Sequence[str]:
    """The currencies of a report whose every sum is its control. Refuses: report_does_not_tie."""
    currencies = sorted(totals.keys() | controls.keys())
    for currency in currencies:
        aged, control = totals.get(currency), controls.get(currency)
        found = (aged.receivables.minor, aged.unapplied.minor) if aged else (0, 0)
        booked = (control.receivables.minor, control.customer_credit.minor) if control else (0, 0)
        if found != booked:
            raise Conflict("report_does_not_tie", "The items do not sum to the controls of the journal.",
                           currency=currency, items=found[0], control=booked[0], unapplied=found[1], credit=booked[1])
    return currencies
