"""Key figures of receivables: how long money is out, how much of it comes in, and what is lost.

Receivables and sales include tax and are gross of provision. A figure that has nothing to stand on is none, never zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

_EXACT = Context(prec=50)
_SHOWN = Decimal("0.000001")


class Kpi(StrEnum):
    DSO = "dso"
    DSO_COUNT_BACK = "dso_count_back"
    TRUE_DSO = "true_dso"
    BEST_POSSIBLE_DSO = "best_possible_dso"
    AVERAGE_DAYS_DELINQUENT = "average_days_delinquent"
    COLLECTION_EFFECTIVENESS = "collection_effectiveness"
    COLLECTION_RATE = "collection_rate"
    TURNOVER = "turnover"
    BAD_DEBT_RATIO = "bad_debt_ratio"
    WEIGHTED_DAYS_PAST_DUE = "weighted_days_past_due"
    WEIGHTED_DAYS_LATE = "weighted_days_late"
    REPURCHASE_RATE = "repurchase_rate"


class KpiUnit(StrEnum):
    DAYS = "days"
    PERCENT = "percent"
    TIMES = "times"


@dataclass(frozen=True, slots=True)
class Month:
    """Sales of one month in minor units (of the last one up to the day asked for), how many days it has, and the sum of
    `open amount x days since its invoice` over what is still open of it."""

    days: int
    sales: int
    open_days: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What the key figures of one currency and period rest on, in minor units but for days and customers.

    `months` are all up to the end of the period, the latest first. `current` is open and not past due, `overdue_days`
    the sum of overdue amount x days past due, `collected` cash allocated in the period, `late_days` the sum over it of
    amount x days after the due date (before it: negative), `written_off` net of what was recovered. `buyers` are
    customers billed in the period, `returning` those of them billed twice or more by its end; voids do not count.
    """

    days: int
    opening: int
    closing: int
    current: int
    sales: int
    collected: int
    late_days: int
    written_off: int
    overdue_days: int
    months: Sequence[Month]
    buyers: int = 0
    returning: int = 0


@dataclass(frozen=True, slots=True)
class KpiValue:
    """A key figure to six decimals, or none where it would divide by nothing."""

    kpi: Kpi
    unit: KpiUnit
    value: Decimal | None
    definition: str
    inputs: tuple[str, ...]


def kpis_of(figures: Figures) -> tuple[KpiValue, ...]:
    """Every key figure with what it says and the names of the figures that it rests on."""
    return tuple(KpiValue(kpi, unit, _shown(compute(figures)), definition, inputs)
                 for kpi, unit, compute, definition, inputs in _KPIS)


def dso(figures: Figures) -> Decimal | None:
    return _ratio(figures.closing * figures.days, figures.sales)


def best_possible_dso(figures: Figures) -> Decimal | None:
    return _ratio(figures.current * figures.days, figures.sales)


def average_days_delinquent(figures: Figures) -> Decimal | None:
    return _ratio((figures.closing - figures.current) * figures.days, figures.sales)


def dso_count_back(figures: Figures) -> Decimal | None:
    """None where more is open than all months together have sold."""
    rest, days = figures.closing, Decimal(0)
    for month in figures.months:
        if rest <= 0:
            break
        if month.sales > rest:
            return days + _EXACT.divide(Decimal(rest * month.days), Decimal(month.sales))
        rest, days = rest - month.sales, days + month.days
    return days if rest <= 0 else None


def true_dso(figures: Figures) -> Decimal | None:
    """None where something is open of a month that sold nothing."""
    if any(month.open_days and month.sales <= 0 for month in figures.months):
        return None
    return sum((_EXACT.divide(Decimal(month.open_days), Decimal(month.sales)) for month in figures.months
                if month.open_days), Decimal(0))


def collection_effectiveness(figures: Figures) -> Decimal | None:
    due = figures.opening + figures.sales - figures.written_off
    return _ratio(100 * (due - figures.closing), due - figures.current)


def collection_rate(figures: Figures) -> Decimal | None:
    return _ratio(100 * figures.collected, figures.opening + figures.sales)


def turnover(figures: Figures) -> Decimal | None:
    return _ratio(2 * figures.sales, figures.opening + figures.closing)


def bad_debt_ratio(figures: Figures) -> Decimal | None:
    return _ratio(100 * figures.written_off, figures.sales)


def weighted_days_past_due(figures: Figures) -> Decimal | None:
    return _ratio(figures.overdue_days, figures.closing - figures.current)


def weighted_days_late(figures: Figures) -> Decimal | None:
    return _ratio(figures.late_days, figures.collected)


def repurchase_rate(figures: Figures) -> Decimal | None:
    return _ratio(100 * figures.returning, figures.buyers)


_KPIS = (
    (Kpi.DSO, KpiUnit.DAYS, dso, "Closing receivables / sales of the period x days of the period.",
     ("closing", "sales", "days")),
    (Kpi.DSO_COUNT_BACK, KpiUnit.DAYS, dso_count_back,
     "Months of sales, the latest first, that make up closing receivables, in days; the last one by its share.",
     ("closing", "months")),
    (Kpi.TRUE_DSO, KpiUnit.DAYS, true_dso,
     "Sum over what is open of days since the invoice x amount / sales of the month of the invoice.", ("months",)),
    (Kpi.BEST_POSSIBLE_DSO, KpiUnit.DAYS, best_possible_dso,
     "Receivables not past due / sales of the period x days of the period.", ("current", "sales", "days")),
    (Kpi.AVERAGE_DAYS_DELINQUENT, KpiUnit.DAYS, average_days_delinquent, "DSO less best possible DSO.",
     ("closing", "current", "sales", "days")),
    (Kpi.COLLECTION_EFFECTIVENESS, KpiUnit.PERCENT, collection_effectiveness,
     "(Opening + sales - write-offs - closing) / (opening + sales - write-offs - not past due).",
     ("opening", "sales", "written_off", "closing", "current")),
    (Kpi.COLLECTION_RATE, KpiUnit.PERCENT, collection_rate, "Cash allocated / (opening + sales).",
     ("collected", "opening", "sales")),
    (Kpi.TURNOVER, KpiUnit.TIMES, turnover, "Sales / average of opening and closing receivables.",
     ("sales", "opening", "closing")),
    (Kpi.BAD_DEBT_RATIO, KpiUnit.PERCENT, bad_debt_ratio, "Write-offs net of recoveries / sales.",
     ("written_off", "sales")),
    (Kpi.WEIGHTED_DAYS_PAST_DUE, KpiUnit.DAYS, weighted_days_past_due,
     "Sum of overdue amount x days past due / overdue amount.", ("overdue_days", "closing", "current")),
    (Kpi.WEIGHTED_DAYS_LATE, KpiUnit.DAYS, weighted_days_late,
     "Sum of cash allocated x days from due date to value date / cash allocated.", ("late_days", "collected")),
    (Kpi.REPURCHASE_RATE, KpiUnit.PERCENT, repurchase_rate,
     "Customers billed in the period and at least twice by its end / customers billed in the period.",
     ("returning", "buyers")),
)


def _ratio(over: int, under: int) -> Decimal | None:
    return _EXACT.divide(Decimal(over), Decimal(under)) if under > 0 else None


def _shown(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_SHOWN, rounding=ROUND_HALF_UP, context=_EXACT)
