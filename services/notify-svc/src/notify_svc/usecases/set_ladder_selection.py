"""Set which customers climb which ladder: all open items are planned anew."""

from dunlin_kit import jobs
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale
from notify_svc.domain.ladder_choice import LadderRule, check_rules
from notify_svc.store import ladder_policies
from notify_svc.store.ladder_policies import SetSelection
from notify_svc.usecases.set_ladder import PLAN_ITEMS


async def set_ladder_selection(
    tx: Transaction, rules: tuple[LadderRule, ...], *, expected_version: int,
) -> SetSelection:
    """Add the version after the expected one. Refuses: etag_mismatch, bad_ladder_rule."""
    tenant = await present(tx)
    if (await ladder_policies.selection(tx)).version != expected_version:
        raise stale()
    check_rules(rules, {one.ladder: one.policy for one in await ladder_policies.newest(tx)})
    jobs.schedule(tx, PLAN_ITEMS, f"selection:{expected_version + 1}", tenant.now, {})
    return ladder_policies.add_selection(tx, rules, expected_version + 1, set_at=tenant.now)
