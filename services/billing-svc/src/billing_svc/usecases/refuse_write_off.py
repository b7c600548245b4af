"""Refuse, or take back, a write-off that was proposed: nothing was moved by it, and nothing is."""

from dataclasses import replace
from uuid import UUID

from billing_svc.domain.write_off import WRITE_OFF_LIFECYCLE, WriteOff, WriteOffState
from billing_svc.store import accounts, audit, write_offs
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def refuse_write_off(tx: Transaction, write_off_id: UUID) -> WriteOff:
    """Whoever proposed it may do so too. Refuses: write_off_not_found, illegal_transition."""
    named = (await write_offs.by_id(tx, [write_off_id]))[write_off_id]
    await accounts.lock(tx, [(named.customer_id, named.amount.currency)])
    tenant = await present(tx)
    held = (await write_offs.by_id(tx, [write_off_id]))[write_off_id]
    refused = replace(held, state=WRITE_OFF_LIFECYCLE.advance(held.state, WriteOffState.REFUSED))
    write_offs.decide(tx, refused)
    audit.add(tx, "write_off_refused", refused.id, customer_id=refused.customer_id, recorded_at=tenant.now)
    return refused
