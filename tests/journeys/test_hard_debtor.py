"""A debtor who disputes, is given time, defaults, owes interest, is written off and pays something after all."""

from dunlin_running import Dunlin, Journey
from story_words import Books, cny

from dunlin_kernel.ids import new_id


async def by_another(journey: Journey, path: str) -> None:
    """A second person signs."""
    token = journey.dunlin.token("demonstration", tenant=str(journey.tenant), subject="controller")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(new_id())}
    answer = await journey.dunlin.client.post(path, json={}, headers=headers)
    assert answer.status_code == 200, answer.text


async def test_a_hard_debtor(system: Dunlin) -> None:
    journey = await Journey.begin(system, "2026-02-03 10:00")
    books = await Books.open(journey, limit="20000.00")
    item = (await books.invoice("4000", issued_on="2026-01-05"))["items"][0]["id"]
    await journey.advance("2026-02-10 10:00")
    dispute = await journey.post("/billing/v1/disputes", {
        "item_id": item, "reason": "quantity", "amount": cny("1000.00")})
    await journey.advance("2026-02-20 10:00")
    assert await books.credit() == ("4520.00", "15480.00")
    assert await books.reminders() == [
        ("2026-02-03", "INV-000001", 0, "4520.00"), ("2026-02-07", "INV-000001", 1, "4520.00"),
        ("2026-02-19", "INV-000001", 2, "3520.00")]
    await journey.post(f"/billing/v1/disputes/{dispute['id']}:settle", {"outcome": "rejected"}, status=200)
    await journey.post("/billing/v1/arrangements", {"item_ids": [item], "parts": [
        {"due_on": "2026-03-10", "amount": cny("2000.00")}, {"due_on": "2026-04-10", "amount": cny("2520.00")}]})
    await journey.advance("2026-03-08 10:00")
    assert (await books.reminders())[3:] == [("2026-03-07", "INV-000001", 0, "2000.00")]
    await journey.advance("2026-03-16 10:00")
    (arranged,) = (await journey.get("/billing/v1/arrangements"))["data"]
    assert arranged["state"] == "defaulted"
    assert await books.aged("2026-03-16") == {"31_60": "4520.00", "net": "4520.00"}

    rules = {"rules": [{"name": "contract", "margin": "12", "day_base": 360}]}
    answer = await journey.dunlin.client.put(
        "/billing/v1/interest-policy", json=rules, headers=journey.headers | {"If-Match": '"0"'})
    assert answer.status_code == 200, answer.text
    await journey.post("/billing/v1/interest-runs", {"to_on": "2026-03-06"}, status=202)
    await journey.quiet()
    assert await books.credit() == ("4580.27", "15419.73"), "10 days more have accrued: 15.07"
    (interest,) = [one for one in (await journey.get("/billing/v1/items", customer_id=str(books.id)))["data"]
                   if one["kind"] == "interest"]
    waiver = await journey.post("/billing/v1/interest-waivers", {"item_id": interest["id"], "reason": "settlement"})
    await by_another(journey, f"/billing/v1/interest-waivers/{waiver['id']}:approve")
    lost = await journey.post("/billing/v1/write-offs", {"item_id": item, "reason": "insolvency"})
    assert len((await journey.get("/billing/v1/approvals"))["data"]) == 1
    await by_another(journey, f"/billing/v1/write-offs/{lost['id']}:approve")
    await journey.quiet()
    assert await books.credit() == ("15.07", "19984.93"), "a write-off waives no interest: a run would charge that"
    sent = len(await books.reminders())
    await journey.advance("2026-03-25 10:00")
    assert len(await books.reminders()) == sent
    paid = await books.pay("1000.00", "2026-03-25")
    assert paid["unapplied"] == cny("1000.00")
    recover = f"/billing/v1/write-offs/{lost['id']}:recover"
    recovered = await journey.post(recover, {"credit_id": paid["id"]}, status=200)
    assert recovered["recovered"] == cny("1000.00")
    await journey.quiet()
    assert await books.credit() == ("15.07", "19984.93")
    assert await books.aged("2026-03-25") == {"net": "0.00"}
    assert await books.balances() == {
        "bad_debt": "3520.00", "bank": "1000.00", "customer_credit": "0.00", "interest": "0.00",
        "receivable_control": "0.00", "revenue": "-4000.00", "tax": "-520.00"}
    await journey.assert_integrity()
