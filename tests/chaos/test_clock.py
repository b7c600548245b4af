"""The tenant's day turns over month ends, a leap day and both changes of the clock, while processes are killed."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from faults_told import Timeline
from killer import kill_at_random
from office import TERMS_DAYS, Office
from production_shape import Fleet, production_shape
from proof import prove, quiet, rows
from steady_client import Promised

BERLIN, NEW_YORK, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai")
BEGINS = (
    datetime(2028, 2, 25, 10, tzinfo=BERLIN),     # due on the leap day and at the month's end
    datetime(2028, 3, 21, 10, tzinfo=BERLIN),     # the day of 23 hours is 26 March
    datetime(2028, 10, 31, 10, tzinfo=NEW_YORK),  # the day of 25 hours is 5 November
    datetime(2027, 12, 27, 10, tzinfo=SHANGHAI),  # the turn of the year
)
DAYS = 9


async def lived(office: Office) -> None:
    """A customer, an invoice a day, and the days go by."""
    customer, dice = await office.register(), Random(office.dice.random())
    for _ in range(DAYS):
        await office.bill(customer, dice)
        await office.next_day()
        await asyncio.sleep(0.3)


async def jobs(fleet: Fleet, service: str, office: Office, kind: str) -> list[Any]:
    return await rows(fleet, service, f"SELECT key, due_at, state FROM job WHERE kind = '{kind}' "
                                      f"AND tenant_id = '{office.tenant}' ORDER BY due_at")


async def assert_each_day_turned_once(fleet: Fleet, office: Office) -> None:
    """At the first instant of the local day in billing-svc; in notify-svc once a day at one local time."""
    first, last = office.began.astimezone(office.zone).date(), office.now.astimezone(office.zone).date()
    days = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    turned = await jobs(fleet, "billing", office, "turn_day")
    done = [(row["key"], row["due_at"]) for row in turned if row["state"] == "done"]
    assert done == [(day.isoformat(), datetime.combine(day, time(), office.zone).astimezone(UTC)) for day in days]
    runs = [row["due_at"].astimezone(office.zone) for row in await jobs(fleet, "notify", office, "run_ladder")]
    assert len({run.time() for run in runs}) == 1, "at one time of day, whatever the clock of the zone does"
    assert [run.date() for run in runs] == [runs[0].date() + timedelta(days=n) for n in range(len(runs))]
    assert len(runs) >= len(days)


async def assert_told_on_the_right_day(fleet: Fleet, office: Office) -> None:
    """What is due so many days after its day of issue, and overdue, once, as the day after that begins."""
    told = await rows(fleet, "billing", "SELECT type, headers, payload FROM outbox_event "
                                        f"WHERE starts_with(stream, '{office.tenant}:') ORDER BY id")
    due: dict[str, date] = {}
    overdue: dict[str, date] = {}
    for row in told:
        said, at = json.loads(row["payload"]), json.loads(row["headers"])["ce_recordedtime"]
        if ".InvoiceIssued." in row["type"]:
            [item] = said["items"]
            due[item["item_id"]] = date.fromisoformat(item["due_on"])
            assert due[item["item_id"]] == date.fromisoformat(said["issued_on"]) + timedelta(days=TERMS_DAYS)
        elif ".InvoiceOverdue." in row["type"]:
            assert said["item_id"] not in overdue, "told twice"
            overdue[said["item_id"]] = datetime.fromisoformat(at).astimezone(office.zone).date()
    today = office.now.astimezone(office.zone).date()
    assert overdue == {item: day + timedelta(days=1) for item, day in due.items() if day < today}
    assert len(overdue) >= DAYS - TERMS_DAYS


@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_days_turn_once_whatever_the_calendar_does(
    postgres: str, tmp_path: Path, timeline: Timeline, kafka: str
) -> None:
    async with production_shape(postgres, tmp_path, timeline, kafka=kafka) as fleet:
        offices = [await Office.opened(fleet, timeline.seed + n, begins=begins) for n, begins in enumerate(BEGINS)]
        async with asyncio.TaskGroup() as group:
            for office in offices:
                group.create_task(lived(office))
            await kill_at_random(fleet, Random(timeline.seed), seconds=0, times=6)
        await fleet.ready()
        for office in offices:
            await quiet(fleet, office)
            await assert_each_day_turned_once(fleet, office)
            await assert_told_on_the_right_day(fleet, office)
            assert (await office.client.read("/billing/v1/integrity"))["holds"]
            assert (await office.client.read("/notify/v1/integrity"))["holds"]
        proven = await prove(fleet, replace(offices[0], promised=Promised.of_all(one.promised for one in offices)))
        timeline.survived(f"{DAYS} days of {len(BEGINS)} calendars with {timeline.count('kill -9')} kills, "
                          f"{'on Kafka' if kafka else 'on the log'}: {proven.told()}")
