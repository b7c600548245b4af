"""Judge arrangements at the turn of the day: missed parts, money that was in time after all, and what is paid."""

from dataclasses import replace
from datetime import date

from billing_svc.domain.arrangement import Arrangement, ArrangementState, Judgement, judge
from billing_svc.store import arrangements, items
from billing_svc.usecases.arranging import Arranging, parts_told
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.billing_arrangements import (
    ArrangementAdvanced,
    ArrangementCompleted,
    ArrangementDefaulted,
    ArrangementReinstated,
)
from dunlin_kernel.money import sum_money
from dunlin_kit.transaction import Transaction


async def judge_arrangements(tx: Transaction, today: date, most: int = 100) -> bool:
    """Judge up to `most` of them, and write it, so that what follows sees the dates; True when there may be more.

    Of two that defaulted on one item the later one is judged first: only one of them is reinstated.
    """
    found = await arrangements.to_judge(tx, today, most)
    if not found:
        return False
    posting = await open_posting(tx, set(found.values()))
    for _, one in sorted((await arrangements.by_id(tx, found)).items(), reverse=True):
        await _judged(posting, one, today)
    await tx.flush()
    return len(found) == most


async def _judged(posting: Posting, one: Arrangement, today: date) -> None:
    posting.items = await items.by_id(posting.tx, one.item_ids) | posting.items
    owed = [posting.items[item_id] for item_id in one.item_ids]
    opened = sum_money(one.currency, (item.open for item in owed))
    found = judge(one, await arrangements.paid_of(posting.tx, one), opened, today)
    arranged_anew = any(item.arrangement_id not in (None, one.id) for item in owed)
    state = one.state if one.state is ArrangementState.DEFAULTED and arranged_anew else found.state
    after = replace(one, state=state, misses_on=found.misses_on)
    arrangements.judged(posting.tx, after, posting.accounts[one.customer_id, one.currency].entries)
    if after.state is not one.state:
        _tell(posting, one, after, found, today)
    elif after.state is ArrangementState.ACTIVE:
        _advance(posting, after, today)


def _advance(posting: Posting, one: Arrangement, today: date) -> None:
    arranging = Arranging(posting, one)
    if dated := arranging.by_open_parts():
        arranging.note("arrangement_advanced")
        posting.tx.emit(ArrangementAdvanced(
            customer_id=one.customer_id, arrangement_id=one.id, version=one.version, items=dated, advanced_on=today))


def _tell(posting: Posting, before: Arrangement, after: Arrangement, found: Judgement, today: date) -> None:
    tx, (customer_id, one, version) = posting.tx, (after.customer_id, after.id, after.version)
    arranging = Arranging(posting, after)
    if before.state is ArrangementState.DEFAULTED:
        arranging.note("arrangement_reinstated")
        tx.emit(ArrangementReinstated(
            customer_id=customer_id, arrangement_id=one, version=version, items=arranging.by_parts(),
            reinstated_on=today))
    if after.state is ArrangementState.COMPLETED:
        arranging.note("arrangement_completed")
        tx.emit(ArrangementCompleted(
            customer_id=customer_id, arrangement_id=one, version=version, items=arranging.as_before(),
            completed_on=today))
    elif after.state is ArrangementState.DEFAULTED:
        assert found.missed is not None, "a default has a part that was missed"
        arranging.note("arrangement_defaulted")
        tx.emit(ArrangementDefaulted(
            customer_id=customer_id, arrangement_id=one, version=version, items=arranging.as_before(),
            missed=parts_told([found.missed])[0], defaulted_on=today))
