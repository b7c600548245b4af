"""Staff: who answers for a customer, when they are away, and who acts for them then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypedDict
from uuid import UUID

from customer_svc.domain.contact import Language, checked_email, checked_person, checked_phone
from customer_svc.domain.customer_number import checked_number
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import StaffId
from dunlin_kernel.standing_in import acting


class StaffChange(TypedDict, total=False):
    """Fields of a change: one left out stays, None clears."""

    name: str
    language: Language
    email: str | None
    phone: str | None
    deputy_id: StaffId | None
    active: bool


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff, known by the company's own code; who is not active acts for nobody.

    Refuses: bad_customer_number, bad_contact_name, bad_email, bad_phone, own_deputy.
    """

    id: StaffId
    code: str
    name: str
    language: Language
    email: str | None = None
    phone: str | None = None
    deputy_id: StaffId | None = None
    active: bool = True
    version: int = 1

    def __post_init__(self) -> None:
        checked_number(self.code)
        checked_person(self.name)
        checked_email(self.email)
        checked_phone(self.phone)
        if self.deputy_id == self.id:
            raise RuleBroken("own_deputy", "Nobody stands in for oneself.")

    def changed(self, change: StaffChange) -> "Staff":
        """The member of staff with some fields changed; itself when nothing differs."""
        after = replace(self, **change)
        return self if after == self else replace(after, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which someone is away, the first and the last one included. Refuses: bad_absence."""

    id: UUID
    staff_id: StaffId
    from_on: date
    until_on: date

    def __post_init__(self) -> None:
        if self.from_on > self.until_on:
            raise RuleBroken("bad_absence", "An absence ends on its first day or later.")

    def covers(self, day: date) -> bool:
        return self.from_on <= day <= self.until_on


def acting_for(
    owner_id: StaffId | None, staff: Mapping[StaffId, Staff], absences: Sequence[Absence], on: date
) -> Staff | None:
    """Who acts on a day: the owner, or while away or gone the deputy, the deputy's deputy ...; None when all are."""
    away = {absence.staff_id for absence in absences if absence.covers(on)}
    away |= {one.id for one in staff.values() if not one.active}
    acts = acting(owner_id, {one.id: one.deputy_id for one in staff.values()}, away)
    return None if acts is None else staff[acts]


def answered_for(
    code: str, staff: Mapping[StaffId, Staff], absences: Sequence[Absence], on: date
) -> tuple[StaffId, ...]:
    """The member of staff with this code, and those in whose place it acts on a day."""
    return tuple(one.id for one in staff.values() if one.code == code or (
        (acts := acting_for(one.id, staff, absences, on)) is not None and acts.code == code))
