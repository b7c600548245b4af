"""What waits for a second person in this service, by id: proposed limits of customers and groups, and covers that were
registered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text

from dunlin_events.consuming import Tx
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

_WAITING = text("""
SELECT w.*, coalesce(c.number, g.number) AS number, coalesce(c.name, g.name) AS name, o.owner_code FROM (
  (SELECT p.proposal_id AS id, 'credit_limit' AS subject, p.customer_id,
          NULL::uuid AS group_id, p.currency, p.amount, p.proposed_by AS maker,
          p.proposed_at AS since
   FROM limit_proposal p WHERE p.status = 'waiting' AND p.proposal_id > CAST(:after AS uuid)
   ORDER BY p.proposal_id LIMIT CAST(:most AS bigint))
  UNION ALL
  (SELECT v.cover_id, 'cover', v.customer_id, NULL, v.currency, v.counts, v.registered_by, v.registered_at
   FROM cover v WHERE v.state = 'waiting' AND v.cover_id > CAST(:after AS uuid)
   ORDER BY v.cover_id LIMIT CAST(:most AS bigint))
  UNION ALL
  (SELECT q.proposal_id, 'group_limit', NULL, q.group_id, q.currency, q.amount, q.proposed_by, q.proposed_at
   FROM group_limit_proposal q WHERE q.status = 'waiting' AND q.proposal_id > CAST(:after AS uuid)
   ORDER BY q.proposal_id LIMIT CAST(:most AS bigint))) w
LEFT JOIN customer c USING (customer_id) LEFT JOIN credit_group g USING (group_id)
LEFT JOIN customer_owner o USING (customer_id)
ORDER BY w.id LIMIT CAST(:most AS bigint)""")


class WaitingSubject(StrEnum):
    """A limit that was proposed for a customer or a group, or a cover that was registered."""

    CREDIT_LIMIT = "credit_limit"
    COVER = "cover"
    GROUP_LIMIT = "group_limit"


@dataclass(frozen=True, slots=True)
class WaitingApproval:
    """`amount`: the limit (None: not rated, of a group: none), or what the cover adds to it; `maker` may not sign."""

    id: UUID
    subject: WaitingSubject
    customer_id: UUID | None
    group_id: UUID | None
    number: str
    name: str | None
    owner_code: str | None
    amount: Money | None
    maker: str
    since: datetime


async def some(tx: Tx, *, after: UUID | None, most: int) -> Sequence[WaitingApproval]:
    """In the order in which they were asked for."""
    return [WaitingApproval(
        row["id"], WaitingSubject(row["subject"]), row["customer_id"], row["group_id"], row["number"], row["name"],
        row["owner_code"], None if row["amount"] is None else Money(row["amount"], row["currency"]), row["maker"],
        row["since"])
        for row in await tx.rows(_WAITING, after=after or NIL, most=most)]
