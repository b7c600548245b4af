"""The reads: pages, filters, what is owed, the account with its running balance, the journal of a fact."""

from datetime import UTC, datetime
from typing import Any

import pytest

from billing_svc.store import invoice_days
from dunlin_kernel.ids import new_id


async def numbers(company: Any, path: str) -> list[str]:
    """Numbers over all pages of two."""
    return [one["number"] for one in await company.rows(f"{path}limit=2")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("sort=-created&", [5, 4, 3, 2, 1]),
        ("sort=due_on&", [1, 2, 3, 4, 5]),
        ("sort=-due_on&due_on.lte=2026-02-06&", [3, 2, 1]),
        ("due_on.gte=2026-02-07&", [4, 5]),
        ("status=draft&", []),
        ("status=issued&number=INV-000002&", [2]),
        ("external_id=X-3&", [3]),
    ],
)
async def test_invoices_page_by_page(company: Any, query: str, found: list[int]) -> None:
    await company.clock("2026-01-09")
    who = await company.register()
    for n in range(1, 6):
        await company.post(
            "/invoices",
            {
                "customer_id": str(who),
                "currency": "CNY",
                "issue": True,
                "issued_on": f"2026-01-{4 + n:02d}",
                "external_id": f"X-{n}",
                "lines": [{"description": "Goods", "quantity": "1", "unit_price": "10", "tax_rate": "0"}],
            },
        )
    assert await numbers(company, f"/invoices?customer_id={who}&{query}") == [f"INV-{n:06d}" for n in found]


