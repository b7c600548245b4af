"""Key figures of collecting on the desk: promises judged and reminders of what was settled, month by month."""

from datetime import date
from typing import Any

from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_kernel.calendar import days_after
from dunlin_kernel.clock import start_of_day
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.testing import tell
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.consumers.customer import customer
from notify_svc.domain.kpis import CollectionFigures
from notify_svc.store import kpis
from notify_svc.store.kpis import Within
from notify_svc.usecases.make_promise import MakePromise

ISSUED, DUE, ZONE = date(2026, 1, 5), date(2026, 2, 4), "Asia/Shanghai"


async def promise(desk: Any, amount: str, on: date, item: Any) -> None:
    made = MakePromise(desk.customer, Money.parse(amount, "CNY"), on, 0, frozenset({item}), None)

    async def work(tx: Transaction) -> None:
        await usecases.make_promise(tx, made)

    await desk.database.transact(desk.tenant, work)


async def figures(desk: Any, start: date, end: date, owner: str | None = None) -> CollectionFigures:
    within = Within(start, end, start_of_day(ZONE, start), start_of_day(ZONE, days_after(end, 1)))

    async def work(tx: Transaction) -> CollectionFigures:
        return await kpis.figures(tx, within, None if owner else desk.customer, [owner] if owner else None)

    found: CollectionFigures = await desk.database.read(desk.tenant, work)
    return found


async def by_owner(desk: Any, start: date, end: date, *owners: str) -> dict[str | None, CollectionFigures]:
    within = Within(start, end, start_of_day(ZONE, start), start_of_day(ZONE, days_after(end, 1)))

    async def work(tx: Transaction) -> dict[str | None, CollectionFigures]:
        return await kpis.figures_by_owner(tx, within, owners or None)

    found: dict[str | None, CollectionFigures] = await desk.database.read(desk.tenant, work)
    return found


async def test_what_was_kept_and_how_many_reminders_a_settled_item_took(desk: Any) -> None:
    first = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    second = await desk.issue("INV2", "50.00", issued=ISSUED, due=DUE)
    await desk.issue("INV3", "70.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 8))
    await promise(desk, "100.00", date(2026, 2, 12), first)
    await promise(desk, "50.00", date(2026, 2, 10), second)
    await desk.turn_to(date(2026, 2, 12))
    await desk.allocate("INV1", "0.00", paid="100.00", on=date(2026, 2, 12))
    await desk.void("INV3")
    await desk.turn_to(date(2026, 3, 5))
    await desk.allocate("INV2", "0.00", paid="50.00", on=date(2026, 3, 5))
    assert await figures(desk, date(2026, 2, 1), date(2026, 2, 28)) == CollectionFigures(1, 1, 1, 2)
    assert await figures(desk, date(2026, 3, 1), date(2026, 3, 31)) == CollectionFigures(0, 0, 1, 3)
    assert await figures(desk, date(2026, 1, 1), date(2026, 3, 31)) == CollectionFigures(1, 1, 2, 5)
    await tell(desk.database, customer, desk.tenant, CustomerOwnerChanged(
        customer_id=desk.customer, owner_id=new_id(), owner_code="S-17"))
    assert await figures(desk, date(2026, 2, 1), date(2026, 2, 28), "S-17") == CollectionFigures(1, 1, 1, 2)
    assert await figures(desk, date(2026, 2, 1), date(2026, 2, 28), "S-18") == CollectionFigures(0, 0, 0, 0)
    assert await by_owner(desk, date(2026, 2, 1), date(2026, 2, 28)) == {"S-17": CollectionFigures(1, 1, 1, 2)}
    assert await by_owner(desk, date(2026, 3, 1), date(2026, 3, 31)) == {"S-17": CollectionFigures(0, 0, 1, 3)}
    assert await by_owner(desk, date(2026, 2, 1), date(2026, 2, 28), "S-18") == {}
    await desk.allocate("INV2", "50.00", paid="50.00", reversed_=True)
    assert await figures(desk, date(2026, 3, 1), date(2026, 3, 31)) == CollectionFigures(0, 0, 0, 0)
