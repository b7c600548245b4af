"""Operations: long work a client can watch, as a resource and as a stream of its progress."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, DateTime, Text, Uuid, bindparam, column, func, select, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as ColumnField
from sqlmodel import SQLModel

from dunlin_kernel.errors import NotFound, RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kernel.lifecycle import Lifecycle
from dunlin_kit.auth import requires
from dunlin_kit.database import Database
from dunlin_kit.problems import refuses
from dunlin_kit.transaction import Transaction
from dunlin_kit.write_route import ReadRoute, Tx

_STEP_SECONDS = 0.25
_LONGEST_STREAM_SECONDS = 600


class OperationStatus(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


CANCELLED = RuleBroken("operation_cancelled", "It was cancelled; what had been done stays.")
OPERATION_LIFECYCLE = Lifecycle("operation", {
    OperationStatus.RUNNING: {OperationStatus.SUCCEEDED, OperationStatus.FAILED},
    OperationStatus.SUCCEEDED: set(),
    OperationStatus.FAILED: set(),
})


class OperationColumns(SQLModel):
    """`operation`: what was asked, how far it is, and what came of it."""

    operation_id: UUID = ColumnField(sa_type=Uuid, primary_key=True)
    kind: str = ColumnField(sa_type=Text)
    status: str = ColumnField(sa_type=Text)
    done: int = ColumnField(sa_type=BigInteger)
    total: int | None = ColumnField(sa_type=BigInteger)
    result: str | None = ColumnField(sa_type=JSONB)
    error: str | None = ColumnField(sa_type=JSONB)
    created_at: datetime = ColumnField(sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": func.now()})


OPERATIONS = table(
    "operation",
    column("tenant_id", Uuid),
    column("operation_id", Uuid),
    column("kind", Text),
    column("status", Text),
    column("done", BigInteger),
    column("total", BigInteger),
    column("result", JSONB),
    column("error", JSONB),
    column("created_at", DateTime(timezone=True)),
)
_FIND = select(*OPERATIONS.c).where(OPERATIONS.c.operation_id == bindparam("operation_id"))


class OperationFailure(BaseModel):
    """Why an operation ended without its result."""

    code: str
    detail: str


class OperationWait(BaseModel):
    """What running work stands still for; it goes on by itself when that has come."""

    code: str
    detail: str


class OperationRead(BaseModel):
    """Long work: `done` of `total` (null while not known); `result` or `error` once it has ended.

    `waits_for` is null unless it runs and stands still.
    """

    id: UUID
    kind: str
    status: OperationStatus
    done: int
    total: int | None
    result: dict[str, Any] | None = Field(description="What came of it, as the operation that began it says.")
    error: OperationFailure | None
    waits_for: OperationWait | None
    created_at: datetime

    @property
    def ended(self) -> bool:
        return self.status is not OperationStatus.RUNNING


def start(tx: Transaction, kind: str, total: int | None) -> UUID:
    """Gather a running operation and return its id."""
    operation_id = new_id()
    tx.insert(
        OPERATIONS,
        {
            "operation_id": operation_id,
            "kind": kind,
            "status": "running",
            "done": 0,
            "total": total,
            "result": None,
            "error": None,
        },
    )
    return operation_id


def progress(tx: Transaction, operation_id: UUID, done: int, total: int | None) -> None:
    tx.change(OPERATIONS, {
        "operation_id": operation_id, "done": done, "total": total, "error": None}, key=("operation_id",))


def wait(tx: Transaction, operation_id: UUID, code: str, detail: str) -> None:
    """It stands still for this until its next progress: kept where the failure of one that has ended is."""
    tx.change(
        OPERATIONS, {"operation_id": operation_id, "error": json.dumps({"code": code, "detail": detail})},
        key=("operation_id",))


def succeed(tx: Transaction, operation_id: UUID, done: int, result: Mapping[str, Any]) -> None:
    tx.change(
        OPERATIONS,
        {"operation_id": operation_id, "status": "succeeded", "done": done,
         "result": json.dumps(dict(result)), "error": None},
        key=("operation_id",),
    )


def fail(tx: Transaction, operation_id: UUID, code: str, detail: str) -> None:
    tx.change(
        OPERATIONS,
        {"operation_id": operation_id, "status": "failed", "error": json.dumps({"code": code, "detail": detail})},
        key=("operation_id",),
    )


async def goes_on(tx: Transaction, operation_id: UUID) -> bool:
    """Whether it was not cancelled: asked by each slice under the lock of its run, which who cancels it takes too."""
    return not (await get(tx, operation_id)).ended


async def cancel(tx: Transaction, operation_id: UUID) -> None:
    """End it as failed where it has come to, under the lock of its run. Refuses: illegal_transition (it has ended)."""
    OPERATION_LIFECYCLE.advance((await get(tx, operation_id)).status, OperationStatus.FAILED)
    fail(tx, operation_id, CANCELLED.code, CANCELLED.detail)


async def get(tx: Transaction, operation_id: UUID) -> OperationRead:
    """Refuses: operation_not_found."""
    row = await tx.row(_FIND, operation_id=operation_id)
    if row is None:
        raise NotFound("operation_not_found", "There is no such operation.")
    status, why = OperationStatus(row["status"]), row["error"]
    runs = status is OperationStatus.RUNNING
    return OperationRead(
        id=row["operation_id"],
        kind=row["kind"],
        status=status,
        done=row["done"],
        total=row["total"],
        result=row["result"],
        error=OperationFailure(**why) if why and not runs else None,
        waits_for=OperationWait(**why) if why and runs else None,
        created_at=row["created_at"],
    )


def location_of(service: str, operation_id: UUID) -> str:
    return f"/{service}/v1/operations/{operation_id}"


def router_of(service: str) -> APIRouter:
    """The routes of a service's operations; operation ids carry the service, since all four have them."""
    router = APIRouter(route_class=ReadRoute, tags=["operations"])
    errors = refuses("operation_not_found", status=404)

    @router.get(
        f"/{service}/v1/operations/{{operation_id}}",
        operation_id=f"get_{service}_operation",
        dependencies=[requires("operations:read")],
        responses=errors,
    )
    async def get_operation(operation_id: UUID, tx: Tx) -> OperationRead:
        """How far a long piece of work is."""
        return await get(tx, operation_id)

    @router.get(
        f"/{service}/v1/operations/{{operation_id}}/progress",
        operation_id=f"watch_{service}_operation",
        dependencies=[requires("operations:read")],
        response_class=StreamingResponse,
        responses=errors
        | {
            200: {
                "description": "Server-sent events, each with an OperationRead as data.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            }
        },
    )
    async def watch_operation(operation_id: UUID, tx: Tx, request: Request) -> StreamingResponse:
        """The progress as server-sent events, until the work has ended."""
        await get(tx, operation_id)
        stream = _stream(request.app.state.database, tx.tenant, operation_id)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    return router


async def _stream(database: Database, tenant: UUID, operation_id: UUID) -> AsyncIterator[str]:
    async def look(tx: Transaction) -> OperationRead:
        return await get(tx, operation_id)

    said = ""
    for _ in range(int(_LONGEST_STREAM_SECONDS / _STEP_SECONDS)):
        operation = await database.read(tenant, look)
        if (now := operation.model_dump_json()) != said:
            said = now
            yield f"data: {said}\n\n"
        if operation.ended:
            return
        await asyncio.sleep(_STEP_SECONDS)
