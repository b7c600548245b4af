"""A person sets the class of a customer in one dimension, or gives it back to the rule."""

from customer_svc.domain.classification import ClassChange, Dimension, HeldClass, checked_class
from customer_svc.store import archive, classes, customers
from dunlin_kernel.ids import CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def classify_customer(
    tx: Transaction, customer_id: CustomerId, dimension: Dimension, value: str | None
) -> dict[Dimension, HeldClass]:
    """The classes as they stand now. A class that a person set stays until None gives it back: the next turn judges it.

    Refuses: customer_not_found, customer_closed, unknown_class.
    """
    tenant = await present(tx)
    await customers.lock_open(tx, customer_id)
    held = await classes.of_customer(tx, customer_id)
    before = held.get(dimension)
    if value is None and before is not None and before.is_by_hand:
        await classes.remove(tx, dimension, customer_id)
        archive.keep_class(tx, ClassChange(customer_id, dimension, before, None), at=tenant.now)
        return {one: kept for one, kept in held.items() if one is not dimension}
    if value is None:
        return held
    after = HeldClass(checked_class(dimension, value), None, tenant.today)
    if before is None or not before.is_by_hand or before.value != value:
        archive.keep_class(tx, ClassChange(customer_id, dimension, before, after), at=tenant.now)
    return {**held, dimension: after}
