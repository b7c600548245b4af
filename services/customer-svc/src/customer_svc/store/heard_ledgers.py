"""What was heard of customers' money, as rows: read for a fold, kept as it stands after it, read for an overview."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from customer_svc.domain.heard_ledger import HeardAccount, HeardItem, HeardLedger, HeardMonth
from customer_svc.store import heard_matters
from customer_svc.store.heard_tables import HeardAccountRow, HeardClaimRow, HeardItemRow, HeardMonthRow
from dunlin_events.consuming import Tx
from dunlin_events.subscription import Statements
from dunlin_kernel.money import Money

_IDS = bindparam("customer_ids", type_=ARRAY(Uuid)).any_()
_ACCOUNTS: Any = select(*HeardAccountRow.__table__.c).where(col(HeardAccountRow.customer_id) == _IDS)
_MONTHS: Any = select(*HeardMonthRow.__table__.c).where(
    col(HeardMonthRow.customer_id) == _IDS, col(HeardMonthRow.month) == bindparam("months", type_=ARRAY(Date)).any_())
_ITEMS: Any = select(*HeardItemRow.__table__.c).where(
    col(HeardItemRow.id) == bindparam("item_ids", type_=ARRAY(Uuid)).any_())
_OPEN: Any = (
    select(*HeardItemRow.__table__.c).where(col(HeardItemRow.customer_id) == bindparam("customer_id"),
                                            col(HeardItemRow.open) > 0)
    .order_by(col(HeardItemRow.due_on), col(HeardItemRow.id)))


async def of_customers(
    tx: Statements, customer_ids: Collection[UUID], item_ids: Collection[UUID] = (), months_of: Collection[date] = (),
    matter_ids: Collection[UUID] = (),
) -> dict[UUID, HeardLedger]:
    """The ledgers of these customers with these items and matters, and months, each named by its first day.

    The watermark of each stream keeps other writers away.
    """
    ids = list(customer_ids)
    accounts: dict[UUID, dict[str, HeardAccount]] = {one: {} for one in ids}
    for row in await tx.rows(_ACCOUNTS, customer_ids=ids):
        accounts[row["customer_id"]][row["currency"]] = _account_of(row)
    months: dict[UUID, dict[Any, HeardMonth]] = {one: {} for one in ids}
    for row in await tx.rows(_MONTHS, customer_ids=ids, months=list(months_of)) if months_of else ():
        months[row["customer_id"]][row["currency"], row["month"]] = HeardMonth(
            Money(row["billed"], row["currency"]), Money(row["cash"], row["currency"]), row["invoices"])
    rows = await tx.rows(_ITEMS, item_ids=list(item_ids)) if item_ids else []
    items: dict[UUID, dict[UUID, HeardItem]] = {one: {} for one in ids}
    for row in rows:
        if row["customer_id"] in items:
            items[row["customer_id"]][row["id"]] = _item_of(row)
    matters = await heard_matters.by_id(tx, HeardClaimRow, matter_ids)
    return {one: HeardLedger(one, accounts[one], items[one], months[one], matters.get(one, {})) for one in ids}


async def open_items(tx: Statements, customer_id: UUID) -> list[HeardItem]:
    """What is open of a customer, the oldest due first."""
    return [_item_of(row) for row in await tx.rows(_OPEN, customer_id=customer_id)]


def keep(tx: Tx, ledgers: Mapping[UUID, HeardLedger]) -> None:
    """Gather all that these ledgers hold, as it stands now."""
    for ledger in ledgers.values():
        tx.put(HeardAccountRow, *(_account_row(ledger.customer_id, one) for one in ledger.accounts.values()),
               key=("customer_id", "currency"))
        tx.put(HeardItemRow, *(_item_row(item) for item in ledger.items.values()), key=("customer_id", "id"))
        heard_matters.keep(tx, HeardClaimRow, ledger.customer_id, ledger.matters.values())
        tx.put(HeardMonthRow, *(
            {"customer_id": ledger.customer_id, "currency": currency, "month": month, "billed": one.billed.minor,
             "cash": one.cash.minor, "invoices": one.invoices} for (currency, month), one in ledger.months.items()
        ), key=("customer_id", "currency", "month"))


def _account_row(customer_id: UUID, account: HeardAccount) -> dict[str, Any]:
    return {
        "customer_id": customer_id, "currency": account.currency, "open": account.open.minor,
        "disputed": account.disputed.minor, "unapplied": account.unapplied.minor,
        "last_invoiced_on": account.last_invoiced_on, "last_paid_on": account.last_paid_on,
        "last_paid": account.last_paid.minor if account.last_paid else None, "delivered": account.delivered,
        "accrued": account.accrued}


def _account_of(row: Any) -> HeardAccount:
    opened, disputed, unapplied = (Money(row[name], row["currency"]) for name in ("open", "disputed", "unapplied"))
    paid = row["last_paid"]
    return HeardAccount(opened, disputed, unapplied, row["last_invoiced_on"], row["last_paid_on"],
                        None if paid is None else Money(paid, row["currency"]), row["delivered"], row["accrued"])


def _item_row(item: HeardItem) -> dict[str, Any]:
    return {
        "id": item.id, "customer_id": item.customer_id, "number": item.number, "currency": item.amount.currency,
        "due_on": item.due_on, "amount": item.amount.minor, "open": item.open.minor, "disputed": item.disputed.minor,
        "settled_on": item.settled_on}


def _item_of(row: Any) -> HeardItem:
    amount, opened, disputed = (Money(row[name], row["currency"]) for name in ("amount", "open", "disputed"))
    return HeardItem(
        row["id"], row["customer_id"], row["number"], row["due_on"], amount, opened, disputed, row["settled_on"])
