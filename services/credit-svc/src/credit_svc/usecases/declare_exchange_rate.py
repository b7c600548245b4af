"""Take a declared exchange rate in: groups are reckoned anew, and one that it puts over its limit alerts."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from credit_svc.domain.group import GroupStanding, newly_exceeded
from credit_svc.domain.position import Alert, AlertRule
from credit_svc.store import groups, policies
from credit_svc.store.watching import Moment
from credit_svc.usecases.raise_alert import raise_alert
from dunlin_events.consuming import Tx

SLICE = 500


async def declare_exchange_rate(tx: Tx, currency: str, valid_on: date, rate: Decimal) -> None:
    """It blocks only new orders; whoever uses most of a group's limit is named in the alert."""
    policy, moment = await policies.in_force(tx)
    counts = moment is not None and valid_on <= moment.today
    before = await _standings(tx, moment) if counts and moment is not None else {}
    groups.declare_rate(tx, currency, valid_on, rate)
    if not before or moment is None:
        return
    await tx.flush()
    for group_id, after in (await _standings(tx, moment)).items():
        found = newly_exceeded(before[group_id], after, policy.numbers, today=moment.today)
        if found is not None:
            member, over, limit = found
            raise_alert(tx, member, Alert(AlertRule.GROUP_EXCEEDED, None, None, moment.now, over, limit))


async def _standings(tx: Tx, moment: Moment) -> dict[UUID, GroupStanding]:
    found: dict[UUID, GroupStanding] = {}
    after: UUID | None = None
    while True:
        page = await groups.some(tx, today=moment.today, after=after, most=SLICE)
        found |= {one.group_id: one.standing for one in page if one.standing is not None}
        if len(page) < SLICE:
            return found
        after = page[-1].group_id
