"""The log: messages and suppressions with their steps; what a message said is kept apart from it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Date, Uuid, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from notify_svc.domain.message import MESSAGE, Bounce, Message, MessageStatus, Step
from notify_svc.store.message_tables import MessageContentRow as ContentRow
from notify_svc.store.message_tables import MessageItemRow as StepRow
from notify_svc.store.message_tables import MessageRow

_MESSAGE = tuple(MessageRow.__table__.c)
_LOCK = (
    select(*_MESSAGE).where(col(MessageRow.id) == bindparam("ids", type_=ARRAY(Uuid)).any_())
    .order_by(col(MessageRow.id)).with_for_update(key_share=True))
_FIND = select(*_MESSAGE).where(col(MessageRow.id) == bindparam("id", type_=Uuid))
_CUSTOMERS = bindparam("customer_ids", type_=ARRAY(Uuid))
_UNDER_WAY = select(*_MESSAGE).where(
    col(MessageRow.customer_id) == _CUSTOMERS.any_(), literal_column("message.status IN ('queued', 'sending')"))
_STEPS = (
    select(*StepRow.__table__.c)
    .where(col(StepRow.message_id) == bindparam("message_ids", type_=ARRAY(Uuid)).any_())
    .order_by(col(StepRow.message_id), col(StepRow.due_on), col(StepRow.item_id)))
_CONTENTS = select(*ContentRow.__table__.c).where(
    col(ContentRow.message_id) == bindparam("message_ids", type_=ARRAY(Uuid)).any_())
_SUPPRESSED_ON = (
    select(col(StepRow.item_id), col(StepRow.level), col(StepRow.reason))
    .join_from(MessageRow.__table__, StepRow.__table__, col(StepRow.message_id) == col(MessageRow.id))
    .where(col(MessageRow.customer_id) == _CUSTOMERS.any_(),
           col(MessageRow.judged_on) == bindparam("day", type_=Date),
           col(StepRow.outcome) == literal_column("'suppressed'")))
_LAST_SENT_ON = (
    select(col(StepRow.item_id), func.max(col(MessageRow.judged_on)).label("judged_on"))
    .join_from(StepRow.__table__, MessageRow.__table__, col(StepRow.message_id) == col(MessageRow.id))
    .where(col(StepRow.item_id) == bindparam("item_ids", type_=ARRAY(Uuid)).any_(),
           col(StepRow.message_id) != bindparam("message_id", type_=Uuid),
           literal_column("message_item.outcome IN ('sending', 'sent', 'unknown')"))
    .group_by(col(StepRow.item_id)))
_LAST_CONTACT_ON = select(col(MessageRow.customer_id), func.max(col(MessageRow.judged_on)).label("day")).where(
    col(MessageRow.customer_id) == _CUSTOMERS.any_(),
    literal_column("message.status IN ('sending', 'sent', 'unknown') AND message.channel <> 'call'"),
).group_by(col(MessageRow.customer_id))


class Content(NamedTuple):
    """What a message said, and to whom: personal data."""

    recipient: str
    subject: str
    body: str


async def lock(tx: Any, message_id: UUID) -> Message:
    """Wait for a message; its customer is locked before. Refuses: message_not_found."""
    found = await lock_all(tx, [message_id])
    if not found:
        raise NotFound("message_not_found", "There is no such message.")
    return found[0]


async def lock_all(tx: Any, message_ids: Collection[UUID]) -> list[Message]:
    """Wait for these messages; their customers are locked before."""
    return await _with_steps(tx, await tx.rows(_LOCK, ids=list(message_ids)))


async def lock_queued(tx: Any, message_ids: Collection[UUID]) -> set[UUID]:
    """Wait for these messages; those of them whose hand-over has not begun."""
    return {row["id"] for row in await tx.rows(_LOCK, ids=list(message_ids)) if row["status"] == "queued"}


async def find(tx: Any, message_id: UUID) -> Message:
    """Refuses: message_not_found."""
    row = await tx.row(_FIND, id=message_id)
    if row is None:
        raise NotFound("message_not_found", "There is no such message.")
    return (await _with_steps(tx, [row]))[0]


async def under_way(tx: Any, customer_ids: Collection[UUID]) -> list[Message]:
    """The messages of these customers whose outcome was not written yet; only after the customers' lock."""
    return await _with_steps(tx, await tx.rows(_UNDER_WAY, customer_ids=list(customer_ids)))


async def contents_of(tx: Any, message_ids: Collection[UUID]) -> dict[UUID, Content]:
    """What these messages said; one is left out where nothing was written, or where it was erased."""
    rows = await tx.rows(_CONTENTS, message_ids=list(message_ids))
    return {row["message_id"]: Content(row["recipient"], row["subject"], row["body"]) for row in rows}


