"""Grades built again from credit-svc's log: where it was restored, its streams go on; ladders follow the grade."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from dunlin_events.consuming import Consumer
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.credit import RiskAlertRaised
from dunlin_events.contracts.credit_rating import CreditRated
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.rebuilding import Rebuild, Transacting
from dunlin_events.subscription import Subscription
from dunlin_events.testing import deliver_all
from dunlin_events.topics import topic_of
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.rebuilds import projections_of, seeing_only
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.consumers.credit import credit
from notify_svc.consumers.customer import customer
from notify_svc.domain.ladder import LADDER_K, LetterTone, Level
from notify_svc.domain.ladder_choice import LadderRule

ISSUED, DUE, AT = date(2026, 1, 5), date(2026, 2, 4), datetime(2026, 1, 5, 2, tzinfo=UTC)
STRICT = replace(LADDER_K, levels=(Level(1, LetterTone.FIRM), Level(5, LetterTone.FINAL)), gap_days=2)
HEARD: Mapping[str, Subscription[Any]] = {"credit": credit, "customer": customer}
STANDS = """
SELECT c.grade, g.grade AS told, w.era, w.sequence, w.held FROM customer c
LEFT JOIN customer_grade g USING (tenant_id, customer_id)
JOIN watermark w ON w.stream = c.tenant_id || ':' || c.customer_id AND w.owner = 'credit' WHERE c.customer_id = $1"""


def rated(whom: UUID, grade: str) -> Event:
    return CreditRated.model_validate(CreditRated.examples[0] | {"customer_id": whom, "grade": grade})


def alert(whom: UUID) -> Event:
    return RiskAlertRaised.model_validate(RiskAlertRaised.examples[0] | {"customer_id": whom})


async def hear(desk: Any, bus: MemoryBus, whom: UUID, *facts: tuple[UUID, Event], era: int = 1) -> None:
    """Facts of the customer's stream from the first on, over the bus."""
    stream, owner = stream_of(desk.tenant, whom), facts[0][1].owner
    await bus.publisher().publish(topic_of(owner), [
        Record(stream, Envelope(event_id, fact.wire_type(), f"/dunlin/{owner}", stream, era, at, AT, AT, "c").headers(),
               fact.model_dump_json().encode()) for at, (event_id, fact) in enumerate(facts, 1)])
    await go_on(desk, bus, owner)


async def go_on(desk: Any, bus: MemoryBus, owner: str = "credit") -> None:
    reader = bus.reader(f"notify-{owner}", [topic_of(owner)], "one")
    await deliver_all(Consumer(reader, [HEARD[owner]], desk.database.transact, name="notify"))
    await desk.work()


@asynccontextmanager
async def rebuilding(desk: Any, bus: MemoryBus, name: str = "grades") -> AsyncIterator[Rebuild]:
    projection = projections_of("notify_svc")[name]
    shadow = seeing_only(Database(desk.urls.app, source="/dunlin/notify", pool_size=2), projection.schema)
    rebuild = Rebuild(projection, bus, desk.urls.owner, Transacting(shadow.transact, desk.database.transact))
    await rebuild.start()
    yield rebuild
    await rebuild.drop()
    await shadow.close()


async def strict_for_d(desk: Any) -> None:
    """The grade D climbs another ladder; something is open."""
    async def work(tx: Transaction) -> None:
        await usecases.set_ladder(tx, "strict", STRICT, expected_version=0)
        await tx.flush()
        await usecases.set_ladder_selection(tx, (LadderRule("strict", grade="D"),), expected_version=1)

    await desk.database.transact(desk.tenant, work)
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)


async def stands(desk: Any, whom: UUID) -> tuple[Any, ...]:
    """The grade that counts and the one that was told; era, place and reason of the watermark."""
    [row] = await desk.rows(STANDS, whom)
    return tuple(row.values())


async def planned(desk: Any) -> str:
    [row] = await desk.rows("SELECT next_on FROM dunned_item")
    return str(row["next_on"])


async def test_after_a_restore_of_credit_its_streams_go_on_where_the_eras_part(desk: Any) -> None:
    await strict_for_d(desk)
    bus, one, two = MemoryBus(), desk.customer, new_id()
    by_none = await planned(desk)
    same, lost = [(new_id(), rated(two, "B")), (new_id(), alert(two))], (new_id(), rated(two, "D"))
    other = [(new_id(), alert(two)), (new_id(), rated(two, "C"))]
    await hear(desk, bus, one, (new_id(), rated(one, "D")))
    await hear(desk, bus, two, *same, lost)
    assert await planned(desk) != by_none
    await hear(desk, bus, one, (new_id(), alert(one)), era=2)
    await hear(desk, bus, two, *same, *other, era=2)
    assert await stands(desk, one) == ("D", "D", 1, 1, "era")
    assert await stands(desk, two) == ("D", "D", 1, 3, "era")
    async with rebuilding(desk, bus) as rebuild:
        assert (await rebuild.compare()).rewinds == {stream_of(desk.tenant, one): 0, stream_of(desk.tenant, two): 2}
        assert await rebuild.switch() == {"customer_grade": 2}
    assert (await stands(desk, one))[:2] == (None, None)
    assert await stands(desk, two) == ("B", "B", 2, 2, "hole")
    assert await planned(desk) == by_none
    await go_on(desk, bus)
    assert await stands(desk, one) == (None, None, 2, 1, None)
    assert await stands(desk, two) == ("C", "C", 2, 4, None)
    assert await desk.rows("SELECT FROM parked_event") == []
    alerts = await desk.rows("SELECT key FROM job WHERE kind = 'tell_alert' AND payload->>'customer_id' = $1",
                             str(two))
    assert {row["key"] for row in alerts} == {str(same[1][0]), str(other[0][0])}


async def test_a_grade_that_was_spoilt_is_found_and_put_right(desk: Any) -> None:
    await strict_for_d(desk)
    bus = MemoryBus()
    await hear(desk, bus, desk.customer, (new_id(), rated(desk.customer, "D")))
    right, facts = await planned(desk), len(await desk.facts())
    async with rebuilding(desk, bus) as rebuild:
        assert (await rebuild.compare()).is_equal
        await desk.rows("UPDATE customer_grade SET grade = 'A'")
        await desk.rows("UPDATE customer SET grade = 'A'")
        [found] = (await rebuild.compare()).differences
        assert found.told(rebuild.projection.tables[0]).endswith("grade is 'A', the log says 'D'")
        assert await rebuild.switch() == {"customer_grade": 1}
        assert (await rebuild.compare()).is_equal
    assert await stands(desk, desk.customer) == ("D", "D", 1, 1, None)
    assert await planned(desk) == right
    assert len(await desk.facts()) == facts, "nothing is told that was told"


async def test_a_customer_that_was_lost_comes_back_with_the_grade_that_was_told(desk: Any) -> None:
    bus, one = MemoryBus(), desk.customer
    registered = CustomerRegistered.model_validate(CustomerRegistered.examples[0] | {"customer_id": one})
    await hear(desk, bus, one, (new_id(), registered))
    await hear(desk, bus, one, (new_id(), rated(one, "D")))
    await desk.rows("DELETE FROM customer")
    async with rebuilding(desk, bus, "customers") as rebuild:
        assert (await rebuild.switch())["customer"] == 1
    assert await stands(desk, one) == ("D", "D", 1, 1, None)
