"""Revise an arrangement: other parts for what is still open of its items, as its next version."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from billing_svc.domain.arrangement import Arrangement, agreed_parts, arrangeable, revisable
from billing_svc.domain.instalments import Instalment
from billing_svc.store import arrangements, items
from billing_svc.usecases.arranging import Arranging, parts_told
from billing_svc.usecases.posting import open_posting
from dunlin_events.contracts.billing_arrangements import ArrangementRevised
from dunlin_kit.transaction import Transaction


async def revise_arrangement(
    tx: Transaction, arrangement_id: UUID, parts: Sequence[Instalment], grace_days: int,
) -> Arrangement:
    """Refuses: arrangement_not_found, arrangement_ended, nothing_open, and what `agreed_parts` refuses."""
    named = (await arrangements.by_id(tx, [arrangement_id]))[arrangement_id]
    key = named.customer_id, named.currency
    posting = await open_posting(tx, [key])
    held = revisable((await arrangements.by_id(tx, [arrangement_id]))[arrangement_id])
    posting.items |= await items.by_id(tx, held.item_ids)
    owed = [item for item in posting.items.values() if not item.is_settled] or list(posting.items.values())
    agreed = agreed_parts(parts, arrangeable(owed, held.id), posting.tenant.today)
    one = replace(
        held, version=held.version + 1, parts=agreed, grace_days=grace_days,
        misses_on=agreed[0].due_on + timedelta(days=grace_days + 1), after_position=posting.accounts[key].entries)
    arrangements.revise(tx, one)
    arranging = Arranging(posting, one)
    arranging.note("arrangement_revised")
    tx.emit(ArrangementRevised(
        customer_id=one.customer_id, arrangement_id=one.id, version=one.version, items=arranging.by_parts(),
        parts=parts_told(one.parts), grace_days=one.grace_days, revised_on=posting.tenant.today))
    return one
