"""File a claim on a cover: the one who answers is asked to pay."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from credit_svc.domain.claim import Claim, filed
from credit_svc.store import claims, covers, heads
from credit_svc.store.claims import KnownClaim
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit_covers import ClaimFiled
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class FileClaim:
    """`filed_on` None: today."""

    cover_id: UUID
    amount: Money
    filed_on: date | None
    reference: str


async def file_claim(tx: Transaction, command: FileClaim) -> KnownClaim:
    """The debt stays as it is, and the cover, until something is paid.

    Refuses: tenant_not_known_yet, cover_not_found, cover_not_standing, bad_claim, claim_above_cover.
    """
    named = await covers.get(tx, command.cover_id)
    await heads.lock(tx, named.customer_id, named.cover.amount.currency)
    tenant, known = await present(tx), await covers.get(tx, command.cover_id)
    wished = Claim(
        new_id(), known.cover.id, command.amount, command.filed_on or tenant.today, Money.zero(command.amount.currency))
    others = [one.claim for one in await claims.on_cover(tx, known.cover.id)]
    claim = KnownClaim(
        filed(wished, known.cover, others, today=tenant.today), known.customer_id, command.reference, tx.actor,
        tenant.now, provider=known.provider, number=known.number, name=known.name)
    claims.add(tx, claim)
    tx.emit(ClaimFiled(
        customer_id=known.customer_id, claim_id=claim.claim.id, cover_id=known.cover.id,
        amount=Amount.of(claim.claim.amount), filed_on=claim.claim.filed_on))
    return claim
