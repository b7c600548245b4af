"""The worker's own look at its invariants: check by check, tenant by tenant, with a small share of a core."""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from uuid import UUID

from prometheus_client import Counter, Gauge

from dunlin_events.ending import rest
from dunlin_kernel.ids import NIL
from dunlin_kit.database import Database
from dunlin_kit.health import PATIENT, Check, IntegrityCheckRead, checked
from dunlin_kit.telemetry import log
from dunlin_kit.transaction import Transaction

SHARE = 1 / 50
"""Of one core, at the most: after each check it rests so many times longer than that took."""
FIRST_AFTER_SECONDS = 300
ROUND_SECONDS = 3600
"""A round begins an hour after the one before began, or when that has ended."""
_NOBODY_WAITS = "15min"

VIOLATIONS = Gauge(
    "dunlin_integrity_violations", "What breaks an invariant, over all tenants; of one tenant twenty are counted.",
    ("service", "check"))
CHECKED_AT = Gauge(
    "dunlin_integrity_checked_at_seconds", "When all was last looked at; nothing before the first time.", ("service",))
SECONDS = Counter("dunlin_integrity_seconds_total", "Seconds that checks took.", ("service", "check"))
_TENANTS = "SELECT tenant_id FROM tenant ORDER BY tenant_id"


class IntegrityWatch:
    """Looks in rounds. Each check of a tenant reads one snapshot, which holds nobody up."""

    def __init__(
        self, service: str, *, ops: Database, app: Database, checks: Sequence[Check],
        first_after: float = FIRST_AFTER_SECONDS,
    ) -> None:
        self._service, self._ops, self._app, self._checks = service, ops, app, checks
        self._first_after = first_after
        self._found: dict[tuple[UUID, str], int] = {}
        for check in checks:
            VIOLATIONS.labels(service, check.id).set(0)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set, whatever breaks."""
        await rest(stop, self._first_after)
        while not stop.is_set():
            began = perf_counter()
            try:
                await self.round(stop)
            except Exception as broken:
                log.warning("integrity waits for the database", service=self._service, error=repr(broken))
            await rest(stop, max(ROUND_SECONDS - (perf_counter() - began), ROUND_SECONDS * SHARE))

    async def round(self, stop: asyncio.Event, *, share: float = SHARE) -> None:
        """Look at everything once, and rest between; what breaks shows at once.

        A check that fails itself is passed over, and the round is then not counted as one that looked at everything.
        """
        tenants, whole = [row["tenant_id"] for row in await self._ops.read(NIL, _tenants)], True
        for gone in [at for at in self._found if at[0] not in tenants]:
            del self._found[gone]
        for tenant in tenants:
            for check in self._checks:
                if stop.is_set():
                    return
                began = perf_counter()
                try:
                    await self._look(tenant, check)
                except Exception as broken:
                    whole = False
                    log.warning("a check could not be made", service=self._service, tenant=str(tenant), check=check.id,
                                error=repr(broken))
                    await self._ops.read(NIL, _tenants)  # ends the round where it is the database that is away
                took = perf_counter() - began
                SECONDS.labels(self._service, check.id).inc(took)
                await rest(stop, took * (1 / share - 1))
        if whole and not stop.is_set():
            CHECKED_AT.labels(self._service).set_to_current_time()

    async def _look(self, tenant: UUID, check: Check) -> None:
        async def look(tx: Transaction) -> IntegrityCheckRead:
            await tx.row(PATIENT, each=_NOBODY_WAITS)
            return await checked(tx, check)

        found = await self._app.read(tenant, look)
        self._found[tenant, check.id] = len(found.violations)
        VIOLATIONS.labels(self._service, check.id).set(
            sum(count for (_, name), count in self._found.items() if name == check.id))
        if not found.holds:
            log.error("an invariant is broken", service=self._service, tenant=str(tenant), check=check.id,
                      violations=found.violations)


async def _tenants(tx: Transaction) -> Sequence[dict[str, UUID]]:
    found: Sequence[dict[str, UUID]] = await tx.driver.fetch(_TENANTS)
    return found
