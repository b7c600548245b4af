"""Payments by remittance: references name what is paid, and what they name in vain is said and stays unapplied."""

from typing import Any

BY_REFERENCE = {"allocation": "remittance"}


def shares(paid: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["item_id"], one["amount"]["amount"]) for one in paid["allocations"]]


async def invoices(company: Any, who: Any, *nets: str) -> list[dict[str, Any]]:
    return [await company.post("/invoices", {
        "customer_id": str(who), "currency": "CNY", "issue": True, "issued_on": "2026-01-05", "external_id": f"X-{n}",
        "lines": [{"description": "Goods", "quantity": "1", "unit_price": net, "tax_rate": "0"}]})
        for n, net in enumerate(nets, 1)]


async def test_a_list_pays_what_it_names_in_its_order_and_says_the_rest(company: Any) -> None:
    who, other = await company.register(), await company.register(number="C-2")
    first, second, third = await invoices(company, who, "100", "200", "300")
    await company.issue(other, "50", "2026-01-05", rate="0")
    paid = await company.pay(who, "450.00", "2026-01-05", **BY_REFERENCE, remittance=[
        third["number"], "X-1", "INV-000004", "nonsense"])
    ids = [one["items"][0]["id"] for one in (first, second, third)]
    assert shares(paid) == [(ids[2], "300.00"), (ids[0], "100.00")]
    assert (paid["unapplied"]["amount"], paid["unmatched"]) == ("50.00", ["INV-000004", "nonsense"])
    assert await company.get(f"/payments/{paid['id']}") == paid
    assert await company.account(other) == ("50.00", "0.00")
    assert [(said["unmatched"], said["awaited"]) for _, fact, said in await company.running.told(company.tenant)
            if fact == "PaymentConfirmed"] == [(2, False)]
    later = await company.post(f"/payments/{paid['id']}:apply", BY_REFERENCE | {"remittance": ["X-1", "X-2"]})
    assert (shares(later)[-1], later["unmatched"]) == ((ids[1], "50.00"), ["X-1"])
    checks = (await company.get("/integrity"))["checks"]
    assert [one["id"] for one in checks if one["violations"]] == []


async def test_the_numbers_in_a_reference_are_found(company: Any) -> None:
    who = await company.register()
    first, second = await invoices(company, who, "100", "200")
    paid = await company.pay(who, "150.00", "2026-01-05", **BY_REFERENCE,
                             reference=f"pays {second['number'].lower()} and some")
    assert shares(paid) == [(second["items"][0]["id"], "150.00")]
    unknown = await company.pay(who, "10.00", "2026-01-05", **BY_REFERENCE, reference="thank you")
    assert (shares(unknown), unknown["unapplied"]["amount"], unknown["unmatched"]) == ([], "10.00", ["thank you"])
    assert first["total"]["amount"] == "100.00"


async def test_a_pending_payment_by_remittance_is_shown_beside_what_it_names_and_pays_it_when_confirmed(
    company: Any,
) -> None:
    who = await company.register()
    _, second = await invoices(company, who, "100", "200")
    waits = await company.pay(who, "250.00", "2026-01-05", **BY_REFERENCE, state="pending",
                              remittance=[second["number"], "X-9"])
    assert (waits["unmatched"], shares(waits)) == (["X-9"], [])
    owed = (await company.get(f"/items?customer_id={who}"))["data"]
    assert [(one["number"], one["pending"]["amount"]) for one in owed] == [
        ("INV-000001", "0.00"), (second["number"], "200.00")]
    sure = await company.post(f"/payments/{waits['id']}:confirm", {})
    assert (shares(sure), sure["unapplied"]["amount"]) == ([(second["items"][0]["id"], "200.00")], "50.00")


async def test_what_is_refused(company: Any) -> None:
    who = await company.register()
    paid = await company.pay(who, "10.00", "2026-01-05", allocation="none")
    body = {"customer_id": str(who), "amount": {"amount": "10.00", "currency": "CNY"}, "received_on": "2026-01-05",
            "method": "cash", "allocation": "remittance"}
    named = [{"item_id": paid["id"]}]
    for path, sent, code in (
        ("/payments", body, "remittance_missing"),
        ("/payments", body | {"allocation": "oldest_first", "remittance": ["A"]}, "remittance_not_meant"),
        ("/payments", body | {"remittance": ["A"], "items": named}, "items_not_meant"),
        (f"/payments/{paid['id']}:apply", BY_REFERENCE, "remittance_missing"),
    ):
        answer = await company.send("POST", path, sent)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
