"""Key figures of collecting: how many promises are kept, and how many reminders an item takes until it is settled."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

_SHOWN = Decimal("0.000001")


class CollectionKpi(StrEnum):
    PROMISE_KEPT_RATE = "promise_kept_rate"
    REMINDERS_PER_SETTLED_ITEM = "reminders_per_settled_item"


class CollectionKpiUnit(StrEnum):
    PERCENT = "percent"
    TIMES = "times"


@dataclass(frozen=True, slots=True)
class CollectionFigures:
    """What the key figures of one period rest on, as counts.

    `kept` and `broken` are promises that were judged in the period, as they stand now. `settled` are items of which
    nothing is open at its end, paid or credited in it, and `reminders` what had been sent of these by then.
    """

    kept: int
    broken: int
    settled: int
    reminders: int


@dataclass(frozen=True, slots=True)
class CollectionKpiValue:
    """A key figure to six decimals, or none where it would divide by nothing."""

    kpi: CollectionKpi
    unit: CollectionKpiUnit
    value: Decimal | None
    definition: str
    inputs: tuple[str, ...]


def kpis_of(figures: CollectionFigures) -> tuple[CollectionKpiValue, ...]:
    """Every key figure with what it says and the names of the figures that it rests on."""
    return tuple(CollectionKpiValue(kpi, unit, compute(figures), definition, inputs)
                 for kpi, unit, compute, definition, inputs in _KPIS)


def promise_kept_rate(figures: CollectionFigures) -> Decimal | None:
    return _ratio(100 * figures.kept, figures.kept + figures.broken)


def reminders_per_settled_item(figures: CollectionFigures) -> Decimal | None:
    return _ratio(figures.reminders, figures.settled)


_Kpi = tuple[
    CollectionKpi, CollectionKpiUnit, Callable[[CollectionFigures], Decimal | None], str, tuple[str, ...]]
_KPIS: tuple[_Kpi, ...] = (
    (CollectionKpi.PROMISE_KEPT_RATE, CollectionKpiUnit.PERCENT, promise_kept_rate,
     "Promises kept / promises kept or broken, of those judged in the period.", ("kept", "broken")),
    (CollectionKpi.REMINDERS_PER_SETTLED_ITEM, CollectionKpiUnit.TIMES, reminders_per_settled_item,
     "Reminders sent of the items that were paid or credited in full in the period / these items.",
     ("reminders", "settled")),
)


def _ratio(over: int, under: int) -> Decimal | None:
    return (Decimal(over) / Decimal(under)).quantize(_SHOWN, rounding=ROUND_HALF_UP) if under > 0 else None
