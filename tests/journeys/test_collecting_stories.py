"""Collecting, lived across the four: parts of an arrangement, a promise, a letter, a statement, Monday's lists."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from dunlin_running import Dunlin, Journey
from story_words import Books, cny

LETTERS = {"gap_days": 7, "run_at": "12:00", "levels": [
    {"offset_days": -3, "tone": "upcoming"}, {"offset_days": 2, "tone": "firm", "channel": "letter"}]}
PLACE = {"street": "1 Quay", "city": "Bergen", "postal_code": "5003", "country": "NO", "recipient": "Heron Ltd"}


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


HOLDING = {
    "disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
    "authorization_days": 30, "reason": "no credit past due", "holds": {
        "overdue_grace_days": 0, "limit_exceeded_bps": None, "broken_promise_days": None}}


async def agreed_anew(system: Dunlin) -> None:
    """1,130.00 due on 7 March are arranged, arranged otherwise, missed, and paid in time after all.

    The part of the 9th is missed at the turn of the 10th: new orders are held, and the 7th stands again, whose second
    level is of this very day. Money of value on the 9th takes that back at the turn of the 11th, and the last part is
    reminded of by its own day, the 13th.
    """
    journey = await Journey.begin(system, "2026-03-01 10:00")
    await journey.post("/credit/v1/policies", HOLDING)
    books = await Books.open(journey, limit="20000.00", due_days=6)
    item = (await books.invoice("1000"))["items"][0]["id"]

    async def stands() -> tuple[str, int, list[list[str]]]:
        """The arrangement's state and version, and why nothing can be bought."""
        (one,) = (await journey.get("/billing/v1/arrangements"))["data"]
        held = (await journey.get("/credit/v1/positions", hold="true"))["data"]
        return one["state"], one["version"], [row["reasons"] for row in held]

    await journey.advance("2026-03-05 10:00")
    agreed = await journey.post("/billing/v1/arrangements", {"item_ids": [item], "grace_days": 0, "parts": [
        {"due_on": "2026-03-08", "amount": cny("500.00")}, {"due_on": "2026-03-12", "amount": cny("630.00")}]})
    await journey.advance("2026-03-06 10:00")
    await journey.post(f"/billing/v1/arrangements/{agreed['id']}:revise", {"grace_days": 0, "parts": [
        {"due_on": "2026-03-09", "amount": cny("530.00")}, {"due_on": "2026-03-13", "amount": cny("600.00")}]},
        status=200)
    await journey.advance("2026-03-09 23:00")
    assert await stands() == ("active", 2, []), "the 7th has passed, and stands no more"
    await journey.advance("2026-03-10 10:00")
    assert await stands() == ("defaulted", 2, [["on_hold"]])
    await books.pay("530.00", "2026-03-09")
    assert (await stands(), await books.credit()) == (("defaulted", 2, [["on_hold"]]), ("600.00", "19400.00"))
    await journey.advance("2026-03-10 15:00")
    await journey.advance("2026-03-11 10:00")
    assert await stands() == ("active", 2, [])
    await journey.advance("2026-03-12 10:00")
    assert await books.reminders() == [
        ("2026-03-04", "INV-000001", 0, "1130.00"), ("2026-03-05", "INV-000001", 0, "500.00"),
        ("2026-03-06", "INV-000001", 0, "530.00"), ("2026-03-10", "INV-000001", 1, "600.00"),
        ("2026-03-11", "INV-000001", 0, "600.00")]
    await books.pay("600.00", "2026-03-12")
    await journey.advance("2026-03-13 10:00")
    assert (await stands(), await books.credit()) == (("completed", 2, []), ("0.00", "20000.00"))
    await journey.assert_integrity()


async def on_paper(system: Dunlin) -> None:
    """A level by letter waits in the print queue until it is overtaken; a statement is reminded of until answered."""
    journey = await Journey.begin(system, "2026-01-25 10:00")
    await journey.put("/notify/v1/ladder-policy", LETTERS, version=1)
    await journey.put("/notify/v1/collection-policy", {
        "chronic_days": None, "large": None, "call_again_days": 1, "reconcile_after_days": 3,
        "reconcile_times": 5}, version=1)
    books = await Books.open(journey, limit="20000.00", due_days=10, contact={"language": "en"})
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
    await journey.put("/notify/v1/ladder-policy", {"gap_days": 7, "run_at": "12:00", "levels": [
        {"offset_days": 1, "tone": "friendly"}, {"offset_days": 9, "tone": "firm", "fee_code": "R-2"}]}, version=1)
    await journey.put("/billing/v1/fee-policy", {"fees": [{"code": "R-2", "amount": cny("25.00")}]}, version=0)
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


