"""Is it alive, is it ready, do its invariants hold, has it followed the tenant's clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Executable, text

from dunlin_kernel.ids import NIL
from dunlin_kit import migrating
from dunlin_kit.auth import requires
from dunlin_kit.database import Database
from dunlin_kit.jobs import DUE
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.write_route import ReadRoute, Tx

SHOWN = 20

SEQUENCES = text("SELECT stream, head, events, last FROM stream_holes()")
"""Streams of the tenant whose facts are not 1 to n. The function looks at the outbox, which a request may not read."""


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: `statement` returns its violations of the tenant in force; no row means it holds."""

    id: str
    sentence: str
    statement: Executable


class IntegrityCheckRead(BaseModel):
    """One invariant and whether it holds; `violations` are texts, at most twenty."""

    id: str
    sentence: str
    holds: bool
    violations: list[str]


class IntegrityRead(BaseModel):
    """All invariants of one service for one tenant, on one snapshot."""

    holds: bool
    checks: list[IntegrityCheckRead]


class StreamSumRead(BaseModel):
    """How many facts of an owner were heard, over all streams of the tenant."""

    owner: str
    events: int


class TestClockRead(BaseModel):
    """Business time here, and whether anything is still on its way: equal sums everywhere and no job due mean quiet."""

    now: datetime
    sandbox: bool
    emitted: int = Field(description="Facts published here so far, over all streams of the tenant.")
    heard: list[StreamSumRead]
    due_jobs: int
    parked: int


_STANDING = text(
    "SELECT (SELECT coalesce(sum(seq), 0)::bigint FROM event_stream WHERE starts_with(stream, :tenant)) AS emitted, "  # noqa: S608  constants
    "(SELECT count(*) FROM parked_event WHERE skipped_at IS NULL AND starts_with(stream, :tenant)) AS parked, "
    f"(SELECT count(*) FROM job j JOIN tenant t USING (tenant_id) WHERE {DUE}) AS due_jobs"
)
_HEARD = text(
    "SELECT owner, sum(sequence)::bigint AS events FROM watermark WHERE starts_with(stream, :tenant) "
    "GROUP BY owner ORDER BY owner"
)
PATIENT = text("SELECT set_config('transaction_timeout', '0', true), set_config('statement_timeout', :each, true)")
_WHO_ASKS_WAITS = "30s"


def _own(tx: Transaction) -> dict[str, str]:
    """Streams begin with their tenant; `starts_with` means the same under every collation."""
    return {"tenant": f"{tx.tenant}:"}


async def clock_of(tx: Transaction) -> TestClockRead:
    """Refuses: tenant_not_known_yet."""
    tenant = await present(tx)
    standing = await tx.row(_STANDING, **_own(tx))
    heard = await tx.rows(_HEARD, **_own(tx))
    return TestClockRead(
        now=tenant.now,
        sandbox=tenant.sandbox,
        heard=[StreamSumRead(owner=row["owner"], events=row["events"]) for row in heard],
        **standing,
    )


async def integrity_of(tx: Transaction, checks: Sequence[Check]) -> IntegrityRead:
    """Run every check on this snapshot, however long all of them take."""
    await tx.row(PATIENT, each=_WHO_ASKS_WAITS)
    found = [await checked(tx, check) for check in checks]
    return IntegrityRead(holds=all(check.holds for check in found), checks=found)


async def checked(tx: Transaction, check: Check) -> IntegrityCheckRead:
    """Run one check on this snapshot."""
    rows = await tx.rows(check.statement, **_own(tx))
    return IntegrityCheckRead(
        id=check.id, sentence=check.sentence, holds=not rows,
        violations=[", ".join(f"{name}={value}" for name, value in row.items()) for row in rows[:SHOWN]])


def router_of(service: str, checks: Sequence[Check]) -> APIRouter:
    """Integrity and clock of a service."""
    router = APIRouter(route_class=ReadRoute, tags=["health"])

    @router.get(
        f"/{service}/v1/integrity", operation_id=f"get_{service}_integrity", dependencies=[requires("integrity:read")]
    )
    async def get_integrity(tx: Tx) -> IntegrityRead:
        """Whether the invariants hold for this tenant, and what breaks them."""
        return await integrity_of(tx, checks)

    @router.get(
        f"/{service}/v1/test-clock", operation_id=f"get_{service}_test_clock", dependencies=[requires("clock:read")]
    )
    async def get_test_clock(tx: Tx) -> TestClockRead:
        """The tenant's business time here, and what is still on its way."""
        return await clock_of(tx)

    return router


def schema_says(found: str | None, revision: str | None) -> str | None:
    """Why a database of this revision is not the one that code of another one was made for; None where it is."""
    if found == revision or revision is None:
        return None
    if found is None or found < revision:
        return f"schema: {found or 'none'}, and this code was made for {revision}: migrate first"
    return f"schema: {found}, made by a newer version than this code, which was made for {revision}"


def probes(database: Database, revision: str | None, *, bus: Callable[[], bool] | None = None) -> APIRouter:
    """/livez: the process answers. /readyz: the database answers and has the schema this code was made for.

    `bus` says whether the bus was reached, for those who cannot begin without.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def livez() -> Response:
        return Response("ok", media_type="text/plain")

    @router.get("/readyz")
    async def readyz(request: Request) -> Response:
        if bus is not None and not bus():
            return Response("bus: not reached yet", 503, media_type="text/plain")

        try:
            found = await database.read(NIL, lambda tx: migrating.revision_of(tx.driver))
        except Exception as failed:
            return Response(f"database: {type(failed).__name__}", 503, media_type="text/plain")
        otherwise = schema_says(found, revision)
        return Response(otherwise or "ready", 503 if otherwise else 200, media_type="text/plain")

    return router
