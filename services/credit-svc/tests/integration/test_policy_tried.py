"""Policies tried over a book and its past on real PostgreSQL; every decision replays to the same answer."""

from dataclasses import replace
from typing import Any

import pytest

from credit_svc.consumers.customer import customer
from credit_svc.usecases.dry_run_credit_policy import SLICE
from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_groups import CustomerGroupChanged, GroupConfigured
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell

NUMBERS = {"disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
           "authorization_days": 30}
STRICT = NUMBERS | {"holds": {"overdue_grace_days": 10, "limit_exceeded_bps": None, "broken_promise_days": None}}


async def call(books: Any, path: str, body: Any = None, *, method: str = "POST") -> Any:
    return await books.service.client.request(method, f"/credit/v1{path}", json=body, headers=books.headers())


async def another(books: Any, number: str, due_on: str) -> Any:
    one = replace(books, customer=new_id())
    told = dict(CustomerRegistered.examples[0]) | {"customer_id": one.customer, "status": "active", "number": number}
    await tell(books.service.database, customer, books.tenant, CustomerRegistered.model_validate(told))
    await one.limit("100.00")
    await one.hear(one.invoice("40.00", "40.00", items=[
        {"item_id": str(new_id()), "due_on": due_on, "amount": {"amount": "40.00", "currency": "CNY"}}]))
    return one


async def test_a_dry_run_says_whom_it_would_block_and_changes_nothing(books: Any) -> None:
    late = [await another(books, f"C-L{n}", "2026-01-01") for n in range(3)]
    await another(books, "C-OK", "2026-06-01")
    before = await books.service.told(books.tenant)
    tried = (await call(books, "/policies:dry-run", STRICT)).json()
    assert (tried["positions"], tried["blocked"], tried["freed"]) == (4, 3, 0)
    [sums] = tried["sums"]
    assert (sums["available_before"]["amount"], sums["available_after"]["amount"], sums["blocked"]["amount"]) == (
        "240.00", "60.00", "180.00")
    assert {(row["number"], tuple(row["reasons_after"])) for row in tried["changed"]} == {
        (f"C-L{n}", ("on_hold",)) for n in range(3)}
    assert await books.service.told(books.tenant) == before
    assert (await call(books, "/policies/current", method="GET")).json()["version"] == 1
    assert (await late[0].ask("1.00"))["decision"] == "approved"

    assert (await call(books, "/policies", STRICT)).status_code == 201
    for one in late:
        await one.hear(one.invoice("1.00", "41.00", items=[
            {"item_id": str(new_id()), "due_on": "2026-06-01", "amount": {"amount": "1.00", "currency": "CNY"}}]),
            first=2)
    assert (await late[0].ask("1.00"))["reasons"] == ["on_hold"]
    freed = (await call(books, "/policies:dry-run", NUMBERS | {"holds": {
        "overdue_grace_days": None, "limit_exceeded_bps": None, "broken_promise_days": None}})).json()
    assert (freed["blocked"], freed["freed"], freed["sums"][0]["freed"]["amount"]) == (0, 3, "176.00")
    bad = await call(books, "/policies:dry-run", NUMBERS | {"effective_from": "2026-01-01"})
    assert (bad.status_code, bad.json()["code"]) == (422, "effective_in_past")


