"""Allocate a credit: its shares become facts, each on its own day, and an item that owes nothing more is told."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing_svc.domain.allocation import Allocated, Allocation, Share, fact_of_allocation
from billing_svc.domain.base_amounts import exchange_difference
from billing_svc.domain.credit import Credit
from billing_svc.domain.item import Item
from billing_svc.domain.ledger import Fact
from billing_svc.domain.posting_dates import Step, earliest_day
from billing_svc.store import allocations
from billing_svc.usecases.posting import Posting
from billing_svc.usecases.tell_settled import load_siblings, tell_settled
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import CreditAllocated, CreditKind, Origin
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class AllocationDay:
    """`wanted` is a named day; without it the first allowed one from `default` on."""

    wanted: date | None
    default: date


async def allocate_credit(
    posting: Posting, credit: Credit, allocated: Allocated, day: AllocationDay, *, reason: str, origin: Origin,
) -> tuple[Allocation, ...]:
    """Enter each share. `credit` and the items must be in the posting.

    Refuses: effective_too_early, effective_in_future, period_locked.
    """
    if not allocated.shares:
        return ()
    meant = day.wanted or day.default
    moved: list[Item | Credit] = [credit, *(posting.items[share.item_id] for share in allocated.shares)]
    await load_siblings(posting, [share.item_id for share in allocated.shares])
    reopened = [one.id for one in moved if one.raised_on > max(meant, one.effective_on)]
    await posting.remember_steps(reopened)
    able = _able_from(credit, posting.steps_of(credit.id), credit.unapplied - allocated.rest)
    made = []
    for share in allocated.shares:
        item = posting.items[share.item_id]
        not_before = max(able, _able_from(item, posting.steps_of(item.id), share.relieved))
        effective_on = posting.books.day_of(day.wanted, default=day.default, not_before=not_before)
        one = _allocated(posting, credit, share, effective_on)
        _enter(posting, one, credit.kind, origin)
        allocations.add(posting.tx, one, reason=reason, recorded_at=posting.tenant.now)
        made.append(one)
    return tuple(made)


def _able_from(moved: Item | Credit, steps: list[Step] | None, amount: Money) -> date:
    """The first day from which on so much can be taken away; without steps it never rose after `raised_on`."""
    return moved.raised_on if steps is None else earliest_day(steps, amount.minor)


def _allocated(posting: Posting, credit: Credit, share: Share, effective_on: date) -> Allocation:
    item = posting.items[share.item_id]
    return Allocation(new_id(), credit.customer_id, credit.id, item.id, share.amount, effective_on,
                      business_on=max(credit.business_on, item.effective_on), discount=share.discount)


def _enter(posting: Posting, made: Allocation, kind: StrEnum, origin: Origin) -> None:
    fact, figures = posting.enter(fact_of_allocation(made))
    item = posting.items[made.item_id]
    posting.tx.emit(_in_base(_told(made, CreditKind(kind.value), item, figures, origin), fact, posting.tenant.currency))
    tell_settled(posting, item, settled_on=made.effective_on, origin=origin)


def _told(
    made: Allocation, kind: CreditKind, item: Item, figures: AccountFigures, origin: Origin,
) -> CreditAllocated:
    return CreditAllocated(
        customer_id=item.customer_id, origin=origin, account=figures, allocation_id=made.id,
        credit_kind=kind, credit_id=made.credit_id, invoice_id=item.invoice_id, item_id=item.id,
        amount=Amount.of(made.amount), effective_on=made.effective_on, business_on=made.business_on, due_on=item.due_on,
        open_after=Amount.of(item.open), discount=Amount.of(made.discount.total) if made.discount else None)


def _in_base(told: CreditAllocated, fact: Fact, base_currency: str) -> CreditAllocated:
    relieved = fact.entries[0].base
    if relieved is None:
        return told
    difference = exchange_difference(fact, base_currency)
    return told.model_copy(update={"base": Amount.of(-relieved), "exchange_difference": Amount.of(difference)})
