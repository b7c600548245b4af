"""What has accrued on accounts, as it was told last."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.store.accounts import AccountKey
from billing_svc.store.interest_tables import InterestAccrualRow
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

STALE = date.min
TOLD = text("""
SELECT customer_id, currency, accrued FROM interest_accrual
JOIN unnest(:customer_ids, :currencies) a (customer_id, currency) USING (customer_id, currency)""").bindparams(
    bindparam("customer_ids", type_=ARRAY(Uuid)), bindparam("currencies", type_=ARRAY(Text)))


async def told(tx: Transaction, accounts: Collection[AccountKey]) -> dict[AccountKey, Money]:
    """What was told last of each of these accounts of which something was."""
    rows = await tx.rows(TOLD, customer_ids=[customer for customer, _ in accounts],
                         currencies=[currency for _, currency in accounts])
    return {(row["customer_id"], row["currency"]): Money(row["accrued"], row["currency"]) for row in rows}


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
