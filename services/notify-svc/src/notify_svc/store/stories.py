"""The stories of items over a period, made of their history, for the simulator."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from notify_svc.domain.item_history import LOST
from notify_svc.domain.simulation import Dated, ItemStory, Owed

_MOVES = text("""
SELECT i.id, i.customer_id, i.issued_on, i.due_on, m.recorded_at, m.fact, m.open_after, m.disputed_after
FROM dunned_item i JOIN item_move m ON m.tenant_id = i.tenant_id AND m.item_id = i.id
WHERE i.issued_on <= CAST(:until AS date) ORDER BY i.id, m.recorded_at, m.customer_id = i.customer_id, m.sequence""")
_DATES = text("""
SELECT d.item_id, d.due_on, d.recorded_at FROM item_due d
JOIN dunned_item i ON i.tenant_id = d.tenant_id AND i.id = d.item_id
WHERE i.issued_on <= CAST(:until AS date) ORDER BY d.item_id, d.due_version""")


async def stories_until(tx: Any, until: date, zone: str) -> list[ItemStory]:
    """All items issued until a day, each with its due dates and what was owed of it by day in the tenant's zone."""
    here = ZoneInfo(zone)
    dates = {item_id: list(rows) for item_id, rows in groupby(
        await tx.rows(_DATES, until=until), key=lambda row: row["item_id"])}
    rows = await tx.rows(_MOVES, until=until)
    return [_story(list(moves), dates.get(item_id, ()), here)
            for item_id, moves in groupby(rows, key=lambda row: row["id"])]


def _story(rows: list[Any], dates: Sequence[Any], zone: ZoneInfo) -> ItemStory:
    """Of several facts of one day the last one stands; what was taken over is owed from its issue on."""
    first = rows[0]
    days: dict[date, Owed] = {}
    for n, row in enumerate(rows):
        since = min(row["recorded_at"].astimezone(zone).date(), first["issued_on"]) if n == 0 else (
            row["recorded_at"].astimezone(zone).date())
        settled = row["open_after"] == 0 and row["fact"] not in LOST
        days[since] = Owed(since, row["open_after"] > row["disputed_after"], settled)
    stood = {first["issued_on"]: first["due_on"]} if not dates else {
        row["recorded_at"].astimezone(zone).date() if row["recorded_at"] else first["issued_on"]: row["due_on"]
        for row in dates}
    return ItemStory(first["id"], first["customer_id"], first["issued_on"],
                     tuple(Dated(day, stood[day]) for day in sorted(stood)),
                     tuple(days[day] for day in sorted(days)))
