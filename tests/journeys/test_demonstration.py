"""The demonstration company lives its days in all four services: every figure is the same each time, and all ties."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from dunlin_running import Dunlin, dunlin

from dunlin_kernel.ids import new_id
from dunlin_local.company_crowd import DAYS
from dunlin_local.company_loading import FIRST, begins, load
from dunlin_local.company_words import Company
from dunlin_local.databases import SERVICES
from dunlin_local.documents import committed

AT_THE_END = {
    # number: owed, overdue, unapplied
    "N-01": None, "N-02": None, "N-03": ("7910.00", "7910.00", "0.00"), "N-04": ("0.00", "0.00", "8700.00"),
    "N-05": ("65540.00", "65540.00", "0.00"), "N-06": ("5650.00", "5650.00", "0.00"),
    "N-07": ("3000.00", "3000.00", "0.00"), "N-08": ("4520.00", "4520.00", "0.00"),
    "N-09": ("10170.00", "10170.00", "0.00"), "N-10": ("4545.00", "4545.00", "0.00"),
    "N-11": ("0.00", "0.00", "2000.00"), "N-12": None, "N-13": ("56500.00", "56500.00", "0.00"),
    "N-14": ("45200.00", "45200.00", "0.00"), "N-15": ("22600.00", "22600.00", "0.00"), "N-16": None,
    "N-17": ("3390.00", "3390.00", "0.00"), "N-18": ("0.00", "0.00", "6740.00"), "N-19": None,
    "N-20": ("5650.00", "5650.00", "0.00"), "N-21": ("7910.00", "7910.00", "0.00"), "N-22": None, "N-23": None,
    "N-24": ("56500.00", "56500.00", "0.00"), "N-25": ("9040.00", "9040.00", "0.00"),
    "N-26": ("11300.00", "0.00", "0.00"),
}
"""None: nothing is owed any more, and nothing is left."""
NOTHING_OF = {
    *(f"list_{service}_parked_events" for service in SERVICES), "list_exposure_mismatches",  # what must not be
    "list_limit_proposals", "list_group_limit_proposals", "list_credit_approvals",  # no second person is asked for
    "list_lock_exceptions", "list_period_locks", "list_limitations",  # no period is closed, no debt is old enough
    "list_letters", "list_reference_rates", "list_compensations", "list_differences",
}
"""Lists that stay empty."""


async def begun(system: Dunlin, client: httpx.AsyncClient) -> Company:
    """The company, heard of everywhere."""
    tenant = new_id()
    headers = {"Authorization": f"Bearer {system.token('operator')}", "Idempotency-Key": str(new_id())}
    answer = await client.post("/customer/v1/tenants", headers=headers, json={
        "id": str(tenant), "name": "Demonstration", "currency": "CNY", "zone": "Asia/Shanghai", "sandbox": True,
        "clock_at": begins().isoformat()})
    assert answer.status_code == 201, answer.text

    async def token_of(subject: str) -> str:
        return system.token("demonstration", tenant=str(tenant), subject=subject)

    return Company(client, tenant, token_of)


async def rows_of(company: Company) -> dict[str, Any]:
    """The ageing report by number, over all pages."""
    rows: dict[str, Any] = {}
    cursor = ""
    while True:
        page = await company.get(f"/billing/v1/ageing?limit=200{cursor}")
        rows |= {row["number"]: row["figures"] for row in page["data"]}
        if not page["has_more"]:
            return rows
        cursor = f"&cursor={page['next_cursor']}"


async def emitted_of(company: Company) -> list[int]:
    """How many facts each service has told."""
    return [(await company.get(f"/{service}/v1/test-clock"))["emitted"] for service in SERVICES]


async def empty_lists(company: Company) -> set[str]:
    """The lists without a row, of all that need no choice to be opened."""
    empty = set()
    for document in committed().values():
        shapes = document["components"]["schemas"]
        for path, verbs in document["paths"].items():
            told = verbs.get("get", {})
            answer = told.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {})
            shape = answer.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
            needed = [one for one in told.get("parameters", ()) if one.get("required")]
            if "next_cursor" in shapes.get(shape, {}).get("properties", {}) and not needed:
                found = await company.get(f"{path}?limit=1")
                empty |= set() if found["data"] else {told["operationId"]}
    return empty


async def assert_sound(company: Company) -> None:
    for service in SERVICES:
        found = await company.get(f"/{service}/v1/integrity")
        assert found["holds"], [check for check in found["checks"] if not check["holds"]]


async def live(company: Company, first: int, until: int) -> list[int]:
    """The days told as done, up to and with number `until`."""
    done: list[int] = []

    class Enough(Exception):
        pass

    def told(days: int) -> None:
        done.append(days)
        if days == until:
            raise Enough

    with pytest.raises(Enough):
        await load(company, first, told)
    return done


async def test_its_first_days_can_be_broken_off_and_begun_again(postgres: str, tmp_path: Path) -> None:
    async with dunlin(postgres, tmp_path) as system, httpx.AsyncClient(base_url=system.url, timeout=60) as client:
        company = await begun(system, client)
        assert await live(company, 0, 1) == [1]
        before = await rows_of(company)
        emitted = await emitted_of(company)
        assert await live(company, 0, 1) == [1], "a day begun anew"
        assert (await rows_of(company), await emitted_of(company)) == (before, emitted)
        assert await live(company, 1, 2) == [2]
        rows = await rows_of(company)
        assert rows["N-01"]["receivables"]["amount"] == "9040.00"
        assert rows["N-04"]["unapplied"]["amount"] == "20000.00"
        await assert_sound(company)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_after_its_ninety_days_every_story_has_ended_as_told(postgres: str, tmp_path: Path) -> None:
    async with dunlin(postgres, tmp_path) as system, httpx.AsyncClient(base_url=system.url, timeout=60) as client:
        company = await begun(system, client)
        await load(company, 0, lambda _: None)
        assert company.today == FIRST + timedelta(days=DAYS - 1)
        rows = await rows_of(company)
        for number, expected in AT_THE_END.items():
            figures = rows.get(number)
            found = figures and tuple(figures[name]["amount"] for name in ("receivables", "overdue", "unapplied"))
            assert found == expected, number
        booked = {line["account"]: line["base"]["amount"]
                  for line in (await company.get("/billing/v1/journal-balances"))["data"]
                  if line["amount"]["currency"] == "CNY"}
        assert booked["bad_debt"] == "4780.00", "6,780.00 written off, 2,000.00 of it recovered"
        assert booked["fees"] == "-25.00", "for the returned payment"
        held = (await company.get("/credit/v1/positions?hold=true&limit=200"))["data"]
        assert {"N-05", "N-06", "N-09"} <= {row["number"] for row in held}, "over its limit, by hand, broken promise"
        assert (await company.get("/credit/v1/alerts?limit=5"))["data"]
        (worst, *_) = (await company.get("/notify/v1/worklist?limit=5"))["data"]
        assert (worst["number"], worst["why"][0], worst["owner_code"]) == ("N-09", "promise_broken", "S-LI")
        wrong = (await company.get("/notify/v1/troubles"))["data"]
        assert ("promise_broken", "N-09") in {(one["kind"], one["number"]) for one in wrong}
        waiting = (await company.get("/billing/v1/approvals"))["data"]
        assert ("write_off", "N-06") in {(one["reason"], one["number"]) for one in waiting}
        assert (await company.get("/credit/v1/ratings"))["data"]
        page = await company.get(f"/customer/v1/customers/{company.id_of('N-15')}/overview")
        assert (page["owner"]["code"], page["acting"]["code"]) == ("S-WANG", "S-LI")
        assert [one["amount"]["amount"] for one in page["pending_payments"]] == ["22600.00"]
        prepaid = await company.get(f"/customer/v1/customers/{company.id_of('N-04')}")
        assert (prepaid["terms"]["due_days"], prepaid["terms"]["prepayment_bps"]) == (0, 10_000)
        assert await empty_lists(company) == NOTHING_OF
        await assert_sound(company)
