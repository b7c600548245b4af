"""Mergers: what stood under one customer goes on at another, in slices, in each currency, whatever comes meanwhile."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from billing_svc.consumers.customer import customer
from billing_svc.jobs import transfer_balances as job
from billing_svc.jobs.charge_interest import charge_interest
from billing_svc.usecases.judge_arrangements import judge_arrangements
from billing_svc.usecases.plan_transfer import TRANSFER_BALANCES
from billing_svc.usecases.run_interest import CHARGE_INTEREST
from billing_svc.usecases.transfer_balances import transfer_balances
from dunlin_events.contracts.customer_groups import CustomersMerged
from dunlin_kernel.errors import NotReady
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell, work_off

DAY = "2026-01-05"
HEARD = datetime(2026, 1, 5, 2, tzinfo=UTC)


def money(amount: str, currency: str = "CNY") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


async def told_of_merger(company: Any, source: UUID, into: UUID, *, first: int = 2) -> None:
    fact = CustomersMerged(
        customer_id=source, source_id=source, source_number="C-000001", into_id=into, into_number="C-000002")
    await tell(company.running.database, customer, company.tenant, fact, first=first, at=HEARD)


async def moved(company: Any) -> None:
    await work_off(company.running, company.tenant, {TRANSFER_BALANCES: job.transfer_balances})


async def merge(company: Any, source: UUID, into: UUID) -> None:
    await told_of_merger(company, source, into)
    await moved(company)


async def pair(company: Any) -> tuple[UUID, UUID]:
    return await company.register(number="C-000001"), await company.register(number="C-000002")


async def whole(company: Any) -> None:
    checked = await company.get("/integrity")
    assert [one for one in checked["checks"] if one["violations"]] == []


async def held(company: Any, who: UUID) -> dict[str, tuple[str, str, str]]:
    accounts = (await company.get(f"/customers/{who}/account"))["accounts"]
    return {one["open"]["currency"]: (one["open"]["amount"], one["disputed"]["amount"], one["unapplied"]["amount"])
            for one in accounts}


async def told(company: Any, *facts: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [(stream.rpartition(":")[2], fact, payload)
            for stream, fact, payload in await company.running.told(company.tenant) if fact in facts]


async def aged(company: Any, as_of: str) -> dict[str, tuple[str, str]]:
    page = await company.get(f"/ageing?group_by=customer&as_of={as_of}")
    return {row["number"]: (row["figures"]["receivables"]["amount"], row["figures"]["unapplied"]["amount"])
            for row in page["data"]}


async def test_what_is_owed_disputed_and_unapplied_goes_on_and_the_controls_stay(company: Any) -> None:
    source, into = await pair(company)
    invoice = await company.issue(source, "1000", DAY)
    await company.issue(into, "500", DAY)
    await company.pay(source, "300.00", DAY, allocation="none")
    item = invoice["items"][0]["id"]
    await company.post("/disputes", {"item_id": item, "reason": "quality", "amount": money("130.00"), "evidence": None})
    before = await company.balances()
    await company.clock("2026-01-10")
    await merge(company, source, into)
    assert await held(company, source) == {"CNY": ("0.00", "0.00", "0.00")}
    assert await held(company, into) == {"CNY": ("1695.00", "130.00", "300.00")}
    assert await company.balances() == before | {"customer_transfer": "0.00"}
    page = await company.get(f"/customers/{source}/account")
    assert page["merged_into"] == str(into)
    assert [(one["fact_kind"], one["amount"]["amount"], one["effective_on"]) for one in page["data"][-2:]] == [
        ("debt_transferred", "-1130.00", "2026-01-10"), ("credit_transferred", "-300.00", "2026-01-10")]
    facts = await told(company, "DebtTransferred", "CreditTransferred")
    assert [(who, fact, one["side"], one["amount"]["amount"]) for who, fact, one in facts] == [
        (str(source), "DebtTransferred", "out", "-1130.00"), (str(source), "CreditTransferred", "out", "-300.00"),
        (str(into), "DebtTransferred", "in", "1130.00"), (str(into), "CreditTransferred", "in", "300.00")]
    came = facts[2][2]
    assert came["account"] == {"open": money("1695.00"), "disputed": money("130.00"), "unapplied": money("0.00")}
    assert [(one["item_id"], one["open_after"], one["disputed_after"], one["number"], one["due_on"])
            for one in came["items"]] == [(item, money("1130.00"), money("130.00"), invoice["number"], "2026-02-04")]
    await whole(company)


async def test_a_bill_is_passed_on_as_one_that_is_not_reminded_of_by_itself(company: Any) -> None:
    source, into = await pair(company)
    await company.issue(source, "1000", DAY)
    await company.post("/bills", {
        "customer_id": str(source), "amount": money("60.00"), "number": "5130", "drawer": "D", "acceptor": "A",
        "risk_class": "bank", "received_on": DAY, "due_on": "2026-07-05"})
    await merge(company, source, into)
    sides = await told(company, "DebtTransferred")
    assert [{one["number"]: one["dunned"] for one in said["items"]} for _, _, said in sides] == [
        {"INV-000001": True, "BIL-000001": False}] * 2


async def test_answers_for_the_past_stay_and_reports_tie_on_both_sides_of_the_day(company: Any) -> None:
    source, into = await pair(company)
    await company.issue(source, "1000", DAY)
    await company.issue(into, "500", DAY)
    await company.clock("2026-01-10")
    past = await aged(company, "2026-01-09")
    await merge(company, source, into)
    assert past == {"C-000001": ("1130.00", "0.00"), "C-000002": ("565.00", "0.00")}
    assert await aged(company, "2026-01-09") == past
    assert await aged(company, "2026-01-10") == {"C-000002": ("1695.00", "0.00")}
    for who, moved_by in ((source, "-1130.00"), (into, "1130.00")):
        rolled = await company.get(f"/roll-forward?from=2026-01-10&to=2026-01-10&customer_id={who}")
        lines = {line["line"]: line["amount"]["amount"] for line in rolled["currencies"][0]["lines"]}
        assert lines["transfers"] == moved_by


async def test_it_happens_once_however_often_it_is_told(company: Any) -> None:
    source, into = await pair(company)
    await company.issue(source, "1000", DAY)
    for first in (2, 3):
        await told_of_merger(company, source, into, first=first)
        await moved(company)
    assert len(await told(company, "DebtTransferred")) == 2
    assert await held(company, into) == {"CNY": ("1130.00", "0.00", "0.00")}
    await whole(company)


async def test_each_currency_goes_for_what_it_is_carried_for(company: Any) -> None:
    source, into = await pair(company)
    await company.post("/exchange-rates", {"currency": "USD", "rate": "7.10", "valid_on": DAY, "source": "pboc"})
    line = {"description": "Goods", "product": None, "quantity": "1", "unit_price": "1000", "tax_rate": "0"}
    issued = await company.post("/invoices", {
        "customer_id": str(source), "currency": "USD", "lines": [line], "issue": True, "issued_on": DAY})
    paid = await company.post("/payments", {
        "customer_id": str(source), "amount": money("400.00", "USD"), "received_on": DAY, "method": "swift",
        "allocation": "oldest_first"})
    await company.issue(source, "100", DAY)
    await company.clock("2026-01-10")
    await company.post("/exchange-rates", {
        "currency": "USD", "rate": "7.30", "valid_on": "2026-01-10", "source": "pboc"})
    await merge(company, source, into)
    assert await held(company, into) == {"CNY": ("113.00", "0.00", "0.00"), "USD": ("600.00", "0.00", "0.00")}
    lines = {(one["account"], one["amount"]["currency"]): one["base"]["amount"]
             for one in (await company.get("/journal-balances"))["data"]}
    assert lines["receivable_control", "USD"] == "4260.00"
    assert lines["customer_transfer", "USD"] == "0.00"
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "recorded_in_error"})
    lines = {(one["account"], one["amount"]["currency"]): one["base"]["amount"]
             for one in (await company.get("/journal-balances"))["data"]}
    assert lines["receivable_control", "USD"] == "7100.00"
    assert (await held(company, into))["USD"] == ("1000.00", "0.00", "0.00")
    assert issued["items"][0]["open"] == money("1000.00", "USD")
    await whole(company)


async def test_in_slices_nothing_is_lost_and_each_slice_ties(company: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    source, into = await pair(company)
    for _ in range(3):
        await company.issue(source, "100", DAY)
        await company.pay(source, "50.00", DAY, allocation="none")
    await company.pay(source, "113.00", DAY)
    await told_of_merger(company, source, into)
    seen: list[tuple[str, str]] = []

    async def slice_and_look(tx: Any, who: UUID, most: int) -> bool:
        seen.append(await company.account(source))
        return await transfer_balances(tx, who, most)

    monkeypatch.setattr(job, "SLICE", 1)
    monkeypatch.setattr(job, "transfer_slice", slice_and_look)
    await moved(company)
    assert list(dict.fromkeys(seen)) == [
        ("226.00", "150.00"), ("113.00", "150.00"), ("0.00", "150.00"), ("0.00", "100.00"), ("0.00", "50.00"),
        ("0.00", "0.00")]
    assert await company.account(into) == ("226.00", "150.00")
    assert [len(one["items"]) for _, _, one in await told(company, "SettledItemsPassed")] == [1]
    await whole(company)


async def test_money_for_the_old_customer_is_taken_in_at_the_one_that_goes_on(company: Any) -> None:
    source, into = await pair(company)
    await company.issue(source, "1000", DAY)
    await merge(company, source, into)
    paid = await company.pay(source, "300.00", DAY)
    assert (paid["customer_id"], paid["unapplied"]["amount"]) == (str(into), "0.00")
    assert await company.account(into) == ("830.00", "0.00")
    foreign = await company.post("/exchange-rates", {
        "currency": "USD", "rate": "7.10", "valid_on": DAY, "source": "pboc"})
    assert foreign["currency"] == "USD"
    first_in_dollars = await company.post("/payments", {
        "customer_id": str(source), "amount": money("10.00", "USD"), "received_on": DAY, "method": "swift",
        "allocation": "none"})
    assert first_in_dollars["customer_id"] == str(into)
    await whole(company)


@pytest.mark.parametrize("issue", [True, False])
async def test_nothing_new_is_invoiced_to_the_old_customer(company: Any, issue: bool) -> None:
    source, into = await pair(company)
    last = await company.register(number="C-000003")
    await merge(company, source, into)
    await merge(company, into, last)
    line = {"description": "Goods", "product": None, "quantity": "1", "unit_price": "10", "tax_rate": "0"}
    wish = {"customer_id": str(source), "currency": "CNY", "lines": [line], "issue": issue, "issued_on": DAY}
    answer = await company.send("POST", "/invoices", wish)
    assert (answer.status_code, answer.json()["code"]) == (409, "customer_merged")
    assert answer.json()["facts"]["into_id"] == str(last if issue else into)


async def test_a_chain_of_mergers_ends_at_the_last_customer(company: Any) -> None:
    source, into = await pair(company)
    last = await company.register(number="C-000003")
    await company.issue(source, "1000", DAY)
    await told_of_merger(company, source, into)
    await merge(company, into, last)
    assert await company.account(last) == ("1130.00", "0.00")
    assert [one["into_id"] for _, _, one in await told(company, "DebtTransferred")] == [str(last)] * 2
    await whole(company)


async def test_what_came_before_the_merger_is_undone_where_it_goes_on(company: Any) -> None:
    source, into = await pair(company)
    invoice = await company.issue(source, "1000", DAY)
    paid = await company.pay(source, "1130.00", DAY)
    other = await company.issue(source, "200", DAY)
    await company.clock("2026-01-10")
    await merge(company, source, into)
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "not_received"})
    assert await company.account(into) == ("1356.00", "0.00")
    facts = await told(company, "AllocationReversed", "PaymentReversed")
    assert {who for who, _, _ in facts} == {str(into)}
    await company.post(f"/invoices/{other['id']}:void", {"reason": "issued_in_error"})
    note = await company.post("/credit-notes", {
        "invoice_id": invoice["id"], "reason": "goods_returned", "lines": [{"position": 1, "net": money("100.00")}]})
    assert note["customer_id"] == str(into)
    assert await company.account(into) == ("1017.00", "0.00")
    await whole(company)


async def test_drafts_pending_money_and_proposals_go_on(company: Any) -> None:
    source, into = await pair(company)
    line = {"description": "Goods", "product": None, "quantity": "1", "unit_price": "100", "tax_rate": "0"}
    draft = await company.post("/invoices", {
        "customer_id": str(source), "currency": "CNY", "lines": [line], "issue": False, "issued_on": None})
    pending = await company.pay(source, "60.00", DAY, state="pending")
    await merge(company, source, into)
    issued = await company.post(f"/invoices/{draft['id']}:issue", {})
    assert issued["customer_id"] == str(into)
    confirmed = await company.post(f"/payments/{pending['id']}:confirm", {})
    assert confirmed["customer_id"] == str(into)
    assert await company.account(into) == ("40.00", "0.00")
    await whole(company)


async def test_payments_that_race_with_the_merger_are_there_once_at_the_one_that_goes_on(company: Any) -> None:
    source, into = await pair(company)
    invoice = await company.issue(source, "1000", DAY)
    item = invoice["items"][0]["id"]

    async def pay() -> int:
        answer = await company.send("POST", "/payments", {
            "customer_id": str(source), "amount": money("10.00"), "received_on": DAY, "method": "bank_transfer",
            "allocation": "oldest_first"})
        return int(answer.status_code)

    async def dispute() -> int:
        answer = await company.send("POST", "/disputes", {
            "item_id": item, "reason": "quality", "amount": money("1.00"), "evidence": None})
        return int(answer.status_code)

    async def merging() -> None:
        await told_of_merger(company, source, into)
        await moved(company)

    *answers, _ = await asyncio.gather(*(pay() for _ in range(8)), *(dispute() for _ in range(4)), merging())
    assert answers[:8] == [201] * 8
    assert set(answers[8:]) <= {201, 409}
    await moved(company)
    disputed = f"{answers[8:].count(201)}.00"
    assert await held(company, into) == {"CNY": ("1050.00", disputed, "0.00")}
    assert (await held(company, source))["CNY"] == ("0.00", "0.00", "0.00")
    await whole(company)


async def test_it_waits_for_the_customer_that_goes_on_and_for_an_open_day(company: Any) -> None:
    source = await company.register(number="C-000001")
    await company.issue(source, "1000", DAY)
    unheard = new_id()
    await told_of_merger(company, source, unheard)
    with pytest.raises(NotReady, match="customer_not_known_yet"):
        await company.running.database.transact(company.tenant, lambda tx: transfer_balances(tx, source, 100))
    assert await company.account(source) == ("1130.00", "0.00")


@pytest.mark.parametrize(("paid_after", "told_fact"), [
    ("1300.00", "ArrangementCompleted"), (None, "ArrangementDefaulted")])
async def test_an_arrangement_goes_on_and_what_was_paid_before_counts(
    company: Any, paid_after: str | None, told_fact: str,
) -> None:
    source, into = await pair(company)
    await company.issue(into, "400", DAY, rate="0")
    made = [await company.issue(source, "1000", DAY, rate="0") for _ in range(2)]
    await company.post("/arrangements", {
        "item_ids": [one["items"][0]["id"] for one in made], "reference": "minutes", "parts": [
            {"due_on": "2026-03-10", "amount": money("500.00")}, {"due_on": "2026-04-10", "amount": money("1500.00")}]})
    await company.pay(source, "700.00", DAY)
    await company.clock("2026-01-10")
    await merge(company, source, into)
    await turn(company, "2026-03-20")
    assert await told(company, "ArrangementDefaulted") == []
    if paid_after is not None:
        await company.post("/payments", {
            "customer_id": str(into), "amount": money(paid_after), "received_on": "2026-03-20", "method": "cash",
            "allocation": "items", "items": [{"item_id": one["items"][0]["id"]} for one in made]})
    await turn(company, "2026-05-10")
    assert [(who, fact) for who, fact, _ in await told(company, "ArrangementCompleted", "ArrangementDefaulted")] == [
        (str(into), told_fact)]
    await whole(company)


async def test_an_arrangement_with_the_one_that_goes_on_begins_where_it_was_agreed(company: Any) -> None:
    source, into = await pair(company)
    made = await company.issue(source, "1000", DAY, rate="0")
    await company.pay(source, "700.00", DAY)
    await merge(company, source, into)
    await company.post("/arrangements", {"item_ids": [made["items"][0]["id"]], "reference": "minutes", "parts": [
        {"due_on": "2026-03-10", "amount": money("300.00")}]})
    await turn(company, "2026-03-20")
    assert [who for who, _, _ in await told(company, "ArrangementDefaulted")] == [str(into)]
    await company.pay(into, "300.00", "2026-03-09")
    await turn(company, "2026-03-21")
    assert len(await told(company, "ArrangementReinstated")) == 1
    await whole(company)


async def charged(company: Any) -> None:
    assert (await company.send("POST", "/interest-runs", {})).status_code == 202
    await work_off(company.running, company.tenant, {CHARGE_INTEREST: charge_interest})


async def test_interest_is_reckoned_anew_where_it_goes_on(company: Any) -> None:
    source, into = await pair(company)
    rules = {"rules": [{"name": "contract", "margin": "12", "day_base": 360}]}
    await company.send("PUT", "/interest-policy", rules, If_Match='"0"')
    made = await company.issue(source, "4520", DAY, rate="0")
    await company.clock("2026-03-06")
    await charged(company)
    assert await company.account(source) == ("4565.20", "0.00")
    await company.pay(source, "4520.00", "2026-02-19", allocation="items", items=[{"item_id": made["items"][0]["id"]}])
    await merge(company, source, into)
    await charged(company)
    assert await company.account(into) == ("22.60", "0.00")
    await whole(company)


async def turn(company: Any, day: str) -> None:
    await company.clock(day)

    async def work(tx: Any) -> bool:
        return await judge_arrangements(tx, date.fromisoformat(day))

    while await company.running.database.transact(company.tenant, work):
        pass


async def test_what_is_delivered_and_not_billed_goes_on_and_is_billed_there(company: Any) -> None:
    source, into = await pair(company)
    note = {"customer_id": str(source), "amount": money("300.00"), "reference": "DN-1"}
    delivery = await company.post("/delivery-notes", note)
    await merge(company, source, into)
    sides = [(who, one["side"], one["deliveries"][0]["amount"]) for who, _, one in await told(
        company, "DeliveriesTransferred")]
    assert sides == [(str(source), "out", money("-300.00")), (str(into), "in", money("300.00"))]
    line = {"description": "Goods", "product": None, "quantity": "1", "unit_price": "300", "tax_rate": "0"}
    await company.post("/invoices", {
        "customer_id": str(into), "currency": "CNY", "lines": [line], "issue": True, "issued_on": DAY,
        "delivery_ids": [delivery["id"]]})
    assert await company.account(into) == ("300.00", "0.00")
    answer = await company.send("POST", "/delivery-notes", note | {"reference": "DN-2"})
    assert (answer.status_code, answer.json()["code"]) == (409, "customer_merged")
    await whole(company)
