"""Arrangements day by day: new dates stand, a missed part restores the old ones, money in time takes that back."""

from datetime import date
from typing import Any
from uuid import UUID

from billing_svc.usecases.judge_arrangements import judge_arrangements
from billing_svc.usecases.tell_overdue import tell_overdue
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def parts(*given: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"due_on": day, "amount": cny(amount)} for day, amount in given]


async def sound(company: Any) -> bool:
    """Every integrity check passes."""
    return not [one for one in (await company.get("/integrity"))["checks"] if not one["holds"]]


async def facts(company: Any, last: int = 1) -> list[tuple[str, list[tuple[str, int]]]]:
    """The last facts, and the dates that stand for items by each."""
    return [(fact, [(one["due_on"], one["due_version"]) for one in said.get("items", ())])
            for _, fact, said in (await company.running.told(company.tenant))[-last:]]


async def owing(company: Any) -> tuple[UUID, list[str]]:
    """A customer with two invoices of 1,000.00 due 4 and 9 February, on 20 February."""
    who = await company.register()
    await company.clock("2026-02-20")
    made = [await company.issue(who, "1000", day, rate="0") for day in ("2026-01-05", "2026-01-10")]
    return who, [one["items"][0]["id"] for one in made]


async def agree(company: Any, items: list[str], *given: tuple[str, str], **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = await company.post("/arrangements", {
        "item_ids": items, "parts": parts(*given), "reference": "minutes of 20 February"} | more)
    return made


async def buckets(company: Any, query: str) -> dict[str, str]:
    (row,) = (await company.get(f"/ageing?{query}"))["data"]
    return {one["name"]: one["amount"]["amount"] for one in row["figures"]["buckets"] if one["items"]}


async def turn(company: Any, day: str) -> None:
    """Move the clock, and let the day turn as its job does."""
    await company.clock(day)
    today = date.fromisoformat(day)

    async def work(tx: Transaction) -> bool:
        return await judge_arrangements(tx, today) or await tell_overdue(tx, today)

    while await company.running.database.transact(company.tenant, work):
        pass


async def test_other_dates_stand_and_ageing_shows_both(company: Any) -> None:
    who, items = await owing(company)
    made = await agree(company, items, ("2026-03-10", "500.00"), ("2026-04-10", "1500.00"))
    assert (made["state"], made["amount"], made["version"]) == ("active", cny("2000.00"), 1)
    assert await facts(company) == [("ArrangementAgreed", [("2026-03-10", 2), ("2026-04-10", 2)])]
    shown = (await company.get(f"/items?customer_id={who}"))["data"]
    assert [(one["due_on"], one["arranged_due_on"], one["arrangement_id"]) for one in shown] == [
        ("2026-02-04", "2026-03-10", made["id"]), ("2026-02-09", "2026-04-10", made["id"])]
    assert await buckets(company, "as_of=2026-02-20") == {"1_30": "2000.00"}
    assert await buckets(company, "basis=arranged") == {"not_due": "2000.00"}
    assert await buckets(company, "basis=arranged&as_of=2026-02-19") == {"1_30": "2000.00"}
    assert await buckets(company, "basis=invoice_date") == {"31_60": "2000.00"}
    await company.clock("2026-03-15")
    assert await buckets(company, "basis=arranged") == {"1_30": "500.00", "not_due": "1500.00"}
    await company.pay(who, "700.00", "2026-03-15")
    assert await buckets(company, "basis=arranged") == {"not_due": "1300.00"}
    assert await sound(company)
    assert (await company.get(f"/arrangements?customer_id={who}&state=active"))["data"] == [
        made] == [await company.get(f"/arrangements/{made['id']}")]


async def test_a_missed_part_restores_the_old_dates_and_money_in_time_takes_that_back(company: Any) -> None:
    who, items = await owing(company)
    made = await agree(company, items, ("2026-03-10", "500.00"), ("2026-04-10", "1500.00"))
    await turn(company, "2026-03-13")
    assert (await company.get(f"/arrangements/{made['id']}"))["state"] == "active"
    await turn(company, "2026-03-14")
    assert (await company.get(f"/arrangements/{made['id']}"))["state"] == "defaulted"
    told = await facts(company, 3)
    assert told[0] == ("ArrangementDefaulted", [("2026-02-04", 3), ("2026-02-09", 3)])
    assert [fact for fact, _ in told[1:]] == ["InvoiceOverdue", "InvoiceOverdue"]
    assert await buckets(company, "basis=arranged") == {"31_60": "2000.00"}
    assert await buckets(company, "basis=arranged&as_of=2026-03-13") == {"1_30": "500.00", "not_due": "1500.00"}
    await company.pay(who, "500.00", "2026-03-12")
    await turn(company, "2026-03-15")
    assert (await company.get(f"/arrangements/{made['id']}"))["state"] == "active"
    assert await facts(company) == [("ArrangementReinstated", [("2026-04-10", 4), ("2026-04-10", 4)])]
    await company.pay(who, "1500.00", "2026-03-15")
    await turn(company, "2026-03-16")
    assert (await company.get(f"/arrangements/{made['id']}"))["state"] == "completed"
    assert (await facts(company))[0][0] == "ArrangementCompleted"
    assert await sound(company)


async def test_of_two_broken_arrangements_of_one_item_one_comes_back_and_both_end(company: Any) -> None:
    """Judged at one turn of the day, they give the item one version of its due date each."""
    who, (item, _) = await owing(company)
    first = await agree(company, [item], ("2026-03-10", "500.00"), ("2026-04-10", "500.00"))
    await turn(company, "2026-03-14")
    later = await agree(company, [item], ("2026-03-20", "500.00"), ("2026-04-20", "500.00"))
    await turn(company, "2026-03-28")

    async def states() -> list[str]:
        return [(await company.get(f"/arrangements/{one['id']}"))["state"] for one in (first, later)]

    async def pay(amount: str) -> None:
        chosen = [{"item_id": item, "amount": cny(amount)}]
        await company.pay(who, amount, "2026-03-10", allocation="items", items=chosen)

    assert await states() == ["defaulted", "defaulted"]
    await pay("500.00")
    await turn(company, "2026-03-29")
    assert await states() == ["defaulted", "active"]
    await turn(company, "2026-04-24")
    assert await states() == ["defaulted", "defaulted"]
    await pay("500.00")
    await turn(company, "2026-04-25")
    assert await states() == ["completed", "completed"]
    assert await sound(company)


async def test_a_part_that_is_paid_makes_the_next_one_stand_until_its_money_goes_back(company: Any) -> None:
    who, items = await owing(company)
    await agree(company, items, ("2026-03-10", "500.00"), ("2026-04-10", "1500.00"), grace_days=5)
    shown = (await company.get(f"/items?customer_id={who}"))["data"]
    assert [one["parts"] for one in shown] == [
        parts(("2026-03-10", "500.00"), ("2026-04-10", "500.00")), parts(("2026-04-10", "1000.00"))]
    await company.clock("2026-03-09")
    paid = await company.pay(who, "700.00", "2026-03-09")
    (first, _) = (await company.get(f"/items?customer_id={who}"))["data"]
    assert (first["arranged_due_on"], first["parts"]) == ("2026-03-10", parts(("2026-04-10", "300.00")))
    await turn(company, "2026-03-11")
    assert await facts(company) == [("ArrangementAdvanced", [("2026-04-10", 3)])]
    await company.post(f"/payments/{paid['id']}:reverse", {"reason": "returned"})
    await turn(company, "2026-03-12")
    assert ("ArrangementAdvanced", [("2026-03-10", 4)]) in await facts(company, 2)
    before = len(await company.running.told(company.tenant))
    await turn(company, "2026-03-13")
    assert len(await company.running.told(company.tenant)) == before
    assert await sound(company)


async def test_overdue_is_told_once_more_for_the_arranged_date(company: Any) -> None:
    _, items = await owing(company)
    await turn(company, "2026-02-21")
    await agree(company, items[:1], ("2026-03-01", "1000.00"), grace_days=10)
    await turn(company, "2026-03-01")
    before = len(await company.running.told(company.tenant))
    await turn(company, "2026-03-02")
    (_, fact, said), = (await company.running.told(company.tenant))[before:]
    assert (fact, said["due_on"], said["due_version"]) == ("InvoiceOverdue", "2026-03-01", 2)


async def test_a_revision_sums_to_what_is_still_open(company: Any) -> None:
    who, items = await owing(company)
    made = await agree(company, items, ("2026-03-10", "500.00"), ("2026-04-10", "1500.00"))
    await company.pay(who, "1200.00", "2026-02-20")
    revision = f"/arrangements/{made['id']}:revise"
    answer = await company.send("POST", revision, {"parts": parts(("2026-05-01", "2000.00"))})
    assert (answer.status_code, answer.json()["code"]) == (422, "instalments_do_not_sum")
    revised = await company.post(revision, {"parts": parts(("2026-05-01", "800.00")), "grace_days": 0})
    assert (revised["version"], revised["amount"]) == (2, cny("800.00"))
    assert await facts(company) == [("ArrangementRevised", [("2026-05-01", 3)])]
    await turn(company, "2026-05-01")
    assert (await company.get(f"/arrangements/{made['id']}"))["state"] == "active"
    await turn(company, "2026-05-02")
    ended = await company.send("POST", revision, {"parts": parts(("2026-06-01", "800.00"))})
    assert (ended.status_code, ended.json()["code"]) == (409, "arrangement_ended")
    assert await sound(company)


async def test_what_is_refused(company: Any) -> None:
    who, items = await owing(company)
    other = await company.register(number="C-000002")
    strange = (await company.issue(other, "10", "2026-02-20", rate="0"))["items"][0]["id"]
    one = {"item_ids": items[:1], "parts": parts(("2026-03-10", "1000.00"))}
    made = await company.post("/arrangements", one)
    for body, status, code in (
            (one, 409, "already_arranged"),
            (one | {"item_ids": [items[1], strange]}, 422, "items_of_several_accounts"),
            (one | {"item_ids": [str(new_id())]}, 404, "item_not_found"),
            ({"item_ids": items[1:], "parts": parts(("2026-02-19", "1000.00"))}, 422, "part_in_past"),
            ({"item_ids": items[1:], "parts": parts(("2026-03-10", "1000.01"))}, 422, "instalments_do_not_sum"),
            ({"id": made["id"], "item_ids": items[1:], "parts": parts(("2026-03-10", "1000.00"))}, 409,
             "arrangement_exists")):
        answer = await company.send("POST", "/arrangements", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await company.send("GET", f"/arrangements/{new_id()}")).json()["code"] == "arrangement_not_found"
    await company.pay(who, "1000.00", "2026-02-20", allocation="items", items=[{"item_id": items[1]}])
    settled = await company.send("POST", "/arrangements", one | {"item_ids": items[1:]})
    assert settled.json()["code"] == "nothing_open"
    assert await sound(company)
