"""When an entry may be closed, and how two entries of one customer become one: the older points on to the other."""

from collections.abc import Iterable

from customer_svc.domain.customer import Customer, must_be_open
from customer_svc.domain.heard_ledger import HeardAccount
from dunlin_kernel.errors import Conflict, RuleBroken


def must_be_even(accounts: Iterable[HeardAccount]) -> None:
    """A customer is closed only when neither side owes the other. Refuses: customer_owes, customer_has_credit."""
    for account in accounts:
        if account.open.is_positive:
            raise Conflict("customer_owes", "Something is still open; it is paid, credited or written off first.",
                           open=account.open.amount, currency=account.currency)
        if account.unapplied.is_positive:
            raise Conflict("customer_has_credit", "The customer has credit left; it is applied or refunded first.",
                           unapplied=account.unapplied.amount, currency=account.currency)


def merged(source: Customer, into: Customer) -> Customer:
    """The source as it stands after the merger: closed, and pointing on.

    Refuses: merge_with_itself, merge_of_kinds, customer_closed, merge_into_closed.
    """
    if source.id == into.id:
        raise RuleBroken("merge_with_itself", "A customer is merged into another one.")
    if source.particulars.kind is not into.particulars.kind:
        raise RuleBroken("merge_of_kinds", "An organization and a person are not one customer.")
    must_be_open(source)
    if not into.is_open:
        raise Conflict("merge_into_closed", "The customer to go on with is closed.")
    return source.merged_into_another(into.id)
