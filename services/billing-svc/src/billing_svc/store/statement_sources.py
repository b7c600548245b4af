"""What a statement is made of, out of the ledger entries of one customer, and who has anything to state."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, DateTime, Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.statement import Balance, Movement, StatementLine, ThirdPartyMove
from billing_svc.store.ledger_tables import AccountRow
from dunlin_kernel.money import Money
from dunlin_kit.tenants import Also, Joined, Tenant, present_with
from dunlin_kit.transaction import Transaction

_CUSTOMER = bindparam("customer_id", type_=Uuid)
_TIMES = (bindparam("start", type_=Date), bindparam("end", type_=Date),
          bindparam("known_at", type_=DateTime(timezone=True)))
_PLACES = (bindparam("currencies", type_=ARRAY(Text)), bindparam("entries", type_=ARRAY(BigInteger)))
_ENTRIES = """
FROM unnest(:currencies, :entries) AS a (currency, entries)
JOIN ledger_entry e ON e.customer_id = :customer_id AND e.currency = a.currency AND e.position <= a.entries"""
"""What was entered by the moment at which the accounts were looked at, whatever has been posted since."""
_account = AccountRow.__table__.c
STANDING = Joined((_account.customer_id, _account.currency, _account.entries),
                  _account.customer_id == bindparam("ids", type_=ARRAY(Uuid)).any_())
OPENING = text(f"""
SELECT e.currency, coalesce(sum(e.amount) FILTER (WHERE e.side = 'receivable'), 0) AS receivables,
       coalesce(sum(e.amount) FILTER (WHERE e.side = 'credit'), 0) AS unapplied
{_ENTRIES} WHERE e.effective_on < :start AND e.recorded_at <= :known_at
GROUP BY 1""").bindparams(_CUSTOMER, *_PLACES, _TIMES[0], _TIMES[2])
MOVEMENTS = text(f"""
SELECT e.currency, e.effective_on, min(e.position) AS place, e.fact_kind, e.fact_id,
       coalesce(sum(e.amount) FILTER (WHERE e.side = 'receivable'), 0) AS receivables,
       coalesce(sum(e.amount) FILTER (WHERE e.side = 'credit'), 0) AS unapplied,
       min(i.number) AS number, min(c.reference) AS reference
{_ENTRIES} LEFT JOIN item i ON i.id = e.item_id LEFT JOIN credit c ON c.id = e.credit_id
WHERE e.effective_on BETWEEN :start AND :end AND e.recorded_at <= :known_at
GROUP BY e.currency, e.effective_on, e.fact_kind, e.fact_id ORDER BY 1, 2, 3""").bindparams(
    _CUSTOMER, *_PLACES, *_TIMES)
LINES = text(f"""
SELECT i.id, i.kind, i.number, i.currency, i.effective_on, i.due_on, i.amount, sum(e.amount) AS open
{_ENTRIES} JOIN item i ON i.id = e.item_id
WHERE e.effective_on <= :end AND e.recorded_at <= :known_at
GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(e.amount) <> 0""").bindparams(_CUSTOMER, *_PLACES, *_TIMES[1:])
THIRD_PARTIES = text("""
SELECT c.currency, m.effective_on, m.fact_kind, m.fact_id, i.number, c.payer, m.amount
FROM item i JOIN compensation c ON c.item_id = i.id CROSS JOIN LATERAL (
  SELECT c.effective_on, 'compensation_received' AS fact_kind, c.id AS fact_id, c.amount, c.recorded_at
  UNION ALL SELECT s.effective_on, 'compensation_shared', s.id, -s.amount, s.recorded_at
    FROM compensation_share s WHERE s.compensation_id = c.id
  UNION ALL SELECT r.effective_on, 'compensation_reversed', r.id, -r.amount, r.recorded_at
    FROM compensation_reversal r WHERE r.compensation_id = c.id) m
