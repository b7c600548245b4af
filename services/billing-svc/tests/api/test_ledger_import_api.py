"""The routes of taking a ledger over: answers, refusals, scopes, what is repeated and what comes too late."""

from typing import Any

import pytest

DIGEST = "a" * 64
BEGIN = {"name": "old.csv", "digest": DIGEST}


def rows(*lines: int, amount: str = "10.00") -> dict[str, Any]:
    return {"rows": [
        {"line": line, "customer_external_id": "A", "currency": "CNY", "invoice": {
            "external_id": f"I{line}", "amount": amount, "issued_on": "2025-01-02", "due_on": "2025-02-01"}}
        for line in lines]}


async def test_an_import_is_begun_once_and_goes_on_until_it_has_ended(company: Any) -> None:
    first = await company.send("POST", "/ledger-imports", BEGIN)
    begun = first.json()
    assert first.status_code == 201
    assert first.headers["location"] == f"/billing/v1/ledger-imports/{begun['id']}"
    assert (begun["status"], begun["series"], begun["last_line"], begun["operation_id"]) == (
        "receiving", "IMP1", 0, None)
    sent = await company.post(f"/ledger-imports/{begun['id']}/rows", rows(2, 3))
    assert sent["last_line"] == 3
    again = await company.send("POST", "/ledger-imports", BEGIN)
    assert (again.status_code, again.json()) == (200, sent)
    other = await company.post("/ledger-imports", BEGIN | {"digest": "b" * 64})
    assert other["series"] == "IMP2"
    assert await company.get(f"/ledger-imports/{begun['id']}") == sent


async def test_rows_sent_again_wait_once_and_rows_sent_too_late_are_refused(company: Any) -> None:
    begun = await company.post("/ledger-imports", BEGIN)
    for _ in range(2):
        await company.post(f"/ledger-imports/{begun['id']}/rows", rows(2, 3))
        await company.post(f"/ledger-imports/{begun['id']}/rows", rows(4, amount="1.0"))
    running = await company.send("POST", f"/ledger-imports/{begun['id']}:run")
    assert running.status_code == 202
    operation = running.json()
    assert (operation["status"], operation["total"]) == ("running", 3)
    assert running.headers["location"] == f"/billing/v1/operations/{operation['id']}"
    late = await company.send("POST", f"/ledger-imports/{begun['id']}/rows", rows(5))
    assert (late.status_code, late.json()["code"]) == (409, "ledger_import_closed")
    again = await company.send("POST", f"/ledger-imports/{begun['id']}:run")
    assert again.json()["id"] == operation["id"]


async def test_refusals_come_in_pages_by_line(company: Any) -> None:
    begun = await company.post("/ledger-imports", BEGIN)
    await company.post(f"/ledger-imports/{begun['id']}/rows", rows(*range(2, 9), amount="-1.00"))
    seen: list[int] = []
    path = f"/ledger-imports/{begun['id']}/refusals?limit=3"
    page = await company.get(path)
    while True:
        seen += [one["line"] for one in page["data"]]
        if not page["has_more"]:
            break
        page = await company.get(f"{path}&cursor={page['next_cursor']}")
    assert seen == list(range(2, 9))
    assert page["data"][-1] == {
        "line": 8, "part": "row", "external_id": "I8", "code": "amount_not_positive",
        "detail": page["data"][-1]["detail"]}
    assert "-1.00" not in page["data"][-1]["detail"]


NOWHERE = "/ledger-imports/01900000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(("method", "path", "body"), [
    ("POST", f"{NOWHERE}/rows", rows(2)), ("POST", f"{NOWHERE}:run", None),
    ("POST", f"{NOWHERE}:cancel", None), ("GET", NOWHERE, None),
    ("GET", f"{NOWHERE}/refusals", None)])
async def test_what_is_not_there_is_not_found(company: Any, method: str, path: str, body: Any) -> None:
    answer = await company.send(method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (404, "ledger_import_not_found")


@pytest.mark.parametrize("body", [
    {"name": "old.csv"}, BEGIN | {"digest": "short"}, BEGIN | {"name": ""}, BEGIN | {"more": 1}])
async def test_a_malformed_beginning_is_refused(company: Any, body: dict[str, Any]) -> None:
    answer = await company.send("POST", "/ledger-imports", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("body", [
    {"rows": []}, rows(0), rows(*range(1, 2002)), {"rows": [rows(2)["rows"][0] | {"currency": 7}]}])
async def test_malformed_rows_are_refused_together(company: Any, body: dict[str, Any]) -> None:
    begun = await company.post("/ledger-imports", BEGIN)
    answer = await company.send("POST", f"/ledger-imports/{begun['id']}/rows", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (await company.get(f"/ledger-imports/{begun['id']}"))["last_line"] == 0


async def test_each_route_needs_its_scope_and_its_own_tenant(company: Any) -> None:
    begun = await company.post("/ledger-imports", BEGIN)
    running, place = company.running, f"/billing/v1/ledger-imports/{begun['id']}"
    routes = [("POST", "/billing/v1/ledger-imports", BEGIN, "imports:write"),
              ("POST", f"{place}/rows", rows(2), "imports:write"), ("POST", f"{place}:run", None, "imports:write"),
              ("POST", f"{place}:cancel", None, "imports:write"),
              ("GET", place, None, "imports:read"), ("GET", f"{place}/refusals", None, "imports:read")]
    stranger = await running.tenant()
    for method, path, body, scope in routes:
        bare = await running.client.request(method, path, json=body)
        assert bare.status_code in (400, 401), path
        without = running.headers(company.tenant, "invoices:write", "invoices:read")
        assert (await running.client.request(method, path, json=body, headers=without)).status_code == 403, path
        if path.startswith(place):
            other = running.headers(stranger, scope)
            assert (await running.client.request(method, path, json=body, headers=other)).status_code == 404, path
