"""Adopt a rating policy: a new version that counts from a day on; where it reviews, everybody is rated by it then."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from credit_svc.domain.rating_policy import RatingPolicy
from credit_svc.store import rating_policies
from credit_svc.usecases.plan_rating_day import plan_first_rating_day
from dunlin_kernel.errors import RuleBroken
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class AdoptRatingPolicy:
    """`change` makes the version that follows from the last one adopted; its number and first day are set here."""

    effective_from: date | None
    reason: str
    change: Callable[[RatingPolicy, int, date, str], RatingPolicy]

    def after(self, before: RatingPolicy, *, today: date) -> RatingPolicy:
        """The version that follows on the last one adopted. Refuses: bad_policy, bad_scorecard, effective_in_past."""
        begins = self.effective_from or today
        if begins < today:
            raise RuleBroken(
                "effective_in_past", "A policy counts from today or a later day.", today=today.isoformat())
        return self.change(before, before.version + 1, begins, self.reason)


async def adopt_rating_policy(tx: Transaction, command: AdoptRatingPolicy) -> RatingPolicy:
    """Of two at once one comes after the other.

    Refuses: tenant_not_known_yet, bad_policy, bad_scorecard, effective_in_past.
    """
    tenant = await present(tx)
    version = command.after(await rating_policies.last(tx), today=tenant.today)
    if version.reviews:
        plan_first_rating_day(tx, tenant.zone, version)
    rating_policies.add(tx, version, adopted_by=tx.actor, adopted_at=tenant.now)
    return version
