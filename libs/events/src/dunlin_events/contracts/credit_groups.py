"""What credit-svc tells of groups."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from dunlin_events.contracts.base import Amount, Event
from dunlin_events.contracts.credit import OWNER
from dunlin_events.contracts.example_values import ID, cny


class GroupLimitChanged(Event):
    """A group's limit was set, in its currency; null takes it away."""

    owner: ClassVar[str] = OWNER
    group_id: UUID
    limit_id: UUID
    version: int
    limit: Amount | None
    valid_from: date
    valid_until: date | None
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"group_id": ID + "a", "limit_id": ID + "b", "version": 1, "limit": cny("90000.00"),
         "valid_from": "2026-03-01", "valid_until": None},
        {"group_id": ID + "a", "limit_id": ID + "c", "version": 2, "limit": None, "valid_from": "2026-03-05",
         "valid_until": None},
    )
