"""A database of its own, with the tables of a service's outbox, for each module that asks."""

from collections.abc import AsyncIterator
from typing import ClassVar
from urllib.parse import urlsplit

import asyncpg
import pytest
from hearer import Place, hearing
from sqlalchemy import MetaData, Table
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.orm import registry
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from dunlin_events.eras import RelayEraColumns
from dunlin_events.outbox import EventStreamColumns, OutboxEventColumns
from dunlin_events.relay_state import RelayStateColumns
from dunlin_kernel.ids import new_id


class Row(SQLModel, registry=registry(metadata=MetaData())):
    __table__: ClassVar[Table]


class EventStreamRow(EventStreamColumns, Row, table=True):
    __tablename__ = "event_stream"


class OutboxEventRow(OutboxEventColumns, Row, table=True):
    __tablename__ = "outbox_event"


class RelayStateRow(RelayStateColumns, Row, table=True):
    __tablename__ = "relay_state"


class RelayEraRow(RelayEraColumns, Row, table=True):
    __tablename__ = "relay_era"


def ddl(metadata: MetaData) -> str:
    """The statements that create all tables and indexes of `metadata`."""
    spoken = dialect()  # type: ignore[no-untyped-call]
    tables = metadata.sorted_tables
    made = [CreateTable(table) for table in tables] + [CreateIndex(i) for table in tables for i in table.indexes]
    return ";\n".join(str(one.compile(dialect=spoken)) for one in made)


async def empty_database(postgres: str) -> str:
    """Create a database without tables and return its URL."""
    name = f"t{new_id().hex}"
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return urlsplit(postgres)._replace(path=f"/{name}").geturl()


@pytest.fixture
async def outbox_dsn(postgres: str) -> AsyncIterator[str]:
    """The URL of a fresh database with the outbox's tables."""
    dsn = await empty_database(postgres)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(ddl(Row.metadata))
    finally:
        await connection.close()
    yield dsn
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute(f'DROP DATABASE "{urlsplit(dsn).path[1:]}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.fixture
async def place(postgres: str) -> AsyncIterator[Place]:
    """Where a test consumer hears."""
    async with hearing(postgres) as place:
        yield place
