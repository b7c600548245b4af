"""Staff on the wire: who answers for customers, when they are away, and who acts."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from customer_svc.api.contact_shapes import Email, Phone, Text
from customer_svc.api.terms_shapes import Sent
from customer_svc.domain.contact import Language
from customer_svc.domain.customer_number import MAX_NUMBER
from customer_svc.domain.staff import Absence, Staff, StaffChange
from customer_svc.usecases.assign_customers import Assigned
from customer_svc.usecases.get_owner import Ownership
from dunlin_kernel.ids import CustomerId, StaffId, new_id
from dunlin_kit.pages import Page


class StaffCreate(Sent):
    """A member of staff to be entered; `code` is the company's own."""

    id: UUID | None = None
    code: Annotated[str, Field(min_length=1, max_length=MAX_NUMBER, examples=["S-17"])]
    name: Text
    language: Language
    email: Email | None = None
    phone: Phone | None = None
    deputy_id: UUID | None = Field(default=None, description="Who acts while this one is away.")

    def to_staff(self) -> Staff:
        """Refuses: bad_customer_number, bad_contact_name, bad_email, bad_phone, own_deputy."""
        deputy = StaffId(self.deputy_id) if self.deputy_id else None
        return Staff(StaffId(self.id or new_id()), self.code, self.name, self.language, self.email, self.phone, deputy)


class StaffUpdate(Sent):
    """What is left out stays; null clears. Who is not active acts for nobody."""

    name: Text = Field(default_factory=str)
    language: Language = Field(default_factory=lambda: Language.CHINESE)
    email: Email | None = None
    phone: Phone | None = None
    deputy_id: UUID | None = None
    active: bool = Field(default_factory=bool, strict=True)

    def to_change(self) -> StaffChange:
        sent: StaffChange = self.model_dump(exclude_unset=True)  # type: ignore[assignment]
        return sent


class StaffAbsenceCreate(Sent):
    """Days on which someone is away, the first and the last one included."""

    from_on: date
    until_on: date

    def to_absence(self, staff_id: StaffId) -> Absence:
        """Refuses: bad_absence."""
        return Absence(new_id(), staff_id, self.from_on, self.until_on)


class CustomerOwnerUpdate(Sent):
    """The member of staff who answers for the customer from now on; null for nobody."""

    owner_id: UUID | None


class CustomersAssign(Sent):
    """Up to 200 customers, as many as a page of a list has, and who answers for them from now on; null for nobody."""

    customer_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    owner_id: UUID | None

    def to_ids(self) -> list[CustomerId]:
        """Each once."""
        return [CustomerId(one) for one in dict.fromkeys(self.customer_ids)]


class CustomersAssignedRead(BaseModel):
    """What came of each: given, held by that one before, closed and left, or not there."""

    given: list[UUID]
    unchanged: list[UUID]
    closed: list[UUID]
    unknown: list[UUID]

    @classmethod
    def of(cls, one: Assigned) -> Self:
        return cls(given=list(one.given), unchanged=list(one.unchanged), closed=list(one.closed),
                   unknown=list(one.unknown))


class StaffRead(BaseModel):
    """A member of staff. Its ETag is made of `version`."""

    id: UUID
    code: str
    name: str
    language: Language
    email: str | None
    phone: str | None
    deputy_id: UUID | None
    active: bool
    version: int

    @classmethod
    def of(cls, staff: Staff) -> Self:
        return cls(
            id=staff.id, code=staff.code, name=staff.name, language=staff.language, email=staff.email,
            phone=staff.phone, deputy_id=staff.deputy_id, active=staff.active, version=staff.version)


class StaffPage(Page[StaffRead]):
    """Staff by code, a page at a time."""


class StaffAbsenceRead(BaseModel):
    """Days on which someone is away, the first and the last one included."""

    id: UUID
    staff_id: UUID
    from_on: date
    until_on: date

    @classmethod
    def of(cls, absence: Absence) -> Self:
        return cls(id=absence.id, staff_id=absence.staff_id, from_on=absence.from_on, until_on=absence.until_on)


class StaffAbsenceList(BaseModel):
    """All absences of a member of staff, the earliest first."""

    data: list[StaffAbsenceRead]


class CustomerOwnerRead(BaseModel):
    """Who answers for a customer, and who acts `on` this day: the owner, or a deputy; null when all are away."""

    customer_id: UUID
    number: str
    name: str
    owner: StaffRead | None
    acting: StaffRead | None
    on: date

    @classmethod
    def of(cls, said: Ownership) -> Self:
        customer = said.customer
        return cls(
            customer_id=customer.id, number=customer.number, name=customer.particulars.name, on=said.on,
            owner=StaffRead.of(said.owner) if said.owner else None,
            acting=StaffRead.of(said.acting) if said.acting else None)
