"""What every change of a cover has in common: it is told, and the rules of holds look again."""

from typing import Any

from credit_svc.domain.cover import Cover
from credit_svc.store.covers import KnownCover
from credit_svc.store.watching import Moment
from credit_svc.usecases.watch_customers import watch_customers
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit_covers import CoverChanged, CoverKind, CoverStateTold
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction


def told_of(cover: Cover) -> dict[str, Any]:
    """What every fact of a cover says."""
    return {
        "cover_id": cover.id, "kind": CoverKind(cover.kind.value), "amount": Amount.of(cover.amount),
        "share_bps": cover.share_bps, "retention": Amount.of(cover.retention), "counts": Amount.of(cover.counts),
        "valid_from": cover.valid_from, "valid_until": cover.valid_until}


async def keep_covers(tx: Transaction, known: KnownCover, tenant: Tenant) -> None:
    """Gather the event of a cover that counts or counted, and look at its customer."""
    tx.emit(CoverChanged(
        customer_id=known.customer_id, **told_of(known.cover), state=CoverStateTold(known.cover.state.value)))
    await watch_customers(tx, [known.customer_id], Moment(tenant.now, tenant.today))
