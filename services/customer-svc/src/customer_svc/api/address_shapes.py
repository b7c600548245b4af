"""An address of a customer on the wire."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from customer_svc.api.terms_shapes import Sent
from customer_svc.domain.address import MAX_LINE, MAX_POSTAL_CODE, Address, AddressChange, AddressPurpose
from dunlin_kernel.ids import AddressId, CustomerId, new_id

Line = Annotated[str, Field(min_length=1, max_length=MAX_LINE)]
PostalCode = Annotated[str, Field(min_length=1, max_length=MAX_POSTAL_CODE)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["CN"])]
Purposes = Annotated[list[AddressPurpose], Field(max_length=10)]


class CustomerAddressCreate(Sent):
    """A place to be added; a customer may have several, each for several purposes."""

    id: UUID | None = None
    purposes: Purposes = Field(default_factory=list)
    recipient: Line | None = None
    street: Line
    city: Line
    postal_code: PostalCode | None = None
    region: Line | None = None
    country: Country

    def to_address(self, customer_id: CustomerId) -> Address:
        """Refuses: bad_address."""
        return Address(
            AddressId(self.id or new_id()), customer_id, tuple(self.purposes), self.street, self.city, self.country,
            recipient=self.recipient, postal_code=self.postal_code, region=self.region)


class CustomerAddressUpdate(Sent):
    """What is left out stays; null clears; the list of purposes is replaced."""

    purposes: Purposes = Field(default_factory=list)
    recipient: Line | None = None
    street: Line = Field(default_factory=str)
    city: Line = Field(default_factory=str)
    postal_code: PostalCode | None = None
    region: Line | None = None
    country: Country = Field(default_factory=str)

    def to_change(self) -> AddressChange:
        sent: AddressChange = self.model_dump(exclude_unset=True)  # type: ignore[assignment]
        if "purposes" in sent:
            sent["purposes"] = tuple(self.purposes)
        return sent


class CustomerAddressRead(BaseModel):
    """An address. Its ETag is made of `version`."""

    id: UUID
    customer_id: UUID
    purposes: list[AddressPurpose]
    recipient: str | None
    street: str
    city: str
    postal_code: str | None
    region: str | None
    country: str
    version: int

    @classmethod
    def of(cls, address: Address) -> Self:
        return cls(
            id=address.id, customer_id=address.customer_id, purposes=list(address.purposes),
            recipient=address.recipient, street=address.street, city=address.city, postal_code=address.postal_code,
            region=address.region, country=address.country, version=address.version)


class CustomerAddressList(BaseModel):
    """All addresses of one customer, the first made first."""

    data: list[CustomerAddressRead]
