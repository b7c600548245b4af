"""Remind a slice of customers: look afresh, queue their messages, hand each over within five seconds, note the ends."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from dunlin_kernel.clock import Clock
from dunlin_kernel.errors import NotReady
from dunlin_kit import jobs
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.outbound import LookFailed
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.domain.ladder import LevelChannel
from notify_svc.domain.look import AccountLook, Reach
from notify_svc.domain.message import MessageStatus
from notify_svc.gateways.sender import LOOK_TOO_OLD, Delivery, Sender
from notify_svc.store import ladder_policies
from notify_svc.usecases.plan_slices import REMIND_CUSTOMERS
from notify_svc.usecases.prepare_reminders import Prepared, PrepareReminders
from notify_svc.usecases.record_outcomes import Ending
from notify_svc.usecases.write_message import Looks

KIND = REMIND_CUSTOMERS
FRESH_FOR = timedelta(seconds=5)
LOOKS_A_RUN = 3
MAILS_AT_ONCE = 25

AccountsLooker = Callable[[UUID, Collection[UUID]], Awaitable[Mapping[UUID, AccountLook]]]
CustomersLooker = Callable[[UUID, Collection[UUID], LevelChannel], Awaitable[Mapping[UUID, Reach]]]
T = TypeVar("T")


class NotHandedOver(Exception):
    """Nothing left, and it is worth another try: the job runs again."""


class Freshness:
    """Seconds for which a look is still fresh, 0 when no more; `asked_at` ends up right before the hand-over."""

    def __init__(self, clock: Clock, looked_at: datetime, fresh_for: timedelta) -> None:
        self._clock, self._looked_at, self._fresh_for = clock, looked_at, fresh_for
        self.asked_at: datetime | None = None

    def __call__(self) -> float:
        self.asked_at = self._clock.now()
        left = self._looked_at + self._fresh_for - self.asked_at
        return max(0.0, left.total_seconds())


@dataclass(frozen=True, slots=True)
class RemindCustomers:
    """The handler of the job, with the looks (tenant, customers, on a channel), the sender, and the machine's clock.

    `offered`: channels beside e-mail and calls that this installation has; a level on another one stays due.
    """

    look_at_accounts: AccountsLooker
    look_at_customers: CustomersLooker
    sender: Sender
    clock: Clock
    fresh_for: timedelta = FRESH_FOR
    offered: frozenset[LevelChannel] = frozenset({LevelChannel.LETTER})

    async def run(self, database: Database, job: Job) -> None:
        """All of the slice together; run again, each customer alone, so that none holds back the others.

        Refuses: LookFailed, NotHandedOver (both: the level stays due, the job runs again), reminder_under_way.
        """
        customer_ids, failed = [UUID(one) for one in job.payload["customer_ids"]], []
        for some in _cut(customer_ids, len(customer_ids) if job.attempts <= 1 else 1):
            try:
                await self._remind(database, job, some)
            except LookFailed:
                raise
            except Exception as one:
                failed.append(one)
        if failed:
            raise failed[0]

        async def end(tx: Transaction) -> None:
            jobs.finish(tx, job)

        await database.transact(job.tenant, end)

    async def _remind(self, database: Database, job: Job, customer_ids: Sequence[UUID]) -> None:
        busy = await self._end_interrupted(database, job, customer_ids)
        left, waits = [one for one in customer_ids if one not in busy], []
        channels = sorted(await self._channels(database, job) & self.offered)
        for _ in range(LOOKS_A_RUN):
            looks = await self._look(job.tenant, left, channels)
            waits += ["not_known_yet"] * (len(left) - len(looks))
            endings = await self._handed_over(database, job, await self._queued(database, job, looks))
            left = [one.customer_id for one in endings if one.delivery == LOOK_TOO_OLD]
            waits += [one.delivery.reason or "" for one in endings
                      if one.delivery.status is MessageStatus.DEFERRED and one.delivery != LOOK_TOO_OLD]
            if not left:
                break
        if busy:
            raise NotReady("reminder_under_way", "Another message to this customer is being handed over.")
        if left or waits:
            raise NotHandedOver(waits[0] if waits else LOOK_TOO_OLD.reason)

    async def _end_interrupted(self, database: Database, job: Job, customer_ids: Sequence[UUID]) -> set[UUID]:
        async def work(tx: Transaction) -> set[UUID]:
            await jobs.moment_of(tx, job)
            return await usecases.end_interrupted_reminders(tx, customer_ids, job_id=job.id, now=self.clock.now())

        return await database.transact(job.tenant, work)

    async def _channels(self, database: Database, job: Job) -> frozenset[LevelChannel]:
        """Those on which any ladder of the tenant speaks."""

        async def read(tx: Transaction) -> frozenset[LevelChannel]:
            ladders = (await ladder_policies.all_of(tx)).by_name.values()
            return frozenset(level.channel for ladder in ladders for level in ladder.levels)

        return await database.read(job.tenant, read) if self.offered else frozenset()

    async def _look(
        self, tenant: UUID, customer_ids: Sequence[UUID], channels: Sequence[LevelChannel] = (),
    ) -> dict[UUID, Looks]:
        """All looks at once, as old as the moment at which they began; those whom a neighbour did not know are not in.
        """
        if not customer_ids:
            return {}
        looked_at = self.clock.now()
        accounts, (reaches, *others) = await asyncio.gather(
            self.look_at_accounts(tenant, customer_ids), self._reaches(tenant, customer_ids, channels))
        return {one: Looks(accounts[one], reaches[one], looked_at, {
                    channel: other[one] for channel, other in zip(channels, others, strict=True)})
                for one in customer_ids if one in accounts and one in reaches}

    async def _reaches(
        self, tenant: UUID, customer_ids: Sequence[UUID], channels: Sequence[LevelChannel],
    ) -> list[Mapping[UUID, Reach]]:
        """By e-mail first, then on each of these channels."""
        return await asyncio.gather(
            *(self.look_at_customers(tenant, customer_ids, one) for one in (LevelChannel.EMAIL, *channels)))

    async def _queued(self, database: Database, job: Job, looks: Mapping[UUID, Looks]) -> list[Prepared]:
        """The messages are committed as `queued` when this returns."""

        async def work(tx: Transaction) -> list[Prepared]:
            moment = await jobs.moment_of(tx, job)
            return await usecases.prepare_reminders(tx, PrepareReminders(job.id, moment, looks))

        return await database.transact(job.tenant, work) if looks else []

    async def _handed_over(self, database: Database, job: Job, queued: Sequence[Prepared]) -> list[Ending]:
        """Some at once, each committed as `sending` before; how they ended is committed with the next ones' beginning.
        """
        endings: list[Ending] = []
        last: list[Ending] = []
        for some in _cut(queued, MAILS_AT_ONCE):
            begun = await self._noted(database, job, last, some)
            sent = await asyncio.gather(
                *(self._sent(one) for one in some if one.mail.id in begun), return_exceptions=True)
            last = [one for one in sent if isinstance(one, Ending)]
            endings += last
            if broken := [one for one in sent if isinstance(one, BaseException)]:
                await self._noted(database, job, last, ())
                raise broken[0]
        await self._noted(database, job, last, ())
        return endings

    async def _sent(self, one: Prepared) -> Ending:
        freshness = Freshness(self.clock, one.looked_at, self.fresh_for)
        delivery: Delivery = await self.sender.send(one.mail, fresh=freshness) if freshness() else LOOK_TOO_OLD
        return Ending(one.customer_id, one.mail.id, delivery, freshness.asked_at)

    async def _noted(
        self, database: Database, job: Job, ended: Sequence[Ending], beginning: Sequence[Prepared],
    ) -> set[UUID]:
        """Which of those that begin may be handed over, once this is committed."""

        async def work(tx: Transaction) -> set[UUID]:
            await jobs.moment_of(tx, job)
            await usecases.record_outcomes(tx, ended)
            return await usecases.begin_hand_over(tx, [one.mail.id for one in beginning])

        return await database.transact(job.tenant, work) if ended or beginning else set()


def _cut(all_of_them: Sequence[T], size: int) -> list[Sequence[T]]:
    return [all_of_them[first:first + size] for first in range(0, len(all_of_them), max(size, 1))]