WHERE i.customer_id = :customer_id AND m.effective_on BETWEEN :start AND :end AND m.recorded_at <= :known_at
ORDER BY 1, 2, 4""").bindparams(_CUSTOMER, *_TIMES)
_STATED = """
FROM customer c WHERE c.known AND (EXISTS (SELECT 1 FROM account a WHERE a.customer_id = c.customer_id
                                           AND (a.open > 0 OR a.unapplied > 0))
  OR EXISTS (SELECT 1 FROM ledger_entry e WHERE e.customer_id = c.customer_id
             AND e.effective_on BETWEEN :start AND :end))"""
COUNTED = text(f"SELECT count(*) AS total {_STATED}").bindparams(*_TIMES[:2])
NEXT = text(f"""
SELECT c.customer_id {_STATED} AND (CAST(:after AS uuid) IS NULL OR c.customer_id > :after)
ORDER BY c.customer_id LIMIT :most""").bindparams(
    *_TIMES[:2], bindparam("after", type_=Uuid), bindparam("most", type_=Integer))


@dataclass(frozen=True, slots=True)
class Source:
    """One currency of a customer in a period."""

    opening: Balance
    movements: Sequence[Movement]
    lines: Sequence[StatementLine]
    third_parties: Sequence[ThirdPartyMove]


@dataclass(frozen=True, slots=True)
class Moment:
    """A time at which nothing was being posted, and how many entries each account had then, by currency."""

    known_at: datetime
    entries: Mapping[UUID, Mapping[str, int]]


async def present_standing(tx: Transaction, customer_ids: Collection[UUID]) -> tuple[Tenant, Moment]:
    """The tenant now, and where these customers stand, read in one trip. Refuses: tenant_not_known_yet."""
    tenant, rows = await present_with(tx, also=Also(STANDING, {"ids": list(customer_ids)}))
    found: dict[UUID, dict[str, int]] = {customer_id: {} for customer_id in customer_ids}
    for row in rows:
        if row["customer_id"] is not None:
            found[row["customer_id"]][row["currency"]] = row["entries"]
    return tenant, Moment(tenant.now, found)


async def of_customer(tx: Transaction, customer_id: UUID, start: date, end: date, moment: Moment) -> list[Source]:
    """By currency, in the order of their codes: whatever had moved up to the end, as it stood at that moment."""
    had = moment.entries[customer_id]
    asked = {"customer_id": customer_id, "start": start, "end": end, "known_at": moment.known_at,
             "currencies": list(had), "entries": list(had.values())}
    opening = {row["currency"]: _balance(row) for row in await tx.rows(OPENING, **asked)}
    movements: dict[str, list[Movement]] = defaultdict(list)
    for row in await tx.rows(MOVEMENTS, **asked):
        movements[row["currency"]].append(Movement(
            row["effective_on"], row["fact_kind"], row["fact_id"], row["number"], row["reference"], _balance(row)))
    lines: dict[str, list[StatementLine]] = defaultdict(list)
    for row in await tx.rows(LINES, **asked):
        currency = row["currency"]
        lines[currency].append(StatementLine(
            row["id"], row["kind"], row["number"], row["effective_on"], row["due_on"], Money(row["amount"], currency),
            Money(int(row["open"]), currency)))
    beside: dict[str, list[ThirdPartyMove]] = defaultdict(list)
    for row in await tx.rows(THIRD_PARTIES, **asked):
        beside[row["currency"]].append(ThirdPartyMove(
            row["effective_on"], row["fact_kind"], row["fact_id"], row["number"], row["payer"],
            Money(row["amount"], row["currency"])))
    return [Source(opening.get(currency) or _nothing(currency), movements[currency], lines[currency], beside[currency])
            for currency in sorted(opening.keys() | movements.keys())]


async def counted(tx: Transaction, start: date, end: date) -> int:
    """How many customers owe, have unapplied credit, or moved in a period."""
    return int((await tx.row(COUNTED, start=start, end=end))["total"])


async def next_of(tx: Transaction, start: date, end: date, after: UUID | None, most: int) -> list[UUID]:
    """The next of those customers by id."""
    rows = await tx.rows(NEXT, start=start, end=end, after=after, most=most)
    return [row["customer_id"] for row in rows]


def _balance(row: Any) -> Balance:
    currency = row["currency"]
    return Balance(Money(int(row["receivables"]), currency), Money(int(row["unapplied"]), currency))


def _nothing(currency: str) -> Balance:
    return Balance(Money.zero(currency), Money.zero(currency))
