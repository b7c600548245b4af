"""The hand-over in two phases: what a crash, a stale look, a refusal or a twin leave, and what a person resolves."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from dunlin_events.contracts.customer import CustomerContactsChanged
from dunlin_kernel.clock import FrozenClock
from dunlin_kernel.ids import new_id
from dunlin_kernel.lifecycle import IllegalTransition
from dunlin_kit.jobs import Job
from dunlin_kit.testing import tell
from notify_svc import usecases
from notify_svc.consumers.customer import customer
from notify_svc.domain.message import MessageStatus
from notify_svc.gateways.recorder import Recorder
from notify_svc.gateways.sender import Delivery, Mail

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)
REFUSED = Delivery(MessageStatus.FAILED, "recipient_refused", "550")
BUSY = Delivery(MessageStatus.DEFERRED, "recipient_refused", "451")
UNKNOWN = Delivery(MessageStatus.UNKNOWN, "outcome_unknown")


@dataclass
class Scripted:
    """A sender that ends each mail as told, then takes them; `before` runs ahead of the hand-over."""

    ends: list[Delivery | Exception]
    before: Callable[[], object] = lambda: None
    taken: Recorder = field(default_factory=Recorder)

    async def send(self, mail: Mail, *, fresh: Callable[[], float]) -> Delivery:
        self.before()
        if self.ends:
            fresh()
            end = self.ends.pop(0)
            if isinstance(end, Exception):
                raise end
            return end
        return await self.taken.send(mail, fresh=fresh)


@pytest.fixture
async def owing(desk: Any) -> Any:
    """One item of 100.00 whose first level is due on 2026-02-01; its schedule stands at the day before."""
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 1))
    return desk


def scripted(desk: Any, *ends: Delivery | Exception, **more: Any) -> Scripted:
    sender = Scripted(list(ends), **more)
    desk.remind = replace(desk.remind, sender=sender)
    return sender


async def statuses(desk: Any) -> list[tuple[str, str | None]]:
    rows = await desk.rows("SELECT status, reason FROM message ORDER BY id")
    return [(row["status"], row["reason"]) for row in rows]


async def planned(desk: Any) -> tuple[int | None, date | None]:
    [row] = await desk.rows("SELECT next_level, next_on FROM dunned_item")
    return row["next_level"], row["next_on"]


async def test_the_message_is_committed_as_sending_before_it_is_handed_over(owing: Any) -> None:
    seen: list[Any] = []

    class Watching(Recorder):
        async def send(self, mail: Mail, *, fresh: Callable[[], float]) -> Delivery:
            seen.extend(await owing.rows("SELECT id, status FROM message"))
            return await super().send(mail, fresh=fresh)

    owing.remind = replace(owing.remind, sender=Watching())
    await owing.turn_to(date(2026, 2, 2))
    assert seen == [{"id": owing.recorder.mails[0].id, "status": "sending"}]
    assert await statuses(owing) == [("sent", None)]


async def test_interrupted_after_the_commit_it_is_unknown_and_never_sent_again(owing: Any) -> None:
    sender = scripted(owing, OSError("killed"))
    await owing.turn_to(date(2026, 2, 2))
    assert await statuses(owing) == [("sending", None)]
    await owing.try_again()
    assert await statuses(owing) == [("unknown", "outcome_unknown")]
    assert [fact["reason"] for fact in await owing.facts("ReminderFailed")] == ["outcome_unknown"]
    assert await planned(owing) == (1, date(2026, 2, 7))
    await owing.turn_to(date(2026, 2, 7))
    assert sender.taken.mails == []


@pytest.mark.parametrize(("sent", "status", "plan", "fact"), [
    (True, "sent", (1, date(2026, 2, 7)), "ReminderSent"),
    (False, "not_sent", (0, date(2026, 2, 1)), "ReminderScheduled"),
])
async def test_a_person_resolves_an_unknown_outcome(
    owing: Any, sent: bool, status: str, plan: tuple[int, date], fact: str,
) -> None:
    sender = scripted(owing, UNKNOWN)
    await owing.turn_to(date(2026, 2, 2))
    [row] = await owing.rows("SELECT id FROM message")
    resolve = partial(usecases.resolve_message, message_id=row["id"], sent=sent)
    await owing.database.transact(owing.tenant, resolve)
    assert await statuses(owing) == [(status, None)]
    assert await planned(owing) == plan
    assert (await owing.facts())[-1]["fact"] == fact
    with pytest.raises(IllegalTransition):
        await owing.database.transact(owing.tenant, resolve)
    await owing.turn_to(date(2026, 2, 3))
    assert len(sender.taken.mails) == (0 if sent else 1)


async def test_a_refused_recipient_fails_and_is_left_in_peace_until_the_contacts_change(owing: Any) -> None:
    sender = scripted(owing, REFUSED)
    await owing.turn_to(date(2026, 2, 3))
    assert await statuses(owing) == [("failed", "recipient_refused"), ("suppressed", "recipient_refused")]
    assert [fact["reason"] for fact in await owing.facts("ReminderFailed")] == ["recipient_refused"]
    await tell(owing.database, customer, owing.tenant, CustomerContactsChanged.model_validate(
        CustomerContactsChanged.examples[0] | {"customer_id": owing.customer}))
    await owing.turn_to(date(2026, 2, 4))
    assert len(sender.taken.mails) == 1
    assert await planned(owing) == (1, date(2026, 2, 7))


async def test_a_passing_fault_defers_and_the_level_goes_once(owing: Any) -> None:
    sender = scripted(owing, BUSY, BUSY)
    await owing.turn_to(date(2026, 2, 2))
    assert await owing.facts("ReminderSent", "ReminderFailed") == []
    await owing.try_again()
    await owing.try_again()
    assert [status for status, _ in await statuses(owing)] == ["deferred", "deferred", "sent"]
    assert len(sender.taken.mails) == 1


async def test_a_look_older_than_five_seconds_is_taken_again(owing: Any) -> None:
    clock = FrozenClock(datetime(2026, 7, 1, tzinfo=UTC))
    waits = [4.9 + 0.2, 0.0]
    sender = scripted(owing, before=lambda: clock.advance(seconds=waits.pop(0)))
    owing.remind = replace(owing.remind, clock=clock)
    owing.neighbours.asked.clear()
    await owing.turn_to(date(2026, 2, 2))
    assert await statuses(owing) == [("deferred", "look_too_old"), ("sent", None)]
    assert len(sender.taken.mails) == 1
    assert len([path for path, _ in owing.neighbours.asked if path.startswith("/billing/")]) == 2


async def test_looks_that_are_always_too_old_send_nothing(owing: Any) -> None:
    clock = FrozenClock(datetime(2026, 7, 1, tzinfo=UTC))
    sender = scripted(owing, before=lambda: clock.advance(seconds=6))
    owing.remind = replace(owing.remind, clock=clock)
    await owing.turn_to(date(2026, 2, 2))
    assert [status for status, _ in await statuses(owing)] == ["deferred"] * 3
    assert sender.taken.mails == []
    assert await planned(owing) == (0, date(2026, 2, 1))


async def test_two_workers_on_two_runs_of_one_customer_send_one_message(owing: Any) -> None:
    due_at = datetime(2026, 2, 1, 4, tzinfo=UTC)
    jobs = [Job(owing.tenant, new_id(), "remind_customers", f"twin-{n}", due_at,
                {"customer_ids": [str(owing.customer)]}, 1)
            for n in range(4)]
    for job in jobs:
        await owing.rows(
            "INSERT INTO job (tenant_id, job_id, kind, key, due_at, payload, attempts, lease_until) "
            "VALUES ($1, $2, $3, $4, $5, '{}', 1, now() + interval '1 minute')",
            job.tenant, job.id, job.kind, job.key, job.due_at)
    ends = await asyncio.gather(*(owing.remind.run(owing.database, job) for job in jobs), return_exceptions=True)
    assert len(owing.recorder.mails) == 1
    assert all(end is None or getattr(end, "code", "") in ("reminder_under_way", "left_already", "already_exists")
               for end in ends)
    assert [status for status, _ in await statuses(owing)] == ["sent"]


async def test_a_message_of_another_run_is_left_alone_for_five_minutes(owing: Any) -> None:
    clock = FrozenClock(datetime(2026, 7, 1, tzinfo=UTC))
    scripted(owing, OSError("killed"))
    owing.remind = replace(owing.remind, clock=clock)
    await owing.turn_to(date(2026, 2, 2))
    end = partial(usecases.end_interrupted_reminders, customer_ids=[owing.customer], job_id=UUID(int=7))
    busy = await owing.database.transact(owing.tenant, partial(end, now=clock.advance(seconds=299)))
    assert busy == {owing.customer}
    assert await statuses(owing) == [("sending", None)]
    assert not await owing.database.transact(owing.tenant, partial(end, now=clock.advance(seconds=1)))
    assert await statuses(owing) == [("unknown", "outcome_unknown")]


async def test_what_was_only_queued_when_a_run_broke_off_is_judged_again(owing: Any) -> None:
    """The worker died between the commit of the slice and the first hand-over: nothing left, and nobody is asked."""
    looks = await owing.remind._look(owing.tenant, [owing.customer])
    job = Job(owing.tenant, new_id(), "remind_customers", "broken-off", datetime(2026, 2, 1, 4, tzinfo=UTC),
              {"customer_ids": [str(owing.customer)]}, 1)
    [queued] = await owing.remind._queued(owing.database, job, looks)
    assert await statuses(owing) == [("queued", None)]
    end = partial(usecases.end_interrupted_reminders, customer_ids=[owing.customer], job_id=job.id,
                  now=owing.remind.clock.now())
    assert not await owing.database.transact(owing.tenant, end)
    assert await statuses(owing) == [("deferred", "interrupted")]
    late = await owing.remind._handed_over(owing.database, job, [queued])
    assert (late, owing.recorder.mails) == ([], []), "one who comes back late hands nothing over"
    await owing.turn_to(date(2026, 2, 2))
    assert await statuses(owing) == [("deferred", "interrupted"), ("sent", None)]


async def test_one_customer_that_is_not_known_next_door_does_not_hold_back_the_slice(owing: Any) -> None:
    owing.neighbours.unknown.add(str(owing.customer))
    await owing.turn_to(date(2026, 2, 2))
    assert await statuses(owing) == []
    owing.neighbours.unknown.clear()
    await owing.try_again()
    assert await statuses(owing) == [("sent", None)]
