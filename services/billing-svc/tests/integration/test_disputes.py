"""Disputes on the books: figures, facts, ageing, money that gives way, refusals, and a race with a payment."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from dunlin_kernel.ids import new_id


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def sound(company: Any) -> bool:
    """Every integrity check passes."""
    return not [one for one in (await company.get("/integrity"))["checks"] if not one["holds"]]


async def told(company: Any, last: int) -> list[tuple[str, str, str]]:
    """The last facts: their names, and what is open and disputed after each."""
    return [(fact, said["account"]["open"]["amount"], said["account"]["disputed"]["amount"])
            for _, fact, said in (await company.running.told(company.tenant))[-last:]]


async def owing(company: Any) -> tuple[UUID, str]:
    """A customer who owes 1,000.00 since 5 January, and the item."""
    who = await company.register()
    invoice = await company.issue(who, "1000", "2026-01-05", rate="0")
    return who, invoice["items"][0]["id"]


async def dispute(company: Any, item: str, amount: str | None = "400.00", **more: Any) -> dict[str, Any]:
    body = {"item_id": item, "reason": "quantity", "evidence": "GRN-77"} | more
    made: dict[str, Any] = await company.post("/disputes", body | ({"amount": cny(amount)} if amount else {}))
    return made


async def test_it_stays_owed_ages_on_and_is_told_with_the_figures(company: Any) -> None:
    who, item = await owing(company)
    await company.clock("2026-03-20")
    made = await dispute(company, item)
    assert (made["number"], made["item_number"], made["disputed"], made["opened_on"]) == (
        "C-000001", "INV-000001", cny("400.00"), "2026-03-20")
    assert await told(company, 1) == [("DisputeOpened", "1000.00", "400.00")]
    said = (await company.running.told(company.tenant))[-1][2]
    assert "evidence" not in said
    assert said["items"] == [{"item_id": item, "amount": cny("0.00"), "open_after": cny("1000.00"),
                              "disputed_after": cny("400.00")}]
    (row,) = (await company.get("/ageing"))["data"]
    assert row["figures"]["overdue"]["amount"] == "1000.00"
    (listed,) = (await company.get(f"/items?customer_id={who}"))["data"]
    assert (listed["open"], listed["disputed"]) == (cny("1000.00"), cny("400.00"))
    assert (await company.get("/disputes?open=true"))["data"] == [made] == [await company.get(
        f"/disputes/{made['id']}")]
    assert await sound(company)


@pytest.mark.parametrize(("outcome", "to_credit"), [
    ("accepted", "400.00"), ("rejected", "0.00"), ("withdrawn", "0.00")])
async def test_it_ends_by_a_decision(company: Any, outcome: str, to_credit: str) -> None:
    _, item = await owing(company)
    made = await dispute(company, item)
    ended = await company.post(f"/disputes/{made['id']}:settle", {"outcome": outcome})
    assert (ended["disputed"], ended["to_credit"]) == (cny("0.00"), cny(to_credit))
    assert await told(company, 1) == [("DisputeSettled", "1000.00", "0.00")]
    assert (await company.get("/disputes?open=true"))["data"] == []
    again = await company.send("POST", f"/disputes/{made['id']}:settle", {"outcome": outcome})
    assert (again.status_code, again.json()["code"]) == (409, "dispute_settled")
    assert await sound(company)


async def test_a_part_is_accepted_and_the_rest_rejected(company: Any) -> None:
    _, item = await owing(company)
    made = await dispute(company, item)
    await company.post(f"/disputes/{made['id']}:settle", {"outcome": "accepted", "amount": cny("150.00")})
    ended = await company.post(f"/disputes/{made['id']}:settle", {"outcome": "rejected"})
    assert [(one["outcome"], one["amount"]["amount"]) for one in ended["settlements"]] == [
        ("accepted", "150.00"), ("rejected", "250.00")]
    assert await sound(company)


async def test_money_settles_the_undisputed_part_first(company: Any) -> None:
    who, item = await owing(company)
    made = await dispute(company, item)
    await company.pay(who, "900.00", "2026-01-05")
    assert await company.account(who) == ("400.00", "300.00")
    assert await told(company, 1) == [("CreditAllocated", "400.00", "400.00")]
    named = [{"item_id": item, "amount": cny("100.00")}]
    await company.pay(who, "100.00", "2026-01-05", allocation="items", items=named)
    assert await told(company, 2) == [("DisputeSettled", "400.00", "300.00"), ("CreditAllocated", "300.00", "300.00")]
    now = await company.get(f"/disputes/{made['id']}")
    assert [(one["outcome"], one["amount"]["amount"]) for one in now["settlements"]] == [("paid", "100.00")]
    assert await sound(company)


async def test_an_invoice_in_dispute_is_not_voided(company: Any) -> None:
    who = await company.register()
    invoice = await company.issue(who, "100", "2026-01-05", rate="0")
    await dispute(company, invoice["items"][0]["id"], None)
    answer = await company.send("POST", f"/invoices/{invoice['id']}:void", {"reason": "issued_in_error"})
    assert (answer.status_code, answer.json()["code"]) == (409, "invoice_in_use")


async def test_what_is_refused(company: Any) -> None:
    _, item = await owing(company)
    made = await dispute(company, item)
    base = {"item_id": item, "reason": "price"}
    for path, body, status, code in (
            ("/disputes", base | {"amount": cny("600.01")}, 422, "more_than_undisputed"),
            ("/disputes", base | {"item_id": str(new_id())}, 404, "item_not_found"),
            ("/disputes", base | {"id": made["id"]}, 409, "dispute_exists"),
            (f"/disputes/{made['id']}:settle", {"outcome": "paid"}, 422, "not_by_hand"),
            (f"/disputes/{made['id']}:settle", {"outcome": "rejected", "amount": cny("400.01")}, 422,
             "more_than_disputed"),
            (f"/disputes/{new_id()}:settle", {"outcome": "rejected"}, 404, "dispute_not_found")):
        answer = await company.send("POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await company.send("GET", f"/disputes/{new_id()}")).status_code == 404
    assert await sound(company)


async def test_disputes_racing_with_payments_never_contest_more_than_is_open(company: Any) -> None:
    who, item = await owing(company)
    contest = {"item_id": item, "reason": "price", "amount": cny("300.00")}
    named = {"customer_id": str(who), "amount": cny("300.00"), "received_on": "2026-01-05", "method": "cash",
             "allocation": "items", "items": [{"item_id": item}]}
    calls = [call for _ in range(4) for call in (
        company.send("POST", "/disputes", contest), company.send("POST", "/payments", named))]
    answers = await asyncio.gather(*calls)
    outcomes = Counter("ok" if one.status_code < 300 else one.json()["code"] for one in answers)
    assert set(outcomes) <= {"ok", "more_than_undisputed", "more_than_open"}
    assert outcomes["ok"] >= 4
    assert await sound(company)


async def test_a_credit_note_set_against_what_is_contested_settles_it(company: Any) -> None:
    who = await company.register()
    invoice = await company.issue(who, "1000", "2026-01-05", rate="0")
    made = await dispute(company, invoice["items"][0]["id"])
    await company.pay(who, "600.00", "2026-01-05")
    await company.post("/credit-notes", {
        "invoice_id": invoice["id"], "reason": "dispute_accepted", "lines": [{"position": 1, "net": cny("400.00")}]})
    now = await company.get(f"/disputes/{made['id']}")
    assert (now["to_credit"], now["disputed"]) == (cny("400.00"), cny("0.00"))
    assert await company.account(who) == ("0.00", "0.00")
    assert await sound(company)
