"""Far dates, huge sums, postings under way while a report is asked for, drafts that change while they wait."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from billing_svc.store.periods import barrier_of

LARGEST = "999999999999999.99"


@pytest.fixture
async def app_role(company: Any) -> AsyncIterator[asyncpg.Connection]:
    """A session of the requests' own role, for the tenant."""
    connection = await asyncpg.connect(company.running.urls.app)
    await connection.execute(f"SET dunlin.tenant = '{company.tenant}'")
    yield connection
    await connection.close()


def _wish(who: Any, net: str, **more: Any) -> dict[str, Any]:
    line = {"description": "Goods", "quantity": "1", "unit_price": net, "tax_rate": "0"}
    return {"customer_id": str(who), "currency": "CNY", "lines": [line], "issue": True} | more


@pytest.mark.parametrize("field", ["due_on", "issued_on"])
@pytest.mark.parametrize("day", ["9999-12-31", "3000-01-01", "0001-01-01", "1899-12-31", "20260105", 20260105, 0])
async def test_a_day_beyond_the_calendar_of_trade_is_refused(company: Any, field: str, day: object) -> None:
    who = await company.register()
    answer = await company.send("POST", "/invoices", _wish(who, "1", **{field: day}))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (await company.get("/ageing"))["totals"] == []


@pytest.mark.parametrize("query", [
    "as_of=9999-12-31", "as_of=0001-01-01", "as_of=0", "known_at=2026-01-05",
    "known_at=9999-12-31T23:59:59-14:00", "known_at=0001-01-01T00:00:00%2B14:00"])
