"""The API of invoices and payments: answers, each refusal, who may, and what a repeated key gets."""

from typing import Any
from uuid import UUID

import pytest

from dunlin_kernel.ids import new_id

CNY_10 = {"amount": "10.00", "currency": "CNY"}
LINE = {"description": "Goods", "quantity": "1", "unit_price": "10", "tax_rate": "0"}


def invoice(who: UUID, **more: Any) -> dict[str, Any]:
    return {
        "customer_id": str(who),
        "currency": "CNY",
        "lines": [LINE],
        "issue": True,
        "issued_on": "2026-01-05",
    } | more


def payment(who: UUID, **more: Any) -> dict[str, Any]:
    return {
        "customer_id": str(who),
        "amount": CNY_10,
        "received_on": "2026-01-05",
        "method": "cash",
        "allocation": "oldest_first",
    } | more


async def test_a_draft_is_changed_issued_and_read(company: Any) -> None:
    who = await company.register()
    made = await company.send("POST", "/invoices", invoice(who, issue=False, external_id="X-1", metadata={"a": "b"}))
    assert made.status_code == 201
    draft = made.json()
    assert (draft["status"], draft["number"], draft["settlement"], draft["items"]) == ("draft", None, None, [])
    assert made.headers["Location"] == f"/billing/v1/invoices/{draft['id']}"
    content = {"currency": "CNY", "lines": [LINE | {"quantity": "2"}], "metadata": {"a": "c"}}
    unseen = await company.send("PUT", f"/invoices/{draft['id']}", content)
    stale = await company.send("PUT", f"/invoices/{draft['id']}", content, If_Match='"7"')
    assert (unseen.status_code, stale.status_code) == (428, 412)
    changed = await company.send("PUT", f"/invoices/{draft['id']}", content, If_Match=made.headers["ETag"])
    assert (changed.status_code, changed.json()["total"]["amount"], changed.json()["external_id"]) == (
        200,
        "20.00",
        "X-1",
    )
    issued = await company.post(f"/invoices/{draft['id']}:issue", {"issued_on": "2026-01-04"})
    assert (issued["status"], issued["number"], issued["due_on"], issued["settlement"]) == (
        "issued",
        "INV-000001",
        "2026-02-03",
        "open",
    )
    assert issued["parties"] == {
        "seller_name": "Test",
        "buyer_number": "C-000001",
        "buyer_name": "北京华为贸易",
        "buyer_tax_id": None,
    }
    assert await company.get(f"/invoices/{draft['id']}") == issued
    late = await company.send("PUT", f"/invoices/{draft['id']}", content, If_Match='"3"')
    assert late.json()["code"] == "not_a_draft"


async def test_a_discarded_draft_never_had_a_number(company: Any) -> None:
    who = await company.register()
    draft = await company.post("/invoices", invoice(who, issue=False))
    gone = await company.send("DELETE", f"/invoices/{draft['id']}", If_Match='"1"')
    assert (gone.status_code, gone.json()["status"], gone.json()["number"]) == (200, "void", None)
    assert (await company.issue(who, "10", "2026-01-05"))["number"] == "INV-000001"


async def test_a_batch_is_made_whole_or_not_at_all(company: Any) -> None:
    who = await company.register()
    bad = await company.send(
        "POST", "/invoices:batch", {"invoices": [invoice(who), invoice(who, issued_on="2027-01-01")]}
    )
    assert bad.json()["code"] == "effective_in_future"
    made = await company.post("/invoices:batch", {"invoices": [invoice(who), invoice(who, issue=False), invoice(who)]})
    assert [one["number"] for one in made["data"]] == ["INV-000001", None, "INV-000002"]
    assert await company.account(who) == ("20.00", "0.00")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"lines": [LINE | {"quantity": "0"}]}, 422, "bad_quantity"),
        ({"lines": [LINE | {"tax_rate": "101"}]}, 422, "bad_tax_rate"),
        ({"lines": [LINE | {"unit_price": "0"}]}, 422, "total_not_positive"),
        ({"lines": [LINE | {"unit_price": "999999999999999", "quantity": "99999"}]}, 422, "amount_too_large"),
        ({"lines": []}, 422, "invalid_request"),
        ({"lines": [LINE | {"unit_price": 10}]}, 422, "invalid_request"),
        ({"currency": "XXX"}, 422, "unknown_currency"),
        ({"due_on": "2026-01-04"}, 422, "due_before_issue"),
        ({"issued_on": "2026-01-06"}, 422, "effective_in_future"),
        ({"customer_id": str(new_id())}, 409, "customer_not_known_yet"),
        ({"customer_id": str(new_id()), "issue": False}, 409, "customer_not_known_yet"),
        ({"surprise": 1}, 422, "invalid_request"),
    ],
)
async def test_invoices_that_are_refused(company: Any, changed: dict[str, Any], status: int, code: str) -> None:
    answer = await company.send("POST", "/invoices", invoice(await company.register(), **changed))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert await company.running.told(company.tenant) == []


