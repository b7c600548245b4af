"""Key figures and roll-forward of a small company, in exact figures, tied to journal and ageing."""

from datetime import UTC, datetime
from typing import Any

from billing_svc.consumers.customer import customer
from billing_svc.domain.kpis import Kpi
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell


async def traded(company: Any) -> Any:
    """January: 1,000 and 500 sold; February: 600 paid late, 800 sold, 300 voided, 200 prepaid, 400 returned."""
    who = await company.register()
    await company.issue(who, "1000", "2026-01-05", rate="0")
    await company.clock("2026-01-20")
    await company.issue(who, "500", "2026-01-20", rate="0")
    await company.clock("2026-02-09")
    await company.pay(who, "600.00", "2026-02-09")
    await company.issue(who, "800", "2026-02-09", rate="0")
    wrong = await company.issue(who, "300", "2026-02-09", rate="0")
    await company.post(f"/invoices/{wrong['id']}:void", {"reason": "issued_in_error"})
    await company.pay(who, "200.00", "2026-02-09", allocation="none")
    gone = await company.pay(who, "400.00", "2026-02-09")
    await company.post(f"/payments/{gone['id']}:reverse", {"reason": "not_received"})
    await company.clock("2026-02-28")
    return who


async def test_key_figures_come_with_what_they_rest_on(company: Any) -> None:
    await traded(company)
    said = await company.get("/kpis?period=month&to=2026-02-28&count=2")
    january, february = said["data"]
    assert (january["period_from"], january["period_to"]) == ("2026-01-01", "2026-01-31")
    assert {one["kpi"]: one["value"] for one in january["kpis"]} == {
        "dso": "31.000000", "dso_count_back": "31.000000", "true_dso": "21.000000", "best_possible_dso": "31.000000",
        "average_days_delinquent": "0.000000", "collection_effectiveness": None, "collection_rate": "0.000000",
        "turnover": "2.000000", "bad_debt_ratio": "0.000000", "weighted_days_past_due": None,
        "weighted_days_late": None, "repurchase_rate": "100.000000"}
    figures = february["figures"]
    counted = ("days", "months", "buyers", "returning")
    assert {name: figures[name]["amount"] for name in figures if name not in counted} == {
        "opening": "1500.00", "closing": "1700.00", "current": "800.00", "sales": "800.00", "collected": "600.00",
        "late_days": "3000.00", "written_off": "0.00", "overdue_days": "14100.00"}
    values = {one["kpi"]: one["value"] for one in february["kpis"]}
    assert (values["dso"], values["best_possible_dso"], values["average_days_delinquent"]) == (
        "59.500000", "28.000000", "31.500000")
    assert values["dso_count_back"] == "46.600000"
    assert (values["collection_rate"], values["collection_effectiveness"]) == ("26.086957", "40.000000")
    assert (values["weighted_days_past_due"], values["weighted_days_late"]) == ("15.666667", "5.000000")
    assert all(one["definition"] and set(one["inputs"]) <= figures.keys() for one in february["kpis"])
    assert len(february["kpis"]) == len(Kpi)
    assert (figures["buyers"], figures["returning"]) == (1, 1)
    (early,) = (await company.get("/kpis?from=2026-01-01&to=2026-01-10"))["data"]
    assert early["kpis"][-1] == {
        "kpi": "repurchase_rate", "unit": "percent", "value": "0.000000", "inputs": ["returning", "buyers"],
        "definition": "Customers billed in the period and at least twice by its end / customers billed in the period."}


async def test_a_period_of_any_length_as_it_was_known_then(company: Any) -> None:
    who = await traded(company)
    before = await company.get("/kpis?from=2026-01-01&to=2026-02-28&known_at=2026-02-08T00:00:00Z")
    assert before["provisional"] is False
    assert before["data"][0]["figures"]["closing"]["amount"] == "1500.00"
    assert before["data"][0]["figures"]["days"] == 59
    assert (await company.get(f"/kpis?customer_id={who}&currency=USD"))["data"] == []
    refused = await company.send("GET", "/kpis?from=2026-02-02&to=2026-02-01")
    assert (refused.status_code, refused.json()["code"]) == (422, "period_reversed")


