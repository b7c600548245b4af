"""What has accrued on accounts, as it was told last, and which accounts are to be reckoned up to a day."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import Boolean, Date, Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.store.accounts import AccountKey
from billing_svc.store.interest import WAITING_ITEMS
from billing_svc.store.interest_tables import InterestAccrualRow
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

STALE = date.min
ACCOUNTS = text(f"""
SELECT a.customer_id, a.currency, coalesce(k.accrued, 0) AS accrued FROM (
  SELECT i.customer_id, i.currency {WAITING_ITEMS} AND :ruled
  UNION SELECT customer_id, currency FROM interest_accrual WHERE accrued > 0) a
LEFT JOIN interest_accrual k USING (customer_id, currency)
WHERE k.to_on IS NULL OR k.to_on < :to_on ORDER BY 1, 2 LIMIT :most""").bindparams(  # noqa: S608  constants only
    bindparam("to_on", type_=Date), bindparam("ruled", type_=Boolean), bindparam("most", type_=Integer))
ITEMS = text(f"""
SELECT i.id {WAITING_ITEMS} AND (i.customer_id, i.currency) IN (SELECT * FROM unnest(:customer_ids, :currencies))
""").bindparams(  # noqa: S608  constants only
    bindparam("to_on", type_=Date), bindparam("customer_ids", type_=ARRAY(Uuid)),
    bindparam("currencies", type_=ARRAY(Text)))


async def waiting(tx: Transaction, to_on: date, most: int, *, ruled: bool) -> dict[AccountKey, Money]:
    """Up to `most` accounts that may bear interest, or did, each with what was told of it last; without a rule only
    those that did."""
    rows = await tx.rows(ACCOUNTS, to_on=to_on, most=most, ruled=ruled)
    return {(row["customer_id"], row["currency"]): Money(row["accrued"], row["currency"]) for row in rows}


async def items_of(tx: Transaction, accounts: Collection[AccountKey], to_on: date) -> list[UUID]:
    """What may bear interest on these accounts."""
    rows = await tx.rows(ITEMS, to_on=to_on, customer_ids=[customer for customer, _ in accounts],
                         currencies=[currency for _, currency in accounts])
    return [row["id"] for row in rows]


def keep(tx: Transaction, accrued: Mapping[AccountKey, Money], *, to_on: date) -> None:
    """Gather what has accrued up to this day."""
    tx.put(InterestAccrualRow, *(
        {"customer_id": customer, "currency": currency, "accrued": amount.minor, "to_on": to_on}
        for (customer, currency), amount in accrued.items()), key=("customer_id", "currency"))


def reckon_anew(tx: Transaction, accounts: Collection[AccountKey]) -> None:
    """Gather that interest was charged on these accounts: what accrued before is an item now."""
    tx.change(InterestAccrualRow, *(
        {"customer_id": customer, "currency": currency, "to_on": STALE} for customer, currency in accounts),
        key=("customer_id", "currency"))
