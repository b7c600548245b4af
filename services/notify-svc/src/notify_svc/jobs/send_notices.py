"""Send notices beside reminders: statements, reminders to answer them, deposits that are asked for, digests and alerts
for their staff."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from dunlin_kernel.calendar import days_after
from dunlin_kernel.clock import Clock
from dunlin_kernel.money import Money
from dunlin_kit import jobs, staff
from dunlin_kit.database import Database
from dunlin_kit.jobs import Handler, Job
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.domain.look import Contact, Reach
from notify_svc.domain.message import MessageStatus
from notify_svc.domain.notice import NoticeKind, reconcile_key
from notify_svc.gateways.sender import Attachment, Mail, Sender
from notify_svc.jobs.remind_customers import Freshness, NotHandedOver
from notify_svc.store import collection_policies, contact_policies, notices
from notify_svc.usecases.hear_deposit import SEND_DEPOSIT
from notify_svc.usecases.plan_alert import TELL_ALERT
from notify_svc.usecases.plan_statement import REMIND_RECONCILE, SEND_STATEMENT
from notify_svc.usecases.run_ladder import OWNER_DIGEST
from notify_svc.usecases.write_notice import Addressee, WriteNotice

FRESH_FOR = timedelta(seconds=30)
OwnerLooker = Callable[[UUID, UUID], Awaitable[Contact | None]]
PersonLooker = Callable[[UUID, UUID], Awaitable[Reach]]
DocumentLooker = Callable[[UUID, UUID], Awaitable[bytes | None]]


@dataclass(frozen=True, slots=True)
class SendNotices:
    """The handlers of these jobs, with the looks (tenant, customer or member of staff), the sender, and the clock."""

    look_at_owner: OwnerLooker
    look_at_staff: OwnerLooker
    look_at_books: PersonLooker
    statement_document: DocumentLooker
    sender: Sender
    clock: Clock

    def handlers(self) -> dict[str, Handler]:
        """By kind of job."""
        return {SEND_STATEMENT: self.send_statement, REMIND_RECONCILE: self.remind, SEND_DEPOSIT: self.send_deposit,
                OWNER_DIGEST: self.tell_owner, TELL_ALERT: self.tell_alert}

    async def send_statement(self, database: Database, job: Job) -> None:
        """A statement with its document, to whom bills go; the first reminder to answer it is planned with it."""
        await self._of_statement(database, job, NoticeKind.STATEMENT)

    async def remind(self, database: Database, job: Job) -> None:
        """A reminder to answer, unless the statement was answered; the next one is planned with it."""
        await self._of_statement(database, job, NoticeKind.RECONCILE)

    async def send_deposit(self, database: Database, job: Job) -> None:
        """A request for a deposit, to whom bills go, unless money came in on it or it was ended."""
        reach = await self.look_at_books(job.tenant, UUID(job.payload["customer_id"]))

        async def written(tx: Transaction, moment: Tenant) -> WriteNotice | None:
            asked = await notices.deposit(tx, UUID(job.payload["request_id"]))
            if asked is None or not asked.waits or not reach.active or await _is_night(tx, job, reach, moment):
                return None
            to = reach.contact
            return WriteNotice(NoticeKind.DEPOSIT, str(asked.id), asked.customer_id, None,
                               Addressee(to.at, to.name, to.language) if to else None, asked._asdict())

        await self._send(database, job, written)

    async def tell_owner(self, database: Database, job: Job) -> None:
        """The day's digest, to the deputy when the owner is away."""
        acting = await self._acting(database, job)

        async def written(tx: Transaction, moment: Tenant) -> WriteNotice:
            fields = await usecases.gather_digest(tx, job.payload["owner_code"], moment)
            addressee = Addressee(acting.at, acting.name, acting.language) if acting else None
            return WriteNotice(
                NoticeKind.OWNER_DIGEST, job.key, None, job.payload["owner_code"], addressee, fields)

        await self._send(database, job, written)

    async def _acting(self, database: Database, job: Job) -> Contact | None:
        """Whoever acts for the member of staff; one that was not told of is asked for by a customer of theirs."""
        async def known(tx: Transaction) -> tuple[bool, UUID | None]:
            moment, code = await jobs.moment_of(tx, job), job.payload["owner_code"]
            return await staff.is_known(tx, code), await staff.acting_id(tx, code, moment.today)

        is_known, acting_id = await database.transact(job.tenant, known)
        if acting_id is not None:
            return await self.look_at_staff(job.tenant, acting_id)
        return None if is_known else await self.look_at_owner(job.tenant, UUID(job.payload["customer_id"]))

    async def tell_alert(self, database: Database, job: Job) -> None:
        """An alert of credit-svc, to the deputy when the owner is away."""
        said, customer_id = job.payload, UUID(job.payload["customer_id"])
        acting = await self.look_at_owner(job.tenant, customer_id)

        async def written(tx: Transaction, moment: Tenant) -> WriteNotice:
            fields = {
                "number": said["number"] or "-", "name": said["name"] or "-", "rule": said["rule"].replace("_", " "),
                "amount": Money.parse(said["amount"], said["currency"]),
                "tolerated": Money.parse(said["tolerated"], said["currency"])}
            addressee = Addressee(acting.at, acting.name, acting.language) if acting else None
            return WriteNotice(NoticeKind.ALERT, job.key, customer_id, said["owner_code"], addressee, fields)

        await self._send(database, job, written)

    async def _of_statement(self, database: Database, job: Job, kind: NoticeKind) -> None:
        reach = await self.look_at_books(job.tenant, UUID(job.payload["customer_id"]))
        document = await self._document(job) if kind is NoticeKind.STATEMENT and reach.contact else None

        async def written(tx: Transaction, moment: Tenant) -> WriteNotice | None:
            told = await notices.statement(tx, UUID(job.payload["statement_id"]))
            if told is None or (kind is NoticeKind.RECONCILE and told.answered) or not reach.active:
                return None
            if await _is_night(tx, job, reach, moment):
                return None
            number = int(job.payload.get("number", 1)) if kind is NoticeKind.RECONCILE else 0
            await usecases.plan_statement(tx, told, moment, reminded=number)
            to, policy = reach.contact, (await collection_policies.in_force(tx, moment.currency)).policy
            fields: dict[str, Any] = {
                "period_from": told.period_from, "period_to": told.period_to, "closing": told.closing,
                "answer_by": days_after(moment.today, policy.statement_answer_days)}
            key = reconcile_key(told.id, number) if number else str(told.id)
            return WriteNotice(kind, key, told.customer_id, None,
                               Addressee(to.at, to.name, to.language) if to else None, fields, document)

        await self._send(database, job, written)

    async def _document(self, job: Job) -> Attachment | None:
        statement_id = UUID(job.payload["statement_id"])
        content = await self.statement_document(job.tenant, statement_id)
        return None if content is None else Attachment(f"statement-{statement_id}.pdf", content)

    async def _send(
        self, database: Database, job: Job, written: Callable[[Transaction, Tenant], Awaitable[WriteNotice | None]],
    ) -> None:
        """Write down, commit, hand over, note the end; nothing leaves twice."""
        command: WriteNotice | None = None

        async def prepare(tx: Transaction) -> Mail | None:
            nonlocal command
            moment = await jobs.moment_of(tx, job)
            command = await written(tx, moment)
            mail = await usecases.write_notice(tx, command, moment) if command else None
            if mail is None:
                jobs.finish(tx, job)
            return mail

        looked_at = self.clock.now()
        mail = await database.transact(job.tenant, prepare)
        if mail is None or command is None:
            return
        delivery = await self.sender.send(mail, fresh=Freshness(self.clock, looked_at, FRESH_FOR))
        kind, key = command.kind, command.key

        async def record(tx: Transaction) -> None:
            await jobs.moment_of(tx, job)
            await usecases.end_notice(tx, kind, key, delivery)
            if delivery.status is not MessageStatus.DEFERRED:
                jobs.finish(tx, job)

        await database.transact(job.tenant, record)
        if delivery.status is MessageStatus.DEFERRED:
            raise NotHandedOver(delivery.reason)


async def _is_night(tx: Transaction, job: Job, reach: Reach, moment: Tenant) -> bool:
    """Whether it is quiet where the recipient is: then the job is planned again for the end of that."""
    sparing = (await contact_policies.in_force(tx)).policy
    ends = sparing.quiet_ends(reach.zone or moment.zone, moment.now)
    if ends is None:
        return False
    jobs.schedule(tx, job.kind, f"{job.key}:{ends.isoformat()}", ends, job.payload)
    return True
