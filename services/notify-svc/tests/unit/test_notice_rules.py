"""Notices: how often staff are told, and that what was interrupted never leaves again."""

from datetime import date

import pytest

from dunlin_kernel.ids import NIL, new_id
from dunlin_kernel.lifecycle import IllegalTransition
from dunlin_kernel.money import Money
from notify_svc.domain.letter import LetterLanguage
from notify_svc.domain.limitation import LimitationClock, OldClaim
from notify_svc.domain.message import MessageStatus
from notify_svc.domain.notice import DigestFrequency, Notice, NoticeKind, reconcile_key
from notify_svc.domain.trouble import TroubleKind
from notify_svc.gateways.notice_letters import render_notice
from notify_svc.store import troubles
from notify_svc.store.limitations import Nearing

MONDAY, TUESDAY = date(2026, 2, 2), date(2026, 2, 3)


@pytest.mark.parametrize(("frequency", "monday", "tuesday"), [
    (DigestFrequency.OFF, False, False), (DigestFrequency.DAILY, True, True), (DigestFrequency.WEEKLY, True, False)])
def test_how_often_staff_are_told(frequency: DigestFrequency, monday: bool, tuesday: bool) -> None:
    assert (frequency.due(MONDAY), frequency.due(TUESDAY)) == (monday, tuesday)


def notice(status: MessageStatus) -> Notice:
    return Notice(new_id(), NoticeKind.STATEMENT, "x", new_id(), None, MONDAY, status)


@pytest.mark.parametrize(("status", "after"), [
    (MessageStatus.SENDING, MessageStatus.UNKNOWN), (MessageStatus.DEFERRED, MessageStatus.SENDING),
    (MessageStatus.SENT, None), (MessageStatus.UNKNOWN, None), (MessageStatus.FAILED, None),
    (MessageStatus.SUPPRESSED, None)])
def test_what_may_have_left_never_leaves_again(status: MessageStatus, after: MessageStatus | None) -> None:
    again = notice(status).again()
    assert (again.status if again else None) is after


def test_a_hand_over_ends_once() -> None:
    ended = notice(MessageStatus.SENDING).ended(MessageStatus.SENT, None)
    with pytest.raises(IllegalTransition):
        ended.ended(MessageStatus.SENT, None)


def test_each_reminder_to_answer_has_a_key_of_its_own() -> None:
    one = new_id()
    assert [reconcile_key(one, number) for number in (1, 2, 3)] == [str(one), f"{one}:2", f"{one}:3"]


@pytest.mark.parametrize(("language", "more"), [
    (LetterLanguage.EN, "and 30 more"), (LetterLanguage.ZH, "另有 30 条未列出")])
def test_a_digest_says_how_many_there_are_and_how_many_it_leaves_out(language: LetterLanguage, more: str) -> None:
    fields = {
        "sender": "Dunlin", "recipient": "Li", "on": MONDAY, "soon": [], "unanswered": [],
        "rows": [{"number": "C-1", "name": "Heron", "overdue": "1.00 CNY", "days": 3, "why": "overdue"}] * 50,
        "ending": [], "counts": {"rows": 80, "soon": 0, "unanswered": 0, "ending": 0},
        "left_out": {"rows": 30, "soon": 0, "unanswered": 0, "ending": 0}}
    said = render_notice(NoticeKind.OWNER_DIGEST, language, fields)
    assert "80" in said.subject and said.body.count(more) == 1
    whole = render_notice(NoticeKind.OWNER_DIGEST, language, fields | {"left_out": {"rows": 0, "soon": 0}})
    assert more not in whole.body
    over = Nearing(NIL, "INV-1", NIL, None, "Heron", "S-17", OldClaim(MONDAY, Money(1, "CNY"), Money(0, "CNY")),
                   LimitationClock(MONDAY), 0)
    ending = fields | {"ending": [over], "left_out": {"rows": 0, "soon": 0, "ending": 30}}
    assert render_notice(NoticeKind.OWNER_DIGEST, language, ending).body.splitlines()[-1] == more


def test_every_kind_of_trouble_is_looked_for() -> None:
    looked_for = str(troubles._TROUBLES)
    assert [kind for kind in TroubleKind if f"'{kind.value}'" not in looked_for] == []
