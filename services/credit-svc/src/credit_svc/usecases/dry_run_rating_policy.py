"""Try a rating policy over all customers before it is adopted: whose grade, limit or terms change, who is blocked or
freed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from credit_svc.domain.limit import limit_in_force
from credit_svc.domain.limit_engine import Trade
from credit_svc.domain.policy_version import PolicyVersion
from credit_svc.domain.rating import Inputs
from credit_svc.domain.rating_outcome import Rateable
from credit_svc.domain.rating_policy import RatingPolicy
from credit_svc.domain.rating_trial import Book, TriedRating, tried_rating
from credit_svc.domain.review import Standing
from credit_svc.store import (
    behaviours,
    financial_statements,
    policies,
    positions,
    rateable,
    rating_effects,
    rating_policies,
    ratings,
    watching,
)
from credit_svc.store.positions import Position
from credit_svc.store.rateable import Named
from credit_svc.store.watching import Moment
from credit_svc.usecases.adopt_rating_policy import AdoptRatingPolicy
from credit_svc.usecases.dry_run_credit_policy import smallest_order, watched
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

SLICE = 500
Held = Mapping[UUID, Sequence[Position]]


@dataclass(frozen=True, slots=True)
class TriedCustomer:
    """A customer, and what both policies make of it."""

    named: Named
    tried: TriedRating


@dataclass(frozen=True, slots=True)
class _Trial:
    now: RatingPolicy
    by: RatingPolicy
    credit: PolicyVersion
    moment: Moment


async def dry_run_rating_policy(tx: Transaction, command: AdoptRatingPolicy) -> list[TriedCustomer]:
    """Those that either policy grades, by id. Changes nothing.

    Refuses: tenant_not_known_yet, bad_policy, bad_scorecard, effective_in_past.
    """
    tenant = await present(tx)
    by = command.after(await rating_policies.last(tx), today=tenant.today)
    credit, _ = await policies.in_force(tx)
    trial = _Trial(await rating_policies.in_force(tx), by, credit, Moment(tenant.now, tenant.today))
    found: list[TriedCustomer] = []
    after: UUID | None = None
    while some := await rateable.some(tx, after=after, most=SLICE):
        tried = await _tried(tx, [one.customer_id for one in some], trial)
        found += [TriedCustomer(one, tried[one.customer_id]) for one in some if tried[one.customer_id].is_graded]
        after = some[-1].customer_id
    return found


async def _tried(tx: Transaction, asked: Sequence[UUID], trial: _Trial) -> Mapping[UUID, TriedRating]:
    held = await _held(tx, asked, trial)
    known = await _rateable(tx, held, trial)
    holds = trial.credit.holds
    beside = await watching.look(tx, asked, moment=trial.moment, grace_days=holds.overdue_grace_days or 0)
    today = trial.moment.today
    return {one: tried_rating(known[one], Book(
        {each.currency: smallest_order(each, trial.credit.numbers, today) for each in held[one]},
        set(beside[one].standing), watched(held[one], beside[one], trial.credit, today), holds),
        now=trial.now, by=trial.by) for one in asked}


async def _held(tx: Transaction, asked: Sequence[UUID], trial: _Trial) -> Held:
    held: dict[UUID, list[Position]] = {one: [] for one in asked}
    for one in await positions.of_customers(tx, asked, today=trial.moment.today, policy=trial.credit.numbers):
        held[one.customer_id].append(one)
    return held


async def _rateable(tx: Transaction, held: Held, trial: _Trial) -> Mapping[UUID, Rateable]:
    today, asked = trial.moment.today, list(held)
    seen, stated = await behaviours.read(tx, asked, today=today), await financial_statements.last_years(tx, asked)
    trades = await behaviours.trades(tx, {one: next(iter(stated[one]), None) for one in asked}, today=today)
    standings = await _standings(tx, held, trades, trial)
    earlier, terms = await ratings.grades(tx, asked), await rating_effects.terms(tx, asked)
    return {one: Rateable(
        Inputs(today, seen[one], stated[one]), trades[one], standings[one], earlier[one],
        terms[one].terms if one in terms else None) for one in asked}


async def _standings(
    tx: Transaction, held: Held, trades: Mapping[UUID, Mapping[str, Trade]], trial: _Trial,
) -> Mapping[UUID, Mapping[str, Standing]]:
    asked = [(one, currency) for one, traded in trades.items() for currency in traded]
    earlier = await rating_effects.earlier(
        tx, asked, days=max(trial.now.limits.days_back, trial.by.limits.days_back))
    facts = {(one, each.currency): [fact for fact in (each.limit.fact, each.limit.temporary) if fact]
             for one, ones in held.items() for each in ones}
    found: dict[UUID, dict[str, Standing]] = {one: {} for one in held}
    for key in asked:
        limit = limit_in_force(facts.get(key, ()), today=trial.moment.today)
        found[key[0]][key[1]] = Standing(limit, earlier.get(key, ()), trial.moment.today)
    return found
