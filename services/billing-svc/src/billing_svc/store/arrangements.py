"""Arrangements: read under the lock of their account where they decide something; parts and dates are only added."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Text, Uuid, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.arrangement import Arrangement, ArrangementState, schedule_of
from billing_svc.domain.instalments import Instalment
from billing_svc.domain.item import Item
from billing_svc.domain.posting_dates import Step
from billing_svc.store import items
from billing_svc.store.arrangement_tables import ArrangementPartRow, ArrangementRow, StandingDueRow
from billing_svc.store.customer_names import NAMES, OF_OWNERS, Named, named
from billing_svc.store.document_tables import CustomerRow, ItemRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction

_t, _part, _customer = ArrangementRow.__table__.c, ArrangementPartRow.__table__.c, CustomerRow.__table__.c
_ids = bindparam("ids", type_=ARRAY(Uuid))
_columns = (_t.id, _t.customer_id, _t.item_ids, _t.version, _t.state, _t.grace_days, _t.agreed_on, _t.misses_on,
            _t.after_position)
BY_ID = select(*_columns).where(_t.id == func.any(_ids))
PARTS = (
    select(_part.arrangement_id, _part.due_on, _part.currency, _part.amount)
    .join_from(ArrangementPartRow.__table__, ArrangementRow.__table__,
               (_t.id == _part.arrangement_id) & (_t.version == _part.version))
    .where(_part.arrangement_id == func.any(_ids)).order_by(_part.arrangement_id, _part.position))
_FILTERS = {
    "id": _t.id == bindparam("id", type_=Uuid),
    "owners": OF_OWNERS,
    "customer_id": _t.customer_id == bindparam("customer_id", type_=Uuid),
    "state": _t.state == bindparam("state", type_=Text)}
TO_JUDGE = text("""
SELECT a.id, a.customer_id, a.currency FROM arrangement a
JOIN account c ON c.tenant_id = a.tenant_id AND c.customer_id = a.customer_id AND c.currency = a.currency
WHERE a.state <> 'completed'
  AND (c.entries > a.judged_position OR (a.state = 'active' AND a.misses_on <= :today))
ORDER BY a.misses_on, a.id LIMIT :most""").bindparams(
    bindparam("today", type_=Date), bindparam("most", type_=Integer))
PAID = text("""
WITH RECURSIVE agreed AS (
  SELECT coalesce(agreed_with, customer_id) AS customer_id, after_position FROM arrangement WHERE id = :arrangement_id),
later AS (
  SELECT c.merged_into AS customer_id FROM agreed a JOIN customer c USING (customer_id) WHERE c.merged_into IS NOT NULL
  UNION SELECT c.merged_into FROM later l JOIN customer c USING (customer_id) WHERE c.merged_into IS NOT NULL)
SELECT e.amount, coalesce(l.business_on, r.business_on, e.effective_on) AS business_on
FROM ledger_entry e CROSS JOIN agreed a
LEFT JOIN allocation l ON l.tenant_id = e.tenant_id AND l.id = e.fact_id
LEFT JOIN allocation_reversal r ON r.tenant_id = e.tenant_id AND r.id = e.fact_id
WHERE e.item_id = ANY(:ids) AND e.fact_kind <> 'debt_transferred'
  AND (e.customer_id = a.customer_id AND e.position > a.after_position
       OR e.customer_id IN (SELECT customer_id FROM later))""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)), bindparam("arrangement_id", type_=Uuid))


async def by_id(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Arrangement]:
    """As they stand, with the parts of their version. Refuses: arrangement_not_found."""
    found = await _with_parts(tx, await tx.rows(BY_ID, ids=list(ids)))
    for arrangement_id in ids:
        if arrangement_id not in found:
            raise _not_found(arrangement_id)
    return found


async def view(tx: Transaction, arrangement_id: UUID) -> tuple[Arrangement, Named]:
    """As it stands, and whose it is. Refuses: arrangement_not_found."""
    found = await page(tx, {"id": arrangement_id}, None, 1)
    if not found:
        raise _not_found(arrangement_id)
    return found[0]


async def schedules_of(tx: Transaction, owed: Iterable[Item]) -> dict[UUID, tuple[Instalment, ...]]:
    """What is open of each of these items that is arranged, and when that is due, the next first."""
    found = await by_id(tx, {item.arrangement_id for item in owed if item.arrangement_id is not None})
    arranged = await items.by_id(tx, {item_id for one in found.values() for item_id in one.item_ids})
    return {item_id: shares for one in found.values() for item_id, shares in schedule_of(one, arranged).items()}


