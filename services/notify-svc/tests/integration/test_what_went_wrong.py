"""What went wrong on the desk: one list, newest first, with number, name and owner; nothing of others' customers."""

from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from dunlin_events.contracts.billing import PaymentConfirmed, PaymentReversed
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_kernel.clock import start_of_day
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.health import integrity_of
from dunlin_kit.testing import tell
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.consumers.customer import customer
from notify_svc.domain.message import Bounce
from notify_svc.domain.trouble import Trouble, TroubleKind
from notify_svc.store import troubles
from notify_svc.store.integrity import CHECKS
from notify_svc.store.troubles import Asked
from notify_svc.usecases.make_promise import MakePromise
from notify_svc.usecases.record_delivery import RecordDelivery

ISSUED, DUE, ZONE = date(2026, 1, 5), date(2026, 2, 4), "Asia/Shanghai"


async def do(desk: Any, use_case: Any, *arguments: Any) -> Any:
    async def work(tx: Transaction) -> Any:
        return await use_case(tx, *arguments)

    return await desk.database.transact(desk.tenant, work)


async def wrong(desk: Any, since: date, **narrowed: Any) -> list[Trouble]:
    asked = Asked(since, start_of_day(ZONE, since), ZONE, narrowed.get("owners"), narrowed.get("kind"))

    async def work(tx: Transaction) -> list[Trouble]:
        return await troubles.listed(tx, asked, narrowed.get("after"), limit=50)

    found: list[Trouble] = await desk.database.read(desk.tenant, work)
    return found


async def test_what_went_wrong_is_one_list(desk: Any) -> None:
    await tell(desk.database, customer, desk.tenant, CustomerRegistered.model_validate(
        CustomerRegistered.examples[0] | {"customer_id": desk.customer, "number": "C-7", "name": "Heron"}),
        CustomerOwnerChanged(customer_id=desk.customer, owner_id=new_id(), owner_code="S-17"))
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 9))
    assert await wrong(desk, ISSUED) == []
    made = MakePromise(desk.customer, Money.parse("60.00", "CNY"), date(2026, 2, 10), 0, frozenset({item}), None)
    promise = await do(desk, usecases.make_promise, made)
    left = (await desk.rows("SELECT id FROM message WHERE status = 'sent' ORDER BY id DESC LIMIT 1"))[0]["id"]
    bounced = RecordDelivery(left, Bounce.HARD, datetime(2026, 2, 9, 2, tzinfo=UTC))
    await do(desk, usecases.record_delivery, bounced)
    await desk.turn_to(date(2026, 2, 11))
    back = PaymentReversed.model_validate(PaymentReversed.examples[0] | {
        "customer_id": desk.customer, "amount": {"amount": "40.00", "currency": "CNY"}, "reason": "returned"})
    await desk.hear(back)
    await desk.rows("INSERT INTO notice (tenant_id, kind, key, id, staff_code, \"on\", status, reason) "
                    "VALUES ($1, 'owner_digest', 'k', $2, 'S-18', '2026-02-10', 'failed', 'recipient_refused')",
                    desk.tenant, new_id())
    found = await wrong(desk, date(2026, 2, 1))
    assert [(one.kind.value, one.on, one.number, one.owner_code, one.amount and one.amount.minor, one.reason)
            for one in found] == [
        ("promise_broken", date(2026, 2, 11), "C-7", "S-17", 6000, None),
        ("payment_returned", date(2026, 2, 11), "C-7", "S-17", 4000, "returned"),
        ("notice_failed", date(2026, 2, 10), None, "S-18", None, "recipient_refused"),
        ("message_bounced", date(2026, 2, 9), "C-7", "S-17", None, "hard")]
    assert [one.ref_id for one in found if one.kind is not TroubleKind.NOTICE_FAILED] == [
        promise.id, back.payment_id, left]
    assert [one.kind.value for one in await wrong(desk, ISSUED, owners=["S-18"])] == ["notice_failed"]
    assert [one.ref_id for one in await wrong(desk, ISSUED, kind=TroubleKind.MESSAGE_BOUNCED)] == [left]
    assert await wrong(desk, date(2026, 2, 12)) == []
    second = (found[1].on, found[1].kind.value, found[1].ref_id)
    assert await wrong(desk, date(2026, 2, 1), after=second) == found[2:]


async def test_a_message_of_unknown_outcome_stays_until_a_person_says(desk: Any) -> None:
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 2))
    await desk.rows("UPDATE message SET status = 'unknown'")
    await desk.rows("UPDATE message_item SET outcome = 'unknown'")
    await desk.rows("UPDATE outbox_event SET type = 'dunlin.notify.ReminderFailed.v1' WHERE type LIKE '%ReminderSent%'")
    [found] = await wrong(desk, date(2026, 5, 1))
    assert (found.kind, found.on) == (TroubleKind.MESSAGE_UNKNOWN, date(2026, 2, 1))

    async def resolve(tx: Transaction) -> None:
        await usecases.resolve_message(tx, found.ref_id, sent=True)

    await desk.database.transact(desk.tenant, resolve)
    assert await wrong(desk, date(2026, 1, 1)) == []


async def test_an_error_that_was_put_right_is_no_trouble_and_money_that_names_nothing_is(desk: Any) -> None:
    await desk.turn_to(date(2026, 2, 11))
    came = [PaymentConfirmed.model_validate(PaymentConfirmed.examples[0] | {
        "customer_id": desk.customer, "payment_id": new_id(), "unmatched": unmatched}) for unmatched in (0, 2, 1)]
    wrong_one = PaymentReversed.model_validate(PaymentReversed.examples[0] | {
        "customer_id": desk.customer, "payment_id": came[2].payment_id, "reason": "recorded_in_error"})
    await desk.hear(*came, wrong_one)
    assert [(one.kind.value, one.ref_id, one.amount and one.amount.minor) for one in await wrong(desk, ISSUED)] == [
        ("payment_unmatched", came[1].payment_id, 600000)]


async def test_what_was_done_and_not_told_is_a_violation_and_what_was_told_and_not_done(desk: Any) -> None:
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 2))

    async def broken() -> list[str]:
        found = await desk.database.read(desk.tenant, partial(integrity_of, checks=CHECKS))
        return [said.split(", ")[0] + said[said.index(", facts"):] for check in found.checks if check.id == "I6"
                for said in check.violations]

    [message] = await desk.rows("SELECT id FROM message WHERE status = 'sent'")
    assert await broken() == []
    await desk.rows("UPDATE message SET status = 'failed' WHERE id = $1", message["id"])
    assert await broken() == ["fact=ReminderSent, facts=0, told=1", "fact=ReminderFailed, facts=1, told=0"]
    await desk.rows("UPDATE message SET status = 'sent', delivered_at = now() WHERE id = $1", message["id"])
    assert await broken() == ["fact=MessageDelivered, facts=1, told=0"]
    await desk.rows("UPDATE message SET delivered_at = NULL WHERE id = $1", message["id"])