async def test_what_is_due_in_a_range_comes_in_the_order_in_which_it_was_made(
    company: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many on a day, several days, whether they are few or too many to be looked at one by one."""
    await company.clock("2026-01-09")
    who, days = await company.register(), [8, 5, 7, 5, 6, 8, 7, 5]
    line = {"description": "Goods", "quantity": "1", "unit_price": "10", "tax_rate": "0"}
    draft = {"customer_id": str(who), "currency": "CNY", "lines": [line]}
    drafts = [await company.post("/invoices", draft) for _ in [*days, None]]
    for day, made in sorted(zip(days, drafts, strict=False), key=lambda one: one[0]):
        await company.post(f"/invoices/{made['id']}:issue", {"issued_on": f"2026-01-{day:02d}"})
    for most in (invoice_days.MOST_DAYS, 1):
        monkeypatch.setattr(invoice_days, "MOST_DAYS", most)
        for query, low, high in (("due_on.gte=2026-02-06", 7, 99), ("due_on.lte=2026-02-05", 0, 6),
                                 ("due_on.gte=2026-02-05&due_on.lte=2026-02-06&status=issued", 6, 7),
                                 ("due_on.gte=2026-03-01", 90, 99), ("due_on.lte=2999-12-31", 0, 99)):
            due = [one["id"] for day, one in zip(days, drafts, strict=False) if low <= day <= high]
            for sort, found in (("created", due), ("-created", due[::-1])):
                rows = await company.rows(f"/invoices?sort={sort}&{query}&limit=2")
                assert [one["id"] for one in rows] == found


@pytest.mark.parametrize("sort", ["due_on", "-due_on"])
async def test_drafts_without_a_due_date_stand_behind_all_others_page_by_page(company: Any, sort: str) -> None:
    await company.clock("2026-01-05")
    who = await company.register()
    line = {"description": "Goods", "quantity": "1", "unit_price": "10", "tax_rate": "0"}
    made = [(await company.post("/invoices", {"customer_id": str(who), "currency": "CNY", "lines": [line]}))["id"]
            for _ in range(5)]
    issued = (await company.issue(who, "10", "2026-01-05"))["id"]
    found = [one["id"] for one in await company.rows(f"/invoices?sort={sort}&limit=2")]
    assert found == ([issued, *made] if sort == "due_on" else [*reversed(made), issued])


async def test_what_a_customer_owes_and_has_unapplied(company: Any) -> None:
    who = await company.register()
    for net in ("10", "20", "30"):
        await company.issue(who, net, "2026-01-05", rate="0")
    await company.pay(who, "10.00", "2026-01-05")
    await company.pay(who, "4.00", "2026-01-05", allocation="none")
    owed = await company.get(f"/items?customer_id={who}&open=true")
    assert [one["open"]["amount"] for one in owed["data"]] == ["20.00", "30.00"]
    assert owed["unapplied"] == [{"amount": "4.00", "currency": "CNY"}]
    settled = await company.get(f"/items?customer_id={who}&open=false")
    assert [one["open"]["amount"] for one in settled["data"]] == ["0.00"]
    assert await numbers(company, f"/items?customer_id={who}&") == ["INV-000001", "INV-000002", "INV-000003"]


async def test_what_a_customer_not_heard_of_owes_is_not_known(company: Any) -> None:
    who = new_id()
    for path in (f"/items?customer_id={who}", f"/customers/{who}/account"):
        answer = await company.send("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (409, "customer_not_known_yet"), path
    assert (await company.get(f"/items?customer_id={await company.register()}"))["data"] == []


async def test_payments_page_by_page_with_their_allocations(company: Any) -> None:
    await company.clock("2026-01-09")
    who = await company.register()
    await company.issue(who, "10", "2026-01-05", rate="0")
    for day in ("05", "07", "09"):
        await company.pay(who, "6.00", f"2026-01-{day}", external_id=f"P-{day}", method="cheque", payer="Heron AG")
    page = await company.get(f"/payments?customer_id={who}&sort=-received_on&limit=2")
    rest = await company.get(f"/payments?customer_id={who}&sort=-received_on&limit=2&cursor={page['next_cursor']}")
    assert [one["received_on"][-2:] for one in page["data"] + rest["data"]] == ["09", "07", "05"]
    assert [len(one["allocations"]) for one in page["data"] + rest["data"]] == [0, 1, 1]
    only = await company.get("/payments?received_on.gte=2026-01-06&received_on.lte=2026-01-08&state=confirmed")
    said = [(one["external_id"], one["amount"]["amount"], one["method"], one["payer"]) for one in only["data"]]
    assert said == [("P-07", "6.00", "cheque", "Heron AG")]
    assert (await company.get(f"/payments/{only['data'][0]['id']}")).items() <= only["data"][0].items()


async def test_the_account_runs_by_effective_day_over_pages(company: Any) -> None:
    who = await company.register()
    await company.issue(who, "10", "2026-01-05", rate="0")
    await company.clock("2026-01-09")
    await company.issue(who, "20", "2026-01-08", rate="0")
    await company.pay(who, "15.00", "2026-01-06")
    found, cursor = [], ""
    while True:
        page = await company.get(f"/customers/{who}/account?limit=2{cursor}")
        found += [(one["effective_on"][-2:], one["amount"]["amount"], one["net"]["amount"]) for one in page["data"]]
        if not page["has_more"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == [
        ("05", "10.00", "10.00"),
        ("06", "15.00", "-5.00"),
        ("06", "-10.00", "-15.00"),
        ("06", "-10.00", "-5.00"),
        ("08", "20.00", "15.00"),
        ("08", "-5.00", "10.00"),
        ("08", "-5.00", "15.00"),
    ]
    assert page["accounts"] == [
        {
            "open": {"amount": "15.00", "currency": "CNY"},
            "net": {"amount": "15.00", "currency": "CNY"},
            "disputed": {"amount": "0.00", "currency": "CNY"},
            "unapplied": {"amount": "0.00", "currency": "CNY"},
        }
    ]


async def test_the_journal_of_a_fact_balances_and_past_balances_stay(company: Any) -> None:
    who = await company.register()
    issued = await company.issue(who, "100", "2026-01-05")
    journal = await company.get(f"/facts/{issued['id']}/journal")
    assert [(one["account"], one["amount"]["amount"]) for one in journal["lines"]] == [
        ("receivable_control", "113.00"),
        ("tax", "-13.00"),
        ("revenue", "-100.00"),
    ]
    known_at = datetime(2026, 1, 5, 2, tzinfo=UTC).isoformat().replace("+", "%2B")
    before = await company.get(f"/journal-balances?as_of=2026-01-05&known_at={known_at}")
    await company.clock("2026-01-06")
    await company.pay(who, "50.00", "2026-01-05")
    after = await company.get(f"/journal-balances?as_of=2026-01-05&known_at={known_at}")
    assert (before.pop("provisional"), after.pop("provisional")) == (True, False)
    assert after == before
    missing = await company.send("GET", f"/facts/{new_id()}/journal")
    assert (missing.status_code, missing.json()["code"]) == (404, "fact_not_found")


async def test_each_entry_says_what_when_and_by_whom(company: Any) -> None:
    who = await company.register()
    issued = await company.issue(who, "100", "2026-01-05", rate="0")
    paid = await company.running.client.post(
        "/billing/v1/payments", headers=company.running.headers(company.tenant, "payments:write", subject="cashier"),
        json={"customer_id": str(who), "amount": {"amount": "40.00", "currency": "CNY"}, "received_on": "2026-01-05",
              "method": "cash", "allocation": "oldest_first"})
    entries = (await company.get(f"/customers/{who}/account"))["data"]
    assert [(one["fact_kind"], one["recorded_by"], one["recorded_at"]) for one in entries] == [
        (kind, by, "2026-01-05T02:00:00Z") for kind, by in (
            ("invoice_issued", "clerk"), ("payment_confirmed", "cashier"), ("credit_allocated", "cashier"),
            ("credit_allocated", "cashier"))]
    booked = [await company.get(f"/facts/{one}/journal") for one in (issued["id"], paid.json()["id"])]
    assert [one["recorded_by"] for one in booked] == ["clerk", "cashier"]


async def test_nothing_of_one_tenant_is_seen_by_another(company: Any) -> None:
    who = await company.register()
    issued = await company.issue(who, "10", "2026-01-05")
    stranger = type(company)(company.running, await company.running.tenant(at=datetime(2026, 1, 5, 2, tzinfo=UTC)))
    assert (await stranger.get("/invoices"))["data"] == []
    assert (await stranger.send("GET", f"/invoices/{issued['id']}")).status_code == 404
    unknown = await stranger.send("GET", f"/customers/{who}/account")
    assert (unknown.status_code, unknown.json()["code"]) == (409, "customer_not_known_yet")
    assert (await stranger.send("GET", f"/facts/{issued['id']}/journal")).status_code == 404


async def test_a_sender_asks_what_many_owe(company: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    owing, settled, stranger = await company.register(), await company.register(), new_id()
    for net in ("10", "20"):
        await company.issue(owing, net, "2026-01-05", rate="0")
    await company.pay(owing, "4.00", "2026-01-05", allocation="none")
    query = "&".join(f"customer_id={one}" for one in (stranger, owing, settled, owing))
    one_by_one = await company.get(f"/items?customer_id={owing}&open=true")
    told = (await company.get(f"/items:owing?{query}"))["data"]
    assert [(one["customer_id"], one["known"]) for one in told] == [
        (str(stranger), False), (str(owing), True), (str(settled), True)]
    assert told[1]["unapplied"] == one_by_one["unapplied"]
    assert [one.items() <= whole.items() for one, whole in zip(told[1]["items"], one_by_one["data"], strict=True)] == [
        True, True]
    assert (told[0]["items"], told[2]["items"]) == ([], [])
    monkeypatch.setattr("billing_svc.store.owing.MOST_ITEMS", 1)
    assert [one["customer_id"] for one in (await company.get(f"/items:owing?{query}"))["data"]] == [str(stranger)]


@pytest.mark.parametrize("path", ["/invoices", "/payments", "/items", "/ageing"])
async def test_a_list_for_a_customer_not_heard_of_yet_is_not_an_empty_one(company: Any, path: str) -> None:
    answer = await company.send("GET", f"{path}?customer_id={new_id()}")
    assert (answer.status_code, answer.json()["code"]) == (409, "customer_not_known_yet")
    who = await company.register()
    assert (await company.get(f"{path}?customer_id={who}"))["data"] == []


async def test_a_body_too_deep_to_be_read_is_a_request_that_is_not_of_the_form(company: Any) -> None:
    headers = company.running.headers(company.tenant, "payments:write") | {"content-type": "application/json"}
    answer = await company.running.client.post("/billing/v1/payments", content="[" * 100_000, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