async def test_refusals_that_rest_on_what_is_there(company: Any) -> None:
    who = await company.register()
    await company.post("/invoices", invoice(who, external_id="X-1"))
    for changed, status, code in (
        ({"issued_on": "2026-01-04"}, 422, "issued_before_series"),
        ({"external_id": "X-1"}, 409, "invoice_exists"),
    ):
        answer = await company.send("POST", "/invoices", invoice(who, **changed))
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    stopped = await company.register(status="suspended", number="C-2")
    answer = await company.send("POST", "/invoices", invoice(stopped))
    assert (answer.status_code, answer.json()["code"]) == (409, "customer_suspended")
    missing = await company.send("GET", f"/invoices/{new_id()}")
    assert (missing.status_code, missing.json()["code"]) == (404, "invoice_not_found")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"amount": {"amount": "0.00", "currency": "CNY"}}, 422, "amount_not_positive"),
        ({"amount": {"amount": "10.0", "currency": "CNY"}}, 422, "wrong_precision"),
        ({"amount": {"amount": 10, "currency": "CNY"}}, 422, "invalid_request"),
        ({"received_on": "2026-01-06", "effective_on": "2026-01-05"}, 422, "received_in_future"),
        ({"received_on": "2026-01-06"}, 422, "effective_in_future"),
        ({"effective_on": "2026-01-04"}, 422, "effective_too_early"),
        ({"allocation": "items"}, 422, "items_missing"),
        ({"items": [{"item_id": str(new_id())}]}, 422, "items_not_meant"),
        ({"allocation": "items", "items": [{"item_id": str(new_id())}]}, 404, "item_not_found"),
        ({"customer_id": str(new_id())}, 409, "customer_not_known_yet"),
    ],
)
async def test_payments_that_are_refused(company: Any, changed: dict[str, Any], status: int, code: str) -> None:
    answer = await company.send("POST", "/payments", payment(await company.register(), **changed))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await company.running.told(company.tenant) == []


async def test_an_item_of_another_customer_cannot_be_paid(company: Any) -> None:
    who, other = await company.register(), await company.register(number="C-2")
    item = (await company.issue(other, "10", "2026-01-05"))["items"][0]["id"]
    answer = await company.send("POST", "/payments", payment(who, allocation="items", items=[{"item_id": item}]))
    assert (answer.status_code, answer.json()["code"]) == (404, "item_not_found")


async def test_applying_what_cannot_be_applied(company: Any) -> None:
    who = await company.register()
    await company.issue(who, "10", "2026-01-05", rate="0")
    paid = await company.pay(who, "10.00", "2026-01-05")
    oldest = {"allocation": "oldest_first"}
    for path, body, status, code in (
        (paid["id"], oldest, 422, "nothing_unapplied"),
        (paid["id"], {"allocation": "none"}, 422, "items_missing"),
        (new_id(), oldest, 404, "payment_not_found"),
    ):
        answer = await company.send("POST", f"/payments/{path}:apply", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "recorded_in_error"})
    answer = await company.send("POST", f"/payments/{paid['id']}:apply", oldest)
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_confirmed")


async def test_a_repeated_key_gets_the_first_answer_and_another_body_is_refused(company: Any) -> None:
    who, key = await company.register(), str(new_id())
    first = await company.send("POST", "/invoices", invoice(who), Idempotency_Key=key)
    again = await company.send("POST", "/invoices", invoice(who), Idempotency_Key=key)
    other = await company.send("POST", "/invoices", invoice(who, final=True), Idempotency_Key=key)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert first.headers["Dunlin-Position"] == f"billing/{company.tenant}:{who}/1" == again.headers["Dunlin-Position"]
    assert await company.account(who) == ("10.00", "0.00")


@pytest.mark.parametrize("path", ["/invoices", "/payments"])
async def test_validate_only_answers_alike_and_changes_nothing(company: Any, path: str) -> None:
    who = await company.register()
    await company.issue(who, "10", "2026-01-05", rate="0")
    body = invoice(who) if path == "/invoices" else payment(who)
    dry = await company.send("POST", f"{path}?validate_only=true", body)
    assert dry.status_code == 201
    assert await company.account(who) == ("10.00", "0.00")
    real = await company.post(path, body)
    assert real.keys() == dry.json().keys()
    assert real.get("number") == dry.json().get("number")


async def test_applying_and_reversing_can_be_tried_first(company: Any) -> None:
    who = await company.register()
    paid = await company.pay(who, "10.00", "2026-01-05")
    await company.issue(who, "10", "2026-01-05", rate="0")
    tried = await company.post(f"/payments/{paid['id']}:apply?validate_only=true", {"allocation": "oldest_first"})
    undone = await company.post(f"/payments/{paid['id']}:reverse?validate_only=true", {"reason": "not_received"})
    assert (tried["unapplied"]["amount"], undone["state"]) == ("0.00", "reversed")
    assert await company.account(who) == ("10.00", "10.00")


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/invoices", "invoices:write"),
        ("POST", "/invoices:batch", "invoices:write"),
        ("GET", "/invoices", "invoices:read"),
        ("GET", "/invoices/{id}", "invoices:read"),
        ("PUT", "/invoices/{id}", "invoices:write"),
        ("DELETE", "/invoices/{id}", "invoices:write"),
        ("POST", "/invoices/{id}:issue", "invoices:write"),
        ("POST", "/payments", "payments:write"),
        ("POST", "/payments/{id}:apply", "payments:write"),
        ("POST", "/payments/{id}:reverse", "payments:write"),
        ("GET", "/payments", "payments:read"),
        ("GET", "/payments/{id}", "payments:read"),
        ("GET", "/items?customer_id={id}", "items:read"),
        ("GET", "/customers/{id}/account", "accounts:read"),
        ("GET", "/facts/{id}/journal", "journal:read"),
        ("GET", "/journal-balances", "journal:read"),
    ],
)
async def test_each_operation_needs_its_scope_and_a_token(company: Any, method: str, path: str, scope: str) -> None:
    url = "/billing/v1" + path.format(id=new_id())
    client, headers = company.running.client, company.running.headers
    other = scope.replace("write", "nothing").replace("read", "write")
    refused = await client.request(method, url, headers=headers(company.tenant, other), json={})
    nobody = await client.request(method, url, json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")
