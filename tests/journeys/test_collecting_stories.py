"""Collecting, lived across the four: parts of an arrangement, a promise, a letter, a statement, Monday's lists."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from dunlin_running import Dunlin, Journey
from story_words import Books, cny

REPLAYED = True
LETTERS = {"gap_days": 7, "run_at": "12:00", "levels": [
    {"offset_days": -3, "tone": "upcoming"}, {"offset_days": 2, "tone": "firm", "channel": "letter"}]}
PLACE = {"street": "1 Quay", "city": "Bergen", "postal_code": "5003", "country": "NO", "recipient": "Heron Ltd"}


async def put(journey: Journey, path: str, body: Any, version: int) -> None:
    answer = await journey.dunlin.client.put(
        path, json=body, headers=journey.headers | {"If-Match": f'"{version}"'})
    assert answer.status_code == 200, answer.text


async def figures(journey: Journey, to: str) -> dict[str, str | None]:
    """The key figures of collecting, of the month up to this day."""
    (month,) = (await journey.get("/notify/v1/kpis", to=to))["data"]
    return {one["kpi"]: one["value"] for one in month["kpis"]}


async def part_by_part(system: Dunlin) -> None:
    """4,520.00 in two parts: the first is paid in time, the second is reminded of, missed, promised, and paid late."""
    journey = await Journey.begin(system, "2026-01-25 10:00")
    books = await Books.open(journey, limit="20000.00", due_days=10)
    item = (await books.invoice("4000"))["items"][0]["id"]
    await journey.advance("2026-02-05 10:00")
    await journey.post("/billing/v1/arrangements", {"item_ids": [item], "grace_days": 3, "parts": [
        {"due_on": "2026-02-10", "amount": cny("2000.00")}, {"due_on": "2026-02-20", "amount": cny("2520.00")}]})
    await journey.advance("2026-02-09 10:00")
    await books.pay("2000.00", "2026-02-09")
    await journey.advance("2026-02-23 15:00")
    assert await books.reminders() == [
        ("2026-02-01", "INV-000001", 0, "4520.00"), ("2026-02-07", "INV-000001", 0, "2000.00"),
        ("2026-02-17", "INV-000001", 0, "2520.00"), ("2026-02-23", "INV-000001", 1, "2520.00")]
    await journey.advance("2026-02-24 10:00")
    (arranged,) = (await journey.get("/billing/v1/arrangements"))["data"]
    assert arranged["state"] == "defaulted"
    await journey.post("/notify/v1/promises", {
        "customer_id": str(books.id), "amount": cny("2520.00"), "promised_on": "2026-02-25"})
    await journey.advance("2026-02-26 10:00")
    (wrong,) = (await journey.get("/notify/v1/troubles"))["data"]
    assert (wrong["kind"], wrong["on"], wrong["number"], wrong["amount"]) == (
        "promise_broken", "2026-02-26", books.customer["number"], cny("2520.00"))
    await books.pay("2520.00", "2026-02-26")
    came = await journey.get("/billing/v1/receipts", since="2026-02-01")
    assert [(one["amount"], one["unapplied"]) for one in came["data"]] == [
        (cny("2520.00"), cny("0.00")), (cny("2000.00"), cny("0.00"))]
    assert came["totals"] == [{"came_in": cny("4520.00"), "unapplied": cny("0.00")}]
    assert await figures(journey, "2026-02-26") == {
        "promise_kept_rate": "0.000000", "reminders_per_settled_item": "4.000000"}
    assert await books.credit() == ("0.00", "20000.00")
    await journey.assert_integrity()


async def on_paper(system: Dunlin) -> None:
    """A level by letter waits in the print queue until it is overtaken; a statement is reminded of until answered."""
    journey = await Journey.begin(system, "2026-01-25 10:00")
    await put(journey, "/notify/v1/ladder-policy", LETTERS, 1)
    await put(journey, "/notify/v1/collection-policy", {
        "chronic_days": None, "large": None, "call_again_days": 1, "reconcile_after_days": 3, "reconcile_times": 5}, 1)
    books = await Books.open(journey, limit="20000.00", due_days=10, language="en")
    path, mail = f"/customer/v1/customers/{books.id}", f"books-{books.mail}"
    await journey.post(f"{path}/addresses", PLACE | {"purposes": ["legal_service"]})
    await journey.post(f"{path}/contacts", {"name": "Anna", "language": "en", "email": mail, "purposes": ["billing"]})
    await books.invoice("1000")
    await journey.advance("2026-02-07 10:00")
    (letter,) = (await journey.get("/notify/v1/letters"))["data"]
    assert (letter["judged_on"], letter["level"], letter["asked"], letter["is_owed"]) == (
        "2026-02-06", 1, [cny("1130.00")], True)
    document = f"/notify/v1/letters/{letter['id']}/document"
    pdf = await system.client.get(document, headers=journey.headers)
    assert pdf.content.startswith(b"%PDF-")
    stated = await journey.post("/billing/v1/statements", {
        "customer_id": str(books.id), "period_from": "2026-01-25", "period_to": "2026-02-07"})
    await journey.quiet()
    await books.pay("1130.00", "2026-02-07")
    assert (await journey.get(document, status=409))["code"] == "letter_overtaken"
    withdrawn = await journey.post(f"/notify/v1/letters/{letter['id']}:post", {"outcome": "withdrawn"}, status=200)
    assert withdrawn["status"] == "not_sent"
    await journey.advance("2026-02-14 10:00")
    (line,) = stated["currencies"][0]["lines"]
    await journey.post(f"/billing/v1/statements/{stated['id']}:answer", {
        "signer": "Anna", "authority": "accountant", "lines": [{"item_id": line["item_id"], "answer": "agree"}]})
    await journey.advance("2026-02-21 10:00")
    told = (await journey.get("/notify/v1/notices", customer_id=str(books.id)))["data"]
    assert [(one["kind"], one["on"], one["status"]) for one in reversed(told)] == [
        ("statement", "2026-02-07", "sent"), ("reconcile", "2026-02-10", "sent"), ("reconcile", "2026-02-13", "sent")]
    papers = [[one.get_content()[:5] for one in sent.iter_attachments()] for sent in journey.mails(mail)]
    assert papers == [[b"%PDF-"], [], []]
    assert await books.reminders() == [("2026-02-01", "INV-000001", 0, "1130.00")]
    await journey.assert_integrity()


async def at_a_cost(system: Dunlin) -> None:
    """Of two levels the second one costs 25.00: charged once it was sent, and owed beside the debt."""
    journey = await Journey.begin(system, "2026-01-25 10:00")
    await put(journey, "/notify/v1/ladder-policy", {"gap_days": 7, "run_at": "12:00", "levels": [
        {"offset_days": 1, "tone": "friendly"}, {"offset_days": 9, "tone": "firm", "fee_code": "R-2"}]}, 1)
    await put(journey, "/billing/v1/fee-policy", {"fees": [{"code": "R-2", "amount": cny("25.00")}]}, 0)
    books = await Books.open(journey, limit="20000.00", due_days=10)
    item = (await books.invoice("1000"))["items"][0]["id"]
    await journey.advance("2026-02-06 10:00")
    assert await books.credit() == ("1130.00", "18870.00")
    await journey.advance("2026-02-15 15:00")
    assert [(on, level) for on, _, level, _ in await books.reminders()][:2] == [("2026-02-05", 0), ("2026-02-13", 1)]
    listed = (await journey.get("/billing/v1/items", customer_id=str(books.id)))["data"]
    assert [(one["amount"], one["claim_item_id"]) for one in listed if one["kind"] == "fee"] == [(cny("25.00"), item)]
    assert await books.credit() == ("1155.00", "18845.00")
    await journey.assert_integrity()


@pytest.mark.parametrize("story", [part_by_part, on_paper, at_a_cost])
async def test_story(system: Dunlin, story: Callable[[Dunlin], Awaitable[None]]) -> None:
    await story(system)
