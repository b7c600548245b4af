"""Try a policy over the present book before it is adopted: who would be blocked, who freed, and how much that is."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from credit_svc.domain.cover import covered
from credit_svc.domain.decision import DecisionInputs
from credit_svc.domain.dry_run import Candidate, Tried, tried
from credit_svc.domain.exposure import exposure_of
from credit_svc.domain.hold import Beside, Use, Watched
from credit_svc.domain.limit import limit_in_force
from credit_svc.domain.policy import CreditPolicy
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
    last = await policies.last(tx)
    version = command.after(last, today=tenant.today)
    moment = Moment(tenant.now, tenant.today)
    return version, [one async for one in _over_the_book(tx, version, moment)]


async def _over_the_book(tx: Transaction, version: PolicyVersion, moment: Moment) -> AsyncIterator[TriedPosition]:
    policy, after = await policies.current(tx), None
    left: list[Position] = []
    while True:
        asked = Asked(None, None, by_available=False, after=after, most=SLICE)
        found = [*left, *await positions.some(tx, asked, today=moment.today, policy=policy)]
        whole = _whole_customers(found, is_last=len(found) - len(left) < SLICE)
        beside = await watching.look(
            tx, list(whole), moment=moment, grace_days=version.holds.overdue_grace_days or 0)
        for customer_id, held in whole.items():
            seen = watched(held, beside[customer_id], version, moment.today)
            for one in held:
                yield TriedPosition(one, tried(
                    smallest_order(one, policy, moment.today), beside[customer_id].standing, seen,
                    by=Candidate(version.numbers, version.holds)))
        if len(found) - len(left) < SLICE:
            return
        after = (None, found[-1].customer_id, found[-1].currency)
        left = [one for one in found if one.customer_id not in whole]


def _whole_customers(found: Sequence[Position], *, is_last: bool) -> Mapping[UUID, list[Position]]:
    """By customer, in order; the currencies of the last one may go on in the next slice."""
    whole: dict[UUID, list[Position]] = {}
    for one in found:
        whole.setdefault(one.customer_id, []).append(one)
    if not is_last:
        whole.pop(found[-1].customer_id)
    return whole


def watched(held: Sequence[Position], seen: Beside, version: PolicyVersion, today: date) -> Watched:
    """The customer in every currency of which billing told, as the policy would watch it."""
    uses = {one.currency: Use(exposure_of(one.parts, version.numbers), _limit_by(version, one, today))
            for one in held if one.sequence}
    return Watched(today, seen.overdue, uses, seen.grade, seen.promise_broken_on, seen.waived)


def _limit_by(version: PolicyVersion, one: Position, today: date) -> Money | None:
    answered_for = covered(one.covers, version.numbers.cover_kinds, one.currency)
    facts = [fact for fact in (one.limit.fact, one.limit.temporary) if fact]
    return limit_in_force(facts, today=today, covered=answered_for).amount


def smallest_order(one: Position, policy: CreditPolicy, today: date) -> DecisionInputs:
    """What an order of one minor unit would be decided by today."""
    return DecisionInputs(
        Money(1, one.currency), today, one.status or "", one.limit.fact, one.parts, policy, {}, one.limit.temporary,
        one.holds, one.customer_id, one.group, one.covers, one.terms)
