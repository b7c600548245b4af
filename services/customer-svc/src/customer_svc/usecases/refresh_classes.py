"""Classes follow the rules in force: what changed is kept and told, a slice of customers at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from customer_svc.domain.classification import ClassChange, ClassificationRule, Dimension, judged
from customer_svc.store import archive, class_numbers, classes, customers
from dunlin_kernel.ids import CustomerId
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ToJudge:
    """A customer whose number in a dimension leads to another class than the one it is in."""

    customer_id: UUID
    number: int | None


async def refresh_classes(
    tx: Transaction, tenant: Tenant, dimension: Dimension
) -> tuple[ClassificationRule, list[ToJudge]]:
    """The rule in force today, and those who change by it."""
    rule = await classes.rule_in_force(tx, dimension, tenant.today)
    held = await classes.of_dimension(tx, dimension)
    found = [
        ToJudge(one, number) for one, number in (await class_numbers.numbers(tx, rule, tenant)).items()
        if judged(rule, number, held.get(one), tenant.today) != held.get(one)]
    return rule, found


async def take_class_slice(tx: Transaction, tenant: Tenant, rule: ClassificationRule, some: Sequence[ToJudge]) -> None:
    """Judge these again under the lock of the customers, under which a person sets a class; keep and tell changes."""
    tx.recorded_at = tenant.now
    ids = [one.customer_id for one in some]
    await customers.lock_some(tx, ids)
    held = await classes.of_some(tx, rule.dimension, ids)
    for one in some:
        before = held.get(one.customer_id)
        after = judged(rule, one.number, before, tenant.today)
        if after is not None and after != before:
            change = ClassChange(CustomerId(one.customer_id), rule.dimension, before, after)
            archive.keep_class(tx, change, at=tenant.now)
