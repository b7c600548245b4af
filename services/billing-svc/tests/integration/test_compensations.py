"""Third parties' money on real PostgreSQL: the debt stays, later receipts are shared, and every report ties."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from billing_svc.consumers.credit import credit
from dunlin_events.contracts.credit_covers import ClaimSettled
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def owed(company: Any) -> tuple[UUID, str]:
    who = await company.register()
    made = await company.issue(who, "400", "2026-01-05", rate="0")
    return who, made["items"][0]["id"]


async def compensate(company: Any, item: str, amount: str, **more: Any) -> Any:
    return await company.send("POST", "/compensations", {
        "item_id": item, "amount": cny(amount), "payer": "Sinosure", "received_on": "2026-01-05"} | more)


async def broken(company: Any) -> list[str]:
    return [one["id"] for one in (await company.get("/integrity"))["checks"] if not one["holds"]]


async def settled(company: Any, who: UUID, paid: str, claim: UUID | None = None) -> str:
    """A claim on which so much was paid, as credit-svc told."""
    fact = ClaimSettled.model_validate(dict(ClaimSettled.examples[0]) | {
        "customer_id": who, "claim_id": claim or new_id(), "paid": cny(paid)})
    await tell(company.running.database, credit, company.tenant, fact)
    return str(fact.claim_id)


def figures(one: dict[str, Any]) -> tuple[str, ...]:
    return tuple(one[name]["amount"] for name in ("item_open", "recovered", "shared", "due"))


async def test_the_debt_stays_and_what_comes_in_later_is_shared(company: Any) -> None:
    who, item = await owed(company)
    await company.pay(who, "50.00", "2026-01-05")
    claim = await settled(company, who, "262.50")
    made = (await compensate(company, item, "262.50", claim_id=claim, reference="POL-1")).json()
    assert (made["claimed"]["amount"], made["item_number"], made["number"], made["claim_id"]) == (
        "350.00", "INV-000001", "C-000001", claim)
    assert figures(made) == ("350.00", "0.00", "0.00", "0.00")
    assert await company.account(who) == ("350.00", "0.00")
    path = f"/compensations/{made['id']}"
    early = await company.send("POST", f"{path}:share")
    assert (early.status_code, early.json()["code"]) == (422, "nothing_to_share")
    first = await company.pay(who, "100.00", "2026-01-05")
    assert figures(await company.get(path)) == ("250.00", "100.00", "0.00", "75.00")
    answers = await asyncio.gather(*(company.send("POST", f"{path}:share") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]
    await company.post(f"/payments/{first['id']}:reverse", {"reason": "not_received"})
    assert figures(await company.get(path)) == ("350.00", "0.00", "75.00", "0.00")
    await company.pay(who, "350.00", "2026-01-05")
    assert figures(await company.post(f"{path}:share", None)) == ("0.00", "350.00", "262.50", "0.00")
    assert await company.account(who) == ("0.00", "0.00")
    balances = await company.balances()
    assert (balances.get("third_party_bank", "0.00"), balances.get("third_party_claims", "0.00")) == ("0.00", "0.00")
    said = [(fact, told["amount"]["amount"], told["account"]["open"]["amount"])
            for _, fact, told in await company.running.told(company.tenant) if fact.startswith("Compensation")]
    assert said == [("CompensationReceived", "262.50", "350.00"), ("CompensationShared", "75.00", "250.00"),
                    ("CompensationShared", "187.50", "0.00")]
    assert await broken(company) == []


async def test_no_more_is_compensated_than_is_owed_by_however_many(company: Any) -> None:
    who, item = await owed(company)
    answers = await asyncio.gather(*(compensate(company, item, "150.00") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 422, 422, 422, 422]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 422} == {"more_than_open"}
    missing = await compensate(company, str(new_id()), "1.00")
    assert (missing.status_code, missing.json()["code"]) == (404, "item_not_found")
    listed = await company.rows(f"/compensations?customer_id={who}&limit=1")
    assert [(one["amount"]["amount"], one["payer"]) for one in listed] == [("150.00", "Sinosure")] * 2
    gone = await company.send("GET", f"/compensations/{new_id()}")
    assert (gone.status_code, gone.json()["code"]) == (404, "compensation_not_found")
    assert await company.balances() == {
        "receivable_control": "400.00", "revenue": "-400.00", "third_party_bank": "300.00",
        "third_party_claims": "-300.00"}
    assert await broken(company) == []


async def test_no_more_is_booked_on_a_claim_than_was_paid_on_it(company: Any) -> None:
    who, item = await owed(company)
    other = (await company.issue(await company.register(number="C-000002"), "400", "2026-01-05", rate="0"))["items"][0]
    unpaid = await compensate(company, item, "1.00", claim_id=str(new_id()))
    assert (unpaid.status_code, unpaid.json()["code"]) == (409, "claim_not_paid")
    claim = await settled(company, who, "300.00")
    answers = await asyncio.gather(*(
        compensate(company, one, "120.00", claim_id=claim) for _ in range(3) for one in (item, other["id"])))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 422, 422, 422, 422]
    assert {(one.json()["code"], one.json()["facts"]["left"]) for one in answers if one.status_code == 422} == {
        ("more_than_claim_paid", "60.00")}
    made = next(answer.json() for answer in answers if answer.status_code == 201)
    await company.post(f"/compensations/{made['id']}:reverse", {"reason": "recorded_in_error"})
    assert (await compensate(company, item, "180.00", claim_id=claim)).status_code == 201
    assert await broken(company) == []


async def test_what_was_not_passed_on_is_taken_back_once_and_the_debt_can_be_compensated_again(company: Any) -> None:
    who, item = await owed(company)
    made = (await compensate(company, item, "300.00")).json()
    path = f"/compensations/{made['id']}"
    await company.pay(who, "40.00", "2026-01-05")
    await company.post(f"{path}:share", None)
    wrong = await company.send("POST", f"{path}:reverse", {"reason": "recorded_in_error"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "compensation_shared")
    answers = await asyncio.gather(*(company.send("POST", f"{path}:reverse", {"reason": "reclaimed"}) for _ in "123"))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    gone = await company.get(path)
    assert (gone["reversed_on"], gone["reversal_reason"], figures(gone)) == (
        "2026-01-05", "reclaimed", ("360.00", "40.00", "30.00", "0.00"))
    late = await company.send("POST", f"{path}:share")
    assert (late.status_code, late.json()["code"]) == (409, "compensation_reversed")
    assert await company.balances() == {
        "bank": "40.00", "receivable_control": "360.00", "revenue": "-400.00", "customer_credit": "0.00",
        "third_party_bank": "0.00", "third_party_claims": "0.00"}
    assert (await compensate(company, item, "360.00")).status_code == 201
    told = [said for _, fact, said in await company.running.told(company.tenant) if fact == "CompensationReversed"]
    assert [(said["amount"]["amount"], said["account"]["open"]["amount"]) for said in told] == [("270.00", "360.00")]
    assert await broken(company) == []


async def test_a_statement_shows_it_beside_what_the_customer_owes(company: Any) -> None:
    who, item = await owed(company)
    first = (await compensate(company, item, "100.00")).json()
    await company.post(f"/compensations/{first['id']}:reverse", {"reason": "recorded_in_error"})
    await compensate(company, item, "300.00")
    await company.pay(who, "40.00", "2026-01-05")
    asked = {"customer_id": str(who), "period_from": "2026-01-01", "period_to": "2026-01-05"}
    made = await company.post("/statements", asked)
    (one,) = made["currencies"]
    assert one["closing"]["receivables"]["amount"] == "360.00"
    assert sorted((moved["fact_kind"], moved["number"], moved["payer"], moved["amount"]["amount"])
                  for moved in one["third_parties"]) == [
        ("compensation_received", "INV-000001", "Sinosure", "100.00"),
        ("compensation_received", "INV-000001", "Sinosure", "300.00"),
        ("compensation_reversed", "INV-000001", "Sinosure", "-100.00")]
    assert await company.get(f"/statements/{made['id']}") == made
    paper = await company.send("GET", f"/statements/{made['id']}/document?format=pdf")
    assert paper.status_code == 200, paper.text


@pytest.mark.parametrize("outcome", ["settled", "refused"])
async def test_what_was_paid_on_a_claim_waits_in_the_inbox_until_it_is_booked(company: Any, outcome: str) -> None:
    who, item = await owed(company)
    paid, refused = ClaimSettled.examples
    example = paid if outcome == "settled" else refused
    settled = ClaimSettled.model_validate(dict(example) | {
        "customer_id": who, "claim_id": new_id(), "paid": cny("300.00" if outcome == "settled" else "0.00")})
    await tell(company.running.database, credit, company.tenant, settled)

    async def waits() -> list[tuple[str, ...]]:
        return [(one["reason"], one["claim_id"], one["number"], one["amount"]["amount"])
                for one in (await company.get("/approvals"))["data"]]
    if outcome == "refused":
        assert await waits() == []
        return
    claim = str(settled.claim_id)
    assert await waits() == [("claim_settled", claim, "C-000001", "300.00")]
    made = [(await compensate(company, item, part, claim_id=claim)).json() for part in ("100.00", "200.00")]
    assert await waits() == []
    await company.post(f"/compensations/{made[0]['id']}:reverse", {"reason": "recorded_in_error"})
    assert await waits() == [("claim_settled", claim, "C-000001", "100.00")]
