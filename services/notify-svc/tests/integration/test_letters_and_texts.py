"""Levels by letter and text message on the desk: the print queue, posted or withdrawn; consent; what is overtaken."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from dunlin_kernel.errors import DomainError
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.domain.ladder import LADDER_K, LetterTone, Level, LevelChannel
from notify_svc.store import print_queue
from notify_svc.store.print_queue import WaitingLetter

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)
LADDER = replace(LADDER_K, levels=(
    Level(3, LetterTone.FRIENDLY, channel=LevelChannel.SMS), Level(10, LetterTone.FIRM, channel=LevelChannel.LETTER),
    Level(20, LetterTone.FINAL)))
WHERE = {"recipient": "Heron Ltd", "street": "1 Quay", "city": "Bergen", "postal_code": "5003", "region": None,
         "country": "NO"}


@pytest.fixture
async def office(desk: Any) -> Any:
    """A desk with a gateway for text messages, whose customer has a telephone and an address."""
    desk.remind = replace(desk.remind, offered=frozenset({LevelChannel.SMS, LevelChannel.LETTER}))
    desk.neighbours.contact |= {"contact_id": str(desk.customer), "phone": "+47 55 00 00 00", "address": WHERE}

    async def work(tx: Transaction) -> None:
        await usecases.set_ladder_policy(tx, LADDER, expected_version=1)

    await desk.database.transact(desk.tenant, work)
    return desk


async def queue(desk: Any) -> list[WaitingLetter]:
    async def work(tx: Transaction) -> list[WaitingLetter]:
        return await print_queue.waiting(tx, None, limit=9)

    found: list[WaitingLetter] = await desk.database.read(desk.tenant, work)
    return found


async def post(desk: Any, letter: WaitingLetter, *, sent: bool) -> None:
    async def work(tx: Transaction) -> None:
        await usecases.post_letter(tx, letter.id, sent=sent)

    await desk.database.transact(desk.tenant, work)


async def told(desk: Any) -> list[tuple[str, str, int]]:
    return [(fact["channel"], fact["reminded_on"], fact["level"]) for fact in await desk.facts("ReminderSent")]


async def test_a_text_message_leaves_and_a_letter_waits_until_it_is_posted(office: Any) -> None:
    await office.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await office.turn_to(date(2026, 2, 20))
    [text] = office.recorder.mails
    assert (text.recipient, text.channel, text.subject) == ("+47 55 00 00 00", LevelChannel.SMS, "")
    assert "CNY 100.00" in text.body
    [letter] = await queue(office)
    assert (letter.judged_on, letter.level, letter.is_owed) == (date(2026, 2, 14), 1, True)
    [content] = await office.rows("SELECT recipient FROM message_content WHERE message_id = $1", letter.id)
    assert content["recipient"] == "Heron Ltd\n1 Quay\n5003 Bergen\nNO"
    await post(office, letter, sent=True)
    assert await queue(office) == []
    with pytest.raises(DomainError, match="only a letter that waits"):
        await post(office, letter, sent=False)
    await office.turn_to(date(2026, 2, 26))
    assert await told(office) == [("sms", "2026-02-07", 0), ("letter", "2026-02-14", 1), ("email", "2026-02-24", 2)]


async def test_a_letter_that_is_withdrawn_is_due_again_and_one_that_was_overtaken_says_so(office: Any) -> None:
    await office.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await office.turn_to(date(2026, 2, 16))
    [letter] = await queue(office)
    await post(office, letter, sent=False)
    await office.turn_to(date(2026, 2, 18))
    [again] = await queue(office)
    assert (again.judged_on, again.level) == (date(2026, 2, 16), 1)
    await office.allocate("INV1", "0.00", paid="100.00")
    assert [one.is_owed for one in await queue(office)] == [False]
    await post(office, again, sent=False)
    await office.turn_to(date(2026, 3, 1))
    assert await told(office) == [("sms", "2026-02-07", 0)]


async def test_without_a_gateway_or_a_consent_the_level_stays_due(office: Any) -> None:
    await office.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    office.remind = replace(office.remind, offered=frozenset({LevelChannel.LETTER}))
    await office.turn_to(date(2026, 2, 8))
    office.remind = replace(office.remind, offered=frozenset({LevelChannel.SMS}))
    office.neighbours.contact["phone"] = None
    await office.turn_to(date(2026, 2, 9))
    assert [(fact["suppressed_on"], fact["reason"]) for fact in await office.facts("ReminderSuppressed")] == [
        ("2026-02-07", "channel_not_allowed"), ("2026-02-08", "channel_not_allowed")]
    office.neighbours.contact["phone"] = "+47 55 00 00 00"
    await office.turn_to(date(2026, 2, 10))
    assert await told(office) == [("sms", "2026-02-09", 0)]
