"""Every projection of every service is built again under load, with rows that were spoilt: found, and put right."""

import asyncio
import contextlib
import io
import os
import sys
from argparse import Namespace
from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path
from uuid import UUID

import pytest
from faults_told import Timeline
from office import Office, cny
from production_shape import Fleet, production_shape
from proof import prove, quiet, rows

from dunlin_events.nodes_for_tests import Node
from dunlin_kit import rebuilds
from dunlin_kit.process import bus_of
from dunlin_kit.settings import ServiceSettings
from dunlin_local.databases import SERVICES

SPOILT = {
    ("notify", "items"): "DELETE FROM dunned_item WHERE customer_id = '{customer}' "
                         "AND id NOT IN (SELECT item_id FROM message_item)",
    ("credit", "exposures"): "UPDATE exposure SET open = open + 1 WHERE customer_id = '{customer}'",
    ("customer", "ledgers"): "UPDATE heard_account SET unapplied = unapplied + 1 WHERE customer_id = '{customer}'",
    ("customer", "credits"): "UPDATE heard_credit SET base = base + 1 WHERE customer_id = '{customer}'",
    ("customer", "talks"): "DELETE FROM heard_promise WHERE customer_id = '{customer}'",
    ("credit", "promises"): "UPDATE broken_promise SET broken = false WHERE customer_id = '{customer}'",
    ("billing", "customers"): "UPDATE customer SET due_days = 99, status = 'closed' WHERE customer_id = '{customer}'",
    ("credit", "customers"): "UPDATE customer SET number = 'X' WHERE customer_id = '{customer}'",
    ("notify", "customers"): "UPDATE customer SET known = false WHERE customer_id = '{customer}'",
}
"""What is done to the copies of a customer that nobody works on meanwhile; first those that hear most."""
DECLARED = {(service, one.name) for service in SERVICES
            for one in import_module(f"{service}_svc.consumers.projections").PROJECTIONS}


async def command(fleet: Fleet, service: str, *words: str) -> tuple[int, str]:
    """`python -m <svc> rebuild ...` as an operator runs it: the exit status, and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"{service}_svc", "rebuild", *words,
        env={**os.environ, **fleet.parts[f"{service}-worker"].environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    said, _ = await process.communicate()
    fleet.timeline.note(f"{service} rebuild", *words)
    return process.returncode or 0, said.decode()


async def step(fleet: Fleet, service: str, *words: str) -> tuple[int, str]:
    """The same in this process, which is quicker."""
    told = fleet.parts[f"{service}-worker"].environment
    settings = ServiceSettings.model_validate({name.removeprefix("DUNLIN_").lower(): at for name, at in told.items()})
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = await rebuilds.run(
            service, settings, bus_of(settings), Namespace(**dict(zip(("projection", "step"), words, strict=True))))
    fleet.timeline.note(f"{service} rebuild", *words)
    return status, said.getvalue()


@contextlib.asynccontextmanager
async def at_work(office: Office) -> AsyncIterator[None]:
    stop = asyncio.Event()
    working = asyncio.create_task(office.work(stop, clerks=2, customers=8))
    try:
        yield
    finally:
        stop.set()
        await working


async def built_again(fleet: Fleet, service: str, name: str, customer: UUID) -> None:
    begin = command if name == "exposures" else step
    status, said = await begin(fleet, service, name, "start")
    assert status == 0, said
    await rows(fleet, service, SPOILT[service, name].format(customer=customer))
    status, said = await step(fleet, service, name, "compare")
    assert status == 1 and str(customer) in said, said
    assert " 0 streams go back, 0 could not be compared." in said, said
    status, said = await step(fleet, service, name, "switch")
    assert status == 0 and "rows put right" in said, said
    status, said = await step(fleet, service, name, "compare")
    assert status == 0, said
    status, said = await step(fleet, service, name, "drop")
    assert status == 0, said


async def broken_promise(fleet: Fleet, office: Office, customer: UUID) -> None:
    """The customer owes, promises to pay today, and does not."""
    await office.bill(customer, office.dice)
    await quiet(fleet, office)
    assert await office.client.write("POST", "/notify/v1/promises", {
        "customer_id": str(customer), "amount": cny(100), "promised_on": office.now.date().isoformat()})
    await office.next_day()
    await quiet(fleet, office)


async def rebuilt_at_work(postgres: str, folder: Path, timeline: Timeline, *, kafka: str = "") -> None:
    assert SPOILT.keys() == DECLARED
    async with production_shape(postgres, folder, timeline, kafka=kafka) as fleet:
        office = await Office.opened(fleet, timeline.seed)
        await office.round()
        [customer] = office.promised.customers
        await broken_promise(fleet, office, customer)
        mail = office.promised.customers.pop(customer)
        async with at_work(office):
            for service, name in SPOILT:
                await built_again(fleet, service, name, customer)
        office.promised.customers[customer] = mail
        proven = await prove(fleet, office)
        left = [await rows(fleet, service, "SELECT 1 FROM pg_namespace WHERE nspname LIKE 'rebuild%'")
                for service in SERVICES]
    assert not any(left)
    timeline.survived(f"{len(SPOILT)} projections spoilt and built again under load: {proven.told()}")


@pytest.mark.chaos
@pytest.mark.timeout(400)
async def test_every_projection_on_the_bus_in_postgresql(postgres: str, tmp_path: Path, timeline: Timeline) -> None:
    await rebuilt_at_work(postgres, tmp_path, timeline)


@pytest.mark.chaos
@pytest.mark.kafka
@pytest.mark.timeout(0)
@pytest.mark.usefixtures("long_run")
async def test_every_projection_on_kafka(
    postgres: str, tmp_path: Path, timeline: Timeline, own_kafka: Node
) -> None:
    await rebuilt_at_work(postgres, tmp_path, timeline, kafka=own_kafka.bootstrap)
