"""Each row of a list names its customer and who answers for it; who owes us what, item by item; one's own by `me`."""

from typing import Any
from uuid import UUID

from billing_svc.consumers.customer import customer
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_events.contracts.customer_staff import StaffConfigured
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell

OWNERS = {"C-1": "clerk", "C-2": "S-18", "C-3": "S-19"}


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def sold_to(company: Any, number: str, *days: str) -> tuple[UUID, list[str]]:
    """A customer of its owner with an invoice of 100.00 on each of these days; and the items."""
    who: UUID = await company.register(number=number)
    changed = CustomerOwnerChanged(customer_id=who, owner_id=new_id(), owner_code=OWNERS[number])
    await tell(company.running.database, customer, company.tenant, changed, first=2)
    return who, [(await company.issue(who, "100", day, rate="0"))["items"][0]["id"] for day in days]


async def away(company: Any, code: str, until: str) -> None:
    """The clerk stands in for this one until then."""
    deputy = new_id()
    await tell(company.running.database, customer, company.tenant, *(StaffConfigured.model_validate(
        {"staff_id": one, "code": name, "deputy_id": by, "active": True, "absences": absences})
        for one, name, by, absences in ((deputy, "clerk", None, []), (
            new_id(), code, deputy, [{"from_on": "2026-01-05", "until_on": until}]))), first=2)


async def done_of_each_kind(company: Any, who: UUID, owed: list[str]) -> None:
    """Something of each kind that has a list; of five items."""
    await company.send("PUT", "/tolerance-policy", {"most": [cny("5.00")]}, If_Match='"0"')
    arranged, lost, contested, short, covered = owed
    await company.post("/arrangements", {
        "item_ids": [arranged], "parts": [{"due_on": "2026-03-10", "amount": cny("100.00")}]})
    await company.post("/write-offs", {"item_id": lost, "reason": "insolvency", "amount": cny("30.00")})
    await company.post("/disputes", {"item_id": contested, "reason": "price", "amount": cny("10.00")})
    await company.post("/compensations", {
        "item_id": covered, "amount": cny("50.00"), "payer": "Sinosure", "received_on": "2026-01-05"})
    await company.pay(who, "98.00", "2026-01-05", allocation="items", items=[{"item_id": short}])
    await company.post("/differences", {"item_id": short, "reason": "bank_charge"})
    paid = await company.pay(who, "10.00", "2026-01-05", allocation="none")
    await company.post("/refunds", {"credit_id": paid["id"], "method": "bank_transfer", "reason": "overpaid"})
    await company.post("/delivery-notes", {"customer_id": str(who), "amount": cny("70.00"), "reference": "DN-1"})
    (noted,) = await company.rows(f"/invoices?customer_id={who}&number=INV-000003")
    await company.post("/credit-notes", {"invoice_id": noted["id"], "reason": "quality", "lines": [
        {"position": 1, "net": cny("10.00")}]})
    said = await company.post("/statements", {
        "customer_id": str(who), "period_from": "2026-01-01", "period_to": "2026-01-05"})
    await company.post(f"/statements/{said['id']}:answer", {
        "signer": "Li Na", "authority": "finance_director",
        "lines": [{"item_id": line["item_id"], "answer": "agree"} for one in said["currencies"]
                  for line in one["lines"]],
        "missing": [{"kind": "payment", "reference": "P-1", "amount": cny("1.00"), "day": None}]})


BY_OWNER = ("arrangements", "write-offs", "disputes", "refunds", "items", "receipts", "ageing")
NAMED = (*BY_OWNER, "invoices", "payments", "differences", "credit-notes", "delivery-notes", "compensations",
         "statements", "search-tasks")


