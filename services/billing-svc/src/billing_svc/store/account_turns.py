"""The turn of the day in accounts: which turn, the lock of those that nobody holds, and their buckets anew."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Date, Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.kept_ageing import NOTHING, STARTS
from billing_svc.store.accounts import AccountKey
from billing_svc.store.ageing_statements import abreast
from dunlin_kit.transaction import Transaction

_KEYS = (bindparam("customer_ids", type_=ARRAY(Uuid)), bindparam("currencies", type_=ARRAY(Text)))
_WANTED = "unnest(:customer_ids, :currencies) w (customer_id, currency)"
_ITEMS = " + ".join(f"aged_items[{n + 1}]" for n in range(len(NOTHING)))
TURNING = text(f"""
SELECT customer_id, currency FROM (
  SELECT customer_id, currency, sum(items) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM (
    SELECT customer_id, currency, {_ITEMS} AS items FROM account
    WHERE turns_on <= :day ORDER BY turns_on, customer_id, currency LIMIT :most) due) counted
WHERE coalesce(before, 0) < :items""").bindparams(  # noqa: S608  constants
    bindparam("day", type_=Date), bindparam("most", type_=Integer), bindparam("items", type_=Integer))
_HELD = f"""
SELECT a.customer_id, a.currency FROM account a JOIN {_WANTED} USING (customer_id, currency)
ORDER BY a.customer_id, a.currency FOR NO KEY UPDATE OF a"""  # noqa: S608  constants
WAITED_FOR = text(_HELD).bindparams(*_KEYS)
FREE = text(f"{_HELD} SKIP LOCKED").bindparams(*_KEYS)
_DAYS = "(CAST(:day AS date) - i.due_on)"
_TURNS = " ".join(f"WHEN {_DAYS} < {start} THEN {start}" for start in STARTS)
AGE = text(f"""
UPDATE account a SET aged_on = :day, turns_on = f.turns_on, aged = f.aged, aged_items = f.items
FROM {_WANTED} CROSS JOIN LATERAL (
  SELECT {abreast(STARTS, _DAYS)}, min(i.due_on + CASE {_TURNS} END) AS turns_on FROM item i
  WHERE i.open > 0 AND i.customer_id = w.customer_id AND i.currency = w.currency) f
WHERE a.customer_id = w.customer_id AND a.currency = w.currency""").bindparams(  # noqa: S608  constants
    *_KEYS, bindparam("day", type_=Date))


async def turning(tx: Transaction, day: date, *, most: int, items: int) -> list[AccountKey]:
    """Up to `most` accounts with an item that has come into another bucket, until they have so many items."""
    return [_key(row) for row in await tx.rows(TURNING, day=day, most=most, items=items)]


async def hold_free(tx: Transaction, keys: Collection[AccountKey]) -> list[AccountKey]:
    """Lock those of these accounts that nobody else holds, so that nobody waits for one while others are held.

    When all are held by others it waits for the first one alone.
    """
    in_order = sorted(set(keys))
    found = [_key(row) for row in await tx.rows(FREE, **_named(in_order))]
    return found or [_key(row) for row in await tx.rows(WAITED_FOR, **_named(in_order[:1]))]


async def age(tx: Transaction, keys: Collection[AccountKey], day: date) -> None:
    """Reckon what these accounts owe by age from their items. Only after the lock, in the next statement."""
    await tx.rows(AGE, **_named(keys), day=day)


def _named(keys: Collection[AccountKey]) -> dict[str, Any]:
    return {"customer_ids": [key[0] for key in keys], "currencies": [key[1] for key in keys]}


def _key(row: Any) -> AccountKey:
    return row["customer_id"], row["currency"]
