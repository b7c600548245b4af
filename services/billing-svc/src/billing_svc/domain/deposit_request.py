"""Deposit requests: what is asked for ahead of an order. Nothing is owed by one, and no ledger entry is made of it.

What is paid on it is the customer's credit, kept for that order: it pays the order's invoices, and nothing else, until
the request is ended.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.invoice import DraftInvoice
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money

SERIES = "DEP"


class DepositState(StrEnum):
    """`paid`: all of it is there, for certain; `ended`: by hand, and what is left of its money is kept no more."""

    ASKED = "asked"
    PAID = "paid"
    ENDED = "ended"


class DepositEndReason(StrEnum):
    ORDER_CANCELLED = "order_cancelled"
    ORDER_BILLED = "order_billed"
    ASKED_IN_ERROR = "asked_in_error"


@dataclass(frozen=True, slots=True)
class AskDeposit:
    """The wish for a deposit on an order; without `due_on` it is due at once."""

    id: UUID
    customer_id: UUID
    amount: Money
    order_reference: str
    authorization_id: UUID | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class DepositRequest:
    """As it was asked for, under its own gapless number."""

    id: UUID
    number: str
    customer_id: UUID
    amount: Money
    order_reference: str
    authorization_id: UUID | None
    requested_on: date
    due_on: date
    ended: DepositEndReason | None = None


@dataclass(frozen=True, slots=True)
class DepositStanding:
    """A request with what came in on it: `paid` for certain, `pending` not yet; `held` is what no invoice took yet."""

    request: DepositRequest
    paid: Money
    pending: Money
    held: Money

    @property
    def state(self) -> DepositState:
        if self.request.ended is not None:
            return DepositState.ENDED
        return DepositState.PAID if self.is_covered else DepositState.ASKED

    @property
    def is_covered(self) -> bool:
        return self.paid >= self.request.amount

    @property
    def missing(self) -> Money:
        return max(self.request.amount - self.paid, Money.zero(self.paid.currency))

    @property
    def releases_delivery(self) -> bool:
        """The goods may go: the deposit is there, and the order stands."""
        return self.request.ended is None and self.is_covered


@dataclass(frozen=True, slots=True)
class KeptCredit:
    """Money that was paid on a request, and for which order it is kept: by the credit reserved for it, or by name."""

    credit_id: UUID
    customer_id: UUID
    authorization_id: UUID | None
    order_reference: str

    def pays(self, invoice: DraftInvoice) -> bool:
        """Whether the invoice bills that order, of the same customer."""
        reserved = self.authorization_id is not None and self.authorization_id == invoice.authorization_id
        return self.customer_id == invoice.customer_id and (reserved or self.order_reference == invoice.order_reference)


def asked(wish: AskDeposit, *, number: str, today: date) -> DepositRequest:
    """Refuses: amount_not_positive, due_before_issue."""
    if not wish.amount.is_positive:
        raise RuleBroken("amount_not_positive", "A deposit has an amount above zero.")
    due_on = wish.due_on or today
    if due_on < today:
        raise RuleBroken("due_before_issue", "A deposit cannot have been due before it is asked for.", today=today)
    return DepositRequest(
        wish.id, number, wish.customer_id, wish.amount, wish.order_reference, wish.authorization_id, today, due_on)


def standing(request: DepositRequest) -> DepositRequest:
    """Refuses: deposit_request_ended."""
    if request.ended is not None:
        raise Conflict("deposit_request_ended", "This request was ended.", reason=request.ended.value)
    return request


def ended(request: DepositRequest, reason: DepositEndReason) -> DepositRequest:
    """What is left of its money is kept no more. Refuses: deposit_request_ended."""
    return replace(standing(request), ended=reason)


def check_not_kept(credit_ids: Collection[UUID], kept: Mapping[UUID, str]) -> None:
    """`kept`: credits that are kept for orders, with the number of their request. Refuses: credit_kept_for_order."""
    for credit_id in credit_ids:
        if credit_id in kept:
            raise Conflict(
                "credit_kept_for_order", "This is a deposit: it pays its own order, until its request is ended.",
                credit_id=credit_id, deposit_request=kept[credit_id])