async def test_each_row_names_its_customer_and_the_owner_and_me_shows_those_of_the_absent(company: Any) -> None:
    who, owed = await sold_to(company, "C-2", *["2026-01-05"] * 5)
    _, (mine, *_) = await sold_to(company, "C-1", "2026-01-05")
    await done_of_each_kind(company, who, owed)
    await away(company, "S-18", "2026-01-05")
    for path in NAMED:
        rows = (await company.get(f"/{path}"))["data"]
        said = {(one.get("customer_number", one.get("number")), one.get("customer_name", one.get("name")),
                 one["owner_code"]) for one in rows}
        assert said - {("C-1", "北京华为贸易", "clerk")} == {("C-2", "北京华为贸易", "S-18")}, path
    for path in BY_OWNER:
        stood_in_for = [one["standing_in_for"] for one in (await company.get(f"/{path}?owner=me"))["data"]]
        assert set(stood_in_for) - {None} == {"S-18"}, path
        of_one = (await company.get(f"/{path}?owner=S-18"))["data"]
        assert {(one["owner_code"], one["standing_in_for"]) for one in of_one} == {("S-18", None)}, path
        assert len(of_one) == len(stood_in_for) - stood_in_for.count(None), path
    await company.clock("2026-01-06")
    for path in BY_OWNER:
        alone = (await company.get(f"/{path}?owner=me"))["data"]
        assert {one["owner_code"] for one in alone} <= {"clerk"}, path
    assert [one["id"] for one in (await company.get("/items?owner=me"))["data"]] == [mine]


ITEM_BY_ITEM: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("", [("C-1", "02-05"), ("C-2", "02-07"), ("C-1", "02-10"), ("C-3", "03-12")]),
    ("sort=-due_on&", [("C-3", "03-12"), ("C-1", "02-10"), ("C-2", "02-07"), ("C-1", "02-05")]),
    ("open=true&overdue=true&", [("C-1", "02-05"), ("C-2", "02-07")]),
    ("overdue=true&due_on.lte=2026-02-06&", [("C-1", "02-05")]),
    ("overdue=true&sort=-due_on&", [("C-2", "02-07"), ("C-1", "02-05")]),
    ("overdue=false&", [("C-1", "02-10"), ("C-3", "03-12")]),
    ("overdue=false&due_on.gte=2026-02-11&", [("C-3", "03-12")]),
    ("due_on.gte=2026-02-07&due_on.lte=2026-02-10&", [("C-2", "02-07"), ("C-1", "02-10")]),
    ("currency=USD&", []),
    ("currency=CNY&owner=S-18&", [("C-2", "02-07")]),
    ("owner=me&overdue=true&", [("C-1", "02-05")]),
)


async def test_who_owes_us_what_item_by_item(company: Any) -> None:
    """On 10 February C-1 owes of two days, C-2 of one and has paid another, C-3 will owe."""
    await company.clock("2026-02-10")
    customers = {number: (await sold_to(company, number))[0] for number in OWNERS}
    owed = [await company.issue(customers[number], "100", day, rate="0") for number, day in (
        ("C-2", "2026-01-05"), ("C-1", "2026-01-06"), ("C-2", "2026-01-08"), ("C-1", "2026-01-11"),
        ("C-3", "2026-02-10"))]
    await company.pay(customers["C-2"], "100.00", "2026-01-08", allocation="items", items=[
        {"item_id": owed[0]["items"][0]["id"]}])
    await company.pay(customers["C-2"], "40.00", "2026-02-10", state="pending")
    for query, found in ITEM_BY_ITEM:
        rows = await company.rows(f"/items?{query}limit=1")
        assert [(one["customer_number"], one["due_on"][5:]) for one in rows] == found, query
        for one in rows:
            assert one["pending"]["amount"] == ("40.00" if one["customer_number"] == "C-2" else "0.00"), query
    (due,) = [one for one in (await company.get("/items"))["data"] if one["customer_number"] == "C-2"]
    assert (await company.get("/items"))["unapplied"] == []
    of_one = f"/items?customer_id={due['customer_id']}"
    assert [one["due_on"][5:] for one in (await company.get(of_one))["data"]] == ["02-04", "02-07"]
    assert [one["due_on"][5:] for one in (await company.get(f"{of_one}&open=false&overdue=true"))["data"]] == ["02-04"]
    assert (await company.get(f"{of_one}&open=true"))["data"] == [due]
    refused = await company.send("GET", "/items?open=false")
    assert (refused.status_code, refused.json()["code"]) == (422, "customer_missing")
