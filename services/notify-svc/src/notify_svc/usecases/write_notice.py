"""Write a notice down before it leaves."""

from dataclasses import dataclass
from uuid import UUID

from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.letter import LetterLanguage
from notify_svc.domain.message import MessageStatus
from notify_svc.domain.notice import Notice, NoticeKind
from notify_svc.gateways.notice_letters import render_notice
from notify_svc.gateways.sender import Attachment, Mail
from notify_svc.store import notices


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a notice goes to right now; kept nowhere."""

    email: str
    name: str | None
    language: str


@dataclass(frozen=True, slots=True)
class WriteNotice:
    """What it is about, and what it says beside its addressee; `addressee` None: there is nobody to write to."""

    kind: NoticeKind
    key: str
    customer_id: UUID | None
    staff_code: str | None
    addressee: Addressee | None
    fields: dict[str, object]
    attachment: Attachment | None = None


async def write_notice(tx: Transaction, command: WriteNotice, moment: Tenant) -> Mail | None:
    """The mail to hand over once this is committed; None where it left before, may have, or nobody is there."""
    before = await notices.find(tx, command.kind, command.key)
    notice = before.again() if before else Notice(
        new_id(), command.kind, command.key, command.customer_id, command.staff_code, moment.today,
        MessageStatus.SENDING if command.addressee else MessageStatus.SUPPRESSED,
        None if command.addressee else "no_contact")
    if notice is None:
        return None
    notices.keep(tx, notice)
    if notice.status is not MessageStatus.SENDING or command.addressee is None:
        return None
    to = command.addressee
    rendered = render_notice(command.kind, LetterLanguage.of(to.language), {
        **command.fields, "sender": moment.name, "recipient": to.name or "", "on": moment.today})
    return Mail(notice.id, to.email, rendered.subject, rendered.body, attachment=command.attachment)
