"""The look at customer-svc: whom to write to about a debt at this moment."""

from uuid import UUID

from pydantic import BaseModel, ValidationError

from dunlin_kit.outbound import LookFailed, Outbound
from notify_svc.domain.look import Contact, Reach

CLOSED = "closed"


class _Addressing(BaseModel):
    """What is read of the answer; contact, language and e-mail are null where nobody may be written to."""

    status: str
    contact_id: UUID | None = None
    zone: str | None = None
    contact_name: str | None
    language: str | None
    email: str | None


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
    try:
        acting = _Ownership.model_validate(answer).acting
    except ValidationError as failed:
        raise LookFailed("answered in another form") from failed
    if acting is None or acting.email is None or not acting.active:
        return None
    return Contact(acting.email, acting.name, acting.language)


async def look_at_customer(
    customer: Outbound, tenant: UUID, customer_id: UUID, purpose: str = "dunning",
) -> Reach:
    """The contact for a purpose right now; nobody where the customer is not known there. Refuses: LookFailed."""
    path = f"/customer/v1/customers/{customer_id}/addressing"
    answer = await customer.get(path, tenant=tenant, params={"purpose": purpose, "channel": "email"})
    if answer is None:
        return Reach(contact=None, active=True, refused=False)
    try:
        said = _Addressing.model_validate(answer)
    except ValidationError as failed:
        raise LookFailed("answered in another form") from failed
    contact = Contact(said.email, said.contact_name, said.language or "") if said.email else None
    return Reach(contact=contact, active=said.status != CLOSED, refused=False, zone=said.zone,
                 elsewhere=contact is None and said.contact_id is not None)
