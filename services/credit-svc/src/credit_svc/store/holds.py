"""Holds, and all that their rules look at, read in one trip for many customers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.hold import HoldCause, HoldRule
from credit_svc.store.hold_tables import CreditHoldRow
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

_READ = """
SELECT hold_id, customer_id, rule FROM credit_hold
WHERE customer_id = ANY(CAST(:customer_ids AS uuid[])) AND released_at IS NULL ORDER BY customer_id, hold_id"""
_STANDING_READ, _STANDING = text(_READ), text(f"{_READ} FOR NO KEY UPDATE")
_SHOWN = """
SELECT h.*, c.number, c.name, o.owner_code FROM credit_hold h LEFT JOIN customer c USING (tenant_id, customer_id)
LEFT JOIN customer_owner o USING (tenant_id, customer_id)"""
_FIND = text(f"{_SHOWN} WHERE h.hold_id = CAST(:hold_id AS uuid)")
_LOCK = text("SELECT hold_id FROM credit_hold WHERE hold_id = CAST(:hold_id AS uuid) FOR NO KEY UPDATE")
_SOME = text(f"""{_SHOWN}
WHERE h.hold_id > CAST(:after AS uuid) AND (h.released_at IS NULL OR NOT CAST(:standing AS boolean))
  AND (CAST(:customer_id AS uuid) IS NULL OR h.customer_id = CAST(:customer_id AS uuid))
  AND (CAST(:owners AS text[]) IS NULL OR o.owner_code = ANY(CAST(:owners AS text[])))
ORDER BY h.hold_id LIMIT CAST(:most AS bigint)""")


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold with who placed it and why, and its end; number, name and owner are the customer's, where read
    with them."""

    id: UUID
    customer_id: UUID
    cause: HoldCause
    reason: str
    note: str | None
    placed_by: str
    placed_at: datetime
    released_by: str | None = None
    released_at: datetime | None = None
    release_reason: str | None = None
    waived_until: date | None = None
    number: str | None = None
    name: str | None = None
    owner_code: str | None = None

    @property
    def rule(self) -> HoldRule:
        return self.cause.rule


@dataclass(frozen=True, slots=True)
class AskedHolds:
    """Which holds: of a customer, of owners, only those that stand; after the last one seen."""

    customer_id: UUID | None
    owners: Sequence[str] | None
    standing_only: bool
    after: UUID | None
    most: int


@dataclass(frozen=True, slots=True)
class HoldEnd:
    """Who released a hold, when and why; until which day its rule is kept still."""

    by: str
    at: datetime
    reason: str
    waived_until: date | None = None


async def standing(
    tx: Tx, customer_ids: Collection[UUID], *, to_change: bool = True,
) -> Mapping[UUID, Mapping[HoldRule, UUID]]:
    """The holds that stand, by customer and rule; locked in one order when they are to be changed."""
    found: dict[UUID, dict[HoldRule, UUID]] = {}
    for row in await tx.rows(_STANDING if to_change else _STANDING_READ, customer_ids=list(customer_ids)):
        found.setdefault(row["customer_id"], {})[HoldRule(row["rule"])] = row["hold_id"]
    return found


async def get(tx: Tx, hold_id: UUID, *, to_change: bool = False) -> Hold:
    """Refuses: hold_not_found."""
    if to_change:
        await tx.row(_LOCK, hold_id=hold_id)
    row = await tx.row(_FIND, hold_id=hold_id)
    if row is None:
        raise NotFound("hold_not_found", "There is no such hold.")
    return _hold(row)


async def some(tx: Tx, asked: AskedHolds) -> Sequence[Hold]:
    """In the order in which they were placed."""
    rows = await tx.rows(
        _SOME, customer_id=asked.customer_id, owners=asked.owners, standing=asked.standing_only,
        after=asked.after or NIL, most=asked.most)
    return [_hold(row) for row in rows]


def add(tx: Tx, one: Hold) -> None:
    amount = one.cause.amount
    tx.insert(CreditHoldRow, {
        "hold_id": one.id, "customer_id": one.customer_id, "rule": one.rule.value, "reason": one.reason,
        "note": one.note, "currency": amount and amount.currency, "amount": amount and amount.minor,
        "days": one.cause.days, "placed_by": one.placed_by, "placed_at": one.placed_at, "released_by": None,
        "released_at": None, "release_reason": None, "waived_until": None})


def end(tx: Tx, hold_id: UUID, ended: HoldEnd) -> None:
    """Gather the end of a hold."""
    tx.change(CreditHoldRow, {
        "hold_id": hold_id, "released_by": ended.by, "released_at": ended.at, "release_reason": ended.reason,
        "waived_until": ended.waived_until}, key=("hold_id",))


def _hold(row: Any) -> Hold:
    amount = None if row["amount"] is None else Money(row["amount"], row["currency"])
    return Hold(
        row["hold_id"], row["customer_id"], HoldCause(HoldRule(row["rule"]), amount, row["days"]), row["reason"],
        row["note"], row["placed_by"], row["placed_at"], row["released_by"], row["released_at"],
        row["release_reason"], row["waived_until"], row["number"], row["name"], row["owner_code"])
