"""A contact on the wire, and what a sender is told."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from customer_svc.api.address_shapes import CustomerAddressRead
from customer_svc.api.terms_shapes import Sent
from customer_svc.domain.contact import (
    MAX_TEXT,
    Channel,
    Consent,
    ConsentDecision,
    Contact,
    ContactChange,
    ContactPurpose,
    Language,
)
from customer_svc.domain.customer import CustomerStatus
from customer_svc.usecases.list_addressings import Addressing
from dunlin_kernel.ids import ContactId, CustomerId, new_id

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Email = Annotated[str, Field(min_length=3, max_length=254, examples=["li.lei@heron.example"])]
Phone = Annotated[str, Field(min_length=2, max_length=32, examples=["+86 10 5555 0100"])]
Zone = Annotated[str, Field(min_length=1, max_length=64, examples=["Asia/Shanghai"])]
Purposes = Annotated[list[ContactPurpose], Field(max_length=20)]


class ContactConsentCreate(Sent):
    """The person agreed to be reached for this purpose on this channel."""

    purpose: ContactPurpose
    channel: Channel


class ContactConsentRead(BaseModel):
    """The person agreed to be reached for this purpose on this channel."""

    purpose: ContactPurpose
    channel: Channel


Consents = Annotated[list[ContactConsentCreate], Field(max_length=50)]


class ContactConsentUpdate(Sent):
    """What a person decided. `purpose` null means every one: not given, it shuts the channel, also to reminders."""

    purpose: ContactPurpose | None
    channel: Channel
    given: bool = Field(strict=True)

    def to_decision(self) -> ConsentDecision:
        return ConsentDecision(self.purpose, self.channel, self.given)


class ContactCreate(Sent):
    """A person to be added. Bills and reminders need no consent; greetings, promotions and surveys do."""

    id: UUID | None = None
    name: Text
    language: Language
    email: Email | None = None
    phone: Phone | None = None
    role: Text | None = None
    purposes: Purposes = Field(default_factory=list)
    consents: Consents = Field(default_factory=list)
    zone: Zone | None = None

    def to_contact(self, customer_id: CustomerId) -> Contact:
        """Refuses: bad_contact_name, bad_role, bad_email, bad_phone, unknown_zone."""
        return Contact(
            ContactId(self.id or new_id()), customer_id, self.name, self.language, email=self.email, phone=self.phone,
            role=self.role, purposes=tuple(self.purposes), consents=_consents(self.consents), zone=self.zone)


class ContactUpdate(Sent):
    """What is left out stays; null clears; lists are replaced."""

    name: Text = Field(default_factory=str)
    language: Language = Field(default_factory=lambda: Language.CHINESE)
    email: Email | None = None
    phone: Phone | None = None
    role: Text | None = None
    purposes: Purposes = Field(default_factory=list)
    consents: Consents = Field(default_factory=list)
    zone: Zone | None = None

    def to_change(self) -> ContactChange:
        sent: ContactChange = self.model_dump(exclude_unset=True)  # type: ignore[assignment]
        if "purposes" in sent:
            sent["purposes"] = tuple(self.purposes)
        if "consents" in sent:
            sent["consents"] = _consents(self.consents)
        return sent


class ContactRead(BaseModel):
    """A contact. Its ETag is made of `version`."""

    id: UUID
    customer_id: UUID
    name: str
    language: Language
    email: str | None
    phone: str | None
    role: str | None
    purposes: list[ContactPurpose]
    consents: list[ContactConsentRead]
    zone: str | None
    opted_out: list[Channel] = Field(description="Channels on which this person is reached for nothing any more.")
    version: int

    @classmethod
    def of(cls, contact: Contact) -> Self:
        return cls(
            id=contact.id, customer_id=contact.customer_id, name=contact.name, language=contact.language,
            email=contact.email, phone=contact.phone, role=contact.role, purposes=list(contact.purposes),
            consents=[ContactConsentRead(purpose=c.purpose, channel=c.channel) for c in contact.consents],
            zone=contact.zone, opted_out=list(contact.opted_out), version=contact.version)


class ContactList(BaseModel):
    """All contacts of one customer, the first made first."""

    data: list[ContactRead]


class AddressingRead(BaseModel):
    """Whom to reach on the channel asked for; contact, language, e-mail and phone are null where nobody may be.

    `address` is where letters go: for reminders that of legal service, else that of bills.
    """

    customer_id: UUID
    number: str
    name: str
    status: CustomerStatus
    contact_id: UUID | None
    contact_name: str | None
    language: Language | None
    email: str | None
    phone: str | None
    address: CustomerAddressRead | None
    zone: str = Field(description="The recipient's time zone: the contact's own, else the tenant's.")

    @classmethod
    def of(cls, addressing: Addressing) -> Self:
        customer, contact = addressing.customer, addressing.contact
        return cls(
            customer_id=customer.id, number=customer.number, name=customer.particulars.name, status=customer.status,
            contact_id=contact.id if contact else None, contact_name=contact.name if contact else None,
            language=contact.language if contact else None, email=contact.email if contact else None,
            phone=contact.phone if contact else None,
            address=CustomerAddressRead.of(addressing.address) if addressing.address else None, zone=addressing.zone)


class AddressingList(BaseModel):
    """One for each customer asked for that is there, in no order."""

    data: list[AddressingRead]


def _consents(sent: list[ContactConsentCreate]) -> tuple[Consent, ...]:
    return tuple(Consent(one.purpose, one.channel) for one in sent)
