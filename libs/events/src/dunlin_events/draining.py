"""Draining: what waited in `parked_event` is applied as soon as its stream can go on."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from dunlin_events import parked_rows, watermark
from dunlin_events.applying import Item, work_off
from dunlin_events.broken_world import is_world_broken
from dunlin_events.subscription import Subscription, Transact, Tx
from dunlin_events.watermark import ERA, HOLE, POISON, UNREADY, Key, Mark
from dunlin_kernel.errors import NotReady
from dunlin_kernel.ids import NIL


def reason_of(error: Exception) -> str:
    """Why a stream stands still after this error."""
    return UNREADY if isinstance(error, NotReady) else POISON


def tenant_of(key: Key) -> UUID:
    """The tenant whose stream it is; the nil UUID for a stream that names none."""
    try:
        return UUID(key.stream.partition(":")[0])
    except ValueError:
        return NIL


async def drain(transact: Transact, subscription: Subscription, key: Key) -> Mark:
    """Apply what waits in this stream, in order, until a hole, another era or a failure; return where it stands.

    Raises what the database raises when it is away. What is too much for its time limits is tried one by one.
    """
    limit = 200
    while True:
        try:
            mark, more = await transact(tenant_of(key), partial(_step, subscription=subscription, key=key, limit=limit))
        except Exception as error:
            if limit == 1:
                if is_world_broken(error):
                    raise
                return await transact(tenant_of(key), partial(_stand, subscription=subscription, key=key, error=error))
            limit = 1
            continue
        if not more:
            return mark


async def _step(tx: Tx, *, subscription: Subscription, key: Key, limit: int) -> tuple[Mark, bool]:
    """Apply the next `limit` that follow each other; also whether there may be more."""
    mark = (await watermark.lock(tx, [key]))[key]
    if mark.held == ERA:
        return mark, False
    await parked_rows.forget(tx, key, mark)
    items = await _waiting(tx, subscription, key)
    run = _run_of(mark, items)[:limit]
    await work_off(tx, run)
    if run and (last := run[-1].envelope):
        mark = Mark(last.era, last.sequence, last.event_id, HOLE)
        await parked_rows.forget(tx, key, mark)
        await watermark.advance(tx, {key: mark})
        return mark, True
    mark = mark._replace(held=_why(mark, items))
    if items and mark.held in (POISON, UNREADY):
        await parked_rows.blame(tx, key, items[0].place, mark.held, items[0].spoilt or "")
    await watermark.advance(tx, {key: mark})
    return mark, False


async def _stand(tx: Tx, *, subscription: Subscription, key: Key, error: Exception) -> Mark:
    """Say of the first waiting event that it failed."""
    mark = (await watermark.lock(tx, [key]))[key]
    run = _run_of(mark, await _waiting(tx, subscription, key))
    if run and mark.held != ERA:
        mark = mark._replace(held=reason_of(error))
        await parked_rows.blame(tx, key, run[0].place, reason_of(error), repr(error))
        await watermark.advance(tx, {key: mark})
    return mark


async def _waiting(tx: Tx, subscription: Subscription, key: Key) -> list[Item]:
    return [Item.of(subscription, record, mark) for mark, record in await parked_rows.waiting(tx, key)]


def _run_of(mark: Mark, items: Sequence[Item]) -> list[Item]:
    """The readable items that follow the watermark without a gap."""
    run: list[Item] = []
    for item in items:
        envelope = item.envelope
        if envelope is None or item.spoilt is not None:
            break
        era = mark.era if mark.sequence or run else envelope.era
        if (envelope.era, envelope.sequence) != (era, mark.sequence + 1):
            break
        mark = Mark(envelope.era, envelope.sequence, envelope.event_id, mark.held)
        run.append(item)
    return run


def _why(mark: Mark, items: Sequence[Item]) -> str | None:
    """Why the first of what waits cannot be applied."""
    if not items or (first := items[0].envelope) is None:
        return None
    if mark.sequence and first.era != mark.era:
        return ERA
    return items[0].holds if first.sequence == mark.sequence + 1 else HOLE
