"""Give reserved credit back because the order will not be billed."""

from uuid import UUID

from credit_svc.domain.authorization import Authorization, release
from credit_svc.store import authorizations, heads
from credit_svc.store.authorizations import Movement
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit import AuthorizationReleased, ReleaseCause
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def release_authorization(tx: Transaction, authorization_id: UUID) -> Authorization:
    """All that is still reserved becomes free. Refuses: authorization_not_found, illegal_transition."""
    tenant = await present(tx)
    head = await heads.lock_of_authorization(tx, authorization_id)
    before = await authorizations.get(tx, authorization_id)
    after = release(before)
    authorizations.keep(tx, after)
    authorizations.add_movement(tx, Movement(
        authorization_id, "released", before.reserved, invoice_id=None, moved_by=tx.actor, moved_at=tenant.now))
    heads.reserve(tx, head.customer_id, head.reserved - before.reserved)
    tx.emit(AuthorizationReleased(
        customer_id=after.customer_id, authorization_id=after.id, reference=after.reference,
        amount=Amount.of(before.reserved), cause=ReleaseCause.REQUESTED))
    return after
