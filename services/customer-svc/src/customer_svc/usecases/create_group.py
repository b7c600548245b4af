"""Customers that belong together get a group; every service hears of it."""

from customer_svc.domain.group import CustomerGroup
from customer_svc.store import facts, groups
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def create_group(tx: Transaction, group: CustomerGroup) -> CustomerGroup:
    """The new group, still without members. Refuses: tenant_not_known_yet, id_taken, group_number_taken."""
    await present(tx)
    groups.add(tx, group)
    tx.emit(facts.group_configured(group))
    return group
