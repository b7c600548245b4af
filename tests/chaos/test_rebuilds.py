"""Every projection of every service is built again under load, with rows that were spoilt: found, and put right."""

import asyncio
from importlib import import_module
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from faults_told import Timeline
from office import Office, at_work, cny
from production_shape import Fleet, Part, production_shape
from proof import prove, quiet, rows

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
    ("billing", "approvals"): "UPDATE asked_approval SET waiting = false WHERE customer_id = '{customer}'",
    ("billing", "promises"): "DELETE FROM heard_promise WHERE customer_id = '{customer}'",
    ("credit", "customers"): "UPDATE customer SET number = 'X' WHERE customer_id = '{customer}'",
    ("notify", "customers"): "UPDATE customer SET known = false WHERE customer_id = '{customer}'",
    ("notify", "grades"): "UPDATE customer_grade SET grade = 'X' WHERE customer_id = '{customer}'",
}
"""What is done to the copies of a customer that nobody works on meanwhile; first those that hear most."""
DECLARED = {(service, one.name) for service in SERVICES
            for one in import_module(f"{service}_svc.consumers.projections").PROJECTIONS}


async def command(fleet: Fleet, service: str, *words: str) -> tuple[int, str]:
    """`python -m <svc> rebuild ...` as an operator runs it: the exit status, and what it said."""
    operator = fleet.parts[f"{service}-worker"]
    part = Part("rebuild", [f"{service}_svc", "rebuild", *words], operator.environment,
                fleet.folder / f"{'-'.join((service, *words))}-{len(fleet.timeline.faults)}.log")
    part.start()
    while part.runs:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    fleet.timeline.note(f"{service} rebuild", *words)
    return part.status or 0, part.log.read_text()


async def built_again(fleet: Fleet, service: str, name: str, customer: UUID) -> None:
    status, said = await command(fleet, service, name, "start")
    assert status == 0, said
    await rows(fleet, service, SPOILT[service, name].format(customer=customer))
    status, said = await command(fleet, service, name, "compare")
    assert status == 1 and str(customer) in said, said
    assert " 0 streams go back, 0 could not be compared." in said, said
    status, said = await command(fleet, service, name, "switch")
    assert status == 0 and "rows put right" in said, said
    status, said = await command(fleet, service, name, "compare")
    assert status == 0, said
    status, said = await command(fleet, service, name, "drop")
    assert status == 0, said


async def broken_promise(fleet: Fleet, office: Office, customer: UUID) -> None:
    """The customer owes, is rated, promises to pay today, and does not; somebody proposes a limit all the same."""
    await office.bill(customer, office.dice)
    await quiet(fleet, office)
    assert await office.client.write("POST", "/notify/v1/promises", {
        "customer_id": str(customer), "amount": cny(100), "promised_on": office.now.date().isoformat()})
    assert await office.client.write("POST", "/credit/v1/limit-proposals", {
        "customer_id": str(customer), "currency": "CNY", "amount": "1.00", "reason": "as agreed"})
    assert await office.client.write("POST", f"/credit/v1/customers/{customer}/ratings")
    await office.next_day()
    await quiet(fleet, office)


@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_projections_are_built_again(
    postgres: str, tmp_path: Path, timeline: Timeline, is_long: bool, kafka: str
) -> None:
    """All of them in the long run; in the short one one of each service."""
    dice = Random(timeline.seed)
    chosen = [*SPOILT] if is_long else [
        dice.choice([each for each in SPOILT if each[0] == service]) for service in SERVICES]
    assert SPOILT.keys() == DECLARED
    async with production_shape(postgres, tmp_path, timeline, kafka=kafka) as fleet:
        office = await Office.opened(fleet, timeline.seed)
        await office.round()
        [customer] = office.promised.customers
        await broken_promise(fleet, office, customer)
        mail = office.promised.customers.pop(customer)
        async with at_work(office, clerks=2, customers=8):
            for service, name in chosen:
                await built_again(fleet, service, name, customer)
        office.promised.customers[customer] = mail
        proven = await prove(fleet, office)
        left = [await rows(fleet, service, "SELECT 1 FROM pg_namespace WHERE nspname LIKE 'rebuild%'")
                for service in SERVICES]
    assert not any(left)
    timeline.survived(f"{len(chosen)} projections spoilt and built again under load: {proven.told()}")
