"""Collection cases: rows in, cases out; their entries; a page of them."""

from collections.abc import Collection
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import new_id
from notify_svc.domain.collection_case import CaseAction, CaseReason, CaseStage, CollectionCase, EntryKind
from notify_svc.store.case_tables import CaseEntryRow, CollectionCaseRow
from notify_svc.store.customer_names import answered_by

_COLUMNS = tuple(CollectionCaseRow.__table__.c)
_FIND = select(*_COLUMNS).where(col(CollectionCaseRow.id) == bindparam("id", type_=Uuid))
_OPEN_OF = select(*_COLUMNS).where(
    col(CollectionCaseRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_(),
    literal_column("closed_on IS NULL"))
_ENTRIES = (
    select(*CaseEntryRow.__table__.c).where(col(CaseEntryRow.case_id) == bindparam("case_id", type_=Uuid))
    .order_by(col(CaseEntryRow.id)))
_FILTERS = {
    "after": col(CollectionCaseRow.id) < bindparam("after", type_=Uuid),
    "customer_id": col(CollectionCaseRow.customer_id) == bindparam("customer_id", type_=Uuid),
    "stage": col(CollectionCaseRow.stage) == bindparam("stage", type_=Text),
    "owner_code": col(CollectionCaseRow.owner_code) == bindparam("owner_code", type_=Text),
    "owners": or_(
        col(CollectionCaseRow.owner_code) == bindparam("owners", type_=ARRAY(Text)).any_(),
        col(CollectionCaseRow.owner_code).is_(None) & answered_by(col(CollectionCaseRow.customer_id))),
}


class CaseEntry(NamedTuple):
    """Something that happened in a case."""

    kind: EntryKind
    on: date
    by: str
    note: str | None


@cache
def _page(filters: tuple[str, ...]) -> Any:
    """One text per combination of filters."""
    return (
        select(*_COLUMNS).where(*(_FILTERS[name] for name in filters))
        .order_by(col(CollectionCaseRow.id).desc()).limit(bindparam("limit")))


async def find(tx: Any, case_id: UUID) -> CollectionCase:
    """Decides only after its customer's lock. Refuses: case_not_found."""
    row = await tx.row(_FIND, id=case_id)
    if row is None:
        raise NotFound("case_not_found", "There is no such case.")
    return _case(row)


async def open_of(tx: Any, customer_ids: Collection[UUID]) -> dict[UUID, CollectionCase]:
    """The open case of each of these customers that has one; only after their lock."""
    return {row["customer_id"]: _case(row) for row in await tx.rows(_OPEN_OF, customer_ids=list(customer_ids))}


async def entries_of(tx: Any, case_id: UUID) -> list[CaseEntry]:
    """What happened in a case, in order."""
    return [CaseEntry(EntryKind(row["kind"]), row["on"], row["by"], row["note"])
            for row in await tx.rows(_ENTRIES, case_id=case_id)]


async def listed(tx: Any, filters: dict[str, Any], *, limit: int) -> list[CollectionCase]:
    """Cases, newest first. Filters, left out where None: after (id), customer_id, stage, owner_code (of the case
    itself), owners (who work on it)."""
    applied = {name: filters[name] for name in _FILTERS if filters.get(name) is not None}
    return [_case(row) for row in await tx.rows(_page(tuple(applied)), limit=limit, **applied)]


def add(tx: Any, case: CollectionCase) -> None:
    """Gather a new case."""
    tx.insert(CollectionCaseRow, {
        "id": case.id, "customer_id": case.customer_id, "reason": case.reason.value, "opened_on": case.opened_on,
        "opened_by": case.opened_by, **_standing(case)})


def keep(tx: Any, case: CollectionCase) -> None:
    """Gather a case as it stands now."""
    tx.change(CollectionCaseRow, {"id": case.id, **_standing(case)})


def add_entry(tx: Any, case_id: UUID, entry: CaseEntry) -> None:
    """Gather something that happened in a case."""
    tx.insert(CaseEntryRow, {"id": new_id(), "case_id": case_id, "kind": entry.kind.value, "on": entry.on,
                             "by": entry.by, "note": entry.note})


def _standing(case: CollectionCase) -> dict[str, Any]:
    return {
        "stage": case.stage.value, "owner_code": case.owner_code,
        "next_action": case.next_action.value if case.next_action else None, "next_action_on": case.next_action_on,
        "closed_on": case.closed_on, "end_reason": case.end_reason, "version": case.version}


def _case(row: Any) -> CollectionCase:
    return CollectionCase(
        row["id"], row["customer_id"], CaseReason(row["reason"]), CaseStage(row["stage"]), row["owner_code"],
        CaseAction(row["next_action"]) if row["next_action"] else None, row["next_action_on"], row["opened_on"],
        row["opened_by"], row["closed_on"], row["end_reason"], row["version"])
