"""How a limit of a group is recorded, by one person or by two: the fact and its event."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from credit_svc.domain.group import GroupLimit
from credit_svc.domain.group_override import GroupLimitsBefore, check_group_limit, check_same_currency
from credit_svc.domain.limit_override import OverrideRules
from credit_svc.store import groups, policies
from credit_svc.store.groups import LockedGroup, SignedLimit
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit_groups import GroupLimitChanged
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.tenants import Tenant, present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SetGroupLimit:
    """`amount` is decimal text in the group's currency, or an amount that was proposed; None takes the limit away."""

    group_id: UUID
    amount: str | Money | None
    valid_until: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class SettingGroupLimit:
    """A group's limit about to be set, under the lock of the group, with what it follows on and the rules for it."""

    tenant: Tenant
    group: LockedGroup
    before: GroupLimitsBefore
    rules: OverrideRules
    limit: GroupLimit


async def setting_of(tx: Transaction, command: SetGroupLimit) -> SettingGroupLimit:
    """Refuses: tenant_not_known_yet, group_not_found, group_not_known_yet, currency_mismatch, negative_limit,
    validity_in_past, and what amounts refuse."""
    tenant = await present(tx)
    group = await groups.lock(tx, command.group_id)
    policy, _ = await policies.in_force(tx)
    before = await groups.limits_before(tx, command.group_id, zone=tenant.zone)
    amount = Money.parse(command.amount, group.currency) if isinstance(command.amount, str) else command.amount
    check_same_currency(amount, group.currency)
    version = 1 if before.last is None else before.last.version + 1
    limit = GroupLimit(new_id(), version, group.currency, amount, tenant.today, command.valid_until)
    check_group_limit(limit, today=tenant.today)
    return SettingGroupLimit(tenant, group, before, policy.overrides, limit)


def record_group_limit(tx: Transaction, group_id: UUID, limit: GroupLimit, signed: SignedLimit) -> None:
    """It binds orders from now on."""
    groups.add_limit(tx, group_id, limit, signed)
    tx.emit(GroupLimitChanged(
        group_id=group_id, limit_id=limit.id, version=limit.version,
        limit=None if limit.amount is None else Amount.of(limit.amount), valid_from=limit.valid_from,
        valid_until=limit.valid_until))
