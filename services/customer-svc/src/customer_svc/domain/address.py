"""An address of a customer: where bills, goods or writs reach it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypedDict

from customer_svc.domain.text import is_plain
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import AddressId, CustomerId

MAX_ADDRESSES = 50
MAX_LINE = 200
MAX_POSTAL_CODE = 16
_LINES = ("recipient", "street", "city", "region")


class AddressPurpose(StrEnum):
    """`legal_service` is where a demand or a writ is served."""

    BILLING = "billing"
    DELIVERY = "delivery"
    LEGAL_SERVICE = "legal_service"


class AddressChange(TypedDict, total=False):
    """Fields of a change: one left out stays, None clears."""

    purposes: tuple[AddressPurpose, ...]
    recipient: str | None
    street: str
    city: str
    postal_code: str | None
    region: str | None
    country: str


@dataclass(frozen=True, slots=True)
class Address:
    """`country` is an ISO 3166 code of two letters. Refuses: bad_address."""

    id: AddressId
    customer_id: CustomerId
    purposes: tuple[AddressPurpose, ...]
    street: str
    city: str
    country: str
    recipient: str | None = None
    postal_code: str | None = None
    region: str | None = None
    version: int = 1

    def __post_init__(self) -> None:
        for name in _LINES:
            line: str | None = getattr(self, name)
            if line is not None and (len(line) > MAX_LINE or not is_plain(line)):
                raise RuleBroken("bad_address", f"{name} has 1 to {MAX_LINE} printable characters.", field=name)
        code = self.postal_code
        if code is not None and (len(code) > MAX_POSTAL_CODE or not is_plain(code)):
            raise RuleBroken("bad_address", f"A postal code has up to {MAX_POSTAL_CODE} characters.",
                             field="postal_code")
        if not (len(self.country) == 2 and self.country.isascii() and self.country.isupper()):
            raise RuleBroken("bad_address", "A country is a code of two letters, such as CN.", field="country")
        object.__setattr__(self, "purposes", tuple(sorted(set(self.purposes))))

    def changed(self, change: AddressChange) -> "Address":
        """The address with some fields changed; itself when nothing differs."""
        after = replace(self, **change)
        return self if after == self else replace(after, version=self.version + 1)


def must_have_room_for_address(addresses: Sequence[Address]) -> None:
    """Refuses: too_many_addresses."""
    if len(addresses) >= MAX_ADDRESSES:
        raise RuleBroken("too_many_addresses", f"A customer has at most {MAX_ADDRESSES} addresses.")


def address_for(addresses: Sequence[Address], purpose: AddressPurpose) -> Address | None:
    """Where to write to for a purpose: its first address; the first for billing stands in."""
    for one in (purpose, AddressPurpose.BILLING):
        for address in sorted(addresses, key=lambda a: a.id):
            if one in address.purposes:
                return address
    return None
