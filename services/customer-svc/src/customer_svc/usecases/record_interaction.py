"""What was said between us and a customer is written down; a visit is told of."""

from customer_svc.domain.interaction import Interaction, InteractionKind, must_have_happened
from customer_svc.store import contacts, customers, facts, interactions
from customer_svc.store.interactions import Logged
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def record_interaction(tx: Transaction, interaction: Interaction) -> Logged:
    """The entry, also of a closed customer.

    Refuses: customer_not_found, contact_not_found, interaction_in_the_future, id_taken.
    """
    tenant = await present(tx)
    must_have_happened(interaction, tenant.now)
    await customers.get(tx, interaction.customer_id)
    if interaction.contact_id is not None:
        await contacts.get(tx, interaction.customer_id, interaction.contact_id)
    interactions.add(tx, interaction, at=tenant.now)
    if interaction.kind is InteractionKind.VISIT:
        tx.emit(facts.visited(interaction, tenant.zone))
    return Logged(interaction, tx.actor, tenant.now)
