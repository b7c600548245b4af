"""Items that have something to be reckoned for interest: what is open, and what moved since it was reckoned last.

Accounts are followed by their entries, so that what was settled and reckoned is never read again.
"""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.store.accounts import AccountKey
from dunlin_kernel.ids import NIL
from dunlin_kit.transaction import Transaction

_TO, _MOST, _IDS = (bindparam("to_on", type_=Date), bindparam("most", type_=Integer),
                    bindparam("ids", type_=ARRAY(Uuid)))
NOTE = text("""
WITH behind AS (
  SELECT a.tenant_id, a.customer_id, a.currency, a.entries, coalesce(n.position, 0) AS noted FROM account a
  LEFT JOIN interest_noted n USING (tenant_id, customer_id, currency)
  WHERE (a.customer_id, a.currency) > (:customer_id, :currency) AND a.entries > coalesce(n.position, 0)
  ORDER BY a.customer_id, a.currency LIMIT :most), moved AS (
  SELECT e.tenant_id, e.item_id, e.customer_id, max(e.position) AS position FROM behind b JOIN ledger_entry e
    ON e.customer_id = b.customer_id AND e.currency = b.currency AND e.position > b.noted AND e.position <= b.entries
  WHERE e.item_id IS NOT NULL GROUP BY 1, 2, 3), waiting AS (
  INSERT INTO interest_waiting (tenant_id, item_id, customer_id, currency, position)
  SELECT i.tenant_id, i.id, i.customer_id, i.currency, m.position FROM moved m
  JOIN item i ON i.tenant_id = m.tenant_id AND i.id = m.item_id AND i.customer_id = m.customer_id
  LEFT JOIN interest_account s ON s.tenant_id = i.tenant_id AND s.item_id = i.id
  WHERE i.kind = 'invoice' AND (i.open > 0 OR s.item_id IS NULL OR s.position < m.position)
  ON CONFLICT (tenant_id, item_id) DO UPDATE SET customer_id = excluded.customer_id, position = excluded.position
), noted AS (
  INSERT INTO interest_noted (tenant_id, customer_id, currency, position)
  SELECT tenant_id, customer_id, currency, entries FROM behind ORDER BY customer_id, currency
  ON CONFLICT (tenant_id, customer_id, currency) DO UPDATE
  SET position = greatest(interest_noted.position, excluded.position))
SELECT customer_id, currency FROM behind ORDER BY customer_id, currency""").bindparams(
    bindparam("customer_id", type_=Uuid), bindparam("currency", type_=Text), _MOST)
NOTE_ANEW = text("UPDATE interest_noted SET position = 0")
NEXT = text("""
SELECT w.item_id, i.customer_id, i.currency FROM interest_waiting w
JOIN item i ON i.tenant_id = w.tenant_id AND i.id = w.item_id
LEFT JOIN interest_account s ON s.tenant_id = w.tenant_id AND s.item_id = w.item_id
WHERE w.item_id > :after AND i.due_on < :to_on AND (
  s.item_id IS NULL OR s.position < w.position OR i.open > 0 AND s.charged_to < :to_on)
ORDER BY w.item_id LIMIT :most""").bindparams(_TO, bindparam("after", type_=Uuid), _MOST)
# OFFSET 0: each item is found by its key, however many there ever were
ACCOUNTS = text("""
SELECT a.customer_id, a.currency FROM (
  SELECT w.customer_id, w.currency FROM interest_waiting w CROSS JOIN LATERAL (
    SELECT i.due_on FROM item i WHERE i.tenant_id = w.tenant_id AND i.id = w.item_id OFFSET 0) i
  WHERE i.due_on < :to_on AND :ruled
  UNION SELECT customer_id, currency FROM interest_accrual WHERE accrued > 0) a
LEFT JOIN interest_accrual k USING (customer_id, currency)
WHERE k.to_on IS NULL OR k.to_on < :to_on ORDER BY 1, 2""").bindparams(_TO, bindparam("ruled", type_=Boolean))
OF_ACCOUNTS = text("""
SELECT w.item_id, w.position FROM unnest(:customer_ids, :currencies) a (customer_id, currency)
JOIN interest_waiting w USING (customer_id, currency) JOIN item i ON i.tenant_id = w.tenant_id AND i.id = w.item_id
WHERE i.due_on < :to_on""").bindparams(
    _TO, bindparam("customer_ids", type_=ARRAY(Uuid)), bindparam("currencies", type_=ARRAY(Text)))
FORGET = text("""
DELETE FROM interest_waiting w USING unnest(:ids, :positions) d (item_id, position)
WHERE w.item_id = d.item_id AND w.position = d.position""").bindparams(
    _IDS, bindparam("positions", type_=ARRAY(BigInteger)))
FORGET_HELD = text("DELETE FROM interest_waiting WHERE item_id = ANY(:ids)").bindparams(_IDS)


async def note(tx: Transaction, after: AccountKey | None, most: int) -> AccountKey | None:
    """Note what moved on up to `most` accounts after this one; the last of them, None when there is no other."""
    customer_id, currency = after or (NIL, "")
    rows = await tx.rows(NOTE, customer_id=customer_id, currency=currency, most=most)
    return (rows[-1]["customer_id"], rows[-1]["currency"]) if rows else None


async def note_anew(tx: Transaction) -> None:
    """What was settled may bear interest by other rules: all accounts are to be followed from their beginning."""
    await tx.rows(NOTE_ANEW)


async def next_of(tx: Transaction, to_on: date, after: UUID, most: int) -> dict[UUID, AccountKey]:
    """Up to `most` items that may have interest to be charged or corrected up to this day, each with its account; read
    before any lock, so it decides nothing."""
    rows = await tx.rows(NEXT, to_on=to_on, after=after, most=most)
    return {row["item_id"]: (row["customer_id"], row["currency"]) for row in rows}


async def accounts(tx: Transaction, to_on: date, *, ruled: bool) -> list[AccountKey]:
    """Accounts that may bear interest, or did, and were not told of up to this day; without a rule only those that
    did."""
    return [(row["customer_id"], row["currency"]) for row in await tx.rows(ACCOUNTS, to_on=to_on, ruled=ruled)]


async def of_accounts(tx: Transaction, keys: Collection[AccountKey], to_on: date) -> dict[UUID, int]:
    """What may bear interest on these accounts, each with its last entry that was noted."""
    rows = await tx.rows(OF_ACCOUNTS, to_on=to_on, customer_ids=[customer for customer, _ in keys],
                         currencies=[currency for _, currency in keys])
    return {row["item_id"]: row["position"] for row in rows}


async def forget(tx: Transaction, noted: Mapping[UUID, int]) -> None:
    """These have nothing to be reckoned, as far as they were noted."""
    if noted:
        await tx.rows(FORGET, ids=list(noted), positions=list(noted.values()))


async def forget_held(tx: Transaction, item_ids: Collection[UUID]) -> None:
    """These have nothing to be reckoned. Only under the lock of their accounts."""
    if item_ids:
        await tx.rows(FORGET_HELD, ids=list(item_ids))