async def spared(system: Dunlin) -> None:
    """When one may be written to, and by which words: night, two days between, a channel that was shut for a day.

    All are due on 6 March, one more of the third on the 7th; three days before, at noon, they are reminded of. In New
    York that is 23 h of the 2nd, and 8 h there is 21 h of the 3rd. The third one's second waits for the 5th. Of the
    four reminders one is of what was paid in the end; tried out on the 1st and 2nd by telephone, they are four calls.
    """
    journey = await Journey.begin(system, "2026-03-01 10:00")
    await journey.put("/notify/v1/contact-policy", {
        "min_days_between": 2, "quiet_from": "20:00", "quiet_until": "08:00"}, version=1)
    await journey.put("/notify/v1/templates/en/upcoming", {
        "subject": "{{ sender }}: soon due", "body": "{% for one in lines %}{{ one.number }} {{ one.amount | money }};"
        "{% endfor %}"}, version=0)
    abroad = await Books.open(journey, limit="0.00", due_days=5, contact={"zone": "America/New_York"})
    shut = await Books.open(journey, limit="0.00", due_days=5)
    third = await Books.open(journey, limit="0.00", due_days=5, contact={"language": "en"})
    for books in (abroad, shut, third):
        await books.invoice("1000")
    await third.invoice("2000", due_on="2026-03-07")
    await consent(shut, given=False)
    await journey.advance("2026-03-03 20:59")
    assert [await books.reminders() for books in (abroad, shut)] == [[], []]
    await journey.advance("2026-03-03 21:01")
    assert await abroad.reminders() == [("2026-03-03", "INV-000001", 0, "1130.00")]
    await journey.advance("2026-03-04 10:00")
    await consent(shut, given=True)
    await journey.advance("2026-03-05 10:00")
    assert await shut.reminders() == [("2026-03-04", "INV-000002", 0, "1130.00")]
    await shut.pay("1130.00", "2026-03-05")
    await journey.advance("2026-03-05 15:00")
    assert await third.reminders() == [
        ("2026-03-03", "INV-000003", 0, "1130.00"), ("2026-03-05", "INV-000004", 0, "2260.00")]
    silent = [(one["judged_on"], one["reason"]) for books in (abroad, shut, third)
              for one in await written(books, "suppressed")]
    assert silent == [("2026-03-03", "quiet_hours"), ("2026-03-03", "opted_out"), ("2026-03-04", "recently_contacted")]
    letters = [(one["subject"], one.get_content().strip()) for one in journey.mails(third.mail)]
    assert letters == [
        ("Journey: soon due", "INV-000003 CNY 1,130.00;"), ("Journey: soon due", "INV-000004 CNY 2,260.00;")]
    tried = await journey.post("/notify/v1/ladders:simulate", {
        "from_on": "2026-03-01", "until_on": "2026-03-05", "ladders": [ladder((-3, "email")), ladder((-5, "call"))],
        "prices": [{"channel": "email", "price": cny("0.10")}, {"channel": "call", "price": cny("12.50")}]}, status=200)
    assert [(one["messages"], one["people"], one["items"], one["settled"], one["per_settled"], one["cost"])
            for one in tried["results"]] == [
        ([{"channel": channel, "messages": 4}], 3, 4, 1, "1.00", cost)
        for channel, cost in (("email", cny("0.40")), ("call", cny("50.00")))]
    await journey.assert_integrity()


