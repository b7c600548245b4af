"""What services keep of each other's facts, built anew from the first event while the office works."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

import pytest
from dunlin_running import Dunlin, dunlin
from faults_told import Timeline
from late_service import LATE, ends_alike, projections_of, settings_of_all
from office import Office, at_work
from production_shape import Fleet
from proof import prove, rows
from test_rebuilds import SPOILT, broken_promise

from dunlin_events.projection import Projection
from dunlin_events.rebuilding import Compared, Rebuild, Stuck, Transacting
from dunlin_kit.database import Database
from dunlin_kit.process import bus_of
from dunlin_kit.rebuilds import seeing_only
from dunlin_kit.settings import BusKind
from dunlin_local.databases import SERVICES


class Place(NamedTuple):
    """A system at work, and one customer of its office on whom nobody works."""

    system: Dunlin
    fleet: Fleet
    office: Office
    customer: UUID


@pytest.fixture(scope="module")
async def place(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    folder, timeline = tmp_path_factory.mktemp("copies"), Timeline(20260301, lambda *_: None)
    async with dunlin(postgres, folder, settings={"requests_per_second": 100_000}) as system:
        fleet = Fleet({}, dict.fromkeys(SERVICES, system.url), system.issuer, folder, system.databases, postgres,
                      BusKind.POSTGRES, "", timeline, system.client)
        office = await Office.opened(fleet, timeline.seed)
        await office.round()
        [customer] = office.promised.customers
        await broken_promise(fleet, office, customer)
        yield Place(system, fleet, office, customer)


@contextlib.asynccontextmanager
async def rebuilding(place: Place, service: str, projection: Projection) -> AsyncIterator[Rebuild]:
    """As `python -m <svc> rebuild` makes it."""
    settings, source = settings_of_all(place.system)[service], f"/dunlin/{service}"
    url, owner = settings.database_url.get_secret_value(), place.fleet.databases.url(service, "owner")
    shadow = seeing_only(Database(url, source=source, pool_size=2), projection.schema)
    real = Database(url, source=source, pool_size=2)
    try:
        yield Rebuild(projection, bus_of(settings), owner, Transacting(shadow.transact, real.transact))
    finally:
        await shadow.close()
        await real.close()


async def built_again(place: Place, service: str, projection: Projection) -> None:
    """From the log; the customer's rows are spoilt meanwhile, found, and put right."""
    async with rebuilding(place, service, projection) as rebuild:
        await rebuild.start()
        await rebuild.follow()
        await rows(place.fleet, service, SPOILT[service, projection.name].format(customer=place.customer))
        found = await compared(rebuild)
        assert {one.stream.partition(":")[2] for one in found.differences} == {str(place.customer)}
        assert not found.rewinds
        await switched(rebuild)
        assert (await compared(rebuild)).is_equal
        await rebuild.drop()


async def compared(rebuild: Rebuild) -> Compared:
    """Again while streams could not be compared, as its operator does: on a slow machine the copy lags under load."""
    while (found := await rebuild.compare()).moving:
        pass
    return found


async def switched(rebuild: Rebuild) -> None:
    """Again while it says that streams could not be compared."""
    while True:
        with contextlib.suppress(Stuck):
            await rebuild.switch()
            return


@pytest.mark.full
@pytest.mark.timeout(600)
async def test_every_copy_is_built_again_under_load_and_put_right(place: Place) -> None:
    made = [(service, one) for service in SERVICES for one in projections_of(service)]
    assert {(service, one.name) for service, one in made} == SPOILT.keys()
    mail = place.office.promised.customers.pop(place.customer)
    async with at_work(place.office, clerks=2, customers=8), asyncio.TaskGroup() as group:
        for service, projection in made:
            group.create_task(built_again(place, service, projection))
    place.office.promised.customers[place.customer] = mail
    await prove(place.fleet, place.office)
    for service in SERVICES:
        assert not await rows(place.fleet, service, "SELECT FROM pg_namespace WHERE nspname LIKE 'rebuild%'")


@pytest.mark.full
@pytest.mark.timeout(600)
async def test_who_joins_late_ends_in_the_same_state(postgres: str, place: Place) -> None:
    ended = asyncio.Event()
    async with asyncio.TaskGroup() as joining:
        async with at_work(place.office, clerks=2, customers=8):
            late = [joining.create_task(ends_alike(postgres, place.system, service, ended)) for service in LATE]
            await place.office.round()
        ended.set()
    assert all(all(one.result().values()) for one in late), "each copy has rows"
