"""The worked stories, lived day by day across the four services: figures to the cent, reminders to the day."""

from collections.abc import Awaitable, Callable

import pytest
from dunlin_running import Dunlin, Journey
from story_words import Books, cny


async def partial_payment(system: Dunlin) -> None:
    """Three invoices, and one payment that covers the first and part of the second."""
    journey = await Journey.begin(system, "2026-01-05 10:00")
    books = await Books.open(journey, limit="20000.00")
    first = await books.invoice("4000")
    assert (first["number"], first["total"]["amount"], first["due_on"]) == ("INV-000001", "4520.00", "2026-02-04")
    await journey.advance("2026-01-20 10:00")
    await books.invoice("2000")
    await journey.advance("2026-02-10 10:00")
    await books.invoice("7000")
    await journey.advance("2026-02-28 23:00")
    assert await books.aged("2026-02-28") == {"not_due": "7910.00", "1_30": "6780.00", "net": "14690.00"}
    assert await books.credit() == ("14690.00", "5310.00")
    await journey.advance("2026-03-01 10:00")
    paid = await books.pay("6000.00", "2026-03-01")
    assert [part["amount"]["amount"] for part in paid["allocations"]] == ["4520.00", "1480.00"]
    assert await books.aged("2026-03-01") == {"not_due": "7910.00", "1_30": "780.00", "net": "8690.00"}
    assert await books.credit() == ("8690.00", "11310.00")
    await journey.advance("2026-03-22 10:00")
    assert await books.aged("2026-03-21") == {"1_30": "8690.00", "net": "8690.00"}
    assert await books.aged("2026-03-22") == {"1_30": "7910.00", "31_60": "780.00", "net": "8690.00"}
    assert await books.aged("2026-02-28") == {"not_due": "7910.00", "1_30": "6780.00", "net": "14690.00"}
    assert await books.credit() == ("8690.00", "11310.00")
    assert await books.balances() == {"receivable_control": "8690.00", "bank": "6000.00", "revenue": "-13000.00",
                                      "tax": "-1690.00", "customer_credit": "0.00"}
    assert await books.reminders() == [
        ("2026-02-01", "INV-000001", 0, "4520.00"), ("2026-02-07", "INV-000001", 1, "4520.00"),
        ("2026-02-16", "INV-000002", 0, "2260.00"), ("2026-02-19", "INV-000001", 2, "4520.00"),
        ("2026-02-22", "INV-000002", 1, "2260.00"), ("2026-03-06", "INV-000002", 2, "780.00"),
        ("2026-03-09", "INV-000003", 0, "7910.00"), ("2026-03-15", "INV-000003", 1, "7910.00"),
        ("2026-03-21", "INV-000002", 3, "780.00")]
    assert len(journey.mails(books.mail)) == 9
    await journey.assert_integrity()


async def overpayment(system: Dunlin) -> None:
    """More is paid than owed; the rest waits, and is applied to the next invoice."""
    journey = await Journey.begin(system, "2026-03-01 10:00")
    books = await Books.open(journey, limit="20000.00")
    first = await books.invoice("10000")
    await journey.advance("2026-03-20 10:00")
    named = [{"item_id": first["items"][0]["id"], "amount": cny("11300.00")}]
    paid = await books.pay("15000.00", "2026-03-20", allocation="items", items=named)
    assert paid["unapplied"]["amount"] == "3700.00"
    assert await books.aged("2026-03-20") == {"unapplied": "-3700.00", "net": "-3700.00"}
    assert await books.credit() == ("-3700.00", "23700.00")
    await journey.advance("2026-04-02 10:00")
    second = await books.invoice("5000")
    await journey.advance("2026-04-05 10:00")
    april = {"not_due": "5650.00", "unapplied": "-3700.00", "net": "1950.00"}
    assert await books.aged("2026-04-05") == april
    assert await books.credit() == ("1950.00", "18050.00")
    back = {"credit_id": paid["id"], "method": "bank_transfer", "reason": "overpaid"}
    tried = await journey.post("/billing/v1/refunds", back | {"amount": cny("3700.00")},
                               validate_only="true")
    assert (tried["amount"]["amount"], tried["effective_on"]) == ("3700.00", "2026-04-05")
    over = await journey.post("/billing/v1/refunds", back | {"amount": cny("3700.01")}, status=422)
    assert over["code"] == "more_than_unapplied"
    await journey.advance("2026-04-10 10:00")
    wish = {"allocation": "items", "items": [{"item_id": second["items"][0]["id"], "amount": cny("3700.00")}]}
    early = await journey.post(f"/billing/v1/payments/{paid['id']}:apply", wish | {"effective_on": "2026-03-25"},
                               status=422)
    assert early["code"] == "effective_too_early"
    applied = await journey.post(f"/billing/v1/payments/{paid['id']}:apply", wish | {"effective_on": "2026-04-10"},
                                 status=200)
    assert applied["unapplied"]["amount"] == "0.00"
    nothing = await journey.post("/billing/v1/refunds", back | {"amount": cny("0.01")}, status=422)
    assert nothing["code"] == "nothing_unapplied"
    await journey.quiet()
    assert await books.aged("2026-04-10") == {"not_due": "1950.00", "net": "1950.00"}
    assert await books.aged("2026-04-05") == april
    assert await books.credit() == ("1950.00", "18050.00")
    await journey.advance("2026-04-30 10:00")
    assert await books.balances() == {"receivable_control": "1950.00", "bank": "15000.00", "revenue": "-15000.00",
                                      "tax": "-1950.00", "customer_credit": "0.00"}
    assert await books.reminders() == [("2026-04-29", "INV-000002", 0, "1950.00")]
    await journey.assert_integrity()


STORIES = [partial_payment, overpayment]


@pytest.mark.parametrize("story", STORIES)
async def test_story(system: Dunlin, story: Callable[[Dunlin], Awaitable[None]]) -> None:
    await story(system)


@pytest.mark.kafka
@pytest.mark.parametrize("story", STORIES)
async def test_story_on_kafka(on_kafka: Dunlin, story: Callable[[Dunlin], Awaitable[None]]) -> None:
    await story(on_kafka)
