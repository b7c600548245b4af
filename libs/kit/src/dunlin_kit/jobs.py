"""Jobs: work that falls due at a business time, claimed by one worker at a time, its effect finished once."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any
from uuid import UUID

from prometheus_client import Counter, Histogram
from sqlalchemy import DateTime, Integer, Text, Uuid, column, func, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from dunlin_events.ending import rest
from dunlin_events.outbox import Trace
from dunlin_kernel.errors import NotReady
from dunlin_kernel.ids import NIL, new_id
from dunlin_kit.database import Database
from dunlin_kit.telemetry import log, set_trace
from dunlin_kit.tenants import Tenant, own_row
from dunlin_kit.transaction import Transaction

_IDLE_SECONDS, _LONGEST_IDLE_SECONDS = 0.25, 1.0
"""Between two looks that nobody asked for; they grow rarer while nothing is due."""
LEASE_SECONDS = 30
_LONGEST_WAIT_SECONDS = 300
_LONGEST_WAIT_WHEN_BUSY = 5
"""Of a job that others stood in the way of, or that came too early: however often it was tried, it is not broken."""

RUNS = Histogram("dunlin_job_seconds", "Seconds one run of a job took.", ("service", "kind"))
FAILED = Counter("dunlin_job_failures_total", "Runs of jobs that failed and will be tried again.", ("service", "kind"))


class JobColumns(SQLModel):
    """`job`: `due_at` is business time; lease and retry are the machine's."""

    job_id: UUID = Field(sa_type=Uuid, primary_key=True)
    kind: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    payload: str = Field(sa_type=JSONB)
    state: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "waiting"})
    attempts: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": "0"})
    lease_until: datetime | None = Field(sa_type=DateTime(timezone=True))
    retry_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    error: str | None = Field(sa_type=Text)
    correlation_id: str | None = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": func.now()})


JOBS = table(
    "job",
    column("tenant_id", Uuid),
    column("job_id", Uuid),
    column("kind", Text),
    column("key", Text),
    column("due_at", DateTime(timezone=True)),
    column("payload", JSONB),
    column("state", Text),
    column("attempts", Integer),
    column("lease_until", DateTime(timezone=True)),
    column("retry_at", DateTime(timezone=True)),
    column("error", Text),
    column("correlation_id", Text),
)

