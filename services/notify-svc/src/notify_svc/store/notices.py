"""Notices and the statements and deposits they are about: rows in, values out; what staff are told of."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, select, text
from sqlmodel import col

from dunlin_kernel.money import Money
from notify_svc.domain.message import MessageStatus
from notify_svc.domain.notice import Notice, NoticeKind
from notify_svc.store.notice_tables import AskedDepositRow, NoticeRow, StatementRow

_COLUMNS = tuple(NoticeRow.__table__.c)
_FIND = select(*_COLUMNS).where(
    col(NoticeRow.kind) == bindparam("kind", type_=Text), col(NoticeRow.key) == bindparam("key", type_=Text),
).with_for_update(key_share=True)
_STATEMENT = select(*StatementRow.__table__.c).where(col(StatementRow.id) == bindparam("id", type_=Uuid))
_DEPOSIT = select(*AskedDepositRow.__table__.c).where(col(AskedDepositRow.id) == bindparam("id", type_=Uuid))
_OWNERS = text("""
WITH work AS (
SELECT c.owner_code, c.customer_id FROM customer c
WHERE c.owner_code IS NOT NULL AND EXISTS (
  SELECT 1 FROM dunned_item i WHERE i.tenant_id = c.tenant_id AND i.customer_id = c.customer_id
    AND i.open > 0 AND i.open > i.disputed AND i.due_on <= CAST(:until AS date)
  UNION ALL
  SELECT 1 FROM statement s JOIN notice n
    ON n.tenant_id = s.tenant_id AND n.kind = 'reconcile' AND n.key = CAST(s.id AS text)
  WHERE s.tenant_id = c.tenant_id AND s.customer_id = c.customer_id AND NOT s.answered
  UNION ALL
  SELECT 1 FROM call_task t WHERE t.tenant_id = c.tenant_id AND t.customer_id = c.customer_id AND t.outcome IS NULL
    AND t.due_on <= CAST(:today AS date)
  UNION ALL
  SELECT 1 FROM collection_case k WHERE k.tenant_id = c.tenant_id AND k.customer_id = c.customer_id
    AND k.closed_on IS NULL AND k.next_action_on <= CAST(:today AS date))
UNION ALL
SELECT k.owner_code, k.customer_id FROM collection_case k
WHERE k.closed_on IS NULL AND k.owner_code IS NOT NULL AND (k.next_action_on <= CAST(:today AS date) OR EXISTS (
  SELECT 1 FROM dunned_item i WHERE i.tenant_id = k.tenant_id AND i.customer_id = k.customer_id
    AND i.open > 0 AND i.open > i.disputed AND i.due_on < CAST(:today AS date))))
SELECT owner_code, (array_agg(customer_id ORDER BY customer_id))[1] AS customer_id FROM work
GROUP BY owner_code ORDER BY owner_code""")
_SOON = text("""
SELECT c.number, c.name, i.number AS item, i.due_on, i.open - i.disputed AS minor, i.currency, count(*) OVER () AS items
FROM dunned_item i JOIN customer c ON c.tenant_id = i.tenant_id AND c.customer_id = i.customer_id
WHERE c.owner_code = :owner AND i.open > 0 AND i.open > i.disputed
  AND i.due_on BETWEEN CAST(:today AS date) AND CAST(:until AS date)
ORDER BY i.due_on, i.id LIMIT 200""")
_UNANSWERED = text("""
SELECT c.number, c.name, s.period_to, count(*) AS reminded, count(*) OVER () AS statements FROM statement s
JOIN notice n ON n.tenant_id = s.tenant_id AND n.kind = 'reconcile' AND n.customer_id = s.customer_id
  AND split_part(n.key, ':', 1) = CAST(s.id AS text)
