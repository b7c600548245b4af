"""A group is called otherwise, looked at in another currency, or its credits are set off or no longer."""

from customer_svc.domain.group import CustomerGroup, GroupChange
from customer_svc.store import facts, groups
from dunlin_kernel.ids import GroupId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def change_group(tx: Transaction, group_id: GroupId, *, seen: int, change: GroupChange) -> CustomerGroup:
    """The group as it stands now. Refuses: group_not_found, etag_mismatch, bad_name, unknown_currency."""
    await present(tx)
    before = await groups.lock(tx, group_id)
    if before.version != seen:
        raise stale()
    after = before.changed(change)
    if after is not before:
        groups.move(tx, after)
        tx.emit(facts.group_configured(after))
    return after
