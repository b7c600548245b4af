"""Credit that is kept for an order: a deposit. It frees credit for that order and for no other one."""

from dataclasses import dataclass
from uuid import UUID

from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class DepositOrder:
    """The order of a deposit request, by its reference, and by the authorisation that was reserved for it."""

    request_id: UUID
    order_reference: str
    authorization_id: UUID | None


@dataclass(frozen=True, slots=True)
class KeptCredit:
    """So much of a credit is kept for the order of a deposit request."""

    credit_id: UUID
    request_id: UUID
    kept: Money
