"""Show what a ladder would change for the open items, before it is set."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from dunlin_kernel.ids import NIL
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.ladder import LadderPolicy
from notify_svc.domain.ladder_choice import Ladders
from notify_svc.store import customers, items, ladder_policies

PAGE = 500


@dataclass(frozen=True, slots=True)
class LadderPreview:
    """Open items on the ladder, how many of them it plans otherwise, and how many of each level are due by it."""

    on: date
    items: int
    changed: int
    due_by_level: dict[int, int]


async def preview_ladder(tx: Transaction, wanted: LadderPolicy, *, ladder: str) -> LadderPreview:
    """Nothing is kept and nothing is planned by it. Refuses: tenant_not_known_yet."""
    tenant = await present(tx)
    now = await ladder_policies.all_of(tx)
    then = Ladders({**now.by_name, ladder: wanted}, now.rules)
    due: Counter[int] = Counter()
    seen = changed = 0
    after = NIL
    while page := await items.climbing(tx, after, PAGE):
        segments = await customers.segments_of(tx, {customer_id for _, customer_id in page})
        for item in (await items.by_id(tx, [item_id for item_id, _ in page])).values():
            segment = segments[item.customer_id]
            if then.of(segment) != wanted:
                continue
            planned = item.planned(wanted)
            seen += 1
            changed += planned != item.planned(now.of(segment))
            if planned is not None and planned.planned_on <= tenant.today:
                due[planned.level] += 1
        after = page[-1][0]
    return LadderPreview(tenant.today, seen, changed, dict(sorted(due.items())))
