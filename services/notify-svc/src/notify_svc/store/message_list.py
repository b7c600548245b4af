"""The log as a list: the newest day first, by keyset, with any combination of filters."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Date, Text, Uuid, bindparam, exists, select, tuple_
from sqlmodel import col

from notify_svc.domain.message import Message
from notify_svc.store.message_tables import MessageItemRow as StepRow
from notify_svc.store.message_tables import MessageRow
from notify_svc.store.messages import of_row, steps_of

_STEP = exists().where(col(StepRow.message_id) == col(MessageRow.id))
_FILTERS = {
    "after": tuple_(col(MessageRow.judged_on), col(MessageRow.id)) < tuple_(
        bindparam("after_day", type_=Date), bindparam("after", type_=Uuid)),
    "customer_id": col(MessageRow.customer_id) == bindparam("customer_id", type_=Uuid),
    "status": col(MessageRow.status) == bindparam("status", type_=Text),
    "judged_on_gte": col(MessageRow.judged_on) >= bindparam("judged_on_gte", type_=Date),
    "judged_on_lte": col(MessageRow.judged_on) <= bindparam("judged_on_lte", type_=Date),
    "item_id": _STEP.where(col(StepRow.item_id) == bindparam("item_id", type_=Uuid)),
    "reason": _STEP.where(col(StepRow.reason) == bindparam("reason", type_=Text)),
}


@cache
def _statement(filters: tuple[str, ...]) -> Any:
    """One text per combination of filters."""
    return (
        select(*MessageRow.__table__.c).where(*(_FILTERS[name] for name in filters))
        .order_by(col(MessageRow.judged_on).desc(), col(MessageRow.id).desc()).limit(bindparam("limit")))


async def listed(tx: Any, filters: Mapping[str, Any], *, limit: int) -> list[Message]:
    """Messages and suppressions, newest first; a filter that is None is not applied.

    Filters: after (day, id), customer_id, item_id, status, reason (of a suppression), judged_on_gte, judged_on_lte.
    """
    applied = {name: filters[name] for name in _FILTERS if filters.get(name) is not None}
    statement = _statement(tuple(applied))
    if "after" in applied:
        applied["after_day"], applied["after"] = applied["after"]
    rows = await tx.rows(statement, limit=limit, **applied)
    steps = await steps_of(tx, [row["id"] for row in rows])
    return [of_row(row, steps[row["id"]]) for row in rows]
