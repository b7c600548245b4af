"""Letters and text messages: what a gateway's answer means, how a letter looks, when a person says it was posted."""

import json
from datetime import date
from typing import Any

import httpx
import pytest

from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from notify_svc.domain.ladder import LetterTone, LevelChannel
from notify_svc.domain.letter import Letter, LetterLanguage, LetterLine
from notify_svc.domain.look import AccountLook, Contact, Reach
from notify_svc.domain.message import MessageStatus
from notify_svc.gateways import http_gateway, letters
from notify_svc.gateways.http_gateway import HttpGateway, outcome_of
from notify_svc.gateways.letter_pdf import letter_pdf
from notify_svc.gateways.sender import LOOK_TOO_OLD, Delivery, Mail
from notify_svc.usecases.write_message import Looks

MAIL = Mail(new_id(), "+86 139 0000 0000", "", "Heron: CNY 45.20", LevelChannel.SMS)


@pytest.mark.parametrize(("status", "end", "reason"), [
    (200, MessageStatus.SENT, None), (202, MessageStatus.SENT, None), (302, MessageStatus.UNKNOWN, "outcome_unknown"),
    (400, MessageStatus.FAILED, "message_refused"), (401, MessageStatus.FAILED, "sender_refused"),
    (422, MessageStatus.FAILED, "recipient_refused"), (429, MessageStatus.DEFERRED, "server_busy"),
    (500, MessageStatus.UNKNOWN, "outcome_unknown"), (503, MessageStatus.DEFERRED, "server_busy"),
])
def test_what_an_answer_says_of_a_message(status: int, end: MessageStatus, reason: str | None) -> None:
    assert outcome_of(status) == Delivery(end, reason, str(status))


def gateway(answer: Any, seen: list[httpx.Request]) -> HttpGateway:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer)

    return HttpGateway(httpx.AsyncClient(transport=httpx.MockTransport(handle)), "https://sms.example/v1/send", "key")


async def test_a_text_message_is_posted_once_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[httpx.Request] = []
    passed: list[str] = []
    monkeypatch.setattr(http_gateway, "passing", lambda at: passed.append(f"{at}, {len(seen)} sent"))
    assert (await gateway(202, seen).send(MAIL, fresh=lambda: 4.0)).status is MessageStatus.SENT
    assert passed == ["before_send, 0 sent", "after_send, 1 sent"]
    [asked] = seen
    assert (asked.headers["idempotency-key"], asked.headers["authorization"]) == (str(MAIL.id), "Bearer key")
    assert json.loads(asked.content) == {
        "id": str(MAIL.id), "channel": "sms", "to": MAIL.recipient, "text": "Heron: CNY 45.20"}


@pytest.mark.parametrize(("failed", "end"), [
    (httpx.ConnectError("away"), MessageStatus.DEFERRED), (httpx.ReadTimeout("no answer"), MessageStatus.UNKNOWN),
    (httpx.WriteError("cut off"), MessageStatus.UNKNOWN)])
async def test_what_never_reached_the_gateway_is_tried_again_and_what_may_have_is_not(
    failed: Exception, end: MessageStatus,
) -> None:
    assert (await gateway(failed, []).send(MAIL, fresh=lambda: 4.0)).status is end


async def test_on_a_look_that_is_too_old_nothing_is_posted() -> None:
    seen: list[httpx.Request] = []
    assert await gateway(202, seen).send(MAIL, fresh=lambda: 0.0) == LOOK_TOO_OLD
    assert seen == []


@pytest.mark.parametrize(("language", "text"), [
    (LetterLanguage.EN, "Heron Ltd: CNY 4,520.00 open on 1 invoices, the oldest due on 2026-02-04."),
    (LetterLanguage.ZH, "【Heron Ltd】贵司尚有 1 笔款项未付，合计 CNY 4,520.00，最早到期日 2026-02-04。")])
def test_a_text_message_is_one_paragraph(language: LetterLanguage, text: str) -> None:
    line = LetterLine("INV-1", date(2026, 2, 4), Money(452000, "CNY"), 3)
    letter = Letter(language, LetterTone.FRIENDLY, "Heron\nLtd", None, date(2026, 2, 7), (line,))
    rendered = letters.render_short(letter)
    assert rendered.body.startswith(text)
    assert "\n" not in rendered.body


def test_a_letter_is_a_pdf_of_as_many_pages_as_it_takes() -> None:
    asked = ("王会计\n长安街 1 号\n100000 北京\nCN", "逾期款项提醒", "INV-1    2026-02-04    CNY 1.00\n此致 CNY 1.00")
    short = letter_pdf(*asked)
    assert short.startswith(b"%PDF-")
    assert short == letter_pdf(*asked)
    assert short.count(b"/Type /Page\n") == 1
    for font in (b"/BaseFont /Helvetica", b"/BaseFont /Courier", b"STSong-Light"):
        assert font in short, "figures are not left to the font that the reader brings"
    assert letter_pdf("Heron", "Overdue", "逾" * 4000).count(b"/Type /Page\n") == 3


def test_a_channel_that_was_not_asked_for_is_not_offered() -> None:
    mail, silent = Reach(Contact("ap@example.com", None, "en"), True, False), Reach(None, True, False)
    looks = Looks(AccountLook((), {}), mail, None, {LevelChannel.SMS: silent})  # type: ignore[arg-type]
    assert looks.reach_on(LevelChannel.EMAIL) is mail
    assert [looks.reach_on(one).elsewhere for one in (LevelChannel.SMS, LevelChannel.LETTER)] == [True, True]
    nobody = Looks(AccountLook((), {}), silent, None, {LevelChannel.SMS: silent})  # type: ignore[arg-type]
    assert [nobody.reach_on(one).elsewhere for one in (LevelChannel.SMS, LevelChannel.LETTER)] == [False, True]
