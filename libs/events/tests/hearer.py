"""A consumer with a projection of its own, to hold the runtime by: it adds up what customers were told."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, MetaData, Table, Text, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.orm import registry
from sqlalchemy.schema import CreateTable
from sqlmodel import Field, SQLModel

from dunlin_events.consuming import ParkedEventColumns, Subscription, Tx, WatermarkColumns
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.customer import ClockAdvanced, CustomerContactsChanged, CustomerUpdated
from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.outbox import EventStreamColumns, OutboxEventColumns
from dunlin_events.testing import database
from dunlin_kernel.errors import NotReady, RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database

AT = datetime(2026, 1, 5, tzinfo=UTC)


class Row(SQLModel, registry=registry(metadata=MetaData())):
    __table__: ClassVar[Table]


class WatermarkRow(WatermarkColumns, Row, table=True):
    __tablename__ = "watermark"


class ParkedEventRow(ParkedEventColumns, Row, table=True):
    __tablename__ = "parked_event"


class EventStreamRow(EventStreamColumns, Row, table=True):
    __tablename__ = "event_stream"


class OutboxEventRow(OutboxEventColumns, Row, table=True):
    __tablename__ = "outbox_event"


class SumRow(Row, table=True):
    __tablename__ = "heard_sum"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    contacts: int
    order: str = Field(sa_type=Text)


class ClockRow(Row, table=True):
    __tablename__ = "heard_clock"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    at: str = Field(sa_type=Text)


@dataclass(frozen=True)
class Sum:
    """`order` has the sequences heard, in the order in which they were heard."""

    contacts: int = 0
    order: str = ""


_LOAD = (
    select(SumRow.__table__.c.customer_id, SumRow.__table__.c.contacts, SumRow.__table__.c.order)
    .where(
        SumRow.__table__.c.tenant_id == bindparam("tenant"),
        SumRow.__table__.c.customer_id == bindparam("ids", type_=ARRAY(Uuid)).any_(),
    )
    .order_by(SumRow.__table__.c.customer_id)
    .with_for_update()
)


async def load(tx: Tx, events: Sequence[Event]) -> dict[UUID, Sum]:
    ids = sorted({event.concerns for event in events if event.concerns})
    found = {row[0]: Sum(row[1], row[2]) for row in await tx.rows(_LOAD, tenant=tx.tenant, ids=ids)}
    return {customer: found.get(customer, Sum()) for customer in ids}


async def save(tx: Tx, states: Mapping[UUID, Sum]) -> None:
    rows = ({"customer_id": customer, "contacts": s.contacts, "order": s.order} for customer, s in states.items())
    tx.put(SumRow, *rows, key=("customer_id",))


def subscription(mood: "Mood | None" = None) -> Subscription[Sum]:
    """`mood` makes handlers fail."""
    mood = mood or Mood()
    heard = Subscription(consumer="hearer", owner="customer", load=load, save=save)

    @heard.on(CustomerContactsChanged)
    def contacts_changed(event: CustomerContactsChanged, found: Sum) -> Sum:
        mood.meet(event)
        return replace(
            found, contacts=found.contacts + event.contacts, order=f"{found.order} {event.heard.sequence}".strip())

    @heard.on_tenant(ClockAdvanced)
    async def clock_advanced(tx: Tx, event: ClockAdvanced) -> None:
        tx.put(ClockRow, {"at": event.now.isoformat()}, key=())

    return heard


class Mood:
    """Contacts 666 are refused while `refuses`; 503 are not ready while `waits`; any fails `away` times as if alone."""

    def __init__(self, *, refuses: bool = True, waits: bool = False, away: int = 0) -> None:
        self.refuses, self.waits, self.away = refuses, waits, away

    def meet(self, event: CustomerContactsChanged) -> None:
        if self.away:
            self.away -= 1
            raise ConnectionError("the world is broken")
        if event.contacts == 666 and self.refuses:
            raise RuleBroken("too_many", "So many contacts are refused.")
        if event.contacts == 503 and self.waits:
            raise NotReady("not_yet", "It is on its way.")


def told(
    tenant: UUID, customer: UUID | None, sequence: int, contacts: int = 1, *, era: int = 1, event_id: UUID | None = None
) -> Record:
    """A fact as it comes over the bus."""
    fact: Event = ClockAdvanced(now=AT) if customer is None else CustomerContactsChanged(
        customer_id=customer, contacts=contacts, purposes=[])
    return record_of(tenant, customer, sequence, fact, era=era, event_id=event_id)


def unheard(tenant: UUID, customer: UUID, sequence: int) -> Record:
    """A fact without a handler here."""
    fact = CustomerUpdated.model_validate(CustomerUpdated.examples[0] | {"customer_id": str(customer)})
    return record_of(tenant, customer, sequence, fact)


def record_of(
    tenant: UUID, customer: UUID | None, sequence: int, fact: Event, *, era: int = 1, event_id: UUID | None = None
) -> Record:
    stream = stream_of(tenant, customer)
    envelope = Envelope(event_id or new_id(), fact.wire_type(), "/dunlin/customer", stream, era, sequence, AT, AT, "c")
    return Record(stream, envelope.headers(), fact.model_dump_json().encode())


@dataclass
class Place:
    """The hearer's database."""

    dsn: str
    database: Database

    async def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(self.dsn)
        try:
            return [tuple(row) for row in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    async def order(self, customer: UUID) -> str:
        found = await self.rows('SELECT "order" FROM heard_sum WHERE customer_id = $1', customer)
        return str(found[0][0]) if found else ""

    async def mark(self, stream: str) -> tuple[int, int, str | None]:
        found = await self.rows("SELECT era, sequence, held FROM watermark WHERE stream = $1", stream)
        era, sequence, held = found[0]
        return era, sequence, held

    async def parked(self) -> list[tuple[str, str]]:
        found = await self.rows(
            "SELECT mark, reason FROM parked_event WHERE skipped_at IS NULL ORDER BY stream, era, sequence")
        return [(mark, reason) for mark, reason in found]


@contextlib.asynccontextmanager
async def hearing(postgres: str) -> AsyncIterator[Place]:
    async with database(postgres) as dsn:
        connection = await asyncpg.connect(dsn)
        spoken = dialect()  # type: ignore[no-untyped-call]
        for table in Row.metadata.sorted_tables:
            await connection.execute(str(CreateTable(table).compile(dialect=spoken)))
        await connection.execute("CREATE TABLE tenant (tenant_id uuid, sandbox bool, clock_at timestamptz)")
        await connection.close()
        place = Place(dsn, Database(dsn, source="/dunlin/test"))
        try:
            yield place
        finally:
            await place.database.close()