async def suppressed_on(tx: Any, customer_ids: Collection[UUID], day: date) -> set[tuple[UUID, int, str]]:
    """What was recorded of these customers on a day already: (item, level, reason)."""
    rows = await tx.rows(_SUPPRESSED_ON, customer_ids=list(customer_ids), day=day)
    return {(row["item_id"], row["level"], row["reason"]) for row in rows}


async def last_sent_on(tx: Any, item_ids: Collection[UUID], *, but: UUID) -> dict[UUID, date]:
    """The last day on which another message than `but` reminded of each item."""
    rows = await tx.rows(_LAST_SENT_ON, item_ids=list(item_ids), message_id=but)
    return {row["item_id"]: row["judged_on"] for row in rows}


async def last_contact_on(tx: Any, customer_ids: Collection[UUID]) -> dict[UUID, date]:
    """The last day on which a message to each of them left, or may have; only after the customers' lock."""
    rows = await tx.rows(_LAST_CONTACT_ON, customer_ids=list(customer_ids))
    return {row["customer_id"]: row["day"] for row in rows}


async def steps_of(tx: Any, message_ids: Collection[UUID]) -> dict[UUID, tuple[Step, ...]]:
    """The steps of these messages, oldest due first."""
    found: dict[UUID, tuple[Step, ...]] = dict.fromkeys(message_ids, ())
    for row in await tx.rows(_STEPS, message_ids=list(message_ids)):
        found[row["message_id"]] += (_step(row),)
    return found


def add(tx: Any, message: Message) -> None:
    """Gather a message with its steps."""
    tx.insert(MessageRow, {
        "id": message.id, "customer_id": message.customer_id, "job_id": message.job_id, "judged_on": message.judged_on,
        "status": message.status.value, "channel": message.channel, "level": message.level,
        "policy_version": message.policy_version, "language": message.language, "tone": message.tone,
        "fee_code": message.fee_code, "reason": message.reason, "code": message.code, "looked_at": message.looked_at,
        "handed_over_at": message.handed_over_at, "recorded_at": message.recorded_at,
        "resolved_by": message.resolved_by, "delivered_at": message.delivered_at, "bounced_at": message.bounced_at,
        "bounce": message.bounce.value if message.bounce else None})
    tx.insert(StepRow, *(_step_row(message, step) for step in message.steps))


def add_content(tx: Any, message: Message, content: Content) -> None:
    """Gather what a message says, and to whom."""
    tx.insert(ContentRow, {
        "message_id": message.id, "customer_id": message.customer_id, "recipient": content.recipient,
        "subject": content.subject, "body": content.body})


def begin(tx: Any, message_ids: Collection[UUID]) -> None:
    """Gather that these queued messages are being handed over."""
    MESSAGE.advance(MessageStatus.QUEUED, MessageStatus.SENDING)
    tx.change(MessageRow, *({"id": one, "status": MessageStatus.SENDING.value} for one in message_ids))


def keep_outcome(tx: Any, message: Message) -> None:
    """Gather how a message and its steps ended."""
    tx.change(MessageRow, {
        "id": message.id, "status": message.status.value, "reason": message.reason, "code": message.code,
        "handed_over_at": message.handed_over_at, "resolved_by": message.resolved_by,
        "delivered_at": message.delivered_at, "bounced_at": message.bounced_at,
        "bounce": message.bounce.value if message.bounce else None})
    tx.change(StepRow, *(
        {"message_id": message.id, "item_id": step.item_id, "outcome": step.outcome.value} for step in message.steps
    ), key=("message_id", "item_id"))


async def _with_steps(tx: Any, rows: Sequence[Any]) -> list[Message]:
    steps = await steps_of(tx, [row["id"] for row in rows]) if rows else {}
    return [of_row(row, steps[row["id"]]) for row in rows]


def of_row(row: Any, steps: Iterable[Step]) -> Message:
    return Message(
        row["id"], row["customer_id"], row["job_id"], row["judged_on"], MessageStatus(row["status"]), row["channel"],
        row["level"], row["policy_version"], row["language"], row["tone"], row["fee_code"], row["looked_at"],
        row["recorded_at"], tuple(steps), row["reason"], row["code"], row["handed_over_at"], row["resolved_by"],
        row["delivered_at"], row["bounced_at"], Bounce(row["bounce"]) if row["bounce"] else None)


def _step(row: Any) -> Step:
    return Step(
        row["item_id"], row["invoice_id"], row["number"], row["due_on"], row["due_version"], row["level"],
        row["offset_days"], Money(row["amount"], row["currency"]), MessageStatus(row["outcome"]), row["reason"])


def _step_row(message: Message, step: Step) -> dict[str, Any]:
    return {
        "message_id": message.id, "item_id": step.item_id, "invoice_id": step.invoice_id, "number": step.number,
        "due_on": step.due_on, "due_version": step.due_version, "policy_version": message.policy_version,
        "level": step.level, "offset_days": step.offset_days, "currency": step.amount.currency,
        "amount": step.amount.minor, "outcome": step.outcome.value, "reason": step.reason,
    }
