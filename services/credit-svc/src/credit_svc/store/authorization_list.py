"""Authorisations as a list, with whose they are and why they were decided so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.authorization import Authorization, AuthorizationStatus
from credit_svc.domain.decision import DenialReason
from credit_svc.store.authorizations import authorization_of
from dunlin_events.consuming import Tx

_SOME = text("""
SELECT a.*, d.reasons, d.decided_at, d.decided_by, c.number, c.name, o.owner_code
FROM credit_authorization a JOIN credit_decision d USING (tenant_id, authorization_id)
LEFT JOIN customer c ON (c.tenant_id, c.customer_id) = (a.tenant_id, a.customer_id)
LEFT JOIN customer_owner o ON (o.tenant_id, o.customer_id) = (a.tenant_id, a.customer_id)
WHERE (CAST(:after AS uuid) IS NULL OR a.authorization_id < CAST(:after AS uuid))
  AND (CAST(:customer_id AS uuid) IS NULL OR a.customer_id = CAST(:customer_id AS uuid))
  AND (CAST(:status AS text) IS NULL OR a.status = CAST(:status AS text))
  AND (CAST(:owners AS text[]) IS NULL OR o.owner_code = ANY(CAST(:owners AS text[])))
ORDER BY a.authorization_id DESC LIMIT CAST(:most AS bigint)""")


@dataclass(frozen=True, slots=True)
class AskedAuthorizations:
    """Of one customer, of owners, in one status, before the last one seen."""

    customer_id: UUID | None
    owners: Sequence[str] | None
    status: AuthorizationStatus | None
    after: UUID | None
    most: int


@dataclass(frozen=True, slots=True)
class ListedAuthorization:
    """An authorisation, whose it is, and its decision."""

    authorization: Authorization
    reasons: tuple[DenialReason, ...]
    decided_at: datetime
    decided_by: str
    number: str | None
    name: str | None
    owner_code: str | None


async def some(tx: Tx, asked: AskedAuthorizations) -> Sequence[ListedAuthorization]:
    """Newest first."""
    rows = await tx.rows(
        _SOME, after=asked.after, customer_id=asked.customer_id, owners=asked.owners,
        status=asked.status and asked.status.value, most=asked.most)
    return [ListedAuthorization(
        authorization_of(row), tuple(DenialReason(reason) for reason in row["reasons"]), row["decided_at"],
        row["decided_by"], row["number"], row["name"], row["owner_code"]) for row in rows]
