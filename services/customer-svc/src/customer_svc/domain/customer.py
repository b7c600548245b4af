"""A customer of the archive: what is kept, which state follows which, and what a change changes."""

import re
import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from dunlin_kernel.calendar import Terms
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.ids import CustomerId
from dunlin_kernel.lifecycle import Lifecycle

MAX_NAME = 200
MAX_CODE = 64
_CODES = ("external_id", "tax_id", "region", "industry")
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_CODE = re.compile(r"\S(?:.*\S)?")


class CustomerStatus(StrEnum):
    PROSPECT = "prospect"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class CustomerKind(StrEnum):
    ORGANIZATION = "organization"
    PERSON = "person"


RELATIONSHIP = Lifecycle(
    "customer",
    {
        CustomerStatus.PROSPECT: {CustomerStatus.ACTIVE, CustomerStatus.CLOSED},
        CustomerStatus.ACTIVE: {CustomerStatus.SUSPENDED, CustomerStatus.CLOSED},
        CustomerStatus.SUSPENDED: {CustomerStatus.ACTIVE, CustomerStatus.CLOSED},
        CustomerStatus.CLOSED: set(),
    },
)


class ParticularsChange(TypedDict, total=False):
    """Fields of a change: one left out stays, None clears."""

    name: str
    external_id: str | None
    tax_id: str | None
    region: str | None
    industry: str | None


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is known of a customer beside its number and state.

    Refuses: bad_name, bad_code (Chinese and Latin text alike, no control characters, no blank edges).
    """

    kind: CustomerKind
    name: str
    terms: Terms
    external_id: str | None = None
    tax_id: str | None = None
    region: str | None = None
    industry: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MAX_NAME or not is_plain(self.name):
            raise RuleBroken("bad_name", f"A name has 1 to {MAX_NAME} printable characters and no blank at its ends.")
        for field in _CODES:
            code: str | None = getattr(self, field)
            if code is not None and (len(code) > MAX_CODE or not is_plain(code)):
                raise RuleBroken("bad_code", f"{field} has 1 to {MAX_CODE} printable characters.", field=field)


@dataclass(frozen=True, slots=True)
class Customer:
    """An entry of the archive; `version` counts its changes from 1."""

    id: CustomerId
    number: str
    status: CustomerStatus
    particulars: Particulars
    version: int
    registered_at: datetime

    def changed(self, change: ParticularsChange) -> "Customer":
        """The entry with some particulars changed. Refuses: customer_closed, bad_name, bad_code."""
        return self._after(self.status, replace(self.particulars, **change))

    def under(self, terms: Terms) -> "Customer":
        """The entry under new terms of trade. Refuses: customer_closed."""
        return self._after(self.status, replace(self.particulars, terms=terms))

    def becoming(self, status: CustomerStatus) -> "Customer":
        """The entry in its next state. Refuses: illegal_transition."""
        return self._after(RELATIONSHIP.advance(self.status, status), self.particulars)

    def _after(self, status: CustomerStatus, particulars: Particulars) -> "Customer":
        must_be_open(self)
        if (status, particulars) == (self.status, self.particulars):
            return self
        return replace(self, status=status, particulars=particulars, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as the history keeps it."""

    field: str
    before: str | int | bool | None
    after: str | int | bool | None


def must_be_open(customer: Customer) -> None:
    """Refuses: customer_closed."""
    if customer.status is CustomerStatus.CLOSED:
        raise Conflict("customer_closed", "This customer is closed; its entry is kept as it was.")


def is_plain(text: str) -> bool:
    """Printable text of any script on one line, without blanks at its ends."""
    return bool(_CODE.fullmatch(text)) and not any(unicodedata.category(c) in _UNPRINTABLE for c in text)


def field_changes(before: Customer, after: Customer) -> tuple[FieldChange, ...]:
    """Every field that differs, in the order of the archive's form."""
    old, new = _flat(before), _flat(after)
    return tuple(FieldChange(field, old[field], new[field]) for field in new if old[field] != new[field])


def _flat(customer: Customer) -> dict[str, str | int | bool | None]:
    held = {f.name: getattr(customer.particulars, f.name) for f in fields(Particulars) if f.name != "terms"}
    terms = customer.particulars.terms
    return {"status": customer.status.value, **held, "due_days": terms.due_days, "end_of_month": terms.end_of_month}
