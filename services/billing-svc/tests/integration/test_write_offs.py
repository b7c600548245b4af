"""Write-offs on the books: two persons, tax, recovery, reversal, refusals, and races with payments."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

from dunlin_kernel.ids import new_id


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def sound(company: Any) -> bool:
    """Every integrity check passes."""
    return not [one for one in (await company.get("/integrity"))["checks"] if not one["holds"]]


async def owing(company: Any) -> tuple[UUID, dict[str, Any]]:
    """A customer who owes 1,130.00 of 1,000.00 and 13 % tax since January."""
    who = await company.register()
    invoice = await company.issue(who, "1000", "2026-01-05")
    await company.clock("2026-06-30")
    return who, invoice


async def propose(company: Any, invoice: dict[str, Any], amount: str | None = None) -> dict[str, Any]:
    body = {"item_id": invoice["items"][0]["id"], "reason": "insolvency", "reference": "court file 7"}
    made: dict[str, Any] = await company.post("/write-offs", body | ({"amount": cny(amount)} if amount else {}))
    return made


async def approve(company: Any, one: dict[str, Any], subject: str = "controller") -> Any:
    headers = company.running.headers(company.tenant, "write_offs:approve", subject=subject)
    return await company.running.client.post(
        f"/billing/v1/write-offs/{one['id']}:approve", json={}, headers=headers)


async def written_off(company: Any, invoice: dict[str, Any], amount: str | None = None) -> dict[str, Any]:
    one = await propose(company, invoice, amount)
    answer = await approve(company, one)
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done


async def recovered(company: Any, one: dict[str, Any]) -> str:
    amount: str = (await company.get(f"/write-offs/{one['id']}"))["recovered"]["amount"]
    return amount


async def test_another_person_than_its_maker_approves_it(company: Any) -> None:
    who, invoice = await owing(company)
    one = await propose(company, invoice)
    (waiting,) = (await company.get("/approvals"))["data"]
    assert [waiting[name] for name in ("write_off_id", "payment_id", "reason", "maker", "may_sign")] == [
        one["id"], None, "write_off", "clerk", False]
    own = await approve(company, one, "clerk")
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    assert await company.account(who) == ("1130.00", "0.00")
    done = (await approve(company, one)).json()
    assert (done["state"], done["effective_on"], done["amount"]) == ("approved", "2026-06-30", cny("1130.00"))
    assert (await company.get("/approvals"))["data"] == []
    assert await company.account(who) == ("0.00", "0.00")
    (shown,) = (await company.get(f"/items?customer_id={who}"))["data"]
    assert (shown["open"], shown["written_off"]) == (cny("0.00"), cny("1130.00"))
    assert (await company.get(f"/invoices/{invoice['id']}"))["settlement"] == "partial"
    _, fact, said = (await company.running.told(company.tenant))[-1]
    assert (fact, said["account"]["open"], said["items"][0]["amount"]) == (
        "DebtWrittenOff", cny("0.00"), cny("-1130.00"))
    assert await company.balances() == {
        "bad_debt": "1130.00", "receivable_control": "0.00", "revenue": "-1000.00", "tax": "-130.00"}
    assert await sound(company)


async def test_tax_is_corrected_where_the_policy_says_so_and_comes_back_with_the_money(company: Any) -> None:
    who, invoice = await owing(company)
    wish = {"vat": "at_write_off", "account": "allowance"}
    policy = await company.send("PUT", "/bad-debt-policy", wish, If_Match='"0"')
    assert policy.json() == await company.get("/bad-debt-policy")
    one = await written_off(company, invoice)
    assert one["tax"] == cny("130.00")
    assert await company.balances() == {
        "allowance": "1000.00", "receivable_control": "0.00", "revenue": "-1000.00", "tax": "0.00"}
    paid = await company.pay(who, "339.00", "2026-06-30")
    assert await company.account(who) == ("0.00", "339.00")
    after = await company.post(f"/write-offs/{one['id']}:recover", {"credit_id": paid["id"]})
    assert after["recovered"] == cny("339.00")
    facts = (await company.running.told(company.tenant))[-2:]
    assert [(fact, said["account"]["open"]["amount"]) for _, fact, said in facts] == [
        ("DebtRecovered", "339.00"), ("CreditAllocated", "0.00")]
    assert await company.balances() == {
        "allowance": "700.00", "bank": "339.00", "customer_credit": "0.00", "receivable_control": "0.00",
        "revenue": "-1000.00", "tax": "-39.00"}
    assert await company.account(who) == ("0.00", "0.00")
    assert await sound(company)


async def test_the_rest_of_a_reversed_one_is_owed_again(company: Any) -> None:
    who, invoice = await owing(company)
    one = await written_off(company, invoice, "1000.00")
    paid = await company.pay(who, "330.00", "2026-06-30")
    assert [part["amount"] for part in paid["allocations"]] == [cny("130.00")]
    await company.post(f"/write-offs/{one['id']}:recover", {"credit_id": paid["id"], "amount": cny("50.00")})
    headers = {"reason": "debt_is_good"}
    back = await company.post(f"/write-offs/{one['id']}:reverse", headers)
    assert back["state"] == "reversed"
    assert await company.account(who) == ("950.00", "150.00")
    (row,) = (await company.get("/ageing"))["data"]
    assert row["figures"]["overdue"] == cny("950.00")
    assert await sound(company)


async def test_a_recovery_whose_payment_is_returned_is_lost_again(company: Any) -> None:
    who, invoice = await owing(company)
    await company.send("PUT", "/bad-debt-policy", {"vat": "at_write_off", "account": "bad_debt"}, If_Match='"0"')
    one = await written_off(company, invoice)
    lost = {"bad_debt": "1000.00", "receivable_control": "0.00", "revenue": "-1000.00", "tax": "0.00"}
    assert await company.balances() == lost
    paid = [await company.pay(who, amount, "2026-06-30") for amount in ("100.00", "50.00")]
    for payment in paid:
        await company.post(f"/write-offs/{one['id']}:recover", {"credit_id": payment["id"]})
    await company.post(f"/payments/{paid[0]['id']}:reverse", {"reason": "not_received"})
    assert (await company.account(who), await recovered(company, one)) == (("0.00", "0.00"), "50.00")
    allocation = (await company.get(f"/payments/{paid[1]['id']}"))["allocations"][0]["id"]
    await company.post(f"/allocations/{allocation}:reverse", {"reason": "reassigned"})
    assert (await company.account(who), await recovered(company, one)) == (("0.00", "50.00"), "0.00")
    assert await company.balances() == lost | {"bank": "50.00", "customer_credit": "-50.00"}
    told = [said for _, fact, said in await company.running.told(company.tenant) if fact == "RecoveryReversed"]
    assert [(said["amount"], said["items"][0]["open_after"]) for said in told] == [
        (cny("100.00"), cny("0.00")), (cny("50.00"), cny("0.00"))]
    assert await sound(company)


async def test_what_recovered_one_that_was_reversed_since_is_owed_when_it_is_gone(company: Any) -> None:
    who, invoice = await owing(company)
    one = await written_off(company, invoice)
    paid = await company.pay(who, "100.00", "2026-06-30")
    await company.post(f"/write-offs/{one['id']}:recover", {"credit_id": paid["id"]})
    await company.post(f"/write-offs/{one['id']}:reverse", {"reason": "debt_is_good"})
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "not_received"})
    assert await company.account(who) == ("1130.00", "0.00")
    assert await sound(company)


async def test_a_credit_note_lowers_the_claim_before_it_gives_anything_back(company: Any) -> None:
    who, invoice = await owing(company)
    await company.send("PUT", "/bad-debt-policy", {"vat": "at_write_off", "account": "bad_debt"}, If_Match='"0"')
    one = await written_off(company, invoice)
    note = await company.post("/credit-notes", {"invoice_id": invoice["id"], "reason": "goods_returned"})
    assert (note["amount"], note["unapplied"]) == (cny("1130.00"), cny("0.00"))
    assert [part["amount"] for part in note["allocations"]] == [cny("1130.00")]
    assert (await company.account(who), await recovered(company, one)) == (("0.00", "0.00"), "1130.00")
    assert {account: amount for account, amount in (await company.balances()).items() if amount != "0.00"} == {}
    assert await sound(company)
    await company.post(f"/credit-notes/{note['id']}:cancel", {"reason": "withdrawn"})
    assert (await company.account(who), await recovered(company, one)) == (("0.00", "0.00"), "0.00")
    assert (await company.balances())["bad_debt"] == "1000.00"
    assert await sound(company)


async def test_a_credit_note_pays_what_is_open_then_what_was_lost_and_leaves_what_was_paid(company: Any) -> None:
    who, invoice = await owing(company)
    one = await written_off(company, invoice, "130.00")
    await company.pay(who, "400.00", "2026-06-30")
    note = await company.post("/credit-notes", {"invoice_id": invoice["id"], "reason": "goods_returned"})
    assert [part["amount"] for part in note["allocations"]] == [cny("600.00"), cny("130.00")]
    assert (await company.account(who), await recovered(company, one)) == (("0.00", "400.00"), "130.00")
    assert await sound(company)


async def test_nothing_is_given_up_beside_an_unapplied_credit_note(company: Any) -> None:
    who, invoice = await owing(company)
    item = invoice["items"][0]["id"]
    paid = await company.pay(who, "1120.00", "2026-06-30")
    tolerated = await company.send("PUT", "/tolerance-policy", {"most": [cny("20.00")], "share_bps": 500},
                                   If_Match='"0"')
    assert tolerated.status_code == 200, tolerated.text
    proposed_before = await propose(company, invoice)
    other = await company.pay(who, "10.00", "2026-06-30")
    line = [{"position": 1, "net": cny("5.00")}]
    note = await company.post("/credit-notes", {"invoice_id": invoice["id"], "reason": "rebate", "lines": line})
    assert await company.account(who) == ("0.00", "5.65")
    await company.post(f"/payments/{other['id']}:reverse", {"reason": "returned"})
    assert await company.account(who) == ("10.00", "5.65")
    answers = [
        await company.send("POST", "/write-offs", {"item_id": item, "reason": "insolvency"}),
        await approve(company, proposed_before),
        await company.send("POST", "/differences", {"item_id": item, "reason": "rounding"})]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "credit_note_unapplied")] * 3
    await company.post(f"/credit-notes/{note['id']}:apply", {"allocation": "oldest_first"})
    assert await company.account(who) == ("4.35", "0.00")
    await company.post("/differences", {"item_id": item, "reason": "rounding"})
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "returned"})
    assert (await written_off(company, invoice))["amount"] == cny("1124.35"), "what was closed is owed again with it"
    assert await company.account(who) == ("0.00", "0.00")
    assert await sound(company)


async def test_what_is_refused(company: Any) -> None:
    who, invoice = await owing(company)
    item = invoice["items"][0]["id"]
    other = await company.register(number="C-000002")
    theirs = await company.pay(other, "10.00", "2026-06-30")
    await company.post("/disputes", {"item_id": item, "reason": "price", "amount": cny("130.00")})
    base = {"item_id": item, "reason": "uneconomical"}
    one = await company.post("/write-offs", base)
    assert one["amount"] == cny("1000.00")
    for path, body, status, code in (
            ("/write-offs", base | {"amount": cny("1000.01")}, 422, "more_than_undisputed"),
            ("/write-offs", base | {"item_id": str(new_id())}, 404, "item_not_found"),
            ("/write-offs", base | {"id": one["id"]}, 409, "write_off_exists"),
            (f"/write-offs/{one['id']}:recover", {"credit_id": theirs["id"]}, 422, "credit_of_another"),
            (f"/write-offs/{one['id']}:recover", {"credit_id": str(new_id())}, 404, "credit_not_found"),
            (f"/write-offs/{one['id']}:reverse", {"reason": "debt_is_good"}, 409, "illegal_transition"),
            (f"/write-offs/{new_id()}:approve", {}, 404, "write_off_not_found")):
        answer = await company.send("POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await company.post(f"/write-offs/{one['id']}:refuse", {}))["state"] == "refused"
    assert (await approve(company, one)).json()["code"] == "illegal_transition"
    assert (await company.get(f"/write-offs?customer_id={who}&state=refused"))["data"] == [
        await company.get(f"/write-offs/{one['id']}")]
    stale = await company.send("PUT", "/bad-debt-policy", {"vat": "none", "account": "bad_debt"}, If_Match='"3"')
    assert stale.status_code == 412
    assert await sound(company)


async def test_payments_refunds_and_write_offs_racing_for_one_item_lose_no_cent(company: Any) -> None:
    who, invoice = await owing(company)
    named = {"customer_id": str(who), "amount": cny("400.00"), "received_on": "2026-06-30", "method": "cash",
             "allocation": "oldest_first"}
    proposals = [await propose(company, invoice, "300.00") for _ in range(4)]
    rest = await company.pay(who, "50.00", "2026-06-30", allocation="none")
    calls = [call for one in proposals for call in (
        approve(company, one), company.send("POST", "/payments", named), company.send("POST", "/refunds", {
            "credit_id": rest["id"], "amount": cny("20.00"), "method": "bank_transfer", "reason": "overpaid"}))]
    answers = await asyncio.gather(*calls)
    outcomes = Counter("ok" if one.status_code < 300 else one.json()["code"] for one in answers)
    assert set(outcomes) <= {"ok", "more_than_undisputed", "nothing_open", "more_than_unapplied"}
    opened, _ = await company.account(who)
    assert opened == "0.00"
    assert await sound(company)
