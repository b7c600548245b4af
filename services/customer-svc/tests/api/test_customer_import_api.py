"""Import over HTTP: new rows registered, known ones left, wrong ones refused by line; a second run changes nothing."""

from base64 import b64encode
from typing import Any

import asyncpg
import pytest

from customer_svc.jobs import import_customers as slices
from customer_svc.usecases.import_customers import IMPORT_CUSTOMERS
from customer_svc.usecases.take_import_slice import take_import_slice
from dunlin_kit.testing import work_off

IMPORT, CUSTOMERS = "/customer/v1/customers:import", "/customer/v1/customers"


def row(line: int, external_id: str, **more: Any) -> dict[str, Any]:
    return {"line": line, "external_id": external_id, "name": f"Customer {external_id}", "due_days": 15, **more}


async def work(archive: Any) -> None:
    await work_off(archive.running, archive.tenant, {IMPORT_CUSTOMERS: slices.import_customers})


async def try_again_now(archive: Any) -> None:
    connection = await asyncpg.connect(archive.running.urls.ops)
    try:
        await connection.execute("UPDATE job SET retry_at = NULL WHERE tenant_id = $1", archive.tenant)
    finally:
        await connection.close()


async def result_of(archive: Any, *rows: dict[str, Any]) -> dict[str, Any]:
    answer = await archive.post(IMPORT, {"rows": list(rows)})
    assert answer.status_code == 202, answer.text
    operation = answer.json()
    assert answer.headers["location"] == f"/customer/v1/operations/{operation['id']}"
    assert (operation["status"], operation["done"], operation["total"]) == ("running", 0, len(rows))
    await work(archive)
    operation = (await archive.get(answer.headers["location"])).json()
    assert (operation["status"], operation["done"], operation["total"]) == ("succeeded", len(rows), len(rows))
    result: dict[str, Any] = operation["result"]
    return result


async def test_rows_become_customers_with_their_numbers(archive: Any) -> None:
    result = await result_of(
        archive, row(2, "200769623"), row(3, "CCU013", number="CC-13", kind="person", status="prospect", tax_id=""))
    assert (result["registered"], result["unchanged"], result["refused"]) == (2, 0, [])
    listed = (await archive.get(CUSTOMERS)).json()["data"]
    assert sorted(result["customers"], key=lambda c: c["number"]) == [
        {"external_id": c["external_id"], "id": c["id"], "number": c["number"]} for c in listed]
    assert [(c["number"], c["kind"], c["status"], c["tax_id"]) for c in listed] == [
        ("C-000001", "organization", "active", None), ("CC-13", "person", "prospect", None)]
    assert [fact for fact, _ in await archive.facts()] == ["CustomerRegistered", "CustomerRegistered"]


async def test_a_second_run_changes_nothing(archive: Any) -> None:
    rows = [row(line, f"X-{line}") for line in range(2, 302)]
    first = await result_of(archive, *rows)
    before = await archive.facts()
    second = await result_of(archive, *rows)
    assert (first["registered"], second["registered"], second["unchanged"]) == (300, 0, 300)
    assert sorted(first["customers"], key=str) == sorted(second["customers"], key=str)
    assert await archive.facts() == before


async def test_wrong_rows_are_refused_by_line_and_the_others_taken(archive: Any) -> None:
    await archive.register(number="N-1", external_id="OLD", name="Old")
    result = await result_of(
        archive, row(2, "X-2"), row(3, "X-3", name=""), row(4, "X-4", due_days=-1), row(5, "X-5", kind="robot"),
        row(6, "X-6", number="N-1"), row(7, "OLD"), row(8, ""), row(9, "X-2"), row(10, "X-2", name="Other"),
        row(11, "X-11", status="closed"), row(12, "X-12", number="n o"), row(13, "x" * 65),
        row(14, "X-14", cash_on_delivery=True), row(15, "X-15", prepayment_bps=10_001))
    assert (result["registered"], result["unchanged"]) == (1, 1)
    assert [(r["line"], r["code"]) for r in result["refused"]] == [
        (3, "bad_name"), (4, "bad_terms"), (5, "bad_kind"), (6, "number_taken"), (7, "row_differs"),
        (8, "external_id_missing"), (10, "row_differs"), (11, "bad_first_status"), (12, "bad_customer_number"),
        (13, "bad_code"), (14, "bad_cash_terms"), (15, "bad_prepayment")]
    assert [c["external_id"] for c in result["customers"]] == ["X-2"]


