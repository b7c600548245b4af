"""Settle a claim on a cover: what was paid is used up, and counts in the limit no more."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from credit_svc.store import claims, covers, heads
from credit_svc.store.claims import KnownClaim
from credit_svc.usecases.keep_covers import keep_covers
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit_covers import ClaimOutcome, ClaimSettled
from dunlin_kernel.money import Money
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SettleClaim:
    """`paid` zero: it was refused. `settled_on` None: today."""

    claim_id: UUID
    paid: Money
    settled_on: date | None
    note: str | None


async def settle_claim(tx: Transaction, command: SettleClaim) -> KnownClaim:
    """Refuses: tenant_not_known_yet, claim_not_found, bad_claim, illegal_transition."""
    named = await claims.get(tx, command.claim_id)
    await heads.lock(tx, named.customer_id, named.claim.amount.currency)
    tenant, known = await present(tx), await claims.get(tx, command.claim_id)
    claim = known.claim.settled(command.paid, command.settled_on or tenant.today, today=tenant.today)
    after = replace(known, claim=claim, settled_by=tx.actor, note=command.note)
    claims.settle(tx, after)
    tx.emit(ClaimSettled(
        customer_id=known.customer_id, claim_id=claim.id, cover_id=claim.cover_id, amount=Amount.of(claim.amount),
        paid=Amount.of(claim.paid), outcome=ClaimOutcome(claim.state.value),
        settled_on=claim.settled_on or tenant.today))
    if claim.paid.is_positive:
        cover = await covers.get(tx, claim.cover_id)
        used = replace(cover, cover=cover.cover.paying(claim.paid))
        covers.use(tx, used.cover)
        await keep_covers(tx, used, tenant)
    return after
