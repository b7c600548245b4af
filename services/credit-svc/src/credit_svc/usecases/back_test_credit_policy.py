"""Try a policy over the decisions of the past: which of them it would have answered otherwise."""

from datetime import date
from uuid import UUID

from credit_svc.domain.dry_run import Candidate, Redecided, redecided
from credit_svc.store import decisions, policies
from credit_svc.usecases.adopt_credit_policy import AdoptCreditPolicy
from dunlin_kernel.calendar import days_after
from dunlin_kernel.clock import start_of_day
from dunlin_kernel.errors import RuleBroken
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

SLICE, MOST = 1000, 200_000


async def back_test_credit_policy(
    tx: Transaction, command: AdoptCreditPolicy, *, begins: date, ends: date,
) -> list[Redecided]:
    """Decisions from the first day to the last, inclusive. Changes nothing.

    Refuses: tenant_not_known_yet, bad_policy, effective_in_past, validity_reversed, too_many_decisions.
    """
    tenant = await present(tx)
    if ends < begins:
        raise RuleBroken("validity_reversed", "The last day lies before the first.")
    last = await policies.last(tx)
    version = command.after(last, today=tenant.today)
    by = Candidate(version.numbers, version.holds)
    first, end = start_of_day(tenant.zone, begins), start_of_day(tenant.zone, days_after(ends, 1))
    after: UUID | None = None
    found: list[Redecided] = []
    while True:
        rows = await decisions.between(tx, first, end, after=after, most=SLICE)
        found += [redecided(one, stored.inputs, approved=stored.approved, by=by) for one, stored in rows]
        if len(rows) < SLICE:
            return found
        if len(found) >= MOST:
            raise RuleBroken("too_many_decisions", f"At most {MOST} decisions at once; take fewer days.")
        after = rows[-1][0]
