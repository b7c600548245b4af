"""A group of customers on the wire."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from customer_svc.api.customer_shapes import Name
from customer_svc.api.terms_shapes import Sent
from customer_svc.domain.customer_number import MAX_NUMBER
from customer_svc.domain.group import CustomerGroup, GroupChange
from dunlin_kernel.ids import GroupId, new_id
from dunlin_kit.pages import Page

Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["CNY"])]


class CustomerGroupCreate(Sent):
    """A group to be made. `set_off`: an agreement lets one member's credit stand against another's debt."""

    id: UUID | None = None
    number: Annotated[str, Field(min_length=1, max_length=MAX_NUMBER, examples=["G-000001"])]
    name: Name
    currency: Currency
    set_off: bool = Field(default=False, strict=True)

    def to_group(self) -> CustomerGroup:
        """Refuses: bad_customer_number, bad_name, unknown_currency."""
        return CustomerGroup(GroupId(self.id or new_id()), self.number, self.name, self.currency, self.set_off)


class CustomerGroupUpdate(Sent):
    """What is left out stays."""

    name: Name = Field(default_factory=str)
    currency: Currency = Field(default_factory=str)
    set_off: bool = Field(default_factory=bool, strict=True)

    def to_change(self) -> GroupChange:
        sent: GroupChange = self.model_dump(exclude_unset=True)  # type: ignore[assignment]
        return sent


class CustomerMembershipUpdate(Sent):
    """The group that the customer belongs to from now on; null for none."""

    group_id: UUID | None


class CustomerGroupRead(BaseModel):
    """A group. Its ETag is made of `version`; its members are the customers listed by `group_id`."""

    id: UUID
    number: str
    name: str
    currency: str
    set_off: bool
    version: int

    @classmethod
    def of(cls, group: CustomerGroup) -> Self:
        return cls(id=group.id, number=group.number, name=group.name, currency=group.currency, set_off=group.set_off,
                   version=group.version)


class CustomerGroupPage(Page[CustomerGroupRead]):
    """Groups by number, a page at a time."""
