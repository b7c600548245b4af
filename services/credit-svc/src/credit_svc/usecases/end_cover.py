"""End a cover before its last day: it counts no more."""

from dataclasses import replace
from uuid import UUID

from credit_svc.domain.cover import CoverState
from credit_svc.store import covers, heads
from credit_svc.store.covers import KnownCover
from credit_svc.usecases.keep_covers import keep_covers
from credit_svc.usecases.tell_approval import tell_approval
from dunlin_events.contracts.credit_approvals import ApprovalOutcome
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def end_cover(tx: Transaction, cover_id: UUID, reason: str) -> KnownCover:
    """One that waited never counted, and is told of as rejected. Refuses: tenant_not_known_yet, cover_not_found,
    cover_ended."""
    named = await covers.get(tx, cover_id)
    await heads.lock(tx, named.customer_id, named.cover.amount.currency)
    tenant, known = await present(tx), await covers.get(tx, cover_id)
    after = replace(known, cover=known.cover.ended(), ended_by=tx.actor, end_reason=reason)
    covers.end(tx, cover_id, by=tx.actor, at=tenant.now, reason=reason)
    if known.cover.state is CoverState.STANDING:
        await keep_covers(tx, after, tenant)
    else:
        tell_approval(tx, after, ApprovalOutcome.REJECTED)
    return after
