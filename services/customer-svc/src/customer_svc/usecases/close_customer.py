"""The relationship with a customer ends for good."""

from customer_svc.domain.customer import Customer, CustomerStatus
from customer_svc.domain.heard_matter import must_await_no_payment
from customer_svc.domain.merging import must_be_even, must_have_no_orders
from customer_svc.store import archive, customers, heard_credits, heard_ledgers, heard_matters
from dunlin_events.contracts.customer import CustomerClosed
from dunlin_kernel.ids import CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def close_customer(tx: Transaction, customer_id: CustomerId) -> Customer:
    """The entry as it stands from now on, by what was heard of its money so far.

    Refuses: customer_not_found, customer_owes, customer_has_credit, customer_has_deliveries, customer_has_orders,
    customer_has_pending_payment, illegal_transition.
    """
    tenant = await present(tx)
    before = await customers.lock(tx, customer_id)
    after = before.becoming(CustomerStatus.CLOSED)
    ledger = (await heard_ledgers.of_customers(tx, [customer_id]))[customer_id]
    must_be_even(ledger.accounts.values())
    must_have_no_orders((await heard_credits.credits_of(tx, [customer_id]))[customer_id].values())
    must_await_no_payment(await heard_matters.standing(tx, customer_id))
    archive.keep(tx, before, after, CustomerClosed, at=tenant.now)
    return after
