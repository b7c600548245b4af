"""Agree an arrangement: other due dates for what is open of some items."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from billing_svc.domain.arrangement import Arrangement, ArrangementState, agreed_parts, arrangeable
from billing_svc.domain.instalments import Instalment
from billing_svc.domain.item import Item
from billing_svc.store import arrangements, items
from billing_svc.usecases.arranging import Arranging, parts_told
from billing_svc.usecases.posting import open_posting
from dunlin_events.contracts.billing_arrangements import ArrangementAgreed
from dunlin_kernel.errors import NotFound
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class AgreeArrangement:
    """`reference` names where the agreement can be read."""

    id: UUID
    item_ids: tuple[UUID, ...]
    parts: tuple[Instalment, ...]
    grace_days: int
    reference: str | None = None


async def agree_arrangement(tx: Transaction, wish: AgreeArrangement) -> Arrangement:
    """Refuses: item_not_found, and what `arrangeable` and `agreed_parts` refuse."""
    named = await items.by_id(tx, wish.item_ids)
    for item_id in wish.item_ids:
        if item_id not in named:
            raise NotFound("item_not_found", "There is no such item.", item_id=item_id)
    accounts = {(item.customer_id, item.open.currency) for item in named.values()}
    posting = await open_posting(tx, accounts)
    posting.items |= await items.by_id(tx, wish.item_ids)
    owed = [posting.items[item_id] for item_id in wish.item_ids]
    parts = agreed_parts(wish.parts, arrangeable(owed, wish.id), posting.tenant.today)
    one = _agreed(wish, owed, parts, posting.tenant.today, posting.accounts[min(accounts)].entries)
    arrangements.add(tx, one, reference=wish.reference, recorded_at=posting.tenant.now)
    arranging = Arranging(posting, one)
    arranging.note("arrangement_agreed")
    tx.emit(ArrangementAgreed(
        customer_id=one.customer_id, arrangement_id=one.id, version=one.version, items=arranging.by_parts(),
        parts=parts_told(one.parts), grace_days=one.grace_days, agreed_on=one.agreed_on))
    return one


def _agreed(
    wish: AgreeArrangement, owed: Sequence[Item], parts: tuple[Instalment, ...], today: date, position: int,
) -> Arrangement:
    first_missed = parts[0].due_on + timedelta(days=wish.grace_days + 1)
    return Arrangement(
        wish.id, owed[0].customer_id, tuple(item.id for item in owed), 1, ArrangementState.ACTIVE, parts,
        wish.grace_days, today, first_missed, position)
