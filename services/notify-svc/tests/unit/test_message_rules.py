"""A message's life step by step: what is interrupted, given back, posted and found out, and what its steps become."""

from datetime import UTC, date, datetime

import pytest

from dunlin_kernel.ids import new_id
from dunlin_kernel.lifecycle import IllegalTransition
from dunlin_kernel.money import Money
from notify_svc.domain.message import Bounce, Message, MessageStatus, Step

S = MessageStatus
AT, LATER = datetime(2026, 2, 7, 4, tzinfo=UTC), datetime(2026, 2, 8, 4, tzinfo=UTC)


def step(outcome: MessageStatus, reason: str | None = None) -> Step:
    return Step(new_id(), None, "INV-1", date(2026, 2, 4), 1, 1, 3, Money(100, "CNY"), outcome, reason)


def message(status: MessageStatus, *steps: Step, at: datetime | None = None) -> Message:
    kept = steps or (step(S.SUPPRESSED, "disputed"), step(S.UNKNOWN if status is S.UNKNOWN else S.SENDING))
    return Message(
        new_id(), new_id(), new_id(), date(2026, 2, 7), status, "email", 1, 1, "zh", "firm", None, AT, AT, kept,
        handed_over_at=at)


def outcomes(one: Message) -> list[MessageStatus]:
    return [each.outcome for each in one.steps]


@pytest.mark.parametrize(("before", "after", "reason"), [
    (S.QUEUED, S.DEFERRED, "interrupted"), (S.SENDING, S.UNKNOWN, "outcome_unknown")])
def test_what_a_broken_run_left_behind(before: MessageStatus, after: MessageStatus, reason: str) -> None:
    one = message(before).interrupted()
    assert (one.status, one.reason, outcomes(one)) == (after, reason, [S.SUPPRESSED, after])


def test_an_outcome_is_that_of_all_steps_that_were_to_leave() -> None:
    before = message(S.SENDING, step(S.SENDING), step(S.SUPPRESSED, "disputed"), step(S.SENDING))
    assert [one.outcome for one in before.leaving] == [S.SENDING, S.SENDING]
    after = before.ended(S.FAILED, reason="recipient_refused", code="550", at=AT)
    assert outcomes(after) == [S.FAILED, S.SUPPRESSED, S.FAILED]
    assert (after.reason, after.code, after.handed_over_at, after.leaving) == ("recipient_refused", "550", AT, ())
    with pytest.raises(IllegalTransition):
        after.ended(S.SENT, reason=None, code=None, at=AT)


@pytest.mark.parametrize("before", [S.SENT, S.UNKNOWN])
def test_a_receipt_says_that_it_left(before: MessageStatus) -> None:
    one = message(before, step(before), at=AT)
    arrived, back = one.delivered(LATER), one.bounced(Bounce.HARD, LATER)
    assert (arrived.status, arrived.delivered_at, arrived.handed_over_at, outcomes(arrived)) == (
        S.SENT, LATER, AT, [S.SENT])
    assert arrived.delivered(AT).delivered_at == LATER, "the first receipt stays"
    assert (back.status, back.bounced_at, back.bounce, outcomes(back)) == (S.SENT, LATER, Bounce.HARD, [S.SENT])


LIFE = list(MessageStatus)


@pytest.mark.parametrize("before", [one for one in LIFE if one not in (S.SENT, S.UNKNOWN)])
def test_what_did_not_leave_does_not_arrive(before: MessageStatus) -> None:
    with pytest.raises(IllegalTransition, match="only one that left"):
        message(before).delivered(AT)
    with pytest.raises(IllegalTransition, match="only one that left"):
        message(before).bounced(Bounce.SOFT, AT)


@pytest.mark.parametrize(("sent", "after"), [(True, S.SENT), (False, S.NOT_SENT)])
def test_a_person_posts_a_letter_and_finds_an_outcome_out(sent: bool, after: MessageStatus) -> None:
    posted = message(S.TO_PRINT).posted(sent=sent, by="clerk")
    assert (posted.status, posted.resolved_by, outcomes(posted), posted.handed_over_at) == (
        after, "clerk", [S.SUPPRESSED, after], None)
    found = message(S.UNKNOWN, at=AT).resolved(sent=sent, by="clerk")
    assert (found.status, found.resolved_by, outcomes(found), found.handed_over_at) == (
        after, "clerk", [S.SUPPRESSED, after], AT)


@pytest.mark.parametrize("before", [one for one in LIFE if one is not S.TO_PRINT])
def test_only_a_letter_that_waits_is_posted(before: MessageStatus) -> None:
    with pytest.raises(IllegalTransition, match="only a letter that waits"):
        message(before).posted(sent=True, by="clerk")


@pytest.mark.parametrize("before", [one for one in LIFE if one is not S.UNKNOWN])
def test_only_an_unknown_outcome_is_found_out(before: MessageStatus) -> None:
    with pytest.raises(IllegalTransition, match="only an unknown outcome"):
        message(before).resolved(sent=False, by="clerk")
