"""Charge interest on a slice of items: what is due to the day less what was charged before, or waive too much."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from billing_svc.domain.allocation import Allocation
from billing_svc.domain.interest import Bearing, interest_of, segments_of
from billing_svc.domain.interest_charge import Reckoning, waived_of
from billing_svc.domain.interest_policy import Debtor, InterestPolicy, InterestRule, RateStep, rates_for, rule_for
from billing_svc.domain.item import Item, ItemKind
from billing_svc.store import customers, interest, interest_accruals, interest_runs, items
from billing_svc.store.interest import Charged
from billing_svc.store.interest_runs import InterestRun
from billing_svc.usecases.charging import Charging
from billing_svc.usecases.charging_interest import ChargingInterest, paid_on
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money, sum_money
from dunlin_kit import operations
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class _Law:
    """By what it is reckoned, up to which day."""

    policy: InterestPolicy
    references: Mapping[str, list[RateStep]]
    to_on: date


@dataclass(frozen=True, slots=True)
class _Case:
    """One item: what bears interest of it, by which rule (None: it stays as it is), what was charged so far."""

    item: Item
    bearing: Bearing
    rule: InterestRule | None
    charged: Charged
    standing: tuple[Item, ...]
    paid: Mapping[UUID, Sequence[Allocation]]


async def charge_interest(tx: Transaction, run_id: UUID, size: int) -> bool:
    """Up to `size` items of a run; True when it is over. Refuses: period_locked."""
    run = await interest_runs.hold(tx, run_id)
    found = await interest.waiting(tx, run.to_on, run.after_item_id, size)
    if not found:
        operations.succeed(tx, run.operation_id, run.looked_at, {
            "charged": run.charged, "corrected": run.corrected, "without_rate": run.without_rate})
        return True
    posting = await open_posting(tx, set(found.values()))
    law = _Law(await interest.policy_in_force(tx), await interest.references(tx), run.to_on)
    cases = await _cases(posting, found, law)
    charging = await Charging.begin(posting, [ItemKind.INTEREST, ItemKind.FEE])
    for case in cases:
        run = await _judged(ChargingInterest(posting, charging), case, law, run)
    posting.save(fresh=charging.save())
    interest_accruals.reckon_anew(tx, set(found.values()))
    run = replace(run, after_item_id=max(found))
    interest_runs.move(tx, run)
    operations.progress(tx, run.operation_id, run.looked_at, None)
    return False


async def _cases(posting: Posting, found: Collection[UUID], law: _Law) -> list[_Case]:
    tx = posting.tx
    claims = await items.by_id(tx, found)
    standing = await items.charges_on(tx, found, ItemKind.INTEREST)
    charges = {one.id: one for on_claim in standing.values() for one in on_claim}
    posting.items |= claims | charges
    moves, contested = await interest.moves_of(tx, found), await interest.contested_of(tx, found)
    paid, before = await paid_on(posting, charges), await interest.charged_on(tx, found)
    regions = await customers.regions_of(tx, {item.customer_id for item in claims.values()})
    return [
        _Case(item, Bearing(item.amount, item.due_on, moves.get(item.id, []), contested.get(item.id, [])),
              rule_for(law.policy, Debtor(
                  item.customer_id, regions.get(item.customer_id), item.amount.currency, item.due_on)),
              before.get(item.id) or Charged(Money.zero(item.amount.currency), compensated=False),
              tuple(standing.get(item.id, ())), paid)
        for item in sorted(claims.values(), key=lambda item: item.id)]


async def _judged(charging: ChargingInterest, case: _Case, law: _Law, run: InterestRun) -> InterestRun:
    if case.rule is None:
        return run.counting(charged=0, corrected=0, without_rate=0)
    try:
        reckoned = _reckoned(case, case.rule, law)
    except Conflict:  # its reference rate is not known yet: a later run charges it
        return run.counting(charged=0, corrected=0, without_rate=1)
    after, posting = await _entered(charging, case, reckoned), charging.posting
    entries = posting.accounts[case.item.customer_id, case.item.amount.currency].entries
    interest.keep(posting.tx, case.item.id, after, to_on=run.to_on, position=entries)
    return run.counting(charged=int(after.amount > case.charged.amount),
                        corrected=int(after.amount < case.charged.amount), without_rate=0)


def _reckoned(case: _Case, rule: InterestRule, law: _Law) -> Reckoning:
    """Refuses: reference_rate_missing."""
    item, charged = case.item, case.charged.amount
    rates = rates_for(rule, law.references.get(rule.reference or "", []), item.due_on)
    segments = segments_of(case.bearing, rates, law.to_on)
    return Reckoning(
        item, law.to_on, segments, interest_of(segments, rule.day_base, charged.currency), charged, rule.name)


async def _entered(charging: ChargingInterest, case: _Case, reckoned: Reckoning) -> Charged:
    """What is charged in all after the difference was charged or waived."""
    before = case.charged
    if reckoned.to_charge.is_positive:
        charging.charge(reckoned)
    standing = [charging.posting.items[one.id] for one in case.standing]
    waived = [await charging.waive_again(*one) for one in waived_of(standing, reckoned.too_much, case.paid)]
    fixed = case.rule.compensation if case.rule and reckoned.segments and not before.compensated else None
    if fixed is not None and fixed.currency == case.item.amount.currency:
        charging.compensate(case.item, fixed)
        before = replace(before, compensated=True)
    return replace(before, amount=before.amount + reckoned.to_charge - sum_money(before.amount.currency, waived))
