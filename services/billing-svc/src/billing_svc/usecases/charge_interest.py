"""Charge interest on a slice of items: what is due to the day less what was charged before, or waive too much."""

from dataclasses import replace
from uuid import UUID

from billing_svc.domain.fee_waiver import FeeWaiver, FeeWaiverReason
from billing_svc.domain.interest_charge import Reckoning, waived_of
from billing_svc.domain.interest_law import InterestLaw
from billing_svc.domain.item import ItemKind
from billing_svc.store import customers, interest, interest_accruals, interest_runs, interest_waiting
from billing_svc.store.interest import Charged
from billing_svc.store.interest_runs import InterestRun
from billing_svc.usecases.charging import Charging
from billing_svc.usecases.charging_interest import ChargingInterest
from billing_svc.usecases.interest_cases import InterestCase, interest_cases
from billing_svc.usecases.let_go_of_fee import let_go_of_fee
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_kernel.errors import Conflict
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import sum_money
from dunlin_kit import operations
from dunlin_kit.transaction import Transaction


async def charge_interest(tx: Transaction, run_id: UUID, size: int) -> bool:
    """Up to `size` items of a run; True when it is over, also by being cancelled. Refuses: period_locked."""
    run = await interest_runs.hold(tx, run_id)
    if not await operations.goes_on(tx, run.operation_id):
        return True
    found = await interest_waiting.next_of(tx, run.to_on, run.after_item_id, size)
    if not found:
        operations.succeed(tx, run.operation_id, run.looked_at, run.result)
        return True
    posting = await open_posting(tx, set(found.values()))
    law = InterestLaw(await interest.policy_in_force(tx), await interest.references(tx), await customers.regions_of(
        tx, {customer_id for customer_id, _ in found.values()}))
    cases = await interest_cases(posting, found, law)
    charging = await Charging.begin(posting, [ItemKind.INTEREST, ItemKind.FEE])
    done = []
    for case in cases:
        run, for_now = await _judged(ChargingInterest(posting, charging), case, law, run)
        done += [case.item.id] if for_now else []
    posting.save(fresh=charging.save())
    await interest_waiting.forget_held(tx, done)
    interest_accruals.reckon_anew(tx, set(found.values()))
    interest_runs.move(tx, replace(run, after_item_id=max(found)))
    operations.progress(tx, run.operation_id, run.looked_at, None)
    return False


async def _judged(
    charging: ChargingInterest, case: InterestCase, law: InterestLaw, run: InterestRun,
) -> tuple[InterestRun, bool]:
    """The run after it, and whether the item has nothing more to be reckoned until it moves."""
    if case.rule is None:
        return run.counting(charged=0, corrected=0, without_rate=0), case.item.is_settled
    try:
        reckoned = law.reckoned(case.rule, case.item, case.bearing, case.charged.amount, run.to_on)
    except Conflict:  # its reference rate is not known yet: a later run charges it
        return run.counting(charged=0, corrected=0, without_rate=1), False
    after, posting = await _entered(charging, case, reckoned), charging.posting
    entries = posting.accounts[case.item.customer_id, case.item.amount.currency].entries
    whole = case.bearing.known_by(run.to_on)
    interest.keep(posting.tx, case.item.id, after, to_on=run.to_on, position=entries if whole else interest.ANEW)
    return run.counting(
        charged=int(after.amount > case.charged.amount), corrected=int(after.amount < case.charged.amount),
        without_rate=0), case.item.is_settled and whole


async def _entered(charging: ChargingInterest, case: InterestCase, reckoned: Reckoning) -> Charged:
    """What is charged in all after the difference was charged or waived."""
    before = case.charged
    if reckoned.to_charge.is_positive:
        charging.charge(reckoned)
    standing = [charging.posting.items[one.id] for one in case.standing]
    waived = [await charging.waive_again(*one) for one in waived_of(standing, reckoned.too_much, case.paid)]
    if before.compensated and not reckoned.segments:
        await _uncompensated(charging.posting, case)
        before = replace(before, compensated=False)
    fixed = case.rule.compensation if case.rule and reckoned.segments and not before.compensated else None
    if fixed is not None and fixed.currency == case.item.amount.currency:
        charging.compensate(case.item, fixed)
        before = replace(before, compensated=True)
    return replace(before, amount=before.amount + reckoned.to_charge - sum_money(before.amount.currency, waived))


async def _uncompensated(posting: Posting, case: InterestCase) -> None:
    """Nothing was late: the fixed sum is not owed, and what was paid of it is the customer's credit again."""
    fees, day = [posting.items[one.id] for one in case.fixed], posting.books.open_on(posting.tenant.today)
    charged = sum_money(case.item.amount.currency, (one.amount for one in fees))
    for fee, amount, back in waived_of(fees, charged, case.paid):
        await let_go_of_fee(posting, FeeWaiver(
            new_id(), fee.id, fee.customer_id, amount, FeeWaiverReason.RECOMPUTED, day, posting.tx.actor, None), back)
