"""A customer on the wire: what is sent to register or change one, and what is answered."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from customer_svc.api.terms_shapes import CustomerTermsRead, CustomerTermsUpdate, Sent
from customer_svc.domain.customer import (
    MAX_CODE,
    MAX_NAME,
    Customer,
    CustomerKind,
    CustomerStatus,
    Particulars,
    ParticularsChange,
)
from customer_svc.domain.customer_number import MAX_NUMBER, checked_number
from customer_svc.domain.labels import MAX_KEY, MAX_KEYS, MAX_TAG, MAX_TAGS, MAX_VALUE
from customer_svc.domain.likeness import Alike, Sameness
from customer_svc.domain.registration import Registration
from customer_svc.store.history import RecordedChange
from dunlin_kernel.ids import CustomerId, new_id
from dunlin_kit.pages import Page

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME, examples=["北京华为贸易"])]
Code = Annotated[str, Field(min_length=1, max_length=MAX_CODE)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=MAX_TAG)]], Field(max_length=MAX_TAGS)]
Labels = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=MAX_KEY)],
         Annotated[str, Field(min_length=1, max_length=MAX_VALUE)]],
    Field(max_length=MAX_KEYS, description="The company's own fields, as pairs of key and text.")]


class CustomerCreate(Sent):
    """A customer to be registered. Without a number it takes the next of the series; without an id it is given one."""

    id: UUID | None = None
    kind: CustomerKind
    name: Name
    terms: CustomerTermsUpdate
    number: Annotated[str, Field(min_length=1, max_length=MAX_NUMBER)] | None = None
    external_id: Code | None = None
    tax_id: Code | None = None
    region: Code | None = None
    industry: Code | None = None
    source: Code | None = None
    tags: Tags = Field(default_factory=list)
    metadata: Labels = Field(default_factory=dict)

    def to_registration(self) -> Registration:
        """Refuses: bad_customer_number, bad_name, bad_code, bad_tag, bad_metadata, and what terms refuse."""
        particulars = Particulars(
            self.kind, self.name, self.terms.to_terms(), external_id=self.external_id, tax_id=self.tax_id,
            region=self.region, industry=self.industry, source=self.source, tags=tuple(self.tags),
            metadata=self.metadata)
        number = None if self.number is None else checked_number(self.number)
        return Registration(CustomerId(self.id or new_id()), number, CustomerStatus.PROSPECT, particulars)


class CustomerUpdate(Sent):
    """What is left out stays; null clears; tags and metadata are replaced."""

    name: Name = Field(default_factory=str)
    external_id: Code | None = None
    tax_id: Code | None = None
    region: Code | None = None
    industry: Code | None = None
    source: Code | None = None
    tags: Tags = Field(default_factory=list)
    metadata: Labels = Field(default_factory=dict)

    def to_change(self) -> ParticularsChange:
        sent: ParticularsChange = self.model_dump(exclude_unset=True)  # type: ignore[assignment]
        if "tags" in sent:
            sent["tags"] = tuple(self.tags)
        return sent


class CustomerMerge(Sent):
    """The customer to go on with."""

    into_id: UUID


class CustomerRead(BaseModel):
    """A customer of the archive. Its ETag is made of `version`."""

    id: UUID
    number: str
    kind: CustomerKind
    status: CustomerStatus
    name: str
    external_id: str | None
    tax_id: str | None
    region: str | None
    industry: str | None
    source: str | None
    tags: list[str]
    metadata: dict[str, str]
    terms: CustomerTermsRead
    group_id: UUID | None
    owner_id: UUID | None
    merged_into: UUID | None = Field(description="The customer that goes on for this one.")
    version: int
    registered_at: datetime

    @classmethod
    def of(cls, customer: Customer) -> Self:
        held = customer.particulars
        return cls(
            id=customer.id, number=customer.number, kind=held.kind, status=customer.status, name=held.name,
            external_id=held.external_id, tax_id=held.tax_id, region=held.region, industry=held.industry,
            source=held.source, tags=list(held.tags), metadata=dict(held.metadata),
            terms=CustomerTermsRead.of(held.terms), group_id=customer.group_id, owner_id=customer.owner_id,
            merged_into=customer.merged_into, version=customer.version, registered_at=customer.registered_at)


class CustomerAlikeRead(BaseModel):
    """An open entry that may be the same customer: by its name (but for case, width and accents) or its tax id."""

    id: UUID
    number: str
    name: str
    same: list[Sameness]

    @classmethod
    def of(cls, one: Alike) -> Self:
        other = one.customer
        return cls(id=other.id, number=other.number, name=other.particulars.name, same=list(one.same))


class CustomerRegisteredRead(CustomerRead):
    """The customer, and as a warning those that may be the same one: merge them where they are."""

    alike: list[CustomerAlikeRead]


class CustomerPage(Page[CustomerRead]):
    """Customers, a page at a time."""


class CustomerChangeRead(BaseModel):
    """One field before and after, null where there was or is nothing; of a contact or address where one is named."""

    contact_id: UUID | None
    address_id: UUID | None
    field: str
    before: str | None
    after: str | None
    actor: str
    changed_at: datetime

    @classmethod
    def of(cls, change: RecordedChange) -> Self:
        return cls(
            contact_id=change.contact_id, address_id=change.address_id, field=change.field, before=change.before,
            after=change.after, actor=change.actor, changed_at=change.changed_at)


class CustomerChangePage(Page[CustomerChangeRead]):
    """The history of a customer, the newest change first."""
