"""What customer-svc tells: tenants and their clocks, customers and their terms. No personal data travels."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import AwareDatetime, Field

from dunlin_events.contracts.base import CustomerEvent, Event, Wire

OWNER = "customer"
_ID = "01970000-0000-7000-8000-000000000001"


class CustomerStatus(StrEnum):
    PROSPECT = "prospect"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class CustomerKind(StrEnum):
    ORGANIZATION = "organization"
    PERSON = "person"


class InstalmentTerms(Wire):
    """One instalment: its share of the total in basis points, and when it is due."""

    share_bps: int = Field(gt=0, le=10_000)
    due_days: int = Field(ge=0, le=3650)
    end_of_month: bool


class DiscountTerms(Wire):
    """A discount for paying early: so many basis points, within so many days of issue."""

    discount_bps: int = Field(gt=0, lt=10_000)
    within_days: int = Field(ge=0, le=3650)


class TermsOfTrade(Wire):
    """When this customer's invoices are due, counted from issue or from the end of the month of issue.

    `instalments` (none: one due date) have shares that sum to 10,000; `prepayment_bps` of an order is paid before
    delivery.
    """

    due_days: int = Field(ge=0, le=3650)
    end_of_month: bool
    instalments: list[InstalmentTerms] = Field(default_factory=list)
    discount: DiscountTerms | None = None
    prepayment_bps: int = Field(default=0, ge=0, le=10_000)
    cash_on_delivery: bool = False


class CustomerProfile(CustomerEvent):
    """What others may know of a customer. `name` is an organization's trade name; a natural person's stays at home."""

    number: str
    kind: CustomerKind
    status: CustomerStatus
    name: str | None
    tax_id: str | None
    region: str | None
    industry: str | None
    external_id: str | None
    terms: TermsOfTrade
    source: str | None = Field(default=None, description="Where the customer came from.")


def _profile(**changes: Any) -> dict[str, object]:
    base: dict[str, object] = {
        "customer_id": _ID, "number": "C-000001", "kind": "organization", "status": "prospect", "name": "北京华为贸易",
        "tax_id": "91110000123456789X", "region": "CN-BJ", "industry": "trade", "external_id": None,
        "terms": {"due_days": 30, "end_of_month": False}, "source": None,
    }
    return base | changes


class TenantConfigured(Event):
    """A legal entity keeps its books here: base currency, time zone and, for a sandbox, its own clock."""

    owner: ClassVar[str] = OWNER
    name: str
    currency: str
    zone: str
    sandbox: bool
    clock_at: AwareDatetime | None
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"name": "Dunlin Demo", "currency": "CNY", "zone": "Asia/Shanghai", "sandbox": True,
         "clock_at": "2026-01-05T02:00:00Z"},
        {"name": "North Ltd", "currency": "EUR", "zone": "Europe/Berlin", "sandbox": False, "clock_at": None},
    )


class ClockAdvanced(Event):
    """A sandbox tenant's clock was moved on; every service follows it."""

    owner: ClassVar[str] = OWNER
    now: datetime
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"now": "2026-01-05T16:00:00Z"},
        {"now": "2026-02-28T16:00:00Z"},
    )


class CustomerRegistered(CustomerProfile):
    """A customer was put into the archive."""

    owner: ClassVar[str] = OWNER
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _profile(),
        _profile(
            kind="person", name=None, tax_id=None, region=None, industry=None, external_id="ext-7", status="active"),
    )


class CustomerUpdated(CustomerProfile):
    """The archive entry of a customer changed; this is how it stands now."""

    owner: ClassVar[str] = OWNER
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _profile(name="华为贸易"), _profile(status="active", region=None))


class CustomerActivated(CustomerProfile):
    """The customer may be sold to."""

    owner: ClassVar[str] = OWNER
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _profile(status="active"), _profile(status="active", industry=None))


class CustomerSuspended(CustomerProfile):
    """The customer may not be sold to until activated again; what is owed stays owed."""

    owner: ClassVar[str] = OWNER
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _profile(status="suspended"), _profile(status="suspended", industry=None))


class CustomerClosed(CustomerProfile):
    """The relationship ended for good: nothing is owed, nothing is sold any more, and the entry stays as it is."""

    owner: ClassVar[str] = OWNER
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _profile(status="closed"), _profile(status="closed", source="trade fair"))


class CustomerTermsChanged(CustomerProfile):
    """New terms of trade, for invoices issued from now on."""

    owner: ClassVar[str] = OWNER
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _profile(terms={"due_days": 60, "end_of_month": False}),
        _profile(terms={
            "due_days": 60, "end_of_month": False, "discount": {"discount_bps": 200, "within_days": 10},
            "instalments": [{"share_bps": 3000, "due_days": 0, "end_of_month": False},
                            {"share_bps": 7000, "due_days": 60, "end_of_month": False}],
            "prepayment_bps": 3000, "cash_on_delivery": False}),
        _profile(terms={"due_days": 15, "end_of_month": True}),
    )


class CustomerContactsChanged(CustomerEvent):
    """Contacts changed: how many, and for which purposes one can be reached. Who they are must be asked for."""

    owner: ClassVar[str] = OWNER
    contacts: int = Field(ge=0)
    purposes: list[str]
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": _ID, "contacts": 2, "purposes": ["billing", "dunning"]},
        {"customer_id": _ID, "contacts": 0, "purposes": []},
    )
