"""Apply what a credit has left to items, later than it was received."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from billing_svc.domain.allocation import Allocation, Choice
from billing_svc.domain.credit import Credit
from billing_svc.domain.deposit_request import check_not_kept
from billing_svc.domain.discounting import allocate_discounted
from billing_svc.domain.payment import Payment, spendable
from billing_svc.store import deposits, payments
from billing_svc.usecases.allocate_credit import AllocationDay, allocate_credit
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.billing import Origin
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ApplyCredit:
    """The wish to use unapplied credit. `effective_on` None means today."""

    credit_id: UUID
    choice: Choice
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class AppliedCredit:
    credit: Credit
    allocations: tuple[Allocation, ...]


async def apply_credit(tx: Transaction, wishes: Sequence[ApplyCredit]) -> list[AppliedCredit]:
    """Apply unapplied credit, in order; all or none.

    Refuses: payment_not_found, credit_kept_for_order, payment_not_confirmed, nothing_unapplied,
    effective_too_early, effective_in_future, period_locked, and what the allocation refuses.
    """
    ids = [wish.credit_id for wish in wishes]
    named = await payments.by_id(tx, ids)
    posting = await open_posting(tx, [(one.customer_id, one.amount.currency) for one in named.values()])
    posting.credits |= await payments.by_id(tx, ids)
    check_not_kept(ids, await deposits.kept(tx, ids))
    return await apply_held(posting, wishes)


async def apply_held(posting: Posting, wishes: Sequence[ApplyCredit]) -> list[AppliedCredit]:
    """Apply credits that are in the posting, and keep what it moved. Refuses: as `apply_credit`."""
    await posting.load_items([(posting.credits[one.credit_id].customer_id, one.choice) for one in wishes])
    applied = [await _applied(posting, wish) for wish in wishes]
    posting.save()
    return applied


async def _applied(posting: Posting, wish: ApplyCredit) -> AppliedCredit:
    credit = spendable(posting.credits[wish.credit_id], wish.choice)
    choice = posting.resolved(credit.customer_id, wish.choice)
    if isinstance(credit, Payment):
        credit = posting.credits[credit.id] = replace(credit, unmatched=choice.unmatched)
    allocated = allocate_discounted(credit, choice, posting.items_of(credit.customer_id, choice))
    day = AllocationDay(wish.effective_on, posting.tenant.today)
    made = await allocate_credit(
        posting, credit, allocated, day, reason=wish.choice.rule.value, origin=Origin.LIVE)
    return AppliedCredit(posting.credits[credit.id], made)
