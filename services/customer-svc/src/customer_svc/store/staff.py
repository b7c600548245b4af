"""Staff and their absences as rows: read, locked, added, changed, listed."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Text, bindparam, delete, select
from sqlmodel import col

from customer_svc.domain.contact import Language
from customer_svc.domain.staff import Absence, Staff
from customer_svc.store.relationship_tables import AbsenceRow, StaffRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import StaffId
from dunlin_kit.transaction import Transaction

_COLUMNS = (
    col(StaffRow.id), col(StaffRow.code), col(StaffRow.name), col(StaffRow.language), col(StaffRow.email),
    col(StaffRow.phone), col(StaffRow.deputy_id), col(StaffRow.active), col(StaffRow.version),
)
_ABSENCE = (col(AbsenceRow.id), col(AbsenceRow.staff_id), col(AbsenceRow.from_on), col(AbsenceRow.until_on))
_ONE: Any = select(*_COLUMNS).where(col(StaffRow.id) == bindparam("id"))
_LOCK: Any = _ONE.with_for_update(key_share=True)
_PAGE: Any = (
    select(*_COLUMNS).where(col(StaffRow.code) > bindparam("after", type_=Text))
    .order_by(col(StaffRow.code)).limit(bindparam("wanted", type_=Integer)))
_WITH_CODE: Any = select(col(StaffRow.id)).where(col(StaffRow.code) == bindparam("code", type_=Text))
_EVERYBODY: Any = select(*_COLUMNS)
_LOCK_EVERYBODY: Any = _EVERYBODY.order_by(col(StaffRow.id)).with_for_update(key_share=True)
_AWAY: Any = select(*_ABSENCE).where(
    bindparam("day", type_=Date).between(col(AbsenceRow.from_on), col(AbsenceRow.until_on)))
_AWAY_SINCE: Any = select(*_ABSENCE).where(col(AbsenceRow.until_on) >= bindparam("day", type_=Date))
_ABSENCES: Any = (
    select(*_ABSENCE).where(col(AbsenceRow.staff_id) == bindparam("staff_id"))
    .order_by(col(AbsenceRow.from_on), col(AbsenceRow.id)))
_REMOVE: Any = (
    delete(AbsenceRow).where(col(AbsenceRow.id) == bindparam("id"), col(AbsenceRow.staff_id) == bindparam("staff_id"))
    .returning(col(AbsenceRow.id)))


async def get(tx: Transaction, staff_id: StaffId) -> Staff:
    """Refuses: staff_not_found."""
    return _found(await tx.row(_ONE, id=staff_id))


async def lock(tx: Transaction, staff_id: StaffId) -> Staff:
    """Locked until the end of the transaction. Refuses: staff_not_found."""
    return _found(await tx.row(_LOCK, id=staff_id))


async def page(tx: Transaction, after: tuple[Any, ...] | None, limit: int) -> list[Staff]:
    """Up to `limit` + 1 members of staff by code."""
    return [_staff_of(row) for row in await tx.rows(_PAGE, after=after[0] if after else "", wanted=limit + 1)]


async def with_code(tx: Transaction, code: str) -> list[StaffId]:
    """The one that carries this code, if any does."""
    return [StaffId(row["id"]) for row in await tx.rows(_WITH_CODE, code=code)]


async def everybody(tx: Transaction) -> dict[StaffId, Staff]:
    """All staff of the tenant by id: some tens, whose deputies stand in for each other."""
    return {StaffId(row["id"]): _staff_of(row) for row in await tx.rows(_EVERYBODY)}


async def lock_everybody(tx: Transaction) -> list[Staff]:
    """All staff of the tenant by id, locked until the end of the transaction."""
    return [_staff_of(row) for row in await tx.rows(_LOCK_EVERYBODY)]


async def away_since(tx: Transaction, day: date) -> list[Absence]:
    """Every absence that is not over on a day."""
    return [_absence_of(row) for row in await tx.rows(_AWAY_SINCE, day=day)]


async def away_on(tx: Transaction, day: date) -> list[Absence]:
    """Every absence that covers a day."""
    return [_absence_of(row) for row in await tx.rows(_AWAY, day=day)]


async def absences_of(tx: Transaction, staff_id: StaffId) -> list[Absence]:
    """All absences of a member of staff, the earliest first."""
    return [_absence_of(row) for row in await tx.rows(_ABSENCES, staff_id=staff_id)]


def add(tx: Transaction, staff: Staff) -> None:
    tx.insert(StaffRow, _held(staff))


def move(tx: Transaction, staff: Staff) -> None:
    """Keep the member of staff as it stands now."""
    tx.change(StaffRow, _held(staff))


def add_absence(tx: Transaction, absence: Absence) -> None:
    tx.insert(AbsenceRow, {"id": absence.id, "staff_id": absence.staff_id, "from_on": absence.from_on,
                           "until_on": absence.until_on})


async def remove_absence(tx: Transaction, staff_id: StaffId, absence_id: UUID) -> None:
    """Refuses: absence_not_found."""
    if await tx.row(_REMOVE, id=absence_id, staff_id=staff_id) is None:
        raise NotFound("absence_not_found", "This member of staff has no such absence.")


def _held(staff: Staff) -> dict[str, Any]:
    return {"id": staff.id, "code": staff.code, "name": staff.name, "language": staff.language.value,
            "email": staff.email, "phone": staff.phone, "deputy_id": staff.deputy_id, "active": staff.active,
            "version": staff.version}


def _found(row: Any) -> Staff:
    if row is None:
        raise NotFound("staff_not_found", "There is no such member of staff.")
    return _staff_of(row)


def _staff_of(row: Any) -> Staff:
    return Staff(**{**dict(row.items()), "language": Language(row["language"])})


def _absence_of(row: Any) -> Absence:
    return Absence(row["id"], StaffId(row["staff_id"]), row["from_on"], row["until_on"])
