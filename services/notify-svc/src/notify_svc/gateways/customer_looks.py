"""The look at customer-svc: whom to write to about a debt at this moment."""

from uuid import UUID

from pydantic import BaseModel, ValidationError

from dunlin_kit.outbound import LookFailed, Outbound
from notify_svc.domain.judging import Contact, Reach

CLOSED = "closed"


class _Addressing(BaseModel):
    """What is read of the answer; contact, language and e-mail are null where nobody may be written to."""

    status: str
    contact_id: UUID | None = None
    zone: str | None = None
    contact_name: str | None
    language: str | None
    email: str | None


async def look_at_customer(customer: Outbound, tenant: UUID, customer_id: UUID) -> Reach:
    """The contact for dunning right now; nobody where the customer is not known there. Refuses: LookFailed."""
    path = f"/customer/v1/customers/{customer_id}/addressing"
    answer = await customer.get(path, tenant=tenant, params={"purpose": "dunning", "channel": "email"})
    if answer is None:
        return Reach(contact=None, active=True, refused=False)
    try:
        said = _Addressing.model_validate(answer)
    except ValidationError as failed:
        raise LookFailed("answered in another form") from failed
    contact = Contact(said.email, said.contact_name, said.language or "") if said.email else None
    return Reach(contact=contact, active=said.status != CLOSED, refused=False, zone=said.zone,
                 elsewhere=contact is None and said.contact_id is not None)
