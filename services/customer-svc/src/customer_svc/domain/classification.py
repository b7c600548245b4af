"""Classification: six independent dimensions, each a ladder of classes over a number, with edges and hysteresis."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import CustomerId

MAX_MONTHS = 60
MAX_HYSTERESIS_BPS = 5_000
WHOLE_BPS = 10_000


class Dimension(StrEnum):
    """The number behind each: `size` what was billed and `value_tier` and `importance` what cash came, in whole units
    of the base currency; `abc` the share of turnover of all larger customers, in basis points; `payment_behaviour` the
    share of items paid late, in basis points; `type` the months since the first invoice.
    """

    ABC = "abc"
    VALUE_TIER = "value_tier"
    IMPORTANCE = "importance"
    PAYMENT_BEHAVIOUR = "payment_behaviour"
    SIZE = "size"
    TYPE = "type"


CLASSES: Mapping[Dimension, tuple[str, ...]] = {
    Dimension.ABC: ("A", "B", "C"), Dimension.VALUE_TIER: ("normal", "medium", "high"),
    Dimension.IMPORTANCE: ("ordinary", "vip"), Dimension.PAYMENT_BEHAVIOUR: ("on_time", "overdue", "chronic"),
    Dimension.SIZE: ("small", "large"), Dimension.TYPE: ("new", "existing"),
}
"""The ladder of each dimension, from the lowest number to the highest."""
WITHOUT_NUMBER: Mapping[Dimension, str] = {Dimension.TYPE: "prospective"}
"""The class of a customer of whom there is no number; in other dimensions it has none."""


@dataclass(frozen=True, slots=True)
class ClassificationRule:
    """One version of a dimension's rule: class n + 1 begins at edge n. Without edges a person sets the class.

    A class changes only when the number has gone beyond the edge by `hysteresis_bps` of it. Version 0 is the default.
    Refuses: bad_classification_rule.
    """

    dimension: Dimension
    version: int
    edges: tuple[int, ...]
    hysteresis_bps: int
    window_months: int
    effective_from: date

    def __post_init__(self) -> None:
        wanted = len(CLASSES[self.dimension]) - 1
        if self.edges and len(self.edges) != wanted:
            raise _bad(f"This dimension has {wanted} edges, or none where a person sets the class.")
        if any(edge <= 0 for edge in self.edges) or any(low >= high for low, high in pairwise(self.edges)):
            raise _bad("Edges are rising numbers above 0.")
        if not 0 <= self.hysteresis_bps <= MAX_HYSTERESIS_BPS:
            raise _bad(f"Hysteresis is between 0 and {MAX_HYSTERESIS_BPS} basis points of an edge.")
        if not 1 <= self.window_months <= MAX_MONTHS:
            raise _bad(f"A window has 1 to {MAX_MONTHS} months.")

    def class_of(self, number: int | None, held: str | None) -> str | None:
        """The class for a number, of a customer that is in class `held`; None where there is no class."""
        if number is None or not self.edges:
            return WITHOUT_NUMBER.get(self.dimension) if self.edges else held
        ladder = CLASSES[self.dimension]
        if held not in ladder:
            return ladder[sum(number >= edge for edge in self.edges)]
        at = ladder.index(held)
        up = sum(number * WHOLE_BPS >= edge * (WHOLE_BPS + self.hysteresis_bps) for edge in self.edges)
        down = sum(number * WHOLE_BPS >= edge * (WHOLE_BPS - self.hysteresis_bps) for edge in self.edges)
        return ladder[up if up > at else min(at, down)]


DEFAULTS: Mapping[Dimension, ClassificationRule] = {
    dimension: ClassificationRule(dimension, 0, edges, hysteresis, 12, date.min) for dimension, edges, hysteresis in (
        (Dimension.ABC, (8_000, 9_500), 200), (Dimension.VALUE_TIER, (100_000, 1_000_000), 1_000),
        (Dimension.IMPORTANCE, (), 0), (Dimension.PAYMENT_BEHAVIOUR, (1_000, 5_000), 1_000),
        (Dimension.SIZE, (1_000_000,), 1_000), (Dimension.TYPE, (12,), 0))
}
"""What holds until a tenant sets a version of its own."""


@dataclass(frozen=True, slots=True)
class HeldClass:
    """The class of a customer in one dimension; `rule_version` None says that a person set it, and no rule moves it."""

    value: str
    rule_version: int | None
    effective_on: date
    number: int | None = None

    @property
    def is_by_hand(self) -> bool:
        return self.rule_version is None


@dataclass(frozen=True, slots=True)
class ClassChange:
    """A customer's class in one dimension before and after; None where it has none."""

    customer_id: CustomerId
    dimension: Dimension
    before: HeldClass | None
    after: HeldClass | None


def checked_class(dimension: Dimension, value: str) -> str:
    """Refuses: unknown_class."""
    if value not in CLASSES[dimension] and value != WITHOUT_NUMBER.get(dimension):
        raise RuleBroken("unknown_class", f"Classes of this dimension are {', '.join(CLASSES[dimension])}.",
                         dimension=dimension.value)
    return value


def judged(rule: ClassificationRule, number: int | None, held: HeldClass | None, on: date) -> HeldClass | None:
    """The class from a day on: the held one where nothing changes or a person set it; None where there is none."""
    if held is not None and held.is_by_hand:
        return held
    value = rule.class_of(number, held.value if held else None)
    if value is None or (held is not None and value == held.value):
        return held
    return HeldClass(value, rule.version, on, number)


def _bad(detail: str) -> RuleBroken:
    return RuleBroken("bad_classification_rule", detail)
