"""Recipients spared: postponed at night and sent in the morning, capped, opted out; each recorded with its reason."""

from datetime import date
from typing import Any

from dunlin_events.contracts.customer_relationship import ConsentChanged
from dunlin_kit.testing import tell
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.consumers.customer import customer
from notify_svc.domain.contact_policy import ContactPolicy

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)


async def spare(desk: Any, days: int) -> None:
    async def work(tx: Transaction) -> None:
        await usecases.set_contact_policy(tx, ContactPolicy(1, days, None, None), expected_version=1)

    await desk.database.transact(desk.tenant, work)


async def test_at_night_a_message_is_postponed_not_dropped(desk: Any) -> None:
    desk.neighbours.zone = "America/New_York"
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 2))
    [postponed] = await desk.facts("ReminderPostponed")
    assert (postponed["postponed_on"], postponed["until"], postponed["level"]) == (
        "2026-02-01", "2026-02-01T13:00:00Z", 0)
    assert await desk.sent() == [("02-01", {"INV1": (0, "100.00")})]
    assert await desk.facts("ReminderSuppressed") == []
    log = await desk.rows("SELECT status, reason FROM message ORDER BY id")
    assert log == [{"status": "suppressed", "reason": "quiet_hours"}, {"status": "sent", "reason": None}]


async def test_a_customer_who_was_written_to_lately_waits(desk: Any) -> None:
    await spare(desk, 4)
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.issue("INV2", "50.00", issued=ISSUED, due=date(2026, 2, 6))
    await desk.turn_to(date(2026, 2, 6))
    assert [(day, sorted(items)) for day, items in await desk.sent()] == [("02-01", ["INV1"]), ("02-05", ["INV2"])]
    assert [(fact["suppressed_on"], fact["reason"]) for fact in await desk.facts("ReminderSuppressed")] == [
        ("2026-02-03", "recently_contacted"), ("2026-02-04", "recently_contacted")]


async def test_who_wants_none_gets_none_and_the_log_says_so(desk: Any) -> None:
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    contact, desk.neighbours.contact = desk.neighbours.contact, None

    async def consent(given: bool) -> None:
        await tell(desk.database, customer, desk.tenant, ConsentChanged.model_validate(ConsentChanged.examples[0] | {
            "customer_id": desk.customer, "purpose": None, "channel": "email", "given": given}))

    await consent(False)
    await desk.turn_to(date(2026, 2, 2))
    await consent(True)
    await desk.turn_to(date(2026, 2, 3))
    desk.neighbours.contact = contact
    await desk.turn_to(date(2026, 2, 4))
    assert [fact["reason"] for fact in await desk.facts("ReminderSuppressed")] == ["opted_out", "no_contact"]
    assert [day for day, _ in await desk.sent()] == ["02-03"]


async def test_arranged_dates_come_first(desk: Any) -> None:
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    desk.neighbours.owe(desk.customer, item, DUE, "100.00", parts=((date(2026, 2, 6), "100.00"),))
    await desk.turn_to(date(2026, 2, 5))
    assert [(fact["suppressed_on"], fact["reason"]) for fact in await desk.facts("ReminderSuppressed")] == [
        ("2026-02-01", "arranged"), ("2026-02-02", "arranged")]
    assert [day for day, _ in await desk.sent()] == ["02-03"]
