"""Notices on the desk: statements and reminders to answer them; digests to the owner or the deputy; once each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest

from dunlin_events.contracts.billing_deposits import CreditKept, DepositRequested, DepositRequestEnded
from dunlin_events.contracts.billing_statements import StatementAnswered, StatementIssued
from dunlin_events.contracts.billing_write_offs import DebtWrittenOff
from dunlin_events.contracts.credit import RiskAlertRaised
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_events.contracts.customer_staff import StaffAway
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import tell
from notify_svc import usecases
from notify_svc.consumers.credit import credit
from notify_svc.consumers.customer import customer
from notify_svc.domain.message import MessageStatus
from notify_svc.gateways.recorder import Recorder
from notify_svc.gateways.sender import Delivery, Mail
from notify_svc.usecases.open_case import OpenCase

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)
LI = {"name": "Li Lei", "language": "en", "email": "li@dunlin.example", "active": True}


def mails(desk: Any) -> list[Mail]:
    found: list[Mail] = desk.notices.sender.mails
    return found


async def notices(desk: Any) -> list[tuple[str, str, date]]:
    return [(row["kind"], row["status"], row["on"]) for row in await desk.rows(
        'SELECT kind, status, "on" FROM notice ORDER BY id')]


async def state(desk: Any) -> StatementIssued:
    told = StatementIssued.model_validate(StatementIssued.examples[0] | {
        "customer_id": desk.customer, "statement_id": new_id()})
    await desk.hear(told)
    await desk.work()
    return told


async def test_a_statement_is_reminded_of_as_the_policy_says_while_there_is_no_answer(desk: Any) -> None:
    await state(desk)
    await desk.turn_to(date(2026, 3, 20))
    assert await notices(desk) == [("statement", "sent", date(2026, 1, 5)), *(
        ("reconcile", "sent", day) for day in (date(2026, 1, 15), date(2026, 1, 25), date(2026, 2, 4)))]
    first, second = mails(desk)[:2]
    assert (first.subject, first.recipient) == ("【Dunlin Demo】对账单：2026-01-01 至 2026-01-31", "ap@heron.example")
    assert "应收 CNY 4,520.00，未核销款项 CNY 0.00" in first.body
    assert "提醒对账" in second.subject
    assert first.attachment is not None and first.attachment.content == b"%PDF-1.7"
    assert first.attachment.name.startswith("statement-") and second.attachment is None


def _cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def test_who_answers_for_a_claim_is_told_that_its_time_runs_out_though_it_is_written_off(desk: Any) -> None:
    await desk.rows(
        "INSERT INTO collection_policy (tenant_id, version, call_again_days, owner_digest, limitation_months, "
        "set_by, set_at) VALUES ($1, 2, 1, 'daily', 12, 'chief', now())", desk.tenant)
    await tell(desk.database, customer, desk.tenant, CustomerRegistered.model_validate(
        CustomerRegistered.examples[0] | {"customer_id": desk.customer, "number": "C-7", "name": "Heron"}),
        CustomerOwnerChanged(customer_id=desk.customer, owner_id=new_id(), owner_code="S-17"))
    desk.neighbours.acting = LI
    item = await desk.issue("INV1", "4520.00", issued=date(2025, 1, 5), due=date(2025, 2, 4))
    await desk.hear(DebtWrittenOff.model_validate(DebtWrittenOff.examples[0] | {
        "customer_id": desk.customer, "items": [{
            "item_id": item, "amount": _cny("-4520.00"), "open_after": _cny("0.00"), "disputed_after": _cny("0.00")}]}))
    await desk.turn_to(date(2026, 1, 7))
    [first, *_] = [mail.body for mail in mails(desk) if mail.recipient == LI["email"]]
    assert first.splitlines()[-2:] == [
        "", "2026-02-04 C-7          Heron                          INV1             CNY 4,520.00 within 1 months"]


async def test_a_statement_that_makes_no_document_leaves_without_and_waits_while_billing_is_away(desk: Any) -> None:
    desk.neighbours.broken, desk.neighbours.document = "document", None
    await state(desk)
    assert (await notices(desk), mails(desk)) == ([], [])
    desk.neighbours.broken = None
    await desk.try_again()
    [mail] = mails(desk)
    assert mail.attachment is None
    assert await notices(desk) == [("statement", "sent", date(2026, 1, 5))]


@pytest.mark.parametrize(("answered", "told_of"), [
    (None, ["statement"]), (date(2026, 1, 17), ["statement", "reconcile"])])
async def test_an_answer_ends_it(desk: Any, answered: date | None, told_of: list[str]) -> None:
    told = await state(desk)
    if answered is not None:
        await desk.turn_to(answered)
    await desk.hear(StatementAnswered.model_validate(StatementAnswered.examples[0] | {
        "customer_id": desk.customer, "statement_id": told.statement_id}))
    await desk.turn_to(date(2026, 2, 10))
    assert [kind for kind, _, _ in await notices(desk)] == told_of


async def test_who_answers_for_a_customer_is_told_of_a_statement_without_an_answer(desk: Any) -> None:
    await tell(desk.database, customer, desk.tenant, CustomerRegistered.model_validate(
        CustomerRegistered.examples[0] | {"customer_id": desk.customer, "number": "C-7", "name": "Heron"}),
        CustomerOwnerChanged(customer_id=desk.customer, owner_id=new_id(), owner_code="S-17"))
    desk.neighbours.acting = LI
    await state(desk)
    await desk.turn_to(date(2026, 1, 26))
    digests = [mail.body for mail in mails(desk) if mail.recipient == LI["email"]]
    assert "2026-01-31 C-7          Heron                          reminded 1 times" in digests[0]
    assert "reminded 1 times" in digests[-1] or "reminded 2 times" in digests[-1]
    assert len(digests) == 11


async def test_at_night_a_statement_waits_and_without_a_contact_it_is_written_down(desk: Any) -> None:
    desk.neighbours.zone = "America/New_York"
    await state(desk)
    assert await notices(desk) == []
    desk.neighbours.contact = None
    await desk.turn_to(date(2026, 1, 6))
    assert await notices(desk) == [("statement", "suppressed", date(2026, 1, 5))]


async def ask(desk: Any) -> DepositRequested:
    asked = DepositRequested.model_validate(DepositRequested.examples[0] | {
        "customer_id": desk.customer, "request_id": new_id()})
    await desk.hear(asked)
    return asked


@pytest.mark.parametrize(("language", "subject", "said"), [
    ("zh", "【Dunlin Demo】定金通知 DEP-000001：订单 SO-1", "CNY 3,000.00，请于 2026-03-08 前支付"),
    ("en", "Deposit DEP-000001 for your order SO-1 from Dunlin Demo", "CNY 3,000.00, payable by 2026-03-08")])
async def test_a_deposit_is_asked_for_once_in_the_language_of_the_contact(
    desk: Any, language: str, subject: str, said: str,
) -> None:
    desk.neighbours.contact = desk.neighbours.contact | {"language": language}
    await ask(desk)
    await desk.work()
    await desk.turn_to(date(2026, 1, 7))
    [mail] = mails(desk)
    assert (mail.subject, mail.recipient) == (subject, "ap@heron.example") and said in mail.body
    assert await notices(desk) == [("deposit", "sent", date(2026, 1, 5))]


@pytest.mark.parametrize("over", [CreditKept, DepositRequestEnded])
async def test_at_night_a_deposit_waits_and_is_asked_for_no_more_once_it_is_over(desk: Any, over: Any) -> None:
    desk.neighbours.zone = "America/New_York"
    asked, waiting = await ask(desk), await ask(desk)
    await desk.work()
    await desk.hear(over.model_validate(over.examples[0] | {
        "customer_id": desk.customer, "request_id": asked.request_id}))
    assert await notices(desk) == []
    desk.neighbours.contact = None
    await desk.turn_to(date(2026, 1, 6))
    assert await notices(desk) == [("deposit", "suppressed", date(2026, 1, 5))]
    assert await desk.rows("SELECT key FROM notice") == [{"key": str(waiting.request_id)}]


async def owned(desk: Any, due: date) -> None:
    await tell(desk.database, customer, desk.tenant, CustomerRegistered.model_validate(
        CustomerRegistered.examples[0] | {"customer_id": desk.customer, "number": "C-7", "name": "Heron"}),
        CustomerOwnerChanged(customer_id=desk.customer, owner_id=new_id(), owner_code="S-17"))
    await desk.issue("INV1", "100.00", issued=ISSUED, due=due)


async def test_who_answers_for_a_customer_is_told_before_and_after_the_due_date(desk: Any) -> None:
    await owned(desk, date(2026, 1, 10))
    desk.neighbours.acting = LI
    await desk.turn_to(date(2026, 1, 13))
    sent = [(mail.subject, mail.recipient) for mail in mails(desk)]
    assert [recipient for _, recipient in sent] == ["li@dunlin.example"] * 6
    assert sent[0][0] == "Dunlin Demo: 0 of your customers to call, 1 items due soon"
    assert sent[-1][0] == "Dunlin Demo: 1 of your customers to call, 0 items due soon"
    assert "C-7          Heron" in mails(desk)[-1].body
    assert "overdue" in mails(desk)[-1].body


async def test_who_is_to_be_called_is_told_of_though_nothing_is_due(desk: Any) -> None:
    await owned(desk, date(2026, 3, 10))
    desk.neighbours.acting = LI
    await desk.database.transact(desk.tenant, partial(
        usecases.plan_call, customer_id=desk.customer, due_on=date(2026, 1, 6), note=None))
    await desk.turn_to(date(2026, 1, 7))
    assert [mail.subject for mail in mails(desk)] == [
        "Dunlin Demo: 1 of your customers to call, 0 items due soon"]
    assert "call_due" in mails(desk)[0].body


async def test_who_works_on_a_case_of_others_is_told_or_the_deputy(desk: Any) -> None:
    await owned(desk, date(2026, 1, 6))
    deputy = await desk.employ("S-18")
    await desk.employ("S-19", deputy=deputy, first=3, away=[
        StaffAway(from_on=date(2026, 1, 9), until_on=date(2026, 1, 9))])
    await desk.database.transact(desk.tenant, partial(
        usecases.open_case, command=OpenCase(desk.customer, "S-19", None, None, None)))
    await desk.turn_to(date(2026, 1, 10))
    told = [(mail.recipient[:4], mail.subject[13:14]) for mail in mails(desk)]
    assert told == [("s-19", "1"), ("s-19", "1"), ("s-18", "1")], "on the 7th and 8th, and on the 9th the deputy"


@pytest.mark.parametrize(("acting", "status", "subjects"), [
    (LI, "sent", ["Dunlin Demo: alert on C-7 Heron: over capture"]), (None, "suppressed", [])])
async def test_who_answers_for_a_customer_is_told_of_an_alert_once(
    desk: Any, acting: dict[str, Any] | None, status: str, subjects: list[str],
) -> None:
    await owned(desk, date(2026, 3, 10))
    desk.neighbours.acting = acting
    raised = RiskAlertRaised.model_validate(RiskAlertRaised.examples[0] | {"customer_id": desk.customer})
    [row] = await desk.rows("SELECT clock_at FROM tenant WHERE tenant_id = $1", desk.tenant)
    await tell(desk.database, credit, desk.tenant, raised, at=row["clock_at"])
    await desk.work()
    [told] = await desk.rows("SELECT kind, status, staff_code, customer_id FROM notice")
    assert told == {"kind": "alert", "status": status, "staff_code": "S-17", "customer_id": desk.customer}
    assert [mail.subject for mail in mails(desk)] == subjects
    assert all("found CNY 1,075.00, tolerated CNY 652.50" in mail.body for mail in mails(desk))


async def test_when_all_are_away_nobody_is_told_and_a_digest_leaves_once(desk: Any) -> None:
    await owned(desk, date(2026, 1, 6))
    await desk.turn_to(date(2026, 1, 6))
    desk.neighbours.acting = LI
    await desk.turn_to(date(2026, 1, 7))
    await desk.rows("UPDATE job SET state = 'waiting' WHERE kind = 'owner_digest'")
    await desk.work()
    assert [(kind, status) for kind, status, _ in await notices(desk)] == [
        ("owner_digest", "suppressed"), ("owner_digest", "sent")]
    assert len(mails(desk)) == 1


class Ending(Recorder):
    """A sender that ends the first mail as told, and takes the others."""

    def __init__(self, *ends: Delivery | Exception) -> None:
        super().__init__()
        self.ends = list(ends)

    async def send(self, mail: Mail, *, fresh: Callable[[], float]) -> Delivery:
        if not self.ends:
            return await super().send(mail, fresh=fresh)
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end


@pytest.mark.parametrize(("end", "status", "sent"), [
    (Delivery(MessageStatus.DEFERRED, "server_away"), "sent", 1),
    (RuntimeError("killed"), "unknown", 0)])
async def test_what_was_not_handed_over_is_tried_again_and_what_was_interrupted_is_not(
    desk: Any, end: Delivery | Exception, status: str, sent: int,
) -> None:
    desk.notices = replace(desk.notices, sender=Ending(end))
    await state(desk)
    await desk.try_again()
    assert [found for _, found, _ in await notices(desk)] == [status]
    assert len(mails(desk)) == sent


async def test_a_statement_asks_for_an_answer_within_the_days_of_the_policy(desk: Any) -> None:
    await desk.rows(
        "INSERT INTO collection_policy (tenant_id, version, call_again_days, owner_digest, statement_answer_days, "
        "set_by, set_at) VALUES ($1, 2, 1, 'daily', 21, 'chief', now())", desk.tenant)
    await state(desk)
    assert "2026-01-26" in mails(desk)[0].body
