"""What a rule would change if it held today; nothing is kept."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from customer_svc.domain.classification import ClassificationRule, judged
from customer_svc.domain.customer import Customer
from customer_svc.store import class_numbers, classes, customers
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Preview:
    """How many would be in each class, how many would change, and some of them: customer, class now, class then."""

    classes: Counter[str]
    changed: int
    shown: Sequence[tuple[Customer, str | None, str]]


async def preview_classification(tx: Transaction, rule: ClassificationRule) -> Preview:
    """Refuses: tenant_not_known_yet."""
    tenant = await present(tx)
    held = await classes.of_dimension(tx, rule.dimension)
    then = {
        customer_id: judged(rule, number, held.get(customer_id), tenant.today)
        for customer_id, number in (await class_numbers.numbers(tx, rule, tenant)).items()}
    changed: list[tuple[UUID, str]] = [
        (one, after.value) for one, after in then.items()
        if after is not None and (one not in held or held[one].value != after.value)]
    known = await customers.some(tx, [one for one, _ in changed[:SHOWN]])
    shown = [(known[one], held[one].value if one in held else None, value) for one, value in changed[:SHOWN]]
    return Preview(Counter(after.value for after in then.values() if after), len(changed), shown)
