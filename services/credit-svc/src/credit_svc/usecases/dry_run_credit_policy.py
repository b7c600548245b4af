"""Try a policy over the present book before it is adopted: who would be blocked, who freed, and how much that is."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from credit_svc.domain.cover import covered
from credit_svc.domain.decision import DecisionInputs
from credit_svc.domain.dry_run import Candidate, Tried, tried
from credit_svc.domain.exposure import exposure_of
from credit_svc.domain.hold import Use, Watched
from credit_svc.domain.limit import limit_in_force
from credit_svc.domain.policy_version import PolicyVersion
from credit_svc.store import policies, positions, watching
from credit_svc.store.positions import Asked, Position
from credit_svc.store.watching import Moment
from credit_svc.usecases.adopt_credit_policy import AdoptCreditPolicy
from dunlin_kernel.money import Money
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

SLICE = 1000


@dataclass(frozen=True, slots=True)
class TriedPosition:
    """A position as it stands, and what the policy would make of it."""

    position: Position
    tried: Tried


async def dry_run_credit_policy(
    tx: Transaction, command: AdoptCreditPolicy,
) -> tuple[PolicyVersion, list[TriedPosition]]:
    """Changes nothing. Refuses: tenant_not_known_yet, bad_policy, effective_in_past."""
    tenant = await present(tx)
    last, *_ = await policies.versions(tx)
    version = command.after(last, today=tenant.today)
    moment = Moment(tenant.now, tenant.today)
    return version, [one async for one in _over_the_book(tx, version, moment)]


async def _over_the_book(tx: Transaction, version: PolicyVersion, moment: Moment) -> AsyncIterator[TriedPosition]:
    policy, after = await policies.current(tx), None
    candidate = Candidate(version.numbers, version.holds)
    while True:
        asked = Asked(None, None, by_available=False, after=after, most=SLICE)
        found = await positions.some(tx, asked, today=moment.today, policy=policy)
        beside = await watching.look(
            tx, sorted({one.customer_id for one in found}), moment=moment,
            grace_days=version.holds.overdue_grace_days or 0)
        for one in found:
            seen = beside[one.customer_id]
            answered_for = covered(one.covers, version.numbers.cover_kinds, one.currency)
            limit = limit_in_force(
                [fact for fact in (one.limit.fact, one.limit.temporary) if fact], today=moment.today,
                covered=answered_for).amount
            watched = Watched(
                moment.today, seen.overdue, {one.currency: Use(exposure_of(one.parts, version.numbers), limit)},
                seen.grade, seen.promise_broken_on, seen.waived)
            inputs = DecisionInputs(
                Money(1, one.currency), moment.today, one.status or "", one.limit.fact, one.parts, policy, {},
                one.limit.temporary, one.holds, one.customer_id, covers=one.covers,
                terms=one.terms)
            yield TriedPosition(one, tried(inputs, seen.standing, watched, by=candidate))
        if len(found) < SLICE:
            return
        last = found[-1]
        after = (None, last.customer_id, last.currency)