DUE = """j.state = 'waiting' AND j.due_at <= CASE WHEN t.sandbox THEN t.clock_at ELSE now() END"""
"""Both `job j` and `tenant t` are in scope where this stands."""
_CLAIM = f"""
UPDATE job SET lease_until = now() + make_interval(secs => $2), attempts = attempts + 1
WHERE (tenant_id, job_id) = (
  SELECT j.tenant_id, j.job_id FROM job j JOIN tenant t USING (tenant_id)
  WHERE {DUE} AND (j.lease_until IS NULL OR j.lease_until < now()) AND (j.retry_at IS NULL OR j.retry_at <= now())
    AND j.kind = ANY($1::text[]) AND NOT EXISTS (
      SELECT 1 FROM job b WHERE b.tenant_id = j.tenant_id AND b.state = 'waiting' AND b.due_at < j.due_at
        AND b.lease_until > now())
  ORDER BY j.due_at, j.job_id LIMIT 1 FOR UPDATE OF j SKIP LOCKED)
RETURNING tenant_id, job_id, kind, key, due_at, payload, attempts, correlation_id"""  # noqa: S608  a constant
_RENEW = """
UPDATE job SET lease_until = now() + make_interval(secs => $4)
WHERE tenant_id = $1 AND job_id = $2 AND attempts = $3 AND lease_until IS NOT NULL"""
_RELEASE = """
UPDATE job SET lease_until = NULL, error = $4, retry_at = now() + make_interval(secs => $5)
WHERE tenant_id = $1 AND job_id = $2 AND attempts = $3 AND state = 'waiting'"""
_STILL_OWN = """
SELECT 1 FROM job WHERE tenant_id = $1 AND job_id = $2 AND attempts = $3 AND state = 'waiting' FOR UPDATE"""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work as a handler gets it."""

    tenant: UUID
    id: UUID
    kind: str
    key: str
    due_at: datetime
    payload: Mapping[str, Any]
    attempts: int


Handler = Callable[[Database, Job], Awaitable[None]]


class LeaseLost(Exception):
    """Another worker took the job over: what this one did for it is not kept."""


def schedule(tx: Any, kind: str, key: str, due_at: datetime, payload: Mapping[str, Any]) -> None:
    """Gather a job; one with this kind and key that is there already stays as it is."""
    tx.once(
        JOBS,
        {
            "job_id": new_id(),
            "kind": kind,
            "key": key,
            "due_at": due_at,
            "payload": json.dumps(dict(payload)),
            "correlation_id": tx.trace.correlation_id,
        },
        key=("kind", "key"),
    )


def finish(tx: Transaction, job: Job) -> None:
    """Gather the end of a job, in the transaction that has its effect; it raises LeaseLost where another has it."""
    tx.conditions.append(partial(_assert_own, job))
    tx.change(JOBS, {"job_id": job.id, "state": "done", "lease_until": None, "error": None}, key=("job_id",))


async def _assert_own(job: Job, tx: Transaction) -> None:
    """Each claim counts as an attempt; the row stays locked, so that nobody claims it before the commit."""
    if await tx.driver.fetchval(_STILL_OWN, job.tenant, job.id, job.attempts) is None:
        raise LeaseLost(f"attempt {job.attempts} of {job.kind} is over")


async def moment_of(tx: Transaction, job: Job) -> Tenant:
    """The tenant at the moment a job is judged for: when it fell due in a sandbox, whose clock steps; else now."""
    row = await own_row(tx)
    tenant = Tenant.at(row, job.due_at if row["sandbox"] else tx.clock.now())
    tx.recorded_at = tenant.now
    return tenant


class JobRunner:
    """Claims due jobs, oldest first, and runs `at_once` of them; what fails is tried again with growing waits.

    Of one tenant only jobs that fell due at the same time run at once: a day's work never overtakes the day before.

    A job is its worker's while it renews the lease; one whose worker died or hangs is taken over `lease_seconds` later.
    """

    def __init__(
        self,
        *,
        service: str,
        ops: Database,
        app: Database,
        handlers: Mapping[str, Handler],
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self.at_once = 1
        """How many jobs run at the same time; set before `run`."""
        self._claiming = asyncio.Lock()
        self._service, self._ops, self._app, self._handlers = service, ops, app, dict(handlers)
        self._lease_seconds = lease_seconds
        self._wake = asyncio.Event()
        for kind in handlers:
            FAILED.labels(service, kind)  # at zero: from no value to one is no increase

    def poke(self) -> None:
        """Something may have fallen due: look at once."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set, whatever breaks; without handlers there is nothing to claim."""
        if not self._handlers:
            await stop.wait()
        ending = asyncio.create_task(self._wake_at(stop))
        try:
            await asyncio.gather(*(self._work(stop) for _ in range(self.at_once)))
        finally:
            ending.cancel()

    async def run_one(self) -> bool:
        """Run the oldest due job; False when there is none."""
        async with self._claiming:
            job = await self._claimed()
        if job is not None:
            await self._do(job)
        return job is not None

    async def _work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            async with self._claiming:  # one looks for all
                job = await self._next(stop)
            if job is not None:
                try:
                    await self._do(job)
                except Exception as broken:  # it could not be given back: its lease runs out
                    log.warning("jobs wait for the database", service=self._service, error=repr(broken))
                self.poke()  # what waited for it may be claimed now

    async def _next(self, stop: asyncio.Event) -> Job | None:
        """Wait for a job that is due; None when `stop` is set."""
        idle = _IDLE_SECONDS
        while not stop.is_set():
            self._wake.clear()
            try:
                if job := await self._claimed():
                    return job
            except Exception as broken:
                log.warning("jobs wait for the database", service=self._service, error=repr(broken))
            await rest(self._wake, idle)
            idle = min(2 * idle, _LONGEST_IDLE_SECONDS)
        return None

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _claimed(self) -> Job | None:
        return await self._ops.transact(NIL, self._claim)

    async def _do(self, job: Job) -> None:
        started = perf_counter()
        renewing = asyncio.create_task(self._renew(job))
        try:
            await self._handlers[job.kind](self._app, job)
        except LeaseLost as lost:
            log.warning("job taken over", service=self._service, kind=job.kind, job=str(job.id), reason=str(lost))
        except Exception as failed:
            FAILED.labels(self._service, job.kind).inc()
            log.exception("job failed", service=self._service, kind=job.kind, job=str(job.id), attempts=job.attempts)
            await self._give_back(job, failed)
        finally:
            renewing.cancel()
        RUNS.labels(self._service, job.kind).observe(perf_counter() - started)

    async def _claim(self, tx: Transaction) -> Job | None:
        row = await tx.driver.fetchrow(_CLAIM, list(self._handlers), self._lease_seconds)
        if row is None:
            return None
        set_trace(Trace(row["correlation_id"] or str(row["job_id"]), str(row["job_id"]), None))
        return Job(
            row["tenant_id"],
            row["job_id"],
            row["kind"],
            row["key"],
            row["due_at"],
            row["payload"],
            row["attempts"],
        )

    async def _renew(self, job: Job) -> None:
        """Keep the lease while the work goes on."""

        async def renew(tx: Transaction) -> None:
            await tx.driver.execute(_RENEW, job.tenant, job.id, job.attempts, self._lease_seconds)

        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            with contextlib.suppress(Exception):
                await self._ops.transact(NIL, renew)

    async def _give_back(self, job: Job, failed: Exception) -> None:
        longest = _LONGEST_WAIT_WHEN_BUSY if isinstance(failed, NotReady) else _LONGEST_WAIT_SECONDS
        wait = min(longest, 0.5 * 2 ** min(job.attempts, 12))

        async def release(tx: Transaction) -> None:
            await tx.driver.execute(
                _RELEASE, job.tenant, job.id, job.attempts, type(failed).__name__, float(wait))

        await self._ops.transact(NIL, release)
