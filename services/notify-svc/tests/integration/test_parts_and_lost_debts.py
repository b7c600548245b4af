"""Parts of an arrangement are reminded of one by one; what is written off is told as that, and its case goes on."""

from datetime import date
from typing import Any

from dunlin_events.contracts.base import FACTS
from dunlin_events.contracts.billing_arrangements import ArrangementAdvanced, ArrangementAgreed, ArrangementFact

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)
MARCH, APRIL = date(2026, 3, 10), date(2026, 4, 10)


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def stand(desk: Any, fact: type[ArrangementFact], item: Any, due: date, version: int) -> None:
    """Another due date stands for the item."""
    await desk.hear(fact.model_validate(dict(fact.examples[0]) | {
        "customer_id": desk.customer, "items": [{"item_id": item, "due_on": due, "due_version": version}]}))


async def move(desk: Any, fact: str, item: Any, amount: str, left: str) -> None:
    """A fact of a write-off; billing-svc answers by it at once."""
    kind = FACTS[f"dunlin.billing.{fact}.v1"]
    desk.neighbours.owe(desk.customer, item, DUE, left)
    await desk.hear(kind.model_validate(dict(kind.examples[0]) | {"customer_id": desk.customer, "items": [
        {"item_id": item, "amount": cny(amount), "open_after": cny(left), "disputed_after": cny("0.00")}]}))


async def test_each_part_is_reminded_of_for_itself_and_the_next_one_waits_for_its_day(desk: Any) -> None:
    item = await desk.issue("INV1", "4520.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 20))
    desk.neighbours.owe(desk.customer, item, DUE, "4520.00", parts=((MARCH, "2000.00"), (APRIL, "2520.00")))
    await stand(desk, ArrangementAgreed, item, MARCH, 2)
    await desk.turn_to(date(2026, 3, 9))
    assert (await desk.sent())[3:] == [("03-07", {"INV1": (0, "2000.00")})]
    assert "CNY 2,000.00" in desk.recorder.mails[-1].body
    assert "2026-03-10" in desk.recorder.mails[-1].body
    desk.neighbours.owe(desk.customer, item, DUE, "2520.00", parts=((APRIL, "2520.00"),))
    await desk.turn_to(date(2026, 3, 14))
    assert [fact["reason"] for fact in await desk.facts("ReminderSuppressed")] == ["arranged"]
    await stand(desk, ArrangementAdvanced, item, APRIL, 3)
    await desk.turn_to(date(2026, 4, 14))
    assert (await desk.sent())[4:] == [("04-07", {"INV1": (0, "2520.00")}), ("04-13", {"INV1": (1, "2520.00")})]
    dates = await desk.rows("SELECT due_version, due_on, recorded_at IS NULL AS first FROM item_due ORDER BY 1")
    assert [tuple(row.values()) for row in dates] == [(1, DUE, True), (2, MARCH, False), (3, APRIL, False)]


async def test_what_is_written_off_ends_as_that_and_the_case_goes_on_while_it_is_claimed(desk: Any) -> None:
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 3, 1))
    await move(desk, "DebtWrittenOff", item, "-100.00", "0.00")
    [ended] = await desk.facts("ReminderCancelled")
    assert (ended["reason"], ended["level"]) == ("written_off", 3)
    await move(desk, "WriteOffReversed", item, "100.00", "100.00")
    await desk.turn_to(date(2026, 4, 7))
    assert [fact["reason"] for fact in await desk.facts("CaseOpened")] == ["chronic"]
    await move(desk, "DebtWrittenOff", item, "-100.00", "0.00")
    await desk.turn_to(date(2026, 4, 20))
    assert await desk.facts("CaseClosed") == []
    await move(desk, "DebtRecovered", item, "100.00", "100.00")
    await move(desk, "RecoveryReversed", item, "-100.00", "0.00")
    await desk.turn_to(date(2026, 4, 21))
    assert await desk.facts("CaseClosed") == []
    await move(desk, "DebtRecovered", item, "100.00", "100.00")
    await desk.allocate("INV1", "0.00", paid="100.00")
    await desk.turn_to(date(2026, 4, 22))
    assert [fact["reason"] for fact in await desk.facts("CaseClosed")] == ["settled"]
