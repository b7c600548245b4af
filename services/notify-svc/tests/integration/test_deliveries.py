"""After a message left: delivered, bounced hard or soft, told twice, told of one that was unknown."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from dunlin_events.contracts.customer import CustomerContactsChanged
from dunlin_kernel.lifecycle import IllegalTransition
from dunlin_kit.tenants import present
from dunlin_kit.testing import tell
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.consumers.customer import customer
from notify_svc.domain.ladder import LetterTone
from notify_svc.domain.letter import LetterLanguage
from notify_svc.domain.letter_template import LetterTemplate
from notify_svc.domain.limitation import Interruption, InterruptionKind, LimitationClock
from notify_svc.domain.message import Bounce, MessageStatus
from notify_svc.gateways.sender import Delivery, Mail
from notify_svc.store import limitations
from notify_svc.usecases.record_delivery import RecordDelivery

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)
AT = datetime(2026, 2, 1, 4, 0, 9, tzinfo=UTC)


@pytest.fixture
async def sent(desk: Any) -> Any:
    """One message that left on 2026-02-01."""
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 2))
    return desk


async def record(desk: Any, bounce: Bounce | None) -> None:
    [row] = await desk.rows("SELECT id FROM message WHERE status IN ('sent', 'unknown', 'failed') ORDER BY id LIMIT 1")

    async def work(tx: Transaction) -> None:
        await usecases.record_delivery(tx, RecordDelivery(row["id"], bounce, AT))

    await desk.database.transact(desk.tenant, work)


async def told(desk: Any) -> list[str]:
    return [fact["fact"] for fact in await desk.facts("MessageDelivered", "MessageBounced", "ContactFailed")]


async def test_what_is_told_twice_is_recorded_once(sent: Any) -> None:
    await record(sent, None)
    await record(sent, None)
    await record(sent, Bounce.SOFT)
    await record(sent, Bounce.SOFT)
    assert await told(sent) == ["MessageDelivered", "MessageBounced"]
    [row] = await sent.rows("SELECT status, delivered_at, bounced_at, bounce FROM message")
    assert row == {"status": "sent", "delivered_at": AT, "bounced_at": AT, "bounce": "soft"}


async def test_a_hard_bounce_silences_the_address_until_contacts_change(sent: Any) -> None:
    await record(sent, Bounce.HARD)
    assert await told(sent) == ["MessageBounced", "ContactFailed"]
    await sent.turn_to(date(2026, 2, 9))
    assert {fact["reason"] for fact in await sent.facts("ReminderSuppressed")} == {"recipient_refused"}
    await tell(sent.database, customer, sent.tenant, CustomerContactsChanged.model_validate(
        CustomerContactsChanged.examples[0] | {"customer_id": sent.customer}))
    await sent.turn_to(date(2026, 2, 10))
    assert [(day, items["INV1"][0]) for day, items in await sent.sent()] == [("02-01", 0), ("02-09", 1)]


async def test_a_reminder_that_is_proven_delivered_begins_the_clock_of_the_claim_anew(sent: Any) -> None:
    await sent.turn_to(date(2026, 2, 9))
    *_, row = await sent.rows("SELECT id FROM message WHERE status = 'sent' ORDER BY id")

    async def work(tx: Transaction) -> None:
        await usecases.record_delivery(tx, RecordDelivery(row["id"], None, datetime(2026, 2, 8, 4, tzinfo=UTC)))

    async def read(tx: Transaction) -> Any:
        return await limitations.nearing(tx, await present(tx), months=12)

    await record(sent, None)
    [before] = await sent.database.read(sent.tenant, read)
    await sent.database.transact(sent.tenant, work)
    [after] = await sent.database.read(sent.tenant, read)
    assert before.clock == LimitationClock(date(2027, 2, 4)), "what came before the due date interrupts nothing"
    assert after.clock == LimitationClock(
        date(2027, 2, 8), Interruption(date(2026, 2, 8), InterruptionKind.DEMAND))


class Ending:
    """A sender that ends every mail alike."""

    def __init__(self, end: Delivery) -> None:
        self.end = end

    async def send(self, mail: Mail, *, fresh: Callable[[], float]) -> Delivery:
        fresh()
        return self.end


async def test_a_delivery_tells_that_an_unknown_message_left(desk: Any) -> None:
    desk.remind = replace(desk.remind, sender=Ending(Delivery(MessageStatus.UNKNOWN, "outcome_unknown")))
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 2))
    await record(desk, None)
    assert [fact["fact"] for fact in await desk.facts("ReminderFailed", "ReminderSent", "MessageDelivered")] == [
        "ReminderFailed", "ReminderSent", "MessageDelivered"]
    [row] = await desk.rows("SELECT status FROM message")
    assert row["status"] == "sent"


async def test_one_that_was_refused_is_not_delivered_and_its_address_is_told(desk: Any) -> None:
    desk.remind = replace(desk.remind, sender=Ending(Delivery(MessageStatus.FAILED, "recipient_refused", "550")))
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 2))
    assert await told(desk) == ["ContactFailed"]
    with pytest.raises(IllegalTransition):
        await record(desk, None)


async def test_letters_leave_by_the_tenants_own_template(desk: Any) -> None:
    wanted = LetterTemplate(LetterLanguage.ZH, LetterTone.UPCOMING, 0, "提醒 {{ sender }}", "{{ recipient }}您好")

    async def work(tx: Transaction) -> None:
        await usecases.set_template(tx, wanted, expected_version=0)

    await desk.database.transact(desk.tenant, work)
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 2))
    [mail] = desk.recorder.mails
    assert (mail.subject, mail.body) == ("提醒 Dunlin Demo", "王会计您好\n")
