"""New eras under load, as after a restore: begun by an operator, who has every hearer read on in them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
from patience import Patience
from production_shape import Fleet

from dunlin_events import parking
from dunlin_events.operating import Plain
from dunlin_events.rebasing import rebase
from dunlin_events.topics import HEARERS, PARTITIONS
from dunlin_events.watermark import ERA
from dunlin_kernel.errors import DomainError

_UNHEARD = """
SELECT $3::int - count(*) FROM watermark
WHERE owner = $1 AND era >= $2 AND sequence = 0 AND starts_with(stream, '00000000-0000-0000-0000-000000000000:')"""


class NewEras:
    """The last era begun in each service."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._begun: dict[str, int] = {}

    async def begin(self, service: str) -> None:
        """`relay rebase`: all that the service ever told is sent again."""
        self._begun[service] = await rebase(self.fleet.databases.url(service, "ops"), who="chaos")
        self.fleet.timeline.note(f"relay rebase {service}")

    @contextlib.asynccontextmanager
    async def accepted(self) -> AsyncIterator[None]:
        """Accept meanwhile whatever can be, as an operator who looks now and then; at the end all is accepted."""
        accepting = asyncio.create_task(self._accept())
        try:
            yield
            await self._settled()
        finally:
            accepting.cancel()
            await asyncio.wait({accepting})

    async def _accept(self) -> None:
        while True:
            for service in self._begun and HEARERS:
                async with self._connected(service) as connection:
                    for one in await parking.list_parked(Plain(connection)):
                        if one.held == ERA:
                            with contextlib.suppress(DomainError):
                                async with connection.transaction():
                                    await parking.accept_era(Plain(connection), one.key, who="chaos")
            await asyncio.sleep(0.2)

    async def _settled(self) -> None:
        """All hearers have heard all of the eras begun, and hold nothing."""
        left: dict[str, int] = {}
        patience = Patience(lambda: left)
        while True:
            left = {f"{hearer} of {owner}": await self._left(hearer, owner)
                    for owner in self._begun for hearer in HEARERS if owner in HEARERS[hearer]}
            if not any(left.values()):
                return
            assert patience.lasts(), f"not heard or not accepted in the new eras: {left}"
            await asyncio.sleep(0.2)

    async def _left(self, hearer: str, owner: str) -> int:
        async with self._connected(hearer) as connection:
            unheard: int = await connection.fetchval(_UNHEARD, owner, self._begun[owner], PARTITIONS)
            held: int = await connection.fetchval(
                "SELECT count(*) FROM watermark WHERE owner = $1 AND held IS NOT NULL", owner)
        return unheard + held

    @contextlib.asynccontextmanager
    async def _connected(self, service: str) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.fleet.databases.url(service, "ops"))
        try:
            yield connection
        finally:
            await connection.close()
