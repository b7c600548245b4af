"""Try a rating policy over the ratings of the past: which of them it would have made otherwise."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from credit_svc.domain.rating_trial import Rerated, rerated
from credit_svc.store import rateable, rating_policies
from credit_svc.store.rateable import Named
from credit_svc.usecases.adopt_rating_policy import AdoptRatingPolicy
from dunlin_kernel.errors import RuleBroken
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

SLICE, MOST = 1000, 200_000


@dataclass(frozen=True, slots=True)
class ReratedCustomer:
    """A customer, and a rating of the past made again."""

    named: Named
    again: Rerated


async def back_test_rating_policy(
    tx: Transaction, command: AdoptRatingPolicy, *, begins: date, ends: date,
) -> list[ReratedCustomer]:
    """Ratings from the first day to the last, inclusive, in their order. Changes nothing.

    Refuses: tenant_not_known_yet, bad_policy, bad_scorecard, effective_in_past, validity_reversed, too_many_decisions.
    """
    tenant = await present(tx)
    if ends < begins:
        raise RuleBroken("validity_reversed", "The last day lies before the first.")
    policy = command.after(await rating_policies.last(tx), today=tenant.today)
    after: tuple[date, UUID] | None = None
    found: list[ReratedCustomer] = []
    while True:
        rows = await rateable.rated_between(tx, begins, ends, after=after, most=SLICE)
        found += [ReratedCustomer(named, rerated(stored, policy)) for named, stored in rows]
        if len(rows) < SLICE:
            return found
        if len(found) >= MOST:
            raise RuleBroken("too_many_decisions", f"At most {MOST} ratings at once; take fewer days.")
        after = (rows[-1][1].rated_on, rows[-1][1].rating_id)