@pytest.mark.parametrize(
    "body", [{"rows": []}, {}, {"rows": [{"line": 1}]}, {"rows": [row(n, "X") for n in range(1, 1002)]}])
async def test_bodies_that_are_refused(archive: Any, body: dict[str, Any]) -> None:
    answer = await archive.post(IMPORT, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_the_same_call_again_is_the_same_operation(archive: Any) -> None:
    body = {"rows": [row(2, "X-2")]}
    first, again = [await archive.post(IMPORT, body, key="slice-1") for _ in range(2)]
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]


async def test_a_spreadsheet_is_cleaned_and_taken(archive: Any) -> None:
    await archive.register("Huawei", tax_id="91")
    text = "客户名称,编号,账期,税号\n　华为 贸易,Ｃ-1,３０,91\n,,,\n华为 贸易,C-1,30,91\nB,C-2,soon,\nC,C-3,,\n"
    for name, encoding in (("utf-8", "utf-8"), ("gb18030", "gb18030")):
        body = {"content": b64encode(text.encode(encoding)).decode(), "due_days": 15}
        answer = await archive.post(f"{IMPORT}-file", body)
        assert answer.status_code == 202, answer.text
        await work(archive)
        result = (await archive.get(answer.headers["location"])).json()["result"]
        new = 2 if name == "utf-8" else 0
        assert (result["registered"], result["unchanged"]) == (new, 3 - new)
        assert [(one["line"], one["code"]) for one in result["refused"]] == [(5, "bad_cell")]
        assert result["alike"] == [{"number": "C-1", "others": ["C-000001"]}]
    listed = (await archive.get(CUSTOMERS)).json()["data"]
    assert [(one["name"], one["number"], one["external_id"], one["terms"]["due_days"]) for one in listed] == [
        ("Huawei", "C-000001", None, 30), ("华为 贸易", "C-1", "C-1", 30), ("C", "C-3", "C-3", 15)]
    for content, code in ((b64encode(b"PK\x03\x04").decode(), "bad_customer_file"), ("A", "invalid_request")):
        refused = await archive.post(f"{IMPORT}-file", {"content": content})
        assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_a_run_that_was_stopped_goes_on_with_what_is_left(archive: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was registered before counts as registered, though the clerk gave her another name meanwhile."""
    monkeypatch.setattr(slices, "SLICE", 2)
    await archive.register(external_id="OLD", name="Customer OLD", terms={"due_days": 15, "end_of_month": False})
    body = {"rows": [row(line, external_id) for line, external_id in enumerate(("A", "OLD", "B", "", "C"), 2)]}
    operation = (await archive.post(IMPORT, body)).json()

    async def second_is_the_last(tx: Any, operation_id: Any, size: int) -> Any:
        if (taken := await take_import_slice(tx, operation_id, size)).done == 4:
            raise RuntimeError("the worker is stopped before this slice is committed")
        return taken

    with monkeypatch.context() as dying:
        dying.setattr(slices, "take_import_slice", second_is_the_last)
        await work(archive)
    path = f"/customer/v1/operations/{operation['id']}"
    assert [(await archive.get(path)).json()[key] for key in ("status", "done", "total")] == ["running", 2, 5]
    [first] = (await archive.get("/customer/v1/customers:search", q="Customer A")).json()["data"]
    changed = await archive.send("PATCH", f"{CUSTOMERS}/{first['id']}", {"name": "Customer A & Co"}, seen='"1"')
    assert changed.status_code == 200, changed.text
    await try_again_now(archive)
    await work(archive)
    result = (await archive.get(path)).json()["result"]
    assert (result["registered"], result["unchanged"]) == (3, 1)
    assert [(one["line"], one["code"]) for one in result["refused"]] == [(5, "external_id_missing")]
    assert sorted(one["external_id"] for one in result["customers"]) == ["A", "B", "C", "OLD"]
    told = [payload["external_id"] for fact, payload in await archive.facts() if fact == "CustomerRegistered"]
    assert told == ["OLD", "A", "B", "C"]
