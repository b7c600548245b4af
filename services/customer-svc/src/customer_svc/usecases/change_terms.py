"""A customer trades on new terms, for invoices issued from now on."""

from customer_svc.domain.customer import Customer
from customer_svc.domain.terms import TermsOfTrade
from customer_svc.store import archive, customers
from dunlin_events.contracts.customer import CustomerTermsChanged
from dunlin_kernel.ids import CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def change_terms(tx: Transaction, customer_id: CustomerId, *, seen: int, terms: TermsOfTrade) -> Customer:
    """The entry as it stands now; `seen` is the version that the client has read.

    Refuses: customer_not_found, etag_mismatch, customer_closed.
    """
    tenant = await present(tx)
    before = await customers.lock(tx, customer_id)
    if before.version != seen:
        raise stale()
    after = before.under(terms)
    archive.keep(tx, before, after, CustomerTermsChanged, at=tenant.now)
    return after
