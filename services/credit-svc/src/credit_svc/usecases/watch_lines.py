"""At the turn of the day: which customers crossed a line of ageing or of concentration, and which are cured."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from credit_svc.domain.alert_line import (
    AlertLines,
    Crossed,
    ageing_level,
    concentration_level,
    crossed_ageing,
    crossed_concentration,
    crossed_silence,
    silence_level,
)
from credit_svc.domain.position import Alert
from credit_svc.store import alert_levels, owed_items
from credit_svc.store.alert_levels import Level
from credit_svc.store.watching import Moment
from credit_svc.usecases.raise_alert import raise_alert
from dunlin_events.consuming import Tx
from dunlin_kernel.calendar import days_between
from dunlin_kernel.money import Money


async def watch_lines(
    tx: Tx, customer_ids: Sequence[UUID], moment: Moment, lines: AlertLines, totals: Mapping[str, Money],
) -> None:
    """Each line speaks once until the customer is back behind it; `totals`: what is open with all customers. Only
    after the lock of the customers' exposures."""
    if not customer_ids or not (lines.ageing_days or lines.concentration_bps or lines.silence_days):
        return
    levels = await alert_levels.standing(tx, customer_ids)
    overdue = await owed_items.overdue(tx, customer_ids, before=moment.today)
    paid = await alert_levels.last_paid(tx, customer_ids)
    opened = await alert_levels.opened(tx, customer_ids)
    for customer in customer_ids:
        for currency in sorted({*overdue.get(customer, {}), *opened.get(customer, {}), *levels.get(customer, {})}):
            held, late = levels.get(customer, {}).get(currency, Level(0, 0, 0)), overdue.get(customer, {}).get(currency)
            days = 0 if late is None else late.days(moment.today)
            mine = opened.get(customer, {}).get(currency, Money.zero(currency))
            total = totals.get(currency, Money.zero(currency))
            quiet = days_between(paid[customer], moment.today) if customer in paid else None
            after = Level(ageing_level(late, lines, days=days), concentration_level(mine, total, lines),
                          silence_level(late, quiet, lines))
            if after != held:
                alert_levels.keep(tx, customer, currency, after)
            for crossed in (crossed_ageing(late, lines, days=days, before=held.ageing),
                            crossed_concentration(mine, total, lines, before=held.concentration),
                            crossed_silence(late, quiet, lines, before=held.silence)):
                _raise(tx, customer, crossed, moment)


def _raise(tx: Tx, customer: UUID, crossed: Crossed | None, moment: Moment) -> None:
    if crossed is not None:
        raise_alert(tx, customer, alert_of(crossed, moment))


def alert_of(crossed: Crossed, moment: Moment, *, authorization_id: UUID | None = None) -> Alert:
    """The alert that a crossed line is."""
    return Alert(
        crossed.rule, authorization_id, None, moment.now, crossed.amount, crossed.tolerated, crossed.level)
