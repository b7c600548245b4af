"""Remind one customer: look afresh, write the message down, commit, hand it over within five seconds, note the end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dunlin_kernel.clock import Clock
from dunlin_kit import jobs
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.domain.look import AccountLook, Reach
from notify_svc.domain.message import MessageStatus
from notify_svc.gateways.sender import LOOK_TOO_OLD, Mail, Sender
from notify_svc.usecases.record_outcome import Ending
from notify_svc.usecases.run_ladder import REMIND_CUSTOMER
from notify_svc.usecases.write_message import Looks, PrepareReminder

KIND = REMIND_CUSTOMER
FRESH_FOR = timedelta(seconds=5)
LOOKS_A_RUN = 3

AccountLooker = Callable[[UUID, UUID], Awaitable[AccountLook]]
CustomerLooker = Callable[[UUID, UUID], Awaitable[Reach]]


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
class RemindCustomer:
    """The handler of the job, with the looks (tenant, customer), the sender, and the machine's clock."""

    look_at_account: AccountLooker
    look_at_customer: CustomerLooker
    sender: Sender
    clock: Clock
    fresh_for: timedelta = FRESH_FOR

    async def run(self, database: Database, job: Job) -> None:
        """Refuses: LookFailed, NotHandedOver (both: the level stays due, the job runs again), reminder_under_way."""
        customer_id = UUID(job.payload["customer_id"])
        await self._end_interrupted(database, job, customer_id)
        for _ in range(LOOKS_A_RUN):
            looks = await self._look(job.tenant, customer_id)
            mail = await self._prepared(database, job, customer_id, looks)
            if mail is None:
                return
            freshness = Freshness(self.clock, looks.looked_at, self.fresh_for)
            delivery = await self.sender.send(mail, fresh=freshness)
            await self._record(database, job, Ending(customer_id, mail.id, delivery, freshness.asked_at))
            if delivery != LOOK_TOO_OLD:
                break
        if delivery.status is MessageStatus.DEFERRED:
            raise NotHandedOver(delivery.reason)

    async def _end_interrupted(self, database: Database, job: Job, customer_id: UUID) -> None:
        async def work(tx: Transaction) -> None:
            await jobs.moment_of(tx, job)
            await usecases.end_interrupted_reminder(
                tx, customer_id=customer_id, job_id=job.id, now=self.clock.now())

        await database.transact(job.tenant, work)

    async def _look(self, tenant: UUID, customer_id: UUID) -> Looks:
        """Both looks at once; they are as old as the moment at which they began."""
        looked_at = self.clock.now()
        account, reach = await asyncio.gather(
            self.look_at_account(tenant, customer_id), self.look_at_customer(tenant, customer_id))
        return Looks(account, reach, looked_at)

    async def _prepared(self, database: Database, job: Job, customer_id: UUID, looks: Looks) -> Mail | None:
        """The message is committed as `sending` when this returns; where nothing leaves, the job is finished."""

        async def work(tx: Transaction) -> Mail | None:
            moment = await jobs.moment_of(tx, job)
            mail = await usecases.prepare_reminder(tx, PrepareReminder(customer_id, job.id, moment, looks))
            if mail is None:
                jobs.finish(tx, job)
            return mail

        return await database.transact(job.tenant, work)

    async def _record(self, database: Database, job: Job, ending: Ending) -> None:
        async def work(tx: Transaction) -> None:
            await jobs.moment_of(tx, job)
            await usecases.record_outcome(tx, ending)
            if ending.delivery.status is not MessageStatus.DEFERRED:
                jobs.finish(tx, job)

        await database.transact(job.tenant, work)
