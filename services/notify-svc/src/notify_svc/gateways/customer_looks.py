"""The look at customer-svc: whom to write to about a debt at this moment."""

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from dunlin_kit.outbound import LookFailed, Outbound
from notify_svc.domain.ladder import LevelChannel
from notify_svc.domain.look import Contact, Reach

PATH = "/customer/v1/customers:addressing"
MOST = 100
CLOSED = "closed"
PHONE = "phone"
M = TypeVar("M", bound=BaseModel)
NOBODY = Reach(contact=None, active=True, refused=False)


class _Address(BaseModel):
    """Where letters go."""

    recipient: str | None
    street: str
    city: str
    postal_code: str | None
    region: str | None
    country: str

    @property
    def lines(self) -> str:
        """As on an envelope."""
        place = " ".join(part for part in (self.postal_code, self.city, self.region) if part)
        return "\n".join(part for part in (self.recipient, self.street, place, self.country) if part)


class _Addressing(BaseModel):
    """What is read of the answer; contact, language and e-mail are null where nobody may be written to."""

    customer_id: UUID
    status: str
    contact_id: UUID | None = None
    zone: str | None = None
    contact_name: str | None
    language: str | None
    email: str | None
    phone: str | None = None
    address: _Address | None = None


class _AddressingList(BaseModel):
    """One for each customer that is known there."""

    data: list[_Addressing]


class _Staff(BaseModel):
    """What is read of a member of staff."""

    name: str
    language: str
    email: str | None
    active: bool


class _Ownership(BaseModel):
    """What is read of who answers for a customer: who acts today, the owner or a deputy."""

    acting: _Staff | None


async def look_at_owner(customer: Outbound, tenant: UUID, customer_id: UUID) -> Contact | None:
    """Who acts for a customer today, the deputy when the owner is away; None: nobody. Refuses: LookFailed."""
    answer = await customer.get(f"/customer/v1/customers/{customer_id}/owner", tenant=tenant)
    if answer is None:
        return None
    return _reached(_said(_Ownership, answer).acting)


async def look_at_staff(customer: Outbound, tenant: UUID, staff_id: UUID) -> Contact | None:
    """A member of staff who is there; None: nobody. Refuses: LookFailed."""
    answer = await customer.get(f"/customer/v1/staff/{staff_id}", tenant=tenant)
    return None if answer is None else _reached(_said(_Staff, answer))


async def look_at_customer(
    customer: Outbound, tenant: UUID, customer_id: UUID, purpose: str = "dunning",
) -> Reach:
    """The contact for a purpose right now; nobody where the customer is not known there. Refuses: LookFailed."""
    return (await look_at_customers(customer, tenant, [customer_id], purpose=purpose))[customer_id]


async def look_at_customers(
    customer: Outbound, tenant: UUID, customer_ids: Collection[UUID], channel: LevelChannel = LevelChannel.EMAIL,
    purpose: str = "dunning",
) -> dict[UUID, Reach]:
    """The same for each of these customers."""
    said = await _addressings(customer, tenant, customer_ids, channel, purpose)
    return {one: _reach(said[one], channel) if one in said else NOBODY for one in customer_ids}


async def look_at_phones(customer: Outbound, tenant: UUID, customer_ids: Collection[UUID]) -> dict[UUID, Contact]:
    """Whom to call about a debt, of those of these customers who have somebody. Refuses: LookFailed."""
    said = await _addressings(customer, tenant, customer_ids, PHONE, "dunning")
    return {one.customer_id: Contact(one.phone, one.contact_name, one.language or "")
            for one in said.values() if one.phone}


async def _addressings(
    customer: Outbound, tenant: UUID, customer_ids: Collection[UUID], channel: str, purpose: str,
) -> dict[UUID, _Addressing]:
    """Of those that are known there."""
    said: dict[UUID, _Addressing] = {}
    asked = [str(one) for one in customer_ids]
    for first in range(0, len(asked), MOST):
        answer = await customer.get(PATH, tenant=tenant, params={
            "customer_id": asked[first:first + MOST], "purpose": purpose, "channel": channel})
        said |= {one.customer_id: one for one in _said(_AddressingList, answer).data}
    return said


def _said(form: type[M], answer: object) -> M:
    try:
        return form.model_validate(answer)
    except ValidationError as failed:
        raise LookFailed("answered in another form") from failed


def _reached(one: _Staff | None) -> Contact | None:
    if one is None or one.email is None or not one.active:
        return None
    return Contact(one.email, one.name, one.language)


def _reach(said: _Addressing, channel: LevelChannel) -> Reach:
    at = said.email
    if channel is LevelChannel.SMS:
        at = said.phone
    elif channel is LevelChannel.LETTER:
        at = said.address.lines if said.address and said.contact_id else None
    contact = Contact(at, said.contact_name, said.language or "") if at else None
    return Reach(contact=contact, active=said.status != CLOSED, refused=False, zone=said.zone,
                 elsewhere=contact is None and said.contact_id is not None)