async def test_the_policy_in_force_would_change_nothing_in_any_currency_nor_in_a_group(
    books: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = NUMBERS | {"holds": {"overdue_grace_days": None, "limit_exceeded_bps": 0, "broken_promise_days": None}}
    assert (await call(books, "/policies", over)).status_code == 201
    both = await another(books, "C-B", "2026-06-01")
    assert (await call(both, f"/customers/{both.customer}/limit", {
        "currency": "USD", "amount": "10.00", "reason": "export"}, method="PUT")).status_code == 200
    dollars = {name: {"amount": amount, "currency": "USD"} for name, amount in (
        ("open", "11.00"), ("disputed", "0.00"), ("unapplied", "0.00"))}
    await both.hear(InvoiceIssued.model_validate(dict(InvoiceIssued.examples[0]) | {
        "customer_id": both.customer, "invoice_id": new_id(), "total": dollars["open"], "account": dollars,
        "items": [{"item_id": str(new_id()), "due_on": "2026-06-01", "amount": dollars["open"]}]}), first=2)
    assert (await both.ask("1.00"))["reasons"] == ["on_hold"]
    group_id, member = new_id(), await another(books, "C-G", "2026-06-01")
    await tell(books.service.database, customer, books.tenant, GroupConfigured.model_validate(
        dict(GroupConfigured.examples[0]) | {"group_id": group_id, "currency": "CNY"}),
        CustomerGroupChanged.model_validate(dict(CustomerGroupChanged.examples[0]) | {
            "customer_id": member.customer, "group_id": group_id}), first=2)
    assert (await call(books, f"/groups/{group_id}/limit", {"amount": "40.00", "reason": "family"},
                       method="PUT")).status_code == 200
    assert (await member.ask("1.00"))["reasons"] == ["group_over_limit"]
    for most in (SLICE, 2, 1):
        monkeypatch.setattr("credit_svc.usecases.dry_run_credit_policy.SLICE", most)
        tried = (await call(books, "/policies:dry-run", over)).json()
        assert (tried["positions"], tried["blocked"], tried["freed"], tried["changed"]) == (3, 0, 0, [])
        assert {one["currency"]: one["available_after"]["amount"] for one in tried["sums"]} == {
            "CNY": "0.00", "USD": "0.00"}


async def test_a_back_test_says_what_would_have_been_answered(books: Any) -> None:
    await books.limit("100.00")
    disputed = {"open": {"amount": "80.00", "currency": "CNY"}, "disputed": {"amount": "60.00", "currency": "CNY"},
                "unapplied": {"amount": "0.00", "currency": "CNY"}}
    await books.hear(books.invoice("80.00", "80.00", account=disputed))
    approved, denied = await books.ask("20.00"), await books.ask("20.00")
    days = {"first_day": "2026-03-01", "last_day": "2026-03-01"}
    tested = (await call(books, "/policies:back-test", NUMBERS | days | {"disputed_weight_bps": 0})).json()
    assert (tested["decisions"], tested["would_deny"], tested["would_approve"]) == (2, 0, 1)
    assert [one["authorization_id"] for one in tested["changed"]] == [denied["id"]]
    harsher = (await call(books, "/policies:back-test", NUMBERS | days | {"disputed_weight_bps": 20000})).json()
    assert [one["authorization_id"] for one in harsher["changed"]] == [approved["id"]]
    assert harsher["sums"] == [{"currency": "CNY", "would_deny": {"amount": "20.00", "currency": "CNY"},
                                "would_approve": {"amount": "0.00", "currency": "CNY"}}]
    none = (await call(books, "/policies:back-test", NUMBERS | {
        "first_day": "2026-02-01", "last_day": "2026-02-28"})).json()
    assert none["decisions"] == 0
    bad = await call(books, "/policies:back-test", NUMBERS | {"first_day": "2026-03-02", "last_day": "2026-03-01"})
    assert (bad.status_code, bad.json()["code"]) == (422, "validity_reversed")


async def test_a_back_test_judges_holds_by_rule_from_what_was_kept_with_each_decision(books: Any) -> None:
    late = await another(books, "C-LATE", "2026-02-09")
    dollars = {name: {"amount": amount, "currency": "USD"} for name, amount in (
        ("open", "11.00"), ("disputed", "0.00"), ("unapplied", "0.00"))}
    assert (await call(late, f"/customers/{late.customer}/limit", {
        "currency": "USD", "amount": "10.00", "reason": "export"}, method="PUT")).status_code == 200
    await late.hear(InvoiceIssued.model_validate(dict(InvoiceIssued.examples[0]) | {
        "customer_id": late.customer, "invoice_id": new_id(), "total": dollars["open"], "account": dollars,
        "items": [{"item_id": str(new_id()), "due_on": "2026-06-01", "amount": dollars["open"]}]}), first=2)
    asked = await late.ask("1.00")
    assert asked["decision"] == "approved"
    days = {"first_day": "2026-03-01", "last_day": "2026-03-01"}
    rules = {"overdue_grace_days": None, "limit_exceeded_bps": None, "broken_promise_days": None}
    for holds, denied in (({}, 0), ({"overdue_grace_days": 19}, 1), ({"overdue_grace_days": 20}, 0),
                          ({"limit_exceeded_bps": 0}, 1), ({"limit_exceeded_bps": 1000}, 0)):
        tested = (await call(books, "/policies:back-test", NUMBERS | days | {"holds": rules | holds})).json()
        assert (tested["decisions"], tested["holds_untried"], tested["would_deny"]) == (1, 0, denied), holds
        assert [one["reasons"] for one in tested["changed"]] == [["on_hold"]] * denied


async def test_every_decision_replays_to_the_same_answer(books: Any) -> None:
    await books.limit("100.00")
    await books.limit("50.00", kind="temporary", valid_until="2026-03-31")
    asked = [await books.ask(amount) for amount in ("120.00", "30.00", "0.01", "500.00")]
    await call(books, f"/customers/{books.customer}/holds", {"reason": "other", "note": "wait"})
    asked.append(await books.ask("1.00"))
    await call(books, "/policies", NUMBERS | {"disputed_weight_bps": 0})
    for one in asked:
        again = (await call(books, f"/authorizations/{one['id']}/replay", method="GET")).json()
        assert again["same"] and again["reasons"] == one["reasons"]
        assert again["approved"] == (one["decision"] == "approved")
    first = (await call(books, "/decisions/replay?most=3", method="GET")).json()
    rest = (await call(books, f"/decisions/replay?after={first['last']}", method="GET")).json()
    assert (first["replayed"], rest["replayed"], first["differing"], rest["differing"]) == (3, 2, [], [])
    missing = await call(books, f"/authorizations/{new_id()}/replay", method="GET")
    assert (missing.status_code, missing.json()["code"]) == (404, "authorization_not_found")
