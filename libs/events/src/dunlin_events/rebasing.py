"""`relay rebase`: after a restore, a new era in every stream, in which everything is sent again."""

from collections.abc import Iterable

import asyncpg
import structlog

from dunlin_events.crash_points import passing
from dunlin_events.relay_state import BEFORE_ALL, begin_again
from dunlin_kernel.ids import new_id

LOG = structlog.get_logger(__name__)

_NEXT_ERA = """
SELECT greatest((SELECT coalesce(max(era), 1) FROM event_stream), $1::int,
                extract(epoch FROM clock_timestamp() - timestamptz '2020-01-01')::int)
       + 1 + (random() * 65535)::int"""
"""Larger than any that this database or the log knows, and by the clock also than those of a restore that neither does.
The hours of chance keep two restores of one backup apart that were rebased in the same second."""


async def rebase(dsn: str, *, who: str, told: Iterable[int] = ()) -> int:
    """Begin a new era in every stream and send the whole outbox again in it. Returns the era.

    `told` are eras in which the log was told of this owner. Who began the era, and when, is kept in `relay_era`.

    Transaction ids of before the restore mean nothing in a new cluster, so all rows are put before every snapshot.
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE event_stream, outbox_event IN EXCLUSIVE MODE")
            era: int = await connection.fetchval(_NEXT_ERA, max(told, default=1))
            await connection.execute("INSERT INTO event_stream VALUES ('', 0, $1) ON CONFLICT DO NOTHING", era)
            await connection.execute("UPDATE event_stream SET era = $1", era)
            await connection.execute("UPDATE outbox_event SET era = $1, txid = $2::text::xid8", era, BEFORE_ALL)
            await connection.execute(
                "INSERT INTO relay_era(era, token, begun_by) VALUES ($1, $2, $3)", era, new_id(), who)
            await begin_again(connection)
            passing("before_rebase")
        passing("after_rebase")
    finally:
        await connection.close()
    LOG.warning("relay_rebased", era=era, who=who)
    return era
