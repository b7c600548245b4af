"""Small differences through the API: the policy, the books, the facts, and what is refused."""

from typing import Any

import pytest

from dunlin_kernel.ids import new_id


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def tolerate(company: Any, amount: str = "20.00", share_bps: int = 500) -> None:
    set_ = await company.send("PUT", "/tolerance-policy", {"most": [cny(amount)], "share_bps": share_bps},
                              If_Match='"0"')
    assert set_.status_code == 200, set_.text


async def failing(company: Any) -> list[str]:
    checks = (await company.get("/integrity"))["checks"]
    return [one["id"] for one in checks if one["violations"]]


async def short(company: Any, received: str) -> tuple[Any, str]:
    """A customer that paid so much of 1000.00; and the item."""
    who = await company.register()
    invoice = await company.issue(who, "1000", "2026-01-05", rate="0")
    await company.pay(who, received, "2026-01-05")
    return who, invoice["items"][0]["id"]


async def test_what_is_left_is_closed_for_a_reason_and_can_be_owed_again(company: Any) -> None:
    await tolerate(company)
    who, item = await short(company, "985.00")
    await company.clock("2026-01-08")
    closed = await company.post("/differences", {"item_id": item, "reason": "bank_charge"})
    assert (closed["amount"], closed["open"], closed["effective_on"], closed["number"]) == (
        cny("15.00"), cny("0.00"), "2026-01-08", "INV-000001")
    assert await company.account(who) == ("0.00", "0.00")
    assert (await company.balances())["small_differences"] == "15.00"
    told = [(fact, said) for _, fact, said in await company.running.told(company.tenant)]
    assert [fact for fact, _ in told[-2:]] == ["DifferenceClosed", "InvoiceSettled"]
    assert told[-2][1]["items"] == [
        {"item_id": item, "amount": cny("-15.00"), "open_after": cny("0.00"), "disputed_after": cny("0.00")}]
    assert await failing(company) == []
    back = await company.post(f"/differences/{closed['id']}:reverse", {})
    assert (back["open"], await company.account(who)) == (cny("15.00"), ("15.00", "0.00"))
    twice = await company.send("POST", f"/differences/{closed['id']}:reverse", {})
    assert (twice.status_code, twice.json()["code"]) == (409, "difference_reversed")
    assert await failing(company) == []
    again = await company.post("/differences", {"item_id": item, "reason": "deduction"})
    pages = [await company.get(f"/differences?limit=1&customer_id={who}")]
    pages.append(await company.get(f"/differences?limit=1&customer_id={who}&cursor={pages[0]['next_cursor']}"))
    assert [page["data"] for page in pages] == [[back | {"open": cny("0.00")}], [again]]
    assert [(one["reversed_on"], one["customer_number"], one["closed_by"]) for one in (back, again)] == [
        ("2026-01-08", "C-000001", "clerk"), (None, "C-000001", "clerk")]
    assert [one["id"] for one in (await company.get("/differences?reason=deduction"))["data"]] == [again["id"]]


async def test_a_payment_that_comes_back_takes_the_difference_with_it(company: Any) -> None:
    await tolerate(company)
    who = await company.register()
    invoice = await company.issue(who, "1000", "2026-01-05", rate="0")
    paid = await company.pay(who, "990.00", "2026-01-05")
    await company.post("/differences", {"item_id": invoice["items"][0]["id"], "reason": "rounding"})
    await company.clock("2026-01-09")
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "returned"})
    assert await company.account(who) == ("1000.00", "0.00")
    assert [one["reversed_on"] for one in (await company.get("/differences"))["data"]] == ["2026-01-09"]
    assert await failing(company) == []


async def test_what_is_credited_was_never_paid_where_it_was_closed(company: Any) -> None:
    await tolerate(company)
    who = await company.register()
    invoice = await company.issue(who, "1000", "2026-01-05", rate="0")
    await company.pay(who, "990.00", "2026-01-05")
    await company.post("/differences", {"item_id": invoice["items"][0]["id"], "reason": "bank_charge"})
    line = {"position": 1, "net": cny("4.00")}
    part = await company.post("/credit-notes", {"invoice_id": invoice["id"], "reason": "quality", "lines": [line]})
    assert (part["unapplied"], await company.account(who)) == (cny("0.00"), ("0.00", "0.00"))
    differences = (await company.get("/differences"))["data"]
    assert [(one["amount"], one["reason"], one["reversed_on"] is None) for one in differences] == [
        (cny("10.00"), "bank_charge", False), (cny("6.00"), "bank_charge", True)]
    rest = await company.post("/credit-notes", {"invoice_id": invoice["id"], "reason": "quality"})
    assert (rest["amount"], rest["unapplied"]) == (cny("996.00"), cny("990.00"))
    assert (await company.balances())["small_differences"] == "0.00"
    assert await failing(company) == []
    for note in (rest, part):
        await company.post(f"/credit-notes/{note['id']}:cancel", {"reason": "withdrawn"})
    assert await company.account(who) == ("0.00", "0.00")
    assert await failing(company) == []


@pytest.mark.parametrize(
    ("received", "changed", "status", "code"),
    [
        ("979.99", {}, 422, "above_tolerance"),
        ("1000.00", {}, 422, "nothing_open"),
        ("990.00", {"item_id": str(new_id())}, 404, "item_not_found"),
        ("990.00", {"reason": "bored"}, 422, "invalid_request"),
        ("990.00", {"effective_on": "2026-01-04"}, 422, "effective_too_early"),
        ("990.00", {"effective_on": "2026-01-06"}, 422, "effective_in_future"),
    ],
)
async def test_what_is_refused(company: Any, received: str, changed: dict[str, Any], status: int, code: str) -> None:
    await tolerate(company)
    _, item = await short(company, received)
    answer = await company.send("POST", "/differences", {"item_id": item, "reason": "rounding"} | changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_nothing_is_closed_before_a_policy_says_how_much(company: Any) -> None:
    _, item = await short(company, "999.99")
    assert await company.get("/tolerance-policy") == {"version": 0, "most": [], "share_bps": 10_000}
    answer = await company.send("POST", "/differences", {"item_id": item, "reason": "rounding"})
    assert answer.json()["code"] == "above_tolerance"
    twice = {"most": [cny("1.00"), cny("2.00")]}
    bad = await company.send("PUT", "/tolerance-policy", twice, If_Match='"0"')
    assert bad.json()["code"] == "bad_tolerance_policy"
    await tolerate(company, "1.00")
    stale = await company.send("PUT", "/tolerance-policy", {"most": []}, If_Match='"0"')
    assert stale.status_code == 412
    tried = await company.send("POST", "/differences?validate_only=true", {"item_id": item, "reason": "rounding"})
    assert (tried.status_code, tried.json()["open"]) == (201, cny("0.00"))
    assert (await company.get(f"/items?customer_id={tried.json()['customer_id']}"))["data"][0]["open"] == cny("0.01")
