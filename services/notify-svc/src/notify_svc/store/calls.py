"""Call tasks: rows in, tasks out; a page of them."""

from collections.abc import Collection
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Uuid, bindparam, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from dunlin_kernel.errors import NotFound
from notify_svc.domain.call import TALKED, CallOutcome, CallReason, CallTask
from notify_svc.store.case_tables import CallTaskRow
from notify_svc.store.customer_names import answered_by

_COLUMNS = tuple(CallTaskRow.__table__.c)
_FIND = select(*_COLUMNS).where(col(CallTaskRow.id) == bindparam("id", type_=Uuid))
_TALKED = ", ".join(f"'{outcome.value}'" for outcome in sorted(TALKED))
_TALKED_ON = select(col(CallTaskRow.customer_id), func.max(col(CallTaskRow.called_on)).label("day")).where(
    col(CallTaskRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_(),
    literal_column(f"outcome IN ({_TALKED})")).group_by(col(CallTaskRow.customer_id))
_PASS_ON = (
    update(CallTaskRow.__table__)
    .where(col(CallTaskRow.customer_id) == bindparam("source_id", type_=Uuid), literal_column("outcome IS NULL"))
    .values(customer_id=bindparam("into_id", type_=Uuid)))
_FILTERS = {
    "after": col(CallTaskRow.id) < bindparam("after", type_=Uuid),
    "customer_id": col(CallTaskRow.customer_id) == bindparam("customer_id", type_=Uuid),
    "owners": answered_by(col(CallTaskRow.customer_id)),
    "open": literal_column("(outcome IS NULL)") == bindparam("open", type_=Boolean),
}


@cache
def _page(filters: tuple[str, ...]) -> Any:
    """One text per combination of filters."""
    return (
        select(*_COLUMNS).where(*(_FILTERS[name] for name in filters))
        .order_by(col(CallTaskRow.id).desc()).limit(bindparam("limit")))


async def find(tx: Any, call_id: UUID) -> CallTask:
    """Decides only after its customer's lock. Refuses: call_not_found."""
    row = await tx.row(_FIND, id=call_id)
    if row is None:
        raise NotFound("call_not_found", "There is no such call.")
    return _task(row)


async def talked_on(tx: Any, customer_ids: Collection[UUID]) -> dict[UUID, date]:
    """The last day on which somebody talked to each of these customers; only after the customers' lock."""
    return {row["customer_id"]: row["day"] for row in await tx.rows(_TALKED_ON, customer_ids=list(customer_ids))}


async def listed(tx: Any, filters: dict[str, Any], *, limit: int) -> list[CallTask]:
    """Calls, newest first. Filters, left out where None: after (id), customer_id, owners, open."""
    applied = {name: filters[name] for name in _FILTERS if filters.get(name) is not None}
    return [_task(row) for row in await tx.rows(_page(tuple(applied)), limit=limit, **applied)]


async def pass_on(tx: Any, source_id: UUID, into_id: UUID) -> None:
    """Calls still to be made are calls to the other customer; only after the lock of both."""
    await tx.rows(_PASS_ON, source_id=source_id, into_id=into_id)


def add(tx: Any, task: CallTask) -> None:
    """Gather a new call."""
    tx.insert(CallTaskRow, {
        "id": task.id, "customer_id": task.customer_id, "reason": task.reason.value, "due_on": task.due_on,
        "opened_on": task.opened_on, "opened_by": task.opened_by, "attempt": task.attempt,
        "message_id": task.message_id, **_logged(task)})


def keep(tx: Any, task: CallTask) -> None:
    """Gather how a call went."""
    tx.change(CallTaskRow, {"id": task.id, **_logged(task)})


def _logged(task: CallTask) -> dict[str, Any]:
    return {
        "outcome": task.outcome.value if task.outcome else None, "called_on": task.called_on,
        "called_by": task.called_by, "note": task.note, "promise_id": task.promise_id}


def _task(row: Any) -> CallTask:
    return CallTask(
        row["id"], row["customer_id"], CallReason(row["reason"]), row["due_on"], row["opened_on"], row["opened_by"],
        row["attempt"], row["message_id"], CallOutcome(row["outcome"]) if row["outcome"] else None, row["called_on"],
        row["called_by"], row["note"], row["promise_id"])
