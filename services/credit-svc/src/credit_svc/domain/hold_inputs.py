"""What the rules of holds look at, as it is kept with a decision: whatever numbers are tried on it later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from credit_svc.domain.cover import CountedCover, covered
from credit_svc.domain.exposure import ExposureParts, exposure_of
from credit_svc.domain.hold import HoldRule, Use, Watched
from credit_svc.domain.owed_item import Overdue
from credit_svc.domain.policy import CreditPolicy
from dunlin_kernel.calendar import days_between
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class PastDue:
    """What was due on a day, is past due and undisputed, in one currency."""

    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class OtherUse:
    """Credit used and granted in a currency that is not the order's: `limit` without covers, None: not rated."""

    parts: ExposureParts
    limit: Money | None
    covers: tuple[CountedCover, ...]

    def by(self, policy: CreditPolicy) -> Use:
        currency = self.parts.currency
        added = covered(self.covers, policy.cover_kinds, currency)
        return Use(exposure_of(self.parts, policy), None if self.limit is None else self.limit + added)


@dataclass(frozen=True, slots=True)
class HoldInputs:
    """One customer's beside what an order's decision looks at itself. `waived`: until which day a person keeps a rule
    from placing its hold."""

    past_due: Sequence[PastDue] = ()
    others: Sequence[OtherUse] = ()
    grade: str | None = None
    promise_broken_on: date | None = None
    waived: Mapping[HoldRule, date] = field(default_factory=dict)

    def watched(self, own: Use | None, policy: CreditPolicy, *, today: date, grace_days: int) -> Watched:
        """As the rules look at it by a policy; `own`: in the order's currency, None where billing told of none."""
        uses = {one.parts.currency: one.by(policy) for one in self.others}
        if own is not None:
            uses[own.exposure.currency] = own
        return Watched(
            today, self._overdue(today, grace_days), uses, self.grade, self.promise_broken_on, self.waived)

    def _overdue(self, today: date, grace_days: int) -> Mapping[str, Overdue]:
        found: dict[str, Overdue] = {}
        for one in self.past_due:
            if days_between(one.due_on, today) > grace_days:
                now, currency = Overdue(one.due_on, one.amount), one.amount.currency
                found[currency] = found[currency].with_more(now) if currency in found else now
        return found
