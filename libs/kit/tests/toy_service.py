"""A toy service on the chassis: one table of notes, its facts and its routes."""

from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, UniqueConstraint, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field as ColumnField
from sqlmodel import SQLModel

from dunlin_events.contracts.base import CustomerEvent
from dunlin_events.outbox import EventStreamColumns, OutboxEventColumns
from dunlin_events.parking import ParkedEventColumns
from dunlin_events.relay_state import RelayStateColumns
from dunlin_events.watermark import WatermarkColumns
from dunlin_kernel.errors import NotFound, RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kit import versions
from dunlin_kit.auth import requires
from dunlin_kit.idempotency import IdempotencyColumns
from dunlin_kit.jobs import JobColumns
from dunlin_kit.migrating import NAMES
from dunlin_kit.operations import OperationColumns
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.tenants import TenantColumns
from dunlin_kit.testing import Running
from dunlin_kit.transaction import Transaction
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

METADATA = MetaData(naming_convention=NAMES)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    __table__: ClassVar[Table]


NOTE = Table("note", METADATA, Column("tenant_id", Uuid, primary_key=True), Column("id", Uuid, primary_key=True),
             Column("text", Text, nullable=False), Column("size", BigInteger, nullable=False),
             Column("tags", ARRAY(Text)), UniqueConstraint("tenant_id", "text"))


def _library_table(name: str, mixin: type[SQLModel]) -> None:
    """A table of the chassis with `tenant_id` first in its key, as a service declares it."""
    owned = name in ("tenant", "idempotency_key", "operation", "job")
    declared: dict[str, object] = {"__tablename__": name, "__module__": __name__, "__annotations__": {}}
    if owned:
        declared["__annotations__"] = {"tenant_id": UUID}
        declared["tenant_id"] = ColumnField(sa_type=Uuid, primary_key=True)
    if name == "job":
        declared["__table_args__"] = (UniqueConstraint("tenant_id", "kind", "key"),)
    type(f"Toy{mixin.__name__}", (mixin, Row), declared, table=True)


for _name, _mixin in (("tenant", TenantColumns), ("idempotency_key", IdempotencyColumns),
                      ("operation", OperationColumns), ("job", JobColumns),
                      ("event_stream", EventStreamColumns), ("outbox_event", OutboxEventColumns),
                      ("watermark", WatermarkColumns), ("parked_event", ParkedEventColumns),
                      ("relay_state", RelayStateColumns)):
    _library_table(_name, _mixin)

FIND = select(NOTE.c.id, NOTE.c.text, NOTE.c.size).where(NOTE.c.id == bindparam("id"))
LOCK = FIND.with_for_update()
LIST = select(NOTE.c.id, NOTE.c.text, NOTE.c.size).where(NOTE.c.text > bindparam("after")).order_by(NOTE.c.text).limit(
    bindparam("most"))


class NoteTaken(CustomerEvent):
    """A note was taken, in a test."""

    owner: ClassVar[str] = "toy"
    text: str


class NoteCreate(BaseModel):
    text: str = Field(min_length=1, max_length=50)
    size: int = 0


class NoteRead(BaseModel):
    id: UUID
    text: str
    size: int


class NotePage(Page[NoteRead]):
    """Notes."""


writes = APIRouter(route_class=WriteRoute)
reads = APIRouter(route_class=ReadRoute)


@writes.post("/toy/v1/notes", status_code=201, dependencies=[requires("notes:write")],
             responses=refuses("too_rude"))
async def take_note(body: NoteCreate, tx: Tx, response: Response, validate_only: ValidateOnly = False) -> NoteRead:
    """Take a note; the first one only where there is none yet. Refuses: too_rude."""
    if body.text == "rude" or (body.text == "first" and await tx.rows(LIST, after="", most=1)):
        raise RuleBroken("too_rude", "That is not said here.")
    note = NoteRead(id=new_id(), text=body.text, size=body.size)
    tx.insert(NOTE, note.model_dump() | {"tags": ["a,b", 'c"d\\e', ""]})
    tx.emit(NoteTaken(customer_id=note.id, text=note.text))
    versions.set_etag(response, 1)
    response.headers["Location"] = f"/toy/v1/notes/{note.id}"
    return note


@writes.patch("/toy/v1/notes/{note_id}", dependencies=[requires("notes:write")], responses=versions.RESPONSES)
async def change_note(note_id: UUID, body: NoteCreate, tx: Tx, version: versions.IfMatch) -> NoteRead:
    """Change a note."""
    row = await tx.row(LOCK, id=note_id)
    if row is None:
        raise NotFound("note_not_found", "There is no such note.")
    if row["size"] != version:
        raise versions.stale()
    tx.change(NOTE, {"id": note_id, "text": body.text})
    return NoteRead(id=note_id, text=body.text, size=row["size"])


@reads.get("/toy/v1/notes", dependencies=[requires("notes:read")], responses=RESPONSES)
async def list_notes(tx: Tx, cursor: Paging, response: Response, limit: Limit = 50,
                     prefix: Annotated[str | None, Query()] = None) -> NotePage:
    """List notes."""
    rows = await tx.rows(LIST, after=cursor.after[0] if cursor.after else "", most=limit + 1)
    notes = [NoteRead(**row) for row in rows]
    return NotePage(**cursor.page(response, notes, limit, lambda note: [note.text]))


async def count_notes(toy: Running, tenant: UUID) -> int:
    async def work(tx: Transaction) -> int:
        return len(await tx.rows(LIST, after="", most=1000))

    return await toy.database.read(tenant, work)
