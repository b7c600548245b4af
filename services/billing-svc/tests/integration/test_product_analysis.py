"""What is owed by product: shared out to the lines of invoices to the last minor unit, tied to what is owed."""

from typing import Any

from dunlin_kernel.money import Money


def line(product: str | None, price: str, quantity: str = "1") -> dict[str, Any]:
    return {"description": "Goods", "product": product, "quantity": quantity, "unit_price": price, "tax_rate": "0"}


async def sold(company: Any, who: Any, day: str, *lines: dict[str, Any]) -> Any:
    return await company.post("/invoices", {
        "customer_id": str(who), "currency": "CNY", "lines": list(lines), "issue": True, "issued_on": day})


async def test_what_is_open_is_shared_out_to_products_and_ties(company: Any) -> None:
    who = await company.register()
    await sold(company, who, "2026-01-05", line("A", "0.33"), line("B", "0.33"), line("A", "0.34"), line("F", "0"))
    await company.pay(who, "0.49", "2026-01-05")
    gone = await sold(company, who, "2026-01-05", line("A", "90"))
    await company.post(f"/invoices/{gone['id']}:void", {"reason": "issued_in_error"})
    await company.clock("2026-02-20")
    await sold(company, who, "2026-02-20", line("C", "0.20"), line(None, "0.10"))
    await company.post("/fees", {
        "customer_id": str(who), "amount": {"amount": "0.05", "currency": "CNY"}, "reason": "bank_charge"})
    rest = Money(51, "CNY").split([33, 33, 34])
    assert [one.minor for one in rest] == [17, 17, 17]
    said = await company.get("/product-analysis?from=2026-01-01")
    shown = [(one["product"], one["receivables"]["amount"], one["overdue"]["amount"], one["billed"]["amount"],
              one["oldest_days"]) for one in said["data"]]
    assert shown == [("A", "0.34", "0.34", "0.67", 16), ("C", "0.20", "0.00", "0.20", 0),
                     ("B", "0.17", "0.17", "0.33", 16), (None, "0.15", "0.00", "0.10", 0),
                     ("F", "0.00", "0.00", "0.00", 0)]
    assert {one["name"]: one["items"] for one in said["data"][0]["buckets"] if one["items"]} == {"1_30": 1}
    assert said["data"][0]["share_bps"] == 3953
    assert (await company.account(who))[0] == "0.86"
    assert [one["product"] for one in await company.rows("/product-analysis?limit=1")] == ["A", "C", "B", None, "F"]
    assert (await company.get("/product-analysis?to=2026-01-31"))["period_from"] == "2026-01-01"
    assert (await company.get("/product-analysis?currency=USD"))["data"] == []


async def test_shares_are_those_of_the_largest_remainder(company: Any) -> None:
    who = await company.register()
    weights = [7, 13, 29, 1, 50]
    await sold(company, who, "2026-01-05", *(line(f"P{n}", f"0.{one:02}") for n, one in enumerate(weights)))
    for paid in ("0.37", "0.21", "0.41"):
        await company.pay(who, paid, "2026-01-05")
        left = Money.parse((await company.account(who))[0], "CNY")
        said = await company.get("/product-analysis")
        assert {one["product"]: one["receivables"]["amount"] for one in said["data"]} == {
            f"P{n}": one.amount for n, one in enumerate(left.split(weights))}