async def page(
    tx: Transaction, filters: Mapping[str, Any], after: UUID | None, limit: int,
) -> list[tuple[Arrangement, Named]]:
    """Up to `limit` + 1 with whose they are, in the order in which they were agreed."""
    rows = await tx.rows(_listing(frozenset(filters)), **filters, after=after or NIL, wanted=limit + 1)
    found = await _with_parts(tx, rows)
    return [(found[row["id"]], named(row)) for row in rows]


async def to_judge(tx: Transaction, today: date, most: int) -> dict[UUID, tuple[UUID, str]]:
    """Up to `most` that may have changed, each with its account; read before any lock, so it decides nothing."""
    return {row["id"]: (row["customer_id"], row["currency"]) for row in await tx.rows(TO_JUDGE, today=today, most=most)}


async def paid_of(tx: Transaction, arrangement: Arrangement) -> list[Step]:
    """How what is open of its items moved since it was agreed, by value date; positive where less was owed after."""
    rows = await tx.rows(PAID, ids=list(arrangement.item_ids), arrangement_id=arrangement.id)
    return [Step(row["business_on"], -row["amount"]) for row in rows]


def add(tx: Transaction, one: Arrangement, *, reference: str | None, recorded_at: datetime) -> None:
    tx.insert(ArrangementRow, {
        "id": one.id, "customer_id": one.customer_id, "currency": one.currency,
        "item_ids": json.dumps([str(item_id) for item_id in one.item_ids]), "version": one.version,
        "state": one.state.value, "grace_days": one.grace_days, "agreed_on": one.agreed_on,
        "misses_on": one.misses_on, "after_position": one.after_position, "judged_position": one.after_position,
        "reference": reference, "actor": tx.actor, "recorded_at": recorded_at, "agreed_with": None})
    _add_parts(tx, one)


def revise(tx: Transaction, one: Arrangement) -> None:
    """Another version of it."""
    tx.change(ArrangementRow, {
        "id": one.id, "version": one.version, "grace_days": one.grace_days, "misses_on": one.misses_on,
        "after_position": one.after_position, "judged_position": one.after_position, "agreed_with": None})
    _add_parts(tx, one)


def judged(tx: Transaction, one: Arrangement, position: int) -> None:
    """As it stands after it was judged when its account had so many ledger entries."""
    tx.change(ArrangementRow, {
        "id": one.id, "state": one.state.value, "misses_on": one.misses_on, "judged_position": position})


def stand(tx: Transaction, item: Item, shares: Sequence[Instalment], by: UUID, *, at: Tenant) -> None:
    """The due dates that stand for an item from now on, as a version of their own."""
    tx.change(ItemRow, {"id": item.id, "due_version": item.due_version, "standing_due_on": item.stands_due_on,
                        "arrangement_id": item.arrangement_id})
    tx.insert(StandingDueRow, *(
        {"item_id": item.id, "due_version": item.due_version, "position": position, "arrangement_id": by,
         "due_on": share.due_on, "currency": share.amount.currency, "amount": share.amount.minor,
         "effective_on": at.today, "recorded_at": at.now} for position, share in enumerate(shares, 1)))


def _add_parts(tx: Transaction, one: Arrangement) -> None:
    tx.insert(ArrangementPartRow, *(
        {"arrangement_id": one.id, "version": one.version, "position": position, "due_on": part.due_on,
         "currency": part.amount.currency, "amount": part.amount.minor}
        for position, part in enumerate(one.parts, 1)))


@cache
def _listing(filters: frozenset[str]) -> Any:
    return (
        select(*_columns, *NAMES)
        .join_from(ArrangementRow.__table__, CustomerRow.__table__, _customer.customer_id == _t.customer_id)
        .where(*(_FILTERS[one] for one in sorted(filters)), _t.id > bindparam("after", type_=Uuid))
        .order_by(_t.id).limit(bindparam("wanted", type_=Integer)))


def _not_found(arrangement_id: UUID) -> NotFound:
    return NotFound("arrangement_not_found", "There is no such arrangement.", arrangement_id=arrangement_id)


async def _with_parts(tx: Transaction, rows: Sequence[Any]) -> dict[UUID, Arrangement]:
    parts: dict[UUID, list[Instalment]] = {}
    for row in await tx.rows(PARTS, ids=[row["id"] for row in rows]) if rows else ():
        parts.setdefault(row["arrangement_id"], []).append(
            Instalment(row["due_on"], Money(row["amount"], row["currency"])))
    return {row["id"]: Arrangement(
        row["id"], row["customer_id"], tuple(UUID(one) for one in row["item_ids"]), row["version"],
        ArrangementState(row["state"]), tuple(parts[row["id"]]), row["grace_days"], row["agreed_on"],
        row["misses_on"], row["after_position"]) for row in rows}
