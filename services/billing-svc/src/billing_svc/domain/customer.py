"""Customers as billing knows them: who may be invoiced, and when an invoice is due."""

from dataclasses import dataclass
from uuid import UUID

from billing_svc.domain.discount import DiscountTerms
from billing_svc.domain.instalments import InstalmentShare
from dunlin_kernel.calendar import Terms
from dunlin_kernel.errors import Conflict, NotReady

MAY_BE_INVOICED = frozenset({"active", "prospect"})
SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Customer:
    """What customer-svc told; frozen into a document at issue. Without `instalments` there is one due date.

    One that was merged goes on as `merged_into`.
    """

    id: UUID
    number: str
    name: str | None
    kind: str
    tax_id: str | None
    status: str
    terms: Terms
    instalments: tuple[InstalmentShare, ...] = ()
    discount: DiscountTerms | None = None
    merged_into: UUID | None = None


def heard_of(customer: Customer | None, customer_id: UUID) -> Customer:
    """Refuses: customer_not_known_yet."""
    if customer is None:
        raise NotReady("customer_not_known_yet", "This customer has not been heard of here yet.",
                       customer_id=customer_id)
    return customer


def going_on(customer: Customer) -> Customer:
    """Refuses: customer_merged."""
    if customer.merged_into is not None:
        raise Conflict("customer_merged", "The customer was merged; it goes on as another one.",
                       customer_id=customer.id, into_id=customer.merged_into)
    return customer


def invoiceable(customer: Customer, *, agreed_before: bool = False) -> Customer:
    """`agreed_before`: it bills what was authorised or delivered, which a suspension stops no more.

    Refuses: customer_suspended.
    """
    if customer.status not in MAY_BE_INVOICED and not (agreed_before and customer.status == SUSPENDED):
        raise Conflict("customer_suspended", "Nothing new is invoiced to a suspended or closed customer.",
                       status=customer.status)
    return customer
