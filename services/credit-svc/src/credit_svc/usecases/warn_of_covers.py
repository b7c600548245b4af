"""At the turn of the day: covers that end soon are told of once, so that they are renewed before they count no more."""

from credit_svc.domain.alert_line import AlertLines, cover_warned_until
from credit_svc.domain.position import Alert, AlertRule
from credit_svc.store import covers
from credit_svc.store.watching import Moment
from credit_svc.usecases.raise_alert import raise_alert
from dunlin_events.consuming import Tx
from dunlin_kernel.money import Money


async def warn_of_covers(tx: Tx, moment: Moment, lines: AlertLines, most: int) -> bool:
    """Up to `most` of them, and whether there may be more. The alert's amount is by how much the limit falls on the day
    after."""
    until = cover_warned_until(lines, today=moment.today)
    if until is None:
        return False
    ending = await covers.ending(tx, moment.today, until, most)
    for known in ending:
        counts = known.cover.counts
        raise_alert(tx, known.customer_id, Alert(
            AlertRule.COVER_ENDING, None, None, moment.now, counts, Money.zero(counts.currency),
            cover_id=known.cover.id))
    return len(ending) == most
