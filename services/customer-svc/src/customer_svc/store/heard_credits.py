"""What was heard of customers' credit and reminders, as rows: read for a fold, kept after it, read for an overview."""

import json
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Date, Uuid, bindparam, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from customer_svc.domain.heard_credit import CreditWeights, HeardCredit, HeardHold, HeardLimit
from customer_svc.store.heard_tables import (
    HeardCreditPolicyRow,
    HeardCreditRow,
    HeardGradeRow,
    HeardHoldRow,
    HeardPromiseRow,
    HeardReminderRow,
)
from dunlin_events.consuming import Tx
from dunlin_events.subscription import Statements
from dunlin_kernel.money import Money

_IDS = bindparam("customer_ids", type_=ARRAY(Uuid)).any_()
_CREDITS: Any = select(*HeardCreditRow.__table__.c).where(col(HeardCreditRow.customer_id) == _IDS)
_HOLDS: Any = (
    select(*HeardHoldRow.__table__.c).where(col(HeardHoldRow.customer_id) == _IDS)
    .order_by(col(HeardHoldRow.placed_at), col(HeardHoldRow.id)))
_GRADES: Any = select(*HeardGradeRow.__table__.c).where(col(HeardGradeRow.customer_id) == _IDS)
_REMINDERS: Any = select(*HeardReminderRow.__table__.c).where(col(HeardReminderRow.customer_id) == _IDS)
_WEIGHTS: Any = (
    select(*HeardCreditPolicyRow.__table__.c)
    .where(col(HeardCreditPolicyRow.effective_from) <= bindparam("day", type_=Date))
    .order_by(col(HeardCreditPolicyRow.version).desc()).limit(literal_column("1")))
_PROMISES: Any = (
    select(*HeardPromiseRow.__table__.c).where(col(HeardPromiseRow.customer_id) == _IDS)
    .order_by(col(HeardPromiseRow.promised_on), col(HeardPromiseRow.id)))


class HeardGrade(NamedTuple):
    """How credit-svc graded a customer last."""

    grade: str
    score: int
    rated_on: date


class HeardReminder(NamedTuple):
    """How many reminders left for a customer, and of the last one its day and level."""

    reminders: int
    last_on: date
    last_level: int


class HeardPromise(NamedTuple):
    """A promise to pay: running, kept, broken or withdrawn."""

    id: UUID
    amount: Money
    promised_on: date
    status: str


async def credits_of(tx: Statements, customer_ids: Collection[UUID]) -> dict[UUID, dict[str, HeardCredit]]:
    """Limits and reservations by customer and currency."""
    found: dict[UUID, dict[str, HeardCredit]] = {one: {} for one in customer_ids}
    for row in await tx.rows(_CREDITS, customer_ids=list(customer_ids)):
        found[row["customer_id"]][row["currency"]] = HeardCredit(
            Money(row["reserved"], row["currency"]), _limit_of(row, "base"), _limit_of(row, "temporary"),
            {UUID(one): _cover_of(told, row["currency"]) for one, told in row["covers"].items()})
    return found


async def holds_of(tx: Statements, customer_ids: Collection[UUID]) -> dict[UUID, dict[UUID, HeardHold]]:
    """Holds by customer and id, the first placed first."""
    found: dict[UUID, dict[UUID, HeardHold]] = {one: {} for one in customer_ids}
    for row in await tx.rows(_HOLDS, customer_ids=list(customer_ids)):
        found[row["customer_id"]][row["id"]] = HeardHold(row["id"], row["rule"], row["placed_at"], row["released_at"])
    return found


async def grades_of(tx: Statements, customer_ids: Collection[UUID]) -> dict[UUID, HeardGrade]:
    """The last grade by customer; none for those who were never rated."""
    rows = await tx.rows(_GRADES, customer_ids=list(customer_ids))
    return {row["customer_id"]: HeardGrade(row["grade"], row["score"], row["rated_on"]) for row in rows}