async def test_the_roll_forward_ties_to_journal_and_ageing(company: Any) -> None:
    await traded(company)
    said = await company.get("/roll-forward?from=2026-02-01&to=2026-02-28")
    (rolled,) = said["currencies"]
    assert (rolled["opening"]["amount"], rolled["closing"]["amount"]) == ("1500.00", "1700.00")
    lines = {one["line"]: one["amount"]["amount"] for one in rolled["lines"]}
    assert {line: amount for line, amount in lines.items() if amount != "0.00"} == {
        "invoices": "800.00", "cash": "-600.00"}
    aged = await company.get("/ageing?as_of=2026-02-28&group_by=none")
    assert rolled["closing"] == aged["totals"][0]["receivable_control"]
    assert said["receipts"] == [{name: {"amount": amount, "currency": "CNY"} for name, amount in (
        ("received", "800.00"), ("bank", "800.00"), ("allocated", "600.00"), ("unapplied", "200.00"),
        ("refunded", "0.00"), ("exchanged", "0.00"), ("paid_out", "0.00"))}]
    refused = await company.send("GET", "/roll-forward?from=2026-02-02&to=2026-02-01")
    assert (refused.status_code, refused.json()["code"]) == (422, "period_reversed")


async def test_in_base_currency_cash_stands_at_its_own_rate(company: Any) -> None:
    who = await company.register()
    for day, rate in (("2026-01-04", "7.10"), ("2026-01-05", "7.15")):
        await company.post("/exchange-rates", {"currency": "USD", "rate": rate, "valid_on": day, "source": "pboc"})
    line = {"description": "Goods", "product": None, "quantity": "1", "unit_price": "10000", "tax_rate": "0"}
    await company.post("/invoices", {"customer_id": str(who), "currency": "USD", "lines": [line], "issue": True,
                                     "issued_on": "2026-01-04"})
    await company.post("/payments", {
        "customer_id": str(who), "amount": {"amount": "4000.00", "currency": "USD"}, "received_on": "2026-01-05",
        "method": "bank_transfer", "allocation": "oldest_first"})
    (rolled,) = (await company.get("/roll-forward?from=2026-01-01&to=2026-01-05"))["currencies"]
    lines = {one["line"]: (one["amount"]["amount"], one["base"]["amount"]) for one in rolled["lines"]}
    assert lines["invoices"] == ("10000.00", "71000.00")
    assert (lines["cash"], lines["exchange"]) == (("-4000.00", "-28600.00"), ("0.00", "200.00"))
    assert rolled["closing_base"] == {"amount": "42600.00", "currency": "CNY"}


async def test_each_owner_has_the_figures_of_the_customers_that_are_theirs(company: Any) -> None:
    whole = await traded(company)
    mine = await company.register(number="C-000009")
    await tell(company.running.database, customer, company.tenant,
               CustomerOwnerChanged(customer_id=mine, owner_id=new_id(), owner_code="S-LI"), first=2,
               at=datetime(2026, 2, 1, 2, tzinfo=UTC))
    await company.issue(mine, "200", "2026-02-28", rate="0")
    await company.pay(mine, "50.00", "2026-02-28")
    said = await company.get("/kpis-by-owner?to=2026-02-28")
    assert (said["period_from"], said["period_to"], said["provisional"]) == ("2026-02-01", "2026-02-28", True)
    assert [(one["owner"], one["figures"]["closing"]["amount"], one["figures"]["collected"]["amount"],
             one["figures"]["buyers"]) for one in said["data"]] == [
        ("S-LI", "150.00", "50.00", 1), (None, "1700.00", "600.00", 1)]
    values = {one["kpi"]: one["value"] for one in said["data"][0]["kpis"]}
    assert (values["collection_rate"], values["dso"], values["repurchase_rate"]) == (
        "25.000000", "21.000000", "0.000000")
    own = (await company.get(f"/kpis?to=2026-02-28&customer_id={whole}"))["data"][0]
    assert own["kpis"] == said["data"][1]["kpis"]
    assert [one["owner"] for one in (await company.get("/kpis-by-owner?owner=S-LI"))["data"]] == ["S-LI"]
    assert (await company.get("/kpis-by-owner?owner=S-LI&currency=USD"))["data"] == []
    await tell(company.running.database, customer, company.tenant,
               CustomerOwnerChanged(customer_id=mine, owner_id=None, owner_code=None), first=3,
               at=datetime(2026, 2, 28, 16, tzinfo=UTC))
    await company.clock("2026-03-02")
    assert (await company.get("/kpis-by-owner?to=2026-02-28"))["data"] == said["data"], "who answered on the last day"
    later = await company.get("/kpis-by-owner?from=2026-02-01&to=2026-03-01")
    assert [(one["owner"], one["figures"]["buyers"]) for one in later["data"]] == [(None, 2)]
