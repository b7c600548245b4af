"""What credit needs to know of a customer; the archive itself is customer-svc's."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from credit_svc.domain.deposit import CashTerms


@dataclass(frozen=True, slots=True)
class CustomerStanding:
    """A customer at a sequence of its stream at customer-svc; a natural person's name stays at home (None)."""

    customer_id: UUID
    number: str
    name: str | None
    status: str
    sequence: int
    terms: CashTerms


@dataclass(frozen=True, slots=True)
class CustomerOwner:
    """Who answers for a customer; None where nobody does."""

    owner_id: UUID | None
    owner_code: str | None


@dataclass(frozen=True, slots=True)
class Membership:
    """To which group a customer belongs; None where to none."""

    group_id: UUID | None
    group_number: str | None


@dataclass(frozen=True, slots=True)
class MergerTold:
    """Into which customer it was merged, and when that was recorded."""

    into_id: UUID
    into_number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CustomerTold:
    """What facts said of one customer: None of what they did not say."""

    standing: CustomerStanding | None = None
    owner: CustomerOwner | None = None
    membership: Membership | None = None
    merger: MergerTold | None = None
