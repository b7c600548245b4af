"""A message of the log on the wire; who it went to and what it said only for those who may read contacts."""

from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.notify import ReminderChannel
from dunlin_kit.owned import OwnerCode
from dunlin_kit.pages import Page
from notify_svc.domain.letter import LetterLanguage
from notify_svc.domain.message import Bounce, Message, MessageStatus, Step
from notify_svc.gateways.letters import Rendered
from notify_svc.store.customer_names import CustomerNamed
from notify_svc.store.messages import Content


class MessageItemRead(BaseModel):
    """One item of a message: its level, the amount asked for, how it ended, and why when it was suppressed."""

    item_id: UUID
    invoice_id: UUID | None
    number: str
    due_on: date
    due_version: int
    level: int
    amount: Amount
    outcome: MessageStatus
    reason: str | None

    @classmethod
    def of(cls, step: Step) -> Self:
        return cls(
            item_id=step.item_id, invoice_id=step.invoice_id, number=step.number, due_on=step.due_on,
            due_version=step.due_version, level=step.level, amount=Amount.of(step.amount), outcome=step.outcome,
            reason=step.reason)


class MessageRead(BaseModel):
    """A message, or with status `suppressed` why none left. `recipient`: null without the scope contacts:read.

    `looked_at` and `handed_over_at` are the machine's time, `recorded_at` is the tenant's.
    """

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    judged_on: date
    status: MessageStatus
    channel: ReminderChannel
    level: int
    policy_version: int
    language: LetterLanguage | None
    tone: str | None
    reason: str | None
    code: str | None = Field(description="The mail server's reply code.")
    looked_at: datetime
    handed_over_at: datetime | None
    recorded_at: datetime
    resolved_by: str | None
    delivered_at: datetime | None
    bounced_at: datetime | None
    bounce: Bounce | None
    recipient: str | None
    items: list[MessageItemRead]

    @classmethod
    def of(cls, message: Message, named: CustomerNamed, content: Content | None) -> Self:
        return cls(
            **named._asdict(), id=message.id, customer_id=message.customer_id, judged_on=message.judged_on,
            status=message.status, channel=ReminderChannel(message.channel), level=message.level,
            policy_version=message.policy_version,
            language=LetterLanguage(message.language) if message.language else None, tone=message.tone,
            reason=message.reason, code=message.code, looked_at=message.looked_at,
            handed_over_at=message.handed_over_at, recorded_at=message.recorded_at, resolved_by=message.resolved_by,
            delivered_at=message.delivered_at, bounced_at=message.bounced_at, bounce=message.bounce,
            recipient=content.recipient if content else None,
            items=[MessageItemRead.of(step) for step in message.steps])


class MessagePage(Page[MessageRead]):
    """Messages and suppressions, newest first."""


class MessageTextRead(BaseModel):
    """A letter as it reads."""

    subject: str
    body: str

    @classmethod
    def of(cls, rendered: Rendered) -> Self:
        return cls(subject=rendered.subject, body=rendered.body)


class MessageDetailRead(MessageRead):
    """A message with what it said; subject and body are null without contacts:read, and where nothing was written."""

    subject: str | None
    body: str | None

    @classmethod
    def of(cls, message: Message, named: CustomerNamed, content: Content | None) -> Self:
        plain = MessageRead.of(message, named, content)
        return cls(**dict(plain), subject=content.subject if content else None, body=content.body if content else None)


class MessageFinding(StrEnum):
    SENT = "sent"
    NOT_SENT = "not_sent"


class MessageResolve(BaseModel):
    """What a person found out about a message of unknown outcome."""

    model_config = ConfigDict(extra="forbid")
    outcome: MessageFinding
