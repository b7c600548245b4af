"""Approve a cover that another person registered: it counts from now on."""

from dataclasses import replace
from uuid import UUID

from credit_svc.store import covers, heads
from credit_svc.store.covers import KnownCover
from credit_svc.usecases.keep_covers import keep_covers
from credit_svc.usecases.tell_approval import tell_approval
from dunlin_events.contracts.credit_approvals import ApprovalOutcome
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def approve_cover(tx: Transaction, cover_id: UUID) -> KnownCover:
    """Refuses: tenant_not_known_yet, cover_not_found, illegal_transition, second_person_needed."""
    named = await covers.get(tx, cover_id)
    await heads.lock(tx, named.customer_id, named.cover.amount.currency)
    tenant, known = await present(tx), await covers.get(tx, cover_id)
    cover = known.cover.approved(maker=known.registered_by, checker=tx.actor)
    covers.approve(tx, cover_id, by=tx.actor, at=tenant.now)
    after = replace(known, cover=cover, approved_by=tx.actor)
    tell_approval(tx, after, ApprovalOutcome.APPROVED)
    await keep_covers(tx, after, tenant)
    return after
