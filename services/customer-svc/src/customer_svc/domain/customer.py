"""A customer of the archive: what is kept, which state follows which, and what a change changes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict
from uuid import UUID

from customer_svc.domain.labels import checked_metadata, checked_tags
from customer_svc.domain.terms import TermsOfTrade
from customer_svc.domain.text import is_plain
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.ids import CustomerId, GroupId, StaffId
from dunlin_kernel.lifecycle import Lifecycle

MAX_NAME = 200
MAX_CODE = 64
_CODES = ("external_id", "tax_id", "region", "industry", "source")


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
    source: str | None
    tags: tuple[str, ...]
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is known of a customer beside its number and state.

    Refuses: bad_name, bad_code, bad_tag, bad_metadata (any script, no control characters, no blank edges).
    """

    kind: CustomerKind
    name: str
    terms: TermsOfTrade
    external_id: str | None = None
    tax_id: str | None = None
    region: str | None = None
    industry: str | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MAX_NAME or not is_plain(self.name):
            raise RuleBroken("bad_name", f"A name has 1 to {MAX_NAME} printable characters and no blank at its ends.")
        for name in _CODES:
            code: str | None = getattr(self, name)
            if code is not None and (len(code) > MAX_CODE or not is_plain(code)):
                raise RuleBroken("bad_code", f"{name} has 1 to {MAX_CODE} printable characters.", field=name)
        object.__setattr__(self, "tags", checked_tags(self.tags))
        object.__setattr__(self, "metadata", checked_metadata(self.metadata))


@dataclass(frozen=True, slots=True)
class Customer:
    """An entry of the archive; `version` counts its changes from 1."""

    id: CustomerId
    number: str
    status: CustomerStatus
    particulars: Particulars
    version: int
    registered_at: datetime
    group_id: GroupId | None = None
    owner_id: StaffId | None = None
    merged_into: CustomerId | None = None

    @property
    def is_open(self) -> bool:
        return self.status is not CustomerStatus.CLOSED

    def changed(self, change: ParticularsChange) -> "Customer":
        """The entry with some particulars changed.

        Refuses: customer_closed, bad_name, bad_code, bad_tag, bad_metadata.
        """
        return self._after(particulars=replace(self.particulars, **change))

    def under(self, terms: TermsOfTrade) -> "Customer":
        """The entry under new terms of trade. Refuses: customer_closed."""
        return self._after(particulars=replace(self.particulars, terms=terms))

    def becoming(self, status: CustomerStatus) -> "Customer":
        """The entry in its next state. Refuses: illegal_transition."""
        return self._after(status=RELATIONSHIP.advance(self.status, status))

    def member_of(self, group_id: GroupId | None) -> "Customer":
        """The entry in this group, and in no other; None for none. Refuses: customer_closed."""
        return self._after(group_id=group_id)

    def owned_by(self, owner_id: StaffId | None) -> "Customer":
        """The entry for which this member of staff answers, or nobody. Refuses: customer_closed."""
        return self._after(owner_id=owner_id)

    def merged_into_another(self, into: "Customer") -> "Customer":
        """The entry, closed, in no group, pointing on to the one that goes on, whose owner answers for it now.

        Refuses: customer_closed.
        """
        return self._after(
            status=CustomerStatus.CLOSED, merged_into=into.id, group_id=None, owner_id=into.owner_id)

    def taking_in(self, source: "Customer") -> "Customer":
        """The entry that goes on for another: it keeps its group and its owner, and has the other's where it has none.

        Refuses: customer_closed.
        """
        return self._after(group_id=self.group_id or source.group_id, owner_id=self.owner_id or source.owner_id)

    def _after(self, **change: Any) -> "Customer":
        must_be_open(self)
        after = replace(self, **change)
        return self if after == self else replace(after, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as the history keeps it."""

    field: str
    before: str | int | bool | None
    after: str | int | bool | None


def must_be_open(customer: Customer) -> None:
    """Refuses: customer_closed."""
    if not customer.is_open:
        raise Conflict("customer_closed", "This customer is closed; its entry is kept as it was.")


def field_changes(before: Customer, after: Customer) -> tuple[FieldChange, ...]:
    """Every field that differs, in the order of the archive's form."""
    old, new = _flat(before), _flat(after)
    return tuple(FieldChange(field, old[field], new[field]) for field in new if old[field] != new[field])


def _flat(customer: Customer) -> dict[str, str | int | bool | None]:
    known = customer.particulars
    held = {f.name: getattr(known, f.name) for f in fields(Particulars) if f.name not in ("terms", "tags", "metadata")}
    labels = {"tags": ", ".join(known.tags) or None, "metadata": _as_text(known.metadata)}
    belongs = {"group_id": _id(customer.group_id), "owner_id": _id(customer.owner_id),
               "merged_into": _id(customer.merged_into)}
    return {"status": customer.status.value, **belongs, **held, **labels, **_flat_terms(known.terms)}


def _flat_terms(terms: TermsOfTrade) -> dict[str, str | int | bool | None]:
    discount = terms.discount
    return {
        "due_days": terms.due_days, "end_of_month": terms.end_of_month,
        "instalments": "; ".join(map(str, terms.instalments)) or None,
        "discount": f"{discount.discount_bps} bps within {discount.within_days} days" if discount else None,
        "prepayment_bps": terms.prepayment_bps, "cash_on_delivery": terms.cash_on_delivery}


def _id(held: UUID | None) -> str | None:
    return str(held) if held else None


def _as_text(metadata: Mapping[str, str]) -> str | None:
    return json.dumps(dict(metadata), ensure_ascii=False) if metadata else None
