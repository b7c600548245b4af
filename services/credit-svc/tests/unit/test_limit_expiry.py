"""When a limit's end is told: as the day after its last begins, and never where no such day comes."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from credit_svc.domain.limit import LimitFact, LimitSource
from credit_svc.usecases.expire_limit import schedule_expiry_of_limit
from dunlin_events.outbox import Trace


class Gathering:
    """Stands for a transaction that keeps the instants at which its jobs fall due."""

    trace = Trace("c", None, None)

    def __init__(self) -> None:
        self.due: list[datetime] = []

    def once(self, _: Any, job: dict[str, Any], **__: Any) -> None:
        self.due.append(job["due_at"])


@pytest.mark.parametrize(("zone", "last", "due"), [
    ("Asia/Shanghai", date(2026, 3, 9), [datetime(2026, 3, 9, 16, tzinfo=UTC)]),
    ("Pacific/Pago_Pago", date(9999, 12, 30), [datetime(9999, 12, 31, 11, tzinfo=UTC)]),
    ("Asia/Shanghai", date.max, []),
    ("Asia/Shanghai", None, []),
])
def test_it_is_due_when_the_day_after_the_last_begins(zone: str, last: date | None, due: list[datetime]) -> None:
    tx: Any = Gathering()
    fact = LimitFact(UUID(int=1), 1, "CNY", None, LimitSource.MANUAL, date(2026, 1, 1), last)
    schedule_expiry_of_limit(tx, UUID(int=2), fact, zone=zone)
    assert tx.due == due
