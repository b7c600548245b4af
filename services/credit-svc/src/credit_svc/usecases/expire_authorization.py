"""Give reserved credit back because nobody billed or released it in time."""

from uuid import UUID

from credit_svc.domain.authorization import Authorization, AuthorizationStatus, expire
from credit_svc.store import authorizations, heads
from credit_svc.store.authorizations import Movement
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit import AuthorizationExpired
from dunlin_kit import jobs
from dunlin_kit.jobs import Job
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction

KIND = "expire_authorization"


def schedule_expiry_of_authorization(tx: Transaction, authorization: Authorization) -> None:
    """Gather the job that falls due when the authorisation ends."""
    key = str(authorization.id)
    jobs.schedule(tx, KIND, key, authorization.expires_at, {"authorization_id": key})


async def expire_authorization(tx: Transaction, job: Job) -> None:
    """What is still reserved becomes free; one that has ended otherwise stays as it is."""
    tenant = await jobs.moment_of(tx, job)
    authorization_id = UUID(job.payload["authorization_id"])
    head = await heads.lock_of_authorization(tx, authorization_id)
    before = await authorizations.get(tx, authorization_id)
    if before.status is AuthorizationStatus.APPROVED:
        heads.reserve(tx, head.customer_id, head.reserved - before.reserved)
        _expire(tx, before, tenant)
    jobs.finish(tx, job)


def _expire(tx: Transaction, before: Authorization, tenant: Tenant) -> None:
    authorizations.keep(tx, expire(before))
    authorizations.add_movement(tx, Movement(
        before.id, "expired", before.reserved, invoice_id=None, moved_by=tx.actor, moved_at=tenant.now))
    tx.emit(AuthorizationExpired(
        customer_id=before.customer_id, authorization_id=before.id, reference=before.reference,
        amount=Amount.of(before.reserved), expired_at=before.expires_at))