@pytest.mark.parametrize("report", ["/ageing", "/journal-balances"])
async def test_reports_refuse_such_days_too(company: Any, report: str, query: str) -> None:
    answer = await company.send("GET", f"{report}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_the_last_day_of_the_calendar_ages_like_any_other(company: Any) -> None:
    who = await company.register()
    await company.post("/invoices", _wish(who, "1", due_on="2999-12-31"))
    figures = (await company.get("/ageing?as_of=2999-12-31"))["totals"][0]["figures"]
    assert (figures["buckets"][0]["items"], figures["oldest_days"]) == (1, 0)


async def test_sums_beyond_one_amount_are_refused_on_an_account_and_counted_over_many(company: Any) -> None:
    first = await company.register(number="C-000001")
    await company.post("/invoices", _wish(first, LARGEST))
    more = await company.send("POST", "/invoices", _wish(first, "0.01"))
    assert (more.status_code, more.json()["code"]) == (422, "amount_too_large")
    for n in range(2, 12):
        await company.post("/invoices", _wish(await company.register(number=f"C-{n:06d}"), LARGEST))
    owner = await asyncpg.connect(company.running.urls.owner)
    try:
        # As if ten times as much had been booked: beyond what 64 bits hold.
        await owner.execute(
            "UPDATE account SET open = open * 10, aged = ARRAY(SELECT one * 10 FROM unnest(aged) one) "
            "WHERE tenant_id = $1", company.tenant)
    finally:
        await owner.close()
    total = (await company.get("/ageing?group_by=none"))["totals"][0]
    assert total["receivable_control"]["amount"] == "109999999999999998.90"
    assert total["figures"]["receivables"] == total["receivable_control"]


async def test_a_past_answer_waits_for_the_posting_that_was_under_way(
    company: Any, app_role: asyncpg.Connection
) -> None:
    """A posting has taken its time and waits for a number; a question for just after that time waits for it."""
    who = await company.register()
    await company.issue(who, "100", "2026-01-05", rate="0")
    known = quote(datetime(2026, 1, 5, 2, 0, 1, tzinfo=UTC).isoformat())
    holding = app_role.transaction()
    await holding.start()
    await app_role.execute("SELECT 1 FROM number_series FOR UPDATE")
    issuing = asyncio.create_task(company.issue(who, "100", "2026-01-05", rate="0"))
    await asyncio.sleep(0.3)
    await company.running.move_clock(company.tenant, datetime(2026, 1, 5, 2, tzinfo=UTC) + timedelta(seconds=5))
    asking = asyncio.create_task(company.get(f"/ageing?known_at={known}"))
    await asyncio.sleep(0.3)
    assert not issuing.done()
    assert not asking.done(), "it must not answer while a posting of before is under way"
    await holding.commit()
    await issuing
    first = await asking
    assert (first["provisional"], first["totals"][0]["figures"]["net"]["amount"]) == (False, "200.00")
    again = await company.get(f"/ageing?known_at={known}")
    assert (again["totals"], again["data"]) == (first["totals"], first["data"])


async def test_an_answer_that_is_not_provisional_stays_however_close_to_now_it_was_asked(company: Any) -> None:
    """On the real clock, while payments are posted: asked for a few milliseconds ahead, and again when all is done."""
    books = dataclasses.replace(company, tenant=await company.running.tenant())
    payers = [await books.register(number=f"C-00000{n}") for n in range(4)]
    today, told, paying = datetime.now(UTC).date().isoformat(), {}, True

    async def pay(who: Any) -> None:
        while paying:
            await books.pay(who, "1.00", today, allocation="none")

    async def ask(ahead: timedelta) -> None:
        for _ in range(20):
            known = quote((datetime.now(UTC) + ahead).isoformat())
            answer = await books.get(f"/ageing?group_by=none&known_at={known}")
            if not answer["provisional"]:
                told[known] = answer["totals"]

    working = [asyncio.create_task(pay(who)) for who in payers]
    await asyncio.gather(*(ask(timedelta(milliseconds=ms)) for ms in (0, 2, 5, 10)))
    paying = False
    await asyncio.gather(*working)
    assert len(told) > 20
    for known, totals in told.items():
        assert (await books.get(f"/ageing?group_by=none&known_at={known}"))["totals"] == totals


async def test_a_draft_that_changes_its_currency_while_issuing_waits_is_issued_as_it_then_is(
    company: Any, app_role: asyncpg.Connection
) -> None:
    who = await company.register()
    await company.post("/exchange-rates", {"currency": "USD", "rate": "7.1", "valid_on": "2026-01-05", "source": "x"})
    await company.issue(who, "1", "2026-01-05", rate="0")
    draft = await company.post("/invoices", _wish(who, "7", issue=False))
    holding = app_role.transaction()
    await holding.start()
    await app_role.execute("SELECT 1 FROM account FOR UPDATE")
    issuing = asyncio.create_task(company.send("POST", f"/invoices/{draft['id']}:issue", {}))
    await asyncio.sleep(0.3)
    assert not issuing.done()
    body = {key: value for key, value in _wish(who, "7", currency="USD").items() if key not in ("issue", "customer_id")}
    changed = await company.send("PUT", f"/invoices/{draft['id']}", body, If_Match=f'"{draft["version"]}"')
    assert changed.status_code == 200, changed.text
    await holding.commit()
    issued = await issuing
    assert (issued.status_code, issued.json()["total"]) == (200, {"amount": "7.00", "currency": "USD"})
    assert [check for check in (await company.get("/integrity"))["checks"] if not check["holds"]] == []


@pytest.mark.parametrize("reason", ["year 2025", "next", "C:\\books", "关账"])
async def test_any_reason_closes_the_books(company: Any, reason: str) -> None:
    await company.clock("2026-02-03")
    wish = {"closed_until": "2026-01-31", "hard": False, "reason": reason}
    answer = await company.send("POST", "/period-locks", wish)
    assert (answer.status_code, answer.json()["reason"]) == (201, reason)


async def test_a_nul_is_refused_wherever_it_stands(company: Any) -> None:
    who = await company.register()
    for body in (_wish(who, "1", metadata={"a\0b": "x"}), _wish(who, "1", external_id="a\0b"),
                 _wish(who, "1") | {"lines": [{"description": "a\0b", "quantity": "1", "unit_price": "1",
                                               "tax_rate": "0"}]}):
        answer = await company.send("POST", "/invoices", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_the_barrier_is_one_per_tenant(company: Any) -> None:
    assert barrier_of(company.tenant) == barrier_of(company.tenant) != barrier_of(type(company.tenant)(int=1))
