"""What waits for a second person in this service, by id: proposed limits of customers and groups, and covers that were
registered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text

from credit_svc.store.group_owners import OWNER_CODES
from dunlin_events.consuming import Tx
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

_OF_CUSTOMER = """CAST(:owners AS text[]) IS NULL OR EXISTS (SELECT FROM customer_owner o
     WHERE o.customer_id = {row}.customer_id AND o.owner_code = ANY(CAST(:owners AS text[])))"""
_WAITING = text(f"""
SELECT w.*, coalesce(c.number, g.number) AS number, coalesce(c.name, g.name) AS name, o.owner_code,
  {OWNER_CODES.format(group="w.group_id")} AS group_owner_codes FROM (
  (SELECT p.proposal_id AS id, 'credit_limit' AS subject, p.customer_id,
          NULL::uuid AS group_id, p.currency, p.amount, p.proposed_by AS maker,
          p.proposed_at AS since
   FROM limit_proposal p WHERE p.status = 'waiting' AND p.proposal_id > CAST(:after AS uuid)
     AND ({_OF_CUSTOMER.format(row="p")})
   ORDER BY p.proposal_id LIMIT CAST(:most AS bigint))
  UNION ALL
  (SELECT v.cover_id, 'cover', v.customer_id, NULL, v.currency, v.counts, v.registered_by, v.registered_at
   FROM cover v WHERE v.state = 'waiting' AND v.cover_id > CAST(:after AS uuid)
     AND ({_OF_CUSTOMER.format(row="v")})
   ORDER BY v.cover_id LIMIT CAST(:most AS bigint))
  UNION ALL
  (SELECT q.proposal_id, 'group_limit', NULL, q.group_id, q.currency, q.amount, q.proposed_by, q.proposed_at
   FROM group_limit_proposal q WHERE q.status = 'waiting' AND q.proposal_id > CAST(:after AS uuid)
     AND (CAST(:owners AS text[]) IS NULL OR {OWNER_CODES.format(group="q.group_id")} && CAST(:owners AS text[]))
   ORDER BY q.proposal_id LIMIT CAST(:most AS bigint))) w
LEFT JOIN customer c USING (customer_id) LEFT JOIN credit_group g USING (group_id)
LEFT JOIN customer_owner o USING (customer_id)
ORDER BY w.id LIMIT CAST(:most AS bigint)""")  # noqa: S608  constants only


class WaitingSubject(StrEnum):
    """A limit that was proposed for a customer or a group, or a cover that was registered."""

    CREDIT_LIMIT = "credit_limit"
    COVER = "cover"
    GROUP_LIMIT = "group_limit"


@dataclass(frozen=True, slots=True)
class WaitingApproval:
    """`amount`: the limit (None: not rated, of a group: none), or what the cover adds to it; `maker` may not sign.
    `group_owner_codes`: who answers for members of the group, where it is one."""

    id: UUID
    subject: WaitingSubject
    customer_id: UUID | None
    group_id: UUID | None
    number: str
    name: str | None
    owner_code: str | None
    group_owner_codes: Sequence[str]
    amount: Money | None
    maker: str
    since: datetime


async def some(
    tx: Tx, *, owners: Sequence[str] | None, after: UUID | None, most: int,
) -> Sequence[WaitingApproval]:
    """Of these owners or all, in the order in which they were asked for."""
    return [WaitingApproval(
        row["id"], WaitingSubject(row["subject"]), row["customer_id"], row["group_id"], row["number"], row["name"],
        row["owner_code"], tuple(row["group_owner_codes"] or ()),
        None if row["amount"] is None else Money(row["amount"], row["currency"]), row["maker"],
        row["since"])
        for row in await tx.rows(_WAITING, owners=owners, after=after or NIL, most=most)]
