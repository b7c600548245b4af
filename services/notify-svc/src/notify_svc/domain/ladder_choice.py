"""Which ladder a customer climbs: the first rule that fits its grade and classes, else the standard one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dunlin_kernel.errors import RuleBroken
from notify_svc.domain.ladder import LadderPolicy

STANDARD = "standard"
MAX_RULES = 50


@dataclass(frozen=True, slots=True)
class Segment:
    """What others told of a customer: its credit grade, and its class in each dimension, where there is one."""

    grade: str | None = None
    classes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LadderRule:
    """Customers of all that is named here climb this ladder; `dimension` and `value` name a class.

    Refuses: bad_ladder_rule.
    """

    ladder: str
    grade: str | None = None
    dimension: str | None = None
    value: str | None = None

    def __post_init__(self) -> None:
        if (self.dimension is None) != (self.value is None):
            raise RuleBroken("bad_ladder_rule", "A class is a dimension and a value, or neither is named.")
        if self.grade is None and self.dimension is None:
            raise RuleBroken("bad_ladder_rule", "A rule names a grade, a class, or both.")

    def fits(self, segment: Segment) -> bool:
        """Whether all that is named is so."""
        if self.grade is not None and segment.grade != self.grade:
            return False
        return self.dimension is None or segment.classes.get(self.dimension) == self.value


@dataclass(frozen=True, slots=True)
class Ladders:
    """A tenant's ladders by name, each in the version in force, and the rules that choose among them, in order."""

    by_name: Mapping[str, LadderPolicy]
    rules: tuple[LadderRule, ...]

    @property
    def standard(self) -> LadderPolicy:
        return self.by_name[STANDARD]

    def of(self, segment: Segment) -> LadderPolicy:
        """The ladder of a customer of this segment; a rule whose ladder is not there is passed over."""
        fitting = (rule.ladder for rule in self.rules if rule.ladder in self.by_name and rule.fits(segment))
        return self.by_name[next(fitting, STANDARD)]


def check_rules(rules: tuple[LadderRule, ...], known: Mapping[str, LadderPolicy]) -> None:
    """Refuses: bad_ladder_rule for too many, or one whose ladder is not there."""
    if len(rules) > MAX_RULES:
        raise RuleBroken("bad_ladder_rule", f"At most {MAX_RULES} rules choose among ladders.")
    for rule in rules:
        if rule.ladder not in known:
            raise RuleBroken("bad_ladder_rule", "A rule names a ladder that has been set.", ladder=rule.ladder)
