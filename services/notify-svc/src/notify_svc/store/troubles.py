"""What went wrong since a day, newest first, each with the customer that it is about."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Date, DateTime, Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from dunlin_kernel.money import Money
from notify_svc.domain.trouble import Trouble, TroubleKind

_TROUBLES = text("""
WITH wrong AS (
  SELECT 'payment_returned' AS kind, (recorded_at AT TIME ZONE :zone)::date AS day, payment_id AS ref_id, customer_id,
         -amount AS amount, currency, reason, NULL AS staff FROM payment_move
  WHERE amount < 0 AND recorded_at >= :since_at AND reason IS DISTINCT FROM 'recorded_in_error'
  UNION ALL
  SELECT 'payment_unmatched', (recorded_at AT TIME ZONE :zone)::date, payment_id, customer_id, amount, currency, NULL,
         NULL FROM payment_move m
  WHERE unmatched > 0 AND recorded_at >= :since_at AND NOT EXISTS (
    SELECT 1 FROM payment_move g
    WHERE g.customer_id = m.customer_id AND g.payment_id = m.payment_id AND g.amount < 0)
  UNION ALL
  SELECT 'promise_broken', judged_on, id, customer_id, amount, currency, NULL, NULL FROM promise
  WHERE status = 'broken' AND judged_on >= :since
  UNION ALL
  SELECT 'message_bounced', (bounced_at AT TIME ZONE :zone)::date, id, customer_id, NULL, NULL, bounce, NULL
  FROM message WHERE bounced_at >= :since_at
  UNION ALL
  SELECT 'message_failed', judged_on, id, customer_id, NULL, NULL, reason, NULL FROM message
  WHERE status = 'failed' AND judged_on >= :since
  UNION ALL
  SELECT 'message_unknown', judged_on, id, customer_id, NULL, NULL, reason, NULL FROM message WHERE status = 'unknown'
  UNION ALL
  SELECT 'notice_failed', "on", id, customer_id, NULL, NULL, reason, staff_code FROM notice
  WHERE status IN ('failed', 'unknown') AND "on" >= :since)
SELECT w.*, c.number, c.name, coalesce(c.owner_code, w.staff) AS owner_code FROM wrong w
LEFT JOIN customer c ON c.customer_id = w.customer_id
WHERE (CAST(:owners AS text[]) IS NULL OR coalesce(c.owner_code, w.staff) = ANY(:owners))
  AND (CAST(:kind AS text) IS NULL OR w.kind = :kind)
  AND (CAST(:after_on AS date) IS NULL OR (w.day, w.kind, w.ref_id) < (:after_on, :after_kind, :after_id))
ORDER BY w.day DESC, w.kind DESC, w.ref_id DESC LIMIT :wanted""").bindparams(
    bindparam("zone", type_=Text), bindparam("since", type_=Date), bindparam("since_at", type_=DateTime(timezone=True)),
    bindparam("owners", type_=ARRAY(Text)), bindparam("kind", type_=Text), bindparam("after_on", type_=Date),
    bindparam("after_kind", type_=Text), bindparam("after_id", type_=Uuid), bindparam("wanted", type_=Integer))


class Asked(NamedTuple):
    """Since which day (and instant, in the tenant's zone); of these members of staff or all, of one kind or all."""

    since: date
    since_at: datetime
    zone: str
    owners: Collection[str] | None
    kind: TroubleKind | None


async def listed(tx: Any, asked: Asked, after: tuple[date, str, UUID] | None, *, limit: int) -> list[Trouble]:
    """Up to `limit` after this place; a message whose outcome is unknown is there whenever it was."""
    on, kind, ref_id = after or (None, None, None)
    rows = await tx.rows(
        _TROUBLES, since=asked.since, since_at=asked.since_at, zone=asked.zone,
        owners=asked.owners and list(asked.owners), kind=asked.kind.value if asked.kind else None,
        after_on=on, after_kind=kind, after_id=ref_id, wanted=limit)
    return [Trouble(
        TroubleKind(row["kind"]), row["day"], row["ref_id"], row["customer_id"], row["number"], row["name"],
        row["owner_code"], Money(row["amount"], row["currency"]) if row["amount"] is not None else None,
        row["reason"]) for row in rows]
