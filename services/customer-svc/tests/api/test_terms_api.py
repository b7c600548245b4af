"""Terms of trade and labels over HTTP: kept, told, listed by, and refused where they contradict themselves."""

from typing import Any

import pytest

from customer_svc.jobs.import_customers import import_customers
from customer_svc.usecases.import_customers import IMPORT_CUSTOMERS
from dunlin_kit.testing import work_off

CUSTOMERS = "/customer/v1/customers"
IN_PARTS = {
    "due_days": 60, "end_of_month": False, "prepayment_bps": 3000, "cash_on_delivery": False,
    "discount": {"discount_bps": 200, "within_days": 10},
    "instalments": [{"share_bps": 3000, "due_days": 0, "end_of_month": False},
                    {"share_bps": 7000, "due_days": 60, "end_of_month": False}]}


async def test_terms_in_parts_are_registered_changed_and_told(archive: Any) -> None:
    customer = await archive.register(terms=IN_PARTS)
    assert customer["terms"] == IN_PARTS
    cash = IN_PARTS | {"due_days": 0, "instalments": [], "discount": None, "cash_on_delivery": True}
    path = f"{CUSTOMERS}/{customer['id']}"
    changed = await archive.send("PUT", f"{path}/terms", cash, seen='"1"')
    assert changed.json()["terms"] == cash == (await archive.get(path)).json()["terms"]
    assert [(fact, said["terms"]) for fact, said in await archive.facts()] == [
        ("CustomerRegistered", IN_PARTS), ("CustomerTermsChanged", cash)]
    lines = (await archive.get(f"{path}/history")).json()["data"]
    assert {(line["field"], line["before"], line["after"]) for line in lines if line["field"] != "status"} == {
        ("due_days", "60", "0"), ("cash_on_delivery", "false", "true"), ("discount", "200 bps within 10 days", None),
        ("instalments", "3000 bps in 0 days; 7000 bps in 60 days", None)}


@pytest.mark.parametrize(("wrong", "code"), [
    ({"due_days": 30}, "bad_instalments"), ({"prepayment_bps": 10_001}, "invalid_request"),
    ({"discount": {"discount_bps": 200, "within_days": 61}}, "bad_discount"),
    ({"cash_on_delivery": True}, "bad_cash_terms"), ({"instalments": [{"share_bps": 1}]}, "invalid_request")])
async def test_terms_that_are_refused(archive: Any, wrong: dict[str, Any], code: str) -> None:
    customer = await archive.register()
    answer = await archive.send("PUT", f"{CUSTOMERS}/{customer['id']}/terms", IN_PARTS | wrong, seen='"1"')
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_imported_terms_and_labels_are_those_of_the_row(archive: Any) -> None:
    row = {"line": 2, "external_id": "X", "name": "Heron", "source": "web", "tags": ["a"], "metadata": {"k": "v"},
           **IN_PARTS}
    for registered in (1, 0):
        answer = await archive.post(f"{CUSTOMERS}:import", {"rows": [row]})
        await work_off(archive.running, archive.tenant, {IMPORT_CUSTOMERS: import_customers})
        result = (await archive.get(answer.headers["location"])).json()["result"]
        assert (result["registered"], result["refused"]) == (registered, [])
    [customer] = (await archive.get(CUSTOMERS)).json()["data"]
    assert (customer["terms"], customer["source"], customer["tags"], customer["metadata"]) == (
        IN_PARTS, "web", ["a"], {"k": "v"})


async def test_labels_are_replaced_and_narrow_a_list(archive: Any) -> None:
    first = await archive.register(tags=["key", "北方"], metadata={"erp": "7:1", "route": "A"}, source="web")
    await archive.register("Ibis", tags=["key"], metadata={"erp": "8"})
    for query, numbers in (
        ({"tag": "key"}, ["C-000001", "C-000002"]), ({"tag": "北方"}, ["C-000001"]), ({"tag": "no"}, []),
        ({"metadata": "erp:7:1"}, ["C-000001"]), ({"metadata": "route:B"}, []), ({"source": "web"}, ["C-000001"]),
    ):
        assert [c["number"] for c in (await archive.get(CUSTOMERS, **query)).json()["data"]] == numbers
    path = f"{CUSTOMERS}/{first['id']}"
    changed = (await archive.send("PATCH", path, {"tags": [], "metadata": {"erp": "9"}}, seen='"1"')).json()
    assert (changed["tags"], changed["metadata"], changed["source"]) == ([], {"erp": "9"}, "web")
    wrong = await archive.send("PATCH", path, {"tags": ["a\tb"]}, seen='"2"')
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_tag")
    wrong = await archive.send("PATCH", path, {"metadata": {"a": "x\ty"}}, seen='"2"')
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_metadata")
