"""Claims whose time is running out: old items with what interrupted their clocks, sorted by their last day."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Date, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from dunlin_kernel.money import Money
from dunlin_kit.tenants import Tenant
from notify_svc.domain.limitation import (
    WARN_MONTHS,
    Interruption,
    InterruptionKind,
    LimitationClock,
    OldClaim,
    limitation_clock,
    months_after,
    warning,
)

_CLAIMS = text("""
WITH lost AS (
  SELECT item_id, -sum(amount)::bigint AS amount FROM item_move
  WHERE fact IN ('DebtWrittenOff', 'DebtRecovered', 'RecoveryReversed', 'WriteOffReversed')
  GROUP BY item_id HAVING sum(amount) < 0),
claim AS (
  SELECT i.id, i.customer_id, i.number, i.due_on, i.currency, i.open, 0::bigint AS lost FROM dunned_item i
  WHERE i.open > 0 AND i.due_on <= CAST(:until AS date)
  UNION ALL
  SELECT i.id, i.customer_id, i.number, i.due_on, i.currency, 0, l.amount
  FROM lost l JOIN dunned_item i ON i.id = l.item_id WHERE i.due_on <= CAST(:until AS date))
SELECT m.id, m.customer_id, m.number AS item_number, m.due_on, m.currency, sum(m.open)::bigint AS open,
       sum(m.lost)::bigint AS lost, c.number, c.name, c.owner_code
FROM claim m LEFT JOIN customer c ON c.customer_id = m.customer_id
WHERE (CAST(:owners AS text[]) IS NULL OR c.owner_code = ANY(CAST(:owners AS text[])))
  AND (CAST(:customer_id AS uuid) IS NULL OR m.customer_id = CAST(:customer_id AS uuid))
GROUP BY m.id, m.customer_id, m.number, m.due_on, m.currency, c.number, c.name, c.owner_code""").bindparams(
    bindparam("until", type_=Date), bindparam("owners", type_=ARRAY(Text)), bindparam("customer_id", type_=Uuid))
_INTERRUPTED = text("""
SELECT m.item_id, 'part_payment' AS kind, m.business_on AS day FROM item_move m
WHERE m.item_id = ANY(:ids) AND m.cash AND m.business_on IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM item_move r
  WHERE r.item_id = m.item_id AND r.allocation_id = m.allocation_id AND r.fact = 'AllocationReversed')
UNION ALL
SELECT i.id, 'promise', p.made_on FROM dunned_item i
JOIN promise p ON p.customer_id = i.customer_id AND p.currency = i.currency
LEFT JOIN promise_item x ON x.promise_id = p.id AND x.item_id = i.id
WHERE i.id = ANY(:ids) AND p.end_reason IS DISTINCT FROM 'withdrawn' AND (x.item_id IS NOT NULL
  OR i.issued_on <= p.made_on AND NOT EXISTS (SELECT 1 FROM promise_item y WHERE y.promise_id = p.id))
UNION ALL
SELECT i.id, 'acknowledged', (s.answered_at AT TIME ZONE :zone)::date FROM dunned_item i
JOIN statement s ON s.customer_id = i.customer_id AND s.answered_at IS NOT NULL
  AND jsonb_exists(s.confirmed, CAST(i.id AS text))
WHERE i.id = ANY(:ids)
UNION ALL
SELECT x.item_id, 'demand', (m.delivered_at AT TIME ZONE :zone)::date FROM message_item x
JOIN message m ON m.id = x.message_id
WHERE x.item_id = ANY(:ids) AND x.outcome = 'sent' AND m.delivered_at IS NOT NULL AND m.bounced_at IS NULL
UNION ALL
SELECT i.id, CASE e.kind WHEN 'demand_served' THEN 'demand' ELSE e.kind END, e."on" FROM dunned_item i
JOIN collection_case k ON k.customer_id = i.customer_id JOIN case_entry e ON e.case_id = k.id
WHERE i.id = ANY(:ids) AND e.kind IN ('acknowledged', 'demand_served', 'court')
UNION ALL
SELECT i.id, 'court', CAST(:today AS date) FROM dunned_item i
JOIN collection_case k ON k.customer_id = i.customer_id
WHERE i.id = ANY(:ids) AND k.closed_on IS NULL AND k.stage IN ('suit', 'judgment')""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)), bindparam("zone", type_=Text), bindparam("today", type_=Date))


class Nearing(NamedTuple):
    """A claim of which is warned: within how many months it ends, 0 when it has ended."""

    item_id: UUID
    item_number: str
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None
    claim: OldClaim
    clock: LimitationClock
    within_months: int

    @property
    def key(self) -> tuple[date, UUID]:
        return self.clock.expires_on, self.item_id


async def nearing(
    tx: Any, moment: Tenant, *, months: int, owners: Collection[str] | None = None, customer_id: UUID | None = None,
) -> Sequence[Nearing]:
    """Every claim that is warned of, of these owners or of all, the next to end first; `months`: how long they last.

    While a case is in court, its customer's clocks begin anew every day.
    """
    until = months_after(moment.today, max(WARN_MONTHS) - months)
    rows = await tx.rows(_CLAIMS, until=until, owners=owners and list(owners), customer_id=customer_id)
    found: dict[UUID, list[Interruption]] = defaultdict(list)
    for row in await tx.rows(_INTERRUPTED, ids=[row["id"] for row in rows], zone=moment.zone,
                             today=moment.today) if rows else ():
        found[row["item_id"]].append(Interruption(row["day"], InterruptionKind(row["kind"])))
    claims = (_nearing(row, found[row["id"]], months=months, today=moment.today) for row in rows)
    return sorted((one for one in claims if one is not None), key=lambda one: one.key)


def _nearing(row: Any, interruptions: Sequence[Interruption], *, months: int, today: date) -> Nearing | None:
    clock = limitation_clock(row["due_on"], (one for one in interruptions if one.on <= today), months=months)
    within = warning(clock.expires_on, today)
    if within is None:
        return None
    lost = Money(row["lost"], row["currency"])
    claim = OldClaim(row["due_on"], Money(row["open"], row["currency"]) + lost, lost)
    return Nearing(row["id"], row["item_number"], row["customer_id"], row["number"], row["name"], row["owner_code"],
                   claim, clock, within)