async def reminders_of(tx: Statements, customer_ids: Collection[UUID]) -> dict[UUID, HeardReminder]:
    """The last reminder by customer; none for those who were never reminded."""
    rows = await tx.rows(_REMINDERS, customer_ids=list(customer_ids))
    return {row["customer_id"]: HeardReminder(row["reminders"], row["last_on"], row["last_level"]) for row in rows}


async def promises_of(tx: Statements, customer_ids: Collection[UUID]) -> dict[UUID, list[HeardPromise]]:
    """Promises by customer, the first promised day first."""
    found: dict[UUID, list[HeardPromise]] = {one: [] for one in customer_ids}
    for row in await tx.rows(_PROMISES, customer_ids=list(customer_ids)):
        found[row["customer_id"]].append(
            HeardPromise(row["id"], Money(row["amount"], row["currency"]), row["promised_on"], row["status"]))
    return found


async def weights_on(tx: Statements, day: date) -> CreditWeights:
    """Those of the policy in force; in full where none was told of."""
    row = await tx.row(_WEIGHTS, day=day)
    return CreditWeights() if row is None else CreditWeights(
        row["disputed_weight_bps"], row["delivered_weight_bps"], row["accrued_interest"])


def keep_weights(tx: Tx, version: int, effective_from: date, weights: CreditWeights) -> None:
    tx.put(HeardCreditPolicyRow, {
        "version": version, "effective_from": effective_from, "disputed_weight_bps": weights.disputed_bps,
        "delivered_weight_bps": weights.delivered_bps, "accrued_interest": weights.accrued_interest}, key=("version",))


def keep_credit(tx: Tx, customer_id: UUID, credit: HeardCredit) -> None:
    tx.put(HeardCreditRow, {
        "customer_id": customer_id, "currency": credit.reserved.currency, "reserved": credit.reserved.minor,
        "covers": json.dumps({str(one): _cover_row(cover) for one, cover in credit.covers.items()}),
        **_limit_row("base", credit.base), **_limit_row("temporary", credit.temporary),
    }, key=("customer_id", "currency"))


def keep_hold(tx: Tx, customer_id: UUID, hold: HeardHold) -> None:
    tx.put(HeardHoldRow, {"id": hold.id, "customer_id": customer_id, "rule": hold.rule, "placed_at": hold.placed_at,
                          "released_at": hold.released_at})


def keep_grade(tx: Tx, customer_id: UUID, grade: HeardGrade) -> None:
    tx.put(HeardGradeRow, {"customer_id": customer_id, **grade._asdict()}, key=("customer_id",))


def keep_reminder(tx: Tx, customer_id: UUID, reminder: HeardReminder) -> None:
    tx.put(HeardReminderRow, {"customer_id": customer_id, **reminder._asdict()}, key=("customer_id",))


def keep_promise(tx: Tx, customer_id: UUID, promise: HeardPromise) -> None:
    tx.put(HeardPromiseRow, {
        "id": promise.id, "customer_id": customer_id, "currency": promise.amount.currency,
        "amount": promise.amount.minor, "promised_on": promise.promised_on, "status": promise.status})


def _cover_row(cover: HeardLimit) -> list[Any]:
    until = cover.valid_until and cover.valid_until.isoformat()
    return [cover.amount and cover.amount.minor, cover.valid_from.isoformat(), until]


def _cover_of(told: Sequence[Any], currency: str) -> HeardLimit:
    minor, begins, until = told
    ends = date.fromisoformat(until) if until else None
    return HeardLimit(Money(minor or 0, currency), date.fromisoformat(begins), ends)


def _limit_row(name: str, limit: HeardLimit | None) -> dict[str, Any]:
    amount = limit.amount if limit else None
    return {name: None if amount is None else amount.minor, f"{name}_from": limit.valid_from if limit else None,
            f"{name}_until": limit.valid_until if limit else None}


def _limit_of(row: Any, name: str) -> HeardLimit | None:
    if row[f"{name}_from"] is None:
        return None
    amount = None if row[name] is None else Money(row[name], row["currency"])
    return HeardLimit(amount, row[f"{name}_from"], row[f"{name}_until"])