JOIN customer c ON c.tenant_id = s.tenant_id AND c.customer_id = s.customer_id
WHERE c.owner_code = :owner AND NOT s.answered GROUP BY c.number, c.name, s.id, s.period_to
ORDER BY s.period_to, c.number LIMIT 200""")
_FILTERS = {
    "after": col(NoticeRow.id) < bindparam("after", type_=Uuid),
    "kind": col(NoticeRow.kind) == bindparam("kind", type_=Text),
    "customer_id": col(NoticeRow.customer_id) == bindparam("customer_id", type_=Uuid),
}


class Statement(NamedTuple):
    """A statement as it was told: what it closes with, (receivables, unapplied) per currency."""

    id: UUID
    customer_id: UUID
    period_from: date
    period_to: date
    closing: tuple[tuple[Money, Money], ...]
    answered: bool


class Deposit(NamedTuple):
    """A deposit that was asked for; it `waits` until money comes in on it or it is ended."""

    id: UUID
    customer_id: UUID
    number: str
    order_reference: str
    amount: Money
    due_on: date
    waits: bool


class DueSoon(NamedTuple):
    """An item that falls due in the next days."""

    customer_number: str | None
    customer_name: str | None
    number: str
    due_on: date
    amount: Money


class Unanswered(NamedTuple):
    """A statement that the customer was reminded of so many times, and has not answered."""

    customer_number: str | None
    customer_name: str | None
    period_to: date
    reminded: int


@cache
def _page(filters: tuple[str, ...]) -> Any:
    """One text per combination of filters."""
    return (
        select(*_COLUMNS).where(*(_FILTERS[name] for name in filters))
        .order_by(col(NoticeRow.id).desc()).limit(bindparam("limit")))


async def find(tx: Any, kind: NoticeKind, key: str) -> Notice | None:
    """Wait for a notice that was written down before; None where it was not."""
    row = await tx.row(_FIND, kind=kind.value, key=key)
    return _notice(row) if row else None


async def statement(tx: Any, statement_id: UUID) -> Statement | None:
    row = await tx.row(_STATEMENT, id=statement_id)
    if row is None:
        return None
    closing = tuple(
        (Money.parse(one["receivables"]["amount"], one["receivables"]["currency"]),
         Money.parse(one["unapplied"]["amount"], one["unapplied"]["currency"])) for one in row["closing"])
    return Statement(row["id"], row["customer_id"], row["period_from"], row["period_to"], closing, row["answered"])


async def deposit(tx: Any, request_id: UUID) -> Deposit | None:
    row = await tx.row(_DEPOSIT, id=request_id)
    return None if row is None else Deposit(
        row["id"], row["customer_id"], row["number"], row["order_reference"], Money(row["amount"], row["currency"]),
        row["due_on"], row["waits"])


async def owners(tx: Any, today: date, until: date) -> list[tuple[str, UUID]]:
    """Staff with customers who owe something due `until` a day, leave a statement unanswered, or are to be called or
    dealt with today, and those who work on a case of others' customers; each with one of these customers."""
    return [(row["owner_code"], row["customer_id"]) for row in await tx.rows(_OWNERS, today=today, until=until)]


async def due_soon(tx: Any, owner: str, today: date, until: date) -> tuple[list[DueSoon], int]:
    """What falls due with the customers of a member of staff, the earliest first, and how many there are in all."""
    rows = await tx.rows(_SOON, owner=owner, today=today, until=until)
    found = [DueSoon(row["number"], row["name"], row["item"], row["due_on"], Money(row["minor"], row["currency"]))
             for row in rows]
    return found, rows[0]["items"] if rows else 0


async def unanswered(tx: Any, owner: str) -> tuple[list[Unanswered], int]:
    """Statements to the customers of a member of staff that were reminded of in vain, the oldest first; how many."""
    rows = await tx.rows(_UNANSWERED, owner=owner)
    found = [Unanswered(row["number"], row["name"], row["period_to"], int(row["reminded"])) for row in rows]
    return found, rows[0]["statements"] if rows else 0


async def listed(tx: Any, filters: dict[str, Any], *, limit: int) -> list[Notice]:
    """Notices, newest first. Filters, left out where None: after (id), kind, customer_id."""
    applied = {name: filters[name] for name in _FILTERS if filters.get(name) is not None}
    return [_notice(row) for row in await tx.rows(_page(tuple(applied)), limit=limit, **applied)]


def keep(tx: Any, notice: Notice) -> None:
    """Gather a notice as it stands now."""
    tx.put(NoticeRow, {
        "kind": notice.kind.value, "key": notice.key, "id": notice.id, "customer_id": notice.customer_id,
        "staff_code": notice.staff_code, "on": notice.on, "status": notice.status.value, "reason": notice.reason,
    }, key=("kind", "key"))


def keep_statement(tx: Any, row: dict[str, Any]) -> None:
    """Gather a statement as it was told."""
    tx.put(StatementRow, row)


def answered(tx: Any, statement_id: UUID, *, at: datetime, confirmed: Sequence[UUID]) -> None:
    """Gather that the customer answered a statement, and to which items' lines it agreed."""
    tx.change(StatementRow, {"id": statement_id, "answered": True, "answered_at": at,
                             "confirmed": json.dumps([str(one) for one in confirmed])})


def keep_deposit(tx: Any, one: Deposit) -> None:
    """Gather a deposit as it was asked for."""
    tx.put(AskedDepositRow, {
        "id": one.id, "customer_id": one.customer_id, "number": one.number, "order_reference": one.order_reference,
        "currency": one.amount.currency, "amount": one.amount.minor, "due_on": one.due_on, "waits": one.waits})


def deposit_waits_no_more(tx: Any, request_id: UUID) -> None:
    """Gather that money came in on it, or that it was ended."""
    tx.change(AskedDepositRow, {"id": request_id, "waits": False})


def _notice(row: Any) -> Notice:
    return Notice(row["id"], NoticeKind(row["kind"]), row["key"], row["customer_id"], row["staff_code"], row["on"],
                  MessageStatus(row["status"]), row["reason"])