async def gone_wrong(system: Dunlin) -> None:
    """A mail that bounces, two of which nobody knows whether they left, and calls that the deputy takes over.

    Due on 6 March, they are written to three and two days before, and called the day before. The first one's address
    is of no use: its second level waits for a new one. The second mail arrived: said so, nothing leaves twice. The
    third did not: its first level leaves the day after, and the call is a day later, on the day of the deputy.
    """
    journey = await Journey.begin(system, "2026-03-01 10:00")
    await journey.put("/notify/v1/ladder-policy", ladder((-3, "email"), (-2, "email"), (-1, "call")), version=1)
    bounced, unheard, lost = [
        await Books.open(journey, limit="0.00", due_days=5, contact={"email": f"{kind}-{journey.tenant}@heron.example"})
        for kind in ("bounced", "unheard", "lost")]
    await absent_owner(journey, bounced, unheard, lost)
    for books in (bounced, unheard, lost):
        await books.invoice("1000")
    await journey.advance("2026-03-03 15:00")
    wrong = (await journey.get("/notify/v1/troubles", kind="message_unknown"))["data"]
    assert {one["customer_id"] for one in wrong} == {str(unheard.id), str(lost.id)}
    for books, outcome in ((unheard, "sent"), (lost, "not_sent")):
        (doubtful,) = await written(books, "unknown")
        await journey.post(f"/notify/v1/messages/{doubtful['id']}:resolve", {"outcome": outcome}, status=200)
    (left,) = await written(bounced, "sent")
    await journey.post("/notify/v1/deliveries", {
        "message_id": left["id"], "status": "bounced_hard", "at": journey.now.isoformat()})
    await journey.advance("2026-03-04 15:00")
    (failed,) = (await journey.get("/notify/v1/troubles"))["data"]
    assert (failed["kind"], failed["customer_id"]) == ("message_bounced", str(bounced.id))
    await journey.patch(f"/customer/v1/customers/{bounced.id}/contacts/{bounced.contact}", {
        "email": f"new-{bounced.mail}"}, version=1)
    await journey.advance("2026-03-05 15:00")
    assert [await books.reminders() for books in (bounced, unheard, lost)] == [
        [("2026-03-03", "INV-000001", 0, "1130.00"), ("2026-03-05", "INV-000001", 1, "1130.00")],
        [("2026-03-03", "INV-000002", 0, "1130.00"), ("2026-03-04", "INV-000002", 1, "1130.00"),
         ("2026-03-05", "INV-000002", 2, "1130.00")],
        [("2026-03-04", "INV-000003", 0, "1130.00"), ("2026-03-05", "INV-000003", 1, "1130.00")]]
    assert [one["reason"] for one in await written(bounced, "suppressed")] == ["recipient_refused"]
    addresses = (bounced.mail, f"new-{bounced.mail}", unheard.mail, lost.mail)
    assert [len(journey.mails(one)) for one in addresses] == [2, 1, 2, 2], "the first counts the second, too"
    deputy, owner = journey.by("S-WANG"), journey.by("S-LI")
    (call,) = (await deputy.get("/notify/v1/calls", owner="me"))["data"]
    assert (call["customer_id"], call["due_on"], call["standing_in_for"]) == (str(unheard.id), "2026-03-05", "S-LI")
    logged = await deputy.post(f"/notify/v1/calls/{call['id']}:log", {"outcome": "promise", "promise": {
        "customer_id": str(unheard.id), "amount": cny("1130.00"), "promised_on": "2026-03-06"}}, status=200)
    assert logged["called_by"] == "S-WANG"
    await journey.advance("2026-03-06 15:00")
    assert (await deputy.get("/notify/v1/calls", owner="me"))["data"] == []
    mine = (await owner.get("/notify/v1/calls", owner="me"))["data"]
    assert {(one["customer_id"], one["due_on"], one["standing_in_for"]) for one in mine if one["outcome"] is None} == {
        (str(books.id), "2026-03-06", None) for books in (bounced, lost)}
    await journey.assert_integrity()


def ladder(*levels: tuple[int, str]) -> dict[str, Any]:
    """Levels by days from the due date and channel, one a day at most."""
    return {"gap_days": 0, "run_at": "12:00", "levels": [
        {"offset_days": day, "tone": "upcoming", "channel": channel} for day, channel in levels]}


async def consent(books: Books, *, given: bool) -> None:
    """Its contact shuts or opens e-mail for everything."""
    await books.journey.post(f"/customer/v1/customers/{books.id}/contacts/{books.contact}/consents", {
        "purpose": None, "channel": "email", "given": given}, status=200)


async def written(books: Books, status: str) -> list[dict[str, Any]]:
    """Messages of one status, the earliest first."""
    found = await books.journey.get("/notify/v1/messages", customer_id=str(books.id), status_=status)
    return list(reversed(found["data"]))


async def absent_owner(journey: Journey, *customers: Books) -> None:
    """S-LI answers for these customers, and S-WANG for S-LI on the 5th."""
    wang = await journey.post("/customer/v1/staff", {"code": "S-WANG", "name": "王芳", "language": "zh"})
    li = await journey.post("/customer/v1/staff", {
        "code": "S-LI", "name": "李雷", "language": "zh", "deputy_id": wang["id"]})
    await journey.post(f"/customer/v1/staff/{li['id']}/absences", {"from_on": "2026-03-05", "until_on": "2026-03-05"})
    for books in customers:
        path = f"/customer/v1/customers/{books.id}"
        known = await journey.get(path)
        await journey.put(f"{path}/owner", {"owner_id": li["id"]}, version=known["version"])


@pytest.mark.parametrize("story", [part_by_part, agreed_anew, spared, gone_wrong, on_paper, at_a_cost])
async def test_story(system: Dunlin, story: Callable[[Dunlin], Awaitable[None]]) -> None:
    await story(system)
