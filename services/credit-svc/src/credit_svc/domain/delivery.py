"""Deliveries as billing tells of them: what is not billed yet of each uses credit like a debt."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class Delivery:
    """`open` is what is not billed of it."""

    id: UUID
    authorization_id: UUID | None
    reference: str
    delivered_on: date
    amount: Money
    open: Money


@dataclass(frozen=True, slots=True)
class Use:
    """What uses an authorisation: a delivery or an invoice, for so much; `silent` when it is taken over from an older
    ledger."""

    authorization_id: UUID
    amount: Money
    at: datetime
    final: bool = False
    silent: bool = False
    invoice_id: UUID | None = None
    delivery_id: UUID | None = None
