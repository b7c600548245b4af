"""Exchange rates and carried amounts: read after the lock of the accounts that they belong to."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Integer, Text, Uuid, bindparam, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from billing_svc.domain.base_amounts import Carried, Taken
from billing_svc.domain.exchange_rate import DayRate, ExchangeRate, Rates, RateWish
from billing_svc.domain.journal import JournalAccount
from billing_svc.domain.ledger import LedgerSide
from billing_svc.store.exchange_tables import CarriedAmountRow, ExchangeRateRow
from billing_svc.store.ledger_tables import JournalEntryRow, JournalLineRow, LedgerEntryRow
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_rate, _carried, _entry = ExchangeRateRow.__table__.c, CarriedAmountRow.__table__.c, LedgerEntryRow.__table__.c
_journal, _line = JournalEntryRow.__table__.c, JournalLineRow.__table__.c
RATES = (
    select(_rate.currency, _rate.valid_on, _rate.rate).ext(distinct_on(_rate.currency, _rate.valid_on))
    .where(_rate.currency == func.any(bindparam("currencies", type_=ARRAY(Text))),
           _rate.base_currency == bindparam("base_currency", type_=Text),
           _rate.valid_on >= bindparam("since", type_=Date))
    .order_by(_rate.currency, _rate.valid_on, _rate.sequence.desc()))
CARRIED = select(_carried.ref_id, _carried.customer_id, _carried.currency, _carried.side, _carried.open, _carried.base)
LEFT = CARRIED.where(
    _carried.customer_id == func.any(bindparam("customer_ids", type_=ARRAY(Uuid))),
    _carried.currency == func.any(bindparam("currencies", type_=ARRAY(Text))),
    _carried.open > literal_column("0"))
TAKEN = text("""
WITH RECURSIVE whose AS (
  SELECT unnest(:customer_ids) AS customer_id
  UNION SELECT c.customer_id FROM customer c JOIN whose w ON c.merged_into = w.customer_id)
SELECT e.fact_id, coalesce(e.item_id, e.credit_id) AS ref_id, e.amount, e.base_amount
FROM whose w JOIN ledger_entry e ON e.customer_id = w.customer_id
WHERE e.fact_id = ANY(:fact_ids) AND e.base_amount IS NOT NULL""").bindparams(
    bindparam("customer_ids", type_=ARRAY(Uuid)), bindparam("fact_ids", type_=ARRAY(Uuid)))
BOOKED = (
    select(_journal.fact_id, _line.account, _line.amount, _line.base_amount)
    .join_from(JournalEntryRow.__table__, JournalLineRow.__table__, _line.journal_entry_id == _journal.id)
    .where(_journal.fact_id == func.any(bindparam("fact_ids", type_=ARRAY(Uuid))), _line.base_amount.is_not(None)))
PAGE = (
    select(ExchangeRateRow.__table__).where(_rate.sequence < bindparam("before", type_=BigInteger))
    .order_by(_rate.sequence.desc()).limit(bindparam("wanted", type_=Integer)))
PAGE_OF = PAGE.where(_rate.currency == bindparam("currency", type_=Text))


async def rates(tx: Transaction, currencies: Collection[str], base_currency: str, since: date) -> Rates:
    """The rates of these currencies from a day on."""
    found: dict[str, list[DayRate]] = defaultdict(list)
    for row in await tx.rows(RATES, currencies=list(currencies), base_currency=base_currency, since=since):
        found[row["currency"]].append(DayRate(row["valid_on"], row["rate"]))
    return Rates(base_currency, dict(found))


async def carried(
    tx: Transaction, customer_ids: Collection[UUID], currencies: Collection[str], base_currency: str,
) -> dict[UUID, Carried]:
    """What is left of these customers' items and credits in these currencies."""
    rows = await tx.rows(LEFT, customer_ids=list(customer_ids), currencies=list(currencies))
    return {row["ref_id"]: Carried(
        row["customer_id"], LedgerSide(row["side"]), Money(row["open"], row["currency"]),
        Money(row["base"], base_currency)) for row in rows}


async def taken_by(
    tx: Transaction, customer_ids: Collection[UUID], fact_ids: Collection[UUID], base_currency: str,
) -> dict[UUID, dict[Taken, Money]]:
    """What these facts took from items and credits and booked in base currency, by fact; also at customers that were
    merged into these."""
    found: dict[UUID, dict[Taken, Money]] = defaultdict(dict)
    for row in await tx.rows(TAKEN, customer_ids=list(customer_ids), fact_ids=list(fact_ids)):
        found[row["fact_id"]][row["ref_id"], -row["amount"]] = Money(-row["base_amount"], base_currency)
    for row in await tx.rows(BOOKED, fact_ids=list(fact_ids)):
        booked = JournalAccount(row["account"]), -row["amount"]
        found[row["fact_id"]][booked] = Money(-row["base_amount"], base_currency)
    return dict(found)


async def page(tx: Transaction, currency: str | None, before: int, limit: int) -> list[tuple[int, Any]]:
    """Up to `limit` + 1 rates with their place, the last set first."""
    asked = {"before": before, "wanted": limit + 1}
    rows = await (tx.rows(PAGE, **asked) if currency is None else tx.rows(PAGE_OF, **asked, currency=currency))
    return [(row["sequence"], row) for row in rows]


def rate_of(row: Mapping[str, Any]) -> ExchangeRate:
    return ExchangeRate(row["id"], row["base_currency"],
                        RateWish(row["currency"], row["rate"], row["valid_on"], row["source"]))


def add(tx: Transaction, one: ExchangeRate, *, recorded_at: datetime) -> None:
    tx.insert(ExchangeRateRow, {
        "id": one.id, "currency": one.wish.currency, "base_currency": one.base_currency, "rate": one.wish.rate,
        "valid_on": one.wish.valid_on, "source": one.wish.source, "actor": tx.actor, "recorded_at": recorded_at})


def keep(tx: Transaction, moved: Mapping[UUID, Carried]) -> None:
    """What is left, and carried for, after a posting."""
    tx.put(CarriedAmountRow, *(
        {"ref_id": ref_id, "customer_id": one.customer_id, "currency": one.open.currency, "side": one.side.value,
         "open": one.open.minor, "base": one.base.minor} for ref_id, one in moved.items()), key=("ref_id",))
