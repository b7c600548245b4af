"""The particulars of a customer change; the history keeps what they were."""

from customer_svc.domain.customer import Customer, ParticularsChange
from customer_svc.store import archive, customers
from dunlin_events.contracts.customer import CustomerUpdated
from dunlin_kernel.ids import CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def change_customer(
    tx: Transaction, customer_id: CustomerId, *, seen: int, change: ParticularsChange
) -> Customer:
    """The entry as it stands now; `seen` is the version that the client has read.

    Refuses: customer_not_found, etag_mismatch, customer_closed, bad_name, bad_code, bad_tag,
    bad_metadata, external_id_taken.
    """
    tenant = await present(tx)
    before = await customers.lock(tx, customer_id)
    if before.version != seen:
        raise stale()
    after = before.changed(change)
    archive.keep(tx, before, after, CustomerUpdated, at=tenant.now)
    return after
