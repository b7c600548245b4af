"""A worker waits, and says so, while its database is behind its code; on one that is newer it works, and says so."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from dunlin_events.ending import rest
from dunlin_kernel.ids import NIL
from dunlin_kit import migrating
from dunlin_kit.database import Database, is_passing
from dunlin_kit.health import schema_says
from dunlin_kit.telemetry import log

_AGAIN_SECONDS = 1


async def until_migrated(service: str, ops: Database, stop: asyncio.Event) -> None:
    """Return when the schema is the one that this code was made for, or newer, or when `stop` is set."""
    wanted, said = migrating.head_of(f"{service}_svc") or "", ""
    while not stop.is_set():
        try:
            found = await ops.read(NIL, lambda tx: migrating.revision_of(tx.driver))
        except Exception as away:
            if not is_passing(away):
                raise
            log.warning("the worker waits for its database", service=service, reason=repr(away))
        else:
            otherwise = schema_says(found, wanted)
            if otherwise is None:
                return
            if found is not None and found > wanted:
                log.warning("the schema is newer", service=service, reason=otherwise)
                return
            if otherwise != said:
                log.warning("the worker waits for migrate", service=service, reason=otherwise)
                said = otherwise
        await rest(stop, _AGAIN_SECONDS)


async def then(migrated: "asyncio.Task[None]", part: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    """Do this part after the schema was reached."""
    try:
        await asyncio.shield(migrated)
        if not stop.is_set():
            await part
    finally:
        part.close()
