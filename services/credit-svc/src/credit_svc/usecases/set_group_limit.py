"""Set the limit of a group, in its currency: a fact is added, none is changed."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from credit_svc.domain.group import GroupLimit
from credit_svc.store import groups
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit_groups import GroupLimitChanged
from dunlin_kernel.errors import NotReady, RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SetGroupLimit:
    """`amount` is decimal text in the group's currency; None takes the limit away."""

    group_id: UUID
    amount: str | None
    valid_until: date | None
    reason: str


async def set_group_limit(tx: Transaction, command: SetGroupLimit) -> GroupLimit:
    """It binds orders from now on. Refuses: tenant_not_known_yet, group_not_found, group_not_known_yet,
    negative_limit, validity_in_past, and what amounts refuse."""
    tenant = await present(tx)
    currency, version = await groups.lock(tx, command.group_id)
    if currency is None:
        raise NotReady("group_not_known_yet", "This service has not heard of the group's currency yet; try again.")
    amount = None if command.amount is None else Money.parse(command.amount, currency)
    if amount is not None and amount.is_negative:
        raise RuleBroken("negative_limit", "A limit is zero or more; leave the amount out for none.")
    if command.valid_until is not None and command.valid_until < tenant.today:
        raise RuleBroken("validity_in_past", "A limit cannot be set that has already ended.")
    limit = GroupLimit(new_id(), version + 1, currency, amount, tenant.today, command.valid_until)
    groups.add_limit(tx, command.group_id, limit, reason=command.reason, set_by=(tx.actor, tenant.now))
    tx.emit(GroupLimitChanged(
        group_id=command.group_id, limit_id=limit.id, version=limit.version,
        limit=None if amount is None else Amount.of(amount), valid_from=limit.valid_from,
        valid_until=limit.valid_until))
    return limit
