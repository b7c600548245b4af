"""Whom to write to for a purpose: what a sender asks right before it sends."""

from customer_svc.domain.contact import Channel, ContactPurpose
from customer_svc.store import customers
from customer_svc.usecases.list_addressings import Addressing, addressings_of
from dunlin_kernel.ids import CustomerId
from dunlin_kit.transaction import Transaction


async def get_addressing(
    tx: Transaction, customer_id: CustomerId, purpose: ContactPurpose, channel: Channel = Channel.EMAIL
) -> Addressing:
    """Refuses: tenant_not_known_yet, customer_not_found."""
    [one] = await addressings_of(tx, [await customers.get(tx, customer_id)], purpose, channel)
    return one
