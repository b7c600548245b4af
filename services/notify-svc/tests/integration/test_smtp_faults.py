"""A real SMTP server in the process, and its faults: each is told for what it is; doubt is never called a failure."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from dunlin_kernel.clock import SystemClock
from dunlin_kernel.ids import new_id
from notify_svc.domain.message import MessageStatus
from notify_svc.gateways.sender import LOOK_TOO_OLD, Attachment, Delivery, Mail
from notify_svc.gateways.smtp import SERVER_AWAY, UNKNOWN, SmtpSender, SmtpServer
from notify_svc.jobs.remind_customers import Freshness

MAIL = Mail(new_id(), "ap@heron.example", "【Dunlin】付款提醒：CNY 1,234.50", "尊敬的客户：\n.\n.点\n请付款。\n")
Answer = Callable[..., Awaitable[str]]


class Server:
    """Keeps what it takes; single steps of the dialogue can be replaced by a fault."""

    def __init__(self, **faults: Answer) -> None:
        self.kept: list[EmailMessage] = []
        for step, fault in faults.items():
            setattr(self, f"handle_{step}", fault)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.kept.append(message)
        return "250 taken"


class Hesitating(SMTP):
    """Lets `wait` seconds go by before it asks for the content."""

    wait = 0.0

    async def push(self, status: Any) -> None:
        if str(status).startswith("354"):
            await asyncio.sleep(self.wait)
        await super().push(status)


@asynccontextmanager
async def serving(handler: Server, *, wait: float = 0.0) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    dialogue = type("Waiting", (Hesitating,), {"wait": wait})
    server = await loop.create_server(lambda: dialogue(handler, hostname="mail.test", loop=loop), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def send(port: int, mail: Mail = MAIL, *, fresh: bool = True, timeout: float = 5) -> Delivery:
    return await sender_to(port, timeout).send(mail, fresh=lambda: fresh)


def sender_to(port: int, timeout: float = 5) -> SmtpSender:
    server = SmtpServer("127.0.0.1", port, "Dunlin <reminders@dunlin.example>", timeout_seconds=timeout)
    return SmtpSender(server, SystemClock())


def says(reply: str) -> Answer:
    async def answer(*_: Any) -> str:
        return reply

    return answer


async def drops(server: Any, *_: Any) -> str:
    server.transport.abort()
    return "250 never heard"


async def closes_soon(server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
    """Takes the recipient, then goes away before it asks for the content."""
    envelope.rcpt_tos.append(address)
    asyncio.get_running_loop().call_later(0, server.transport.close)
    return "250 taken"


async def drops_after_taking(server: Any, session: Any, envelope: Any) -> str:
    server.transport.abort()
    return "250 taken, and nobody heard it"


async def slow(*_: Any) -> str:
    await asyncio.sleep(0.6)
    return "250 at last"


async def test_what_is_sent_arrives_as_it_was_written() -> None:
    handler = Server()
    async with serving(handler) as port:
        assert await send(port) == Delivery(MessageStatus.SENT, code="250")
    [message] = handler.kept
    assert message["To"] == MAIL.recipient
    assert message["From"] == "Dunlin <reminders@dunlin.example>"
    assert message["Subject"] == MAIL.subject
    assert message["Message-ID"] == f"<{MAIL.id}@dunlin.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().replace("\r\n", "\n") == MAIL.body


async def test_a_document_arrives_beside_the_words() -> None:
    handler, paper = Server(), b"%PDF-1.7\r\n." + bytes(range(256))
    async with serving(handler) as port:
        sent = await send(port, replace(MAIL, attachment=Attachment("statement-1.pdf", paper)))
        assert sent == Delivery(MessageStatus.SENT, code="250")
    words, document = handler.kept[0].iter_parts()
    assert words.get_content().replace("\r\n", "\n") == MAIL.body
    assert (document.get_content_type(), document.get_filename(), document.get_content()) == (
        "application/pdf", "statement-1.pdf", paper)


@pytest.mark.parametrize(("step", "fault", "expected"), [
    ("RCPT", says("550 5.1.1 no such user"), Delivery(MessageStatus.FAILED, "recipient_refused", "550")),
    ("RCPT", says("451 4.7.1 greylisted"), Delivery(MessageStatus.DEFERRED, "recipient_refused", "451")),
    ("MAIL", says("553 not from here"), Delivery(MessageStatus.FAILED, "sender_refused", "553")),
    ("MAIL", says("421 too busy"), Delivery(MessageStatus.DEFERRED, "sender_refused", "421")),
    ("DATA", says("554 5.7.1 spam"), Delivery(MessageStatus.FAILED, "message_refused", "554")),
    ("DATA", says("251 taken, and passed on"), Delivery(MessageStatus.SENT, code="251")),
    ("DATA", says("452 4.3.1 disk full"), Delivery(MessageStatus.DEFERRED, "message_refused", "452")),
    ("MAIL", drops, SERVER_AWAY),
    ("RCPT", drops, SERVER_AWAY),
    ("DATA", drops_after_taking, UNKNOWN),
])
async def test_a_fault_is_told_for_what_it_is(step: str, fault: Answer, expected: Delivery) -> None:
    async with serving(Server(**{step: fault})) as port:
        assert await send(port) == expected


@pytest.mark.parametrize(("step", "expected"), [("RCPT", SERVER_AWAY), ("DATA", UNKNOWN)])
async def test_a_slow_server_is_not_waited_for_for_ever(step: str, expected: Delivery) -> None:
    async with serving(Server(**{step: slow})) as port:
        assert await send(port, timeout=0.2) == expected


async def test_no_server_no_mail() -> None:
    async with serving(Server()) as port:
        pass
    assert await send(port) == SERVER_AWAY


async def test_a_look_that_grew_old_meanwhile_stops_the_hand_over() -> None:
    handler = Server()
    async with serving(handler) as port:
        assert await send(port, fresh=False) == LOOK_TOO_OLD
    assert handler.kept == []


async def test_no_longer_than_the_look_is_fresh_does_it_wait_to_be_asked_for_the_content() -> None:
    handler, begun = Server(), SystemClock().now()
    async with serving(handler, wait=0.6) as port:
        freshness = Freshness(SystemClock(), begun, timedelta(seconds=0.2))
        assert await sender_to(port).send(MAIL, fresh=freshness) == LOOK_TOO_OLD
        assert SystemClock().now() - begun < timedelta(seconds=0.55)
        await asyncio.sleep(0.6)
    assert handler.kept == []


async def test_a_look_that_grew_old_when_the_content_is_asked_for_sends_none_of_it() -> None:
    handler, left = Server(), [1.0, 0.0]
    async with serving(handler) as port:
        assert await sender_to(port).send(MAIL, fresh=lambda: left.pop(0)) == LOOK_TOO_OLD
        await asyncio.sleep(0.05)
    assert (handler.kept, left) == ([], [])


@pytest.mark.parametrize("fault", ["timeout", "drop"])
async def test_a_server_that_never_asks_for_the_content_has_nothing(fault: str) -> None:
    handler = Server()
    async with serving(handler, wait=0.6 if fault == "timeout" else 0) as port:
        if fault == "drop":
            handler.handle_RCPT = closes_soon  # type: ignore[attr-defined]
        assert await send(port, timeout=0.2) == SERVER_AWAY
    assert handler.kept == []


async def test_a_server_that_asks_too_late_leaves_the_level_due(desk: Any) -> None:
    handler = Server()
    async with serving(handler, wait=0.5) as port:
        desk.remind = replace(desk.remind, sender=sender_to(port), fresh_for=timedelta(seconds=0.3))
        await desk.issue("INV1", "100.00", issued=date(2026, 1, 5), due=date(2026, 2, 4))
        await desk.turn_to(date(2026, 2, 2))
        rows = await desk.rows("SELECT status, reason FROM message")
        [item] = await desk.rows("SELECT next_level, next_on FROM dunned_item")
        assert {(row["status"], row["reason"]) for row in rows} == {("deferred", "look_too_old")}
        assert (item["next_level"], item["next_on"]) == (0, date(2026, 2, 1))
        await asyncio.sleep(0.5)
    assert handler.kept == []
    assert await desk.facts("ReminderSent", "ReminderFailed") == []


@pytest.mark.parametrize("recipient", ["no\r\nRCPT TO:<other@x.example>", "王@例子.测试"])
async def test_an_address_that_cannot_be_named_is_refused_and_slips_nothing_in(recipient: str) -> None:
    handler = Server()
    async with serving(handler) as port:
        delivery = await send(port, Mail(MAIL.id, recipient, "s", "b\n"))
    assert (delivery.status, delivery.reason) == (MessageStatus.FAILED, "recipient_refused")
    assert handler.kept == []
