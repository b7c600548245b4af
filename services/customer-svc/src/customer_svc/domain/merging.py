"""When an entry may be closed, and how two entries of one customer become one: the older points on to the other."""

from collections.abc import Iterable

from customer_svc.domain.customer import Customer, must_be_open
from customer_svc.domain.heard_credit import HeardCredit
from customer_svc.domain.heard_ledger import HeardAccount
from dunlin_kernel.errors import Conflict, RuleBroken


def must_be_even(accounts: Iterable[HeardAccount]) -> None:
    """A customer is closed only when neither side owes the other, and all that was delivered is billed.

    Refuses: customer_owes, customer_has_credit, customer_has_deliveries.
    """
    for account in accounts:
        if account.open.is_positive:
            raise Conflict("customer_owes", "Something is still open; it is paid, credited or written off first.",
                           open=account.open.amount, currency=account.currency)
        if account.unapplied.is_positive:
            raise Conflict("customer_has_credit", "The customer has credit left; it is applied or refunded first.",
                           unapplied=account.unapplied.amount, currency=account.currency)
        if account.not_billed.is_positive:
            raise Conflict("customer_has_deliveries", "Something delivered is not billed; it is billed or cancelled "
                           "first.", delivered=account.not_billed.amount, currency=account.currency)


def must_have_no_orders(known: Iterable[HeardCredit]) -> None:
    """A customer is closed only when no credit is reserved for its orders. Refuses: customer_has_orders."""
    for credit in known:
        if credit.reserved.is_positive:
            raise Conflict("customer_has_orders", "Credit is reserved for an order; it is billed or released first.",
                           reserved=credit.reserved.amount, currency=credit.reserved.currency)


def merged(source: Customer, into: Customer) -> tuple[Customer, Customer]:
    """Both as they stand after the merger: the source closed and pointing on, the other with what it takes over.

    Refuses: merge_with_itself, merge_of_kinds, customer_closed, merge_into_closed.
    """
    if source.id == into.id:
        raise RuleBroken("merge_with_itself", "A customer is merged into another one.")
    if source.particulars.kind is not into.particulars.kind:
        raise RuleBroken("merge_of_kinds", "An organization and a person are not one customer.")
    must_be_open(source)
    if not into.is_open:
        raise Conflict("merge_into_closed", "The customer to go on with is closed.")
    after = into.taking_in(source)
    return source.merged_into_another(after), after
