"""End messages: the log, the place of their items on their ladders, and the facts that follow."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.notify import FailureReason, ItemStep, ReminderChannel, ReminderFailed, ReminderSent
from dunlin_events.contracts.notify_deliveries import ContactFailed
from dunlin_kit.transaction import Transaction
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.ladder import LadderPolicy
from notify_svc.domain.message import COUNTS_AS_SENT, Message, MessageStatus
from notify_svc.store import customers, items, ladder_policies, messages
from notify_svc.store.customers import CustomerKept
from notify_svc.usecases.plan_reminders import Change, plan_reminders


class Ended(NamedTuple):
    """A message as it was, and as it ended."""

    message: Message
    ended: Message


async def end_messages(tx: Transaction, ends: Collection[Ended], kept: Mapping[UUID, CustomerKept]) -> None:
    """Keep how messages ended. Their customers are locked, and given as they were then.

    Sent and unknown take the items one level on; failed, deferred and not sent leave the level due, or make it so.
    """
    if not ends:
        return
    ladders = await ladder_policies.all_of(tx)
    owed = await items.by_id(tx, [step.item_id for one in ends for step in one.message.leaving])
    for one in ends:
        await _end(tx, one, ladders.of(kept[one.message.customer_id].segment), owed)


async def _end(tx: Transaction, one: Ended, policy: LadderPolicy, owed: dict[UUID, DunnedItem]) -> None:
    message, ended = one
    counted = message.status in (MessageStatus.UNKNOWN, MessageStatus.TO_PRINT)
    taken_back = counted and ended.status not in COUNTS_AS_SENT
    others = await messages.last_sent_on(
        tx, [step.item_id for step in message.leaving], but=message.id) if taken_back else {}
    changes = []
    for step in message.leaving:
        item = owed[step.item_id]
        if ended.status in COUNTS_AS_SENT:
            after = item.reminded(due_version=step.due_version, offset_days=step.offset_days, on=message.judged_on)
        elif taken_back:
            after = item.not_reminded(
                policy, offset_days=step.offset_days, last_sent_on=others.get(step.item_id))
        else:
            after = item
        if after != item:
            changes.append(Change(item.planned(policy), after))
            owed[item.id] = after
    messages.keep_outcome(tx, ended)
    _tell(tx, message, ended)
    plan_reminders(tx, policy, changes, climbed=True)
    if ended.status is MessageStatus.FAILED and ended.reason == FailureReason.RECIPIENT_REFUSED.value:
        if message.channel == ReminderChannel.EMAIL:
            customers.refused(tx, message.customer_id, message.judged_on)
        tx.emit(ContactFailed(
            customer_id=message.customer_id, channel=ReminderChannel(message.channel), message_id=message.id))


def _tell(tx: Transaction, message: Message, ended: Message) -> None:
    if ended.status is MessageStatus.SENT:
        tx.emit(ReminderSent(**_about(message), language=message.language or "", sent_at=message.recorded_at,
                             fee_code=message.fee_code))
    elif ended.status is MessageStatus.UNKNOWN:
        tx.emit(ReminderFailed(**_about(message), reason=FailureReason.OUTCOME_UNKNOWN))
    elif ended.status is MessageStatus.FAILED:
        tx.emit(ReminderFailed(**_about(message), reason=FailureReason(ended.reason or "")))


def _about(message: Message) -> dict[str, Any]:
    steps = [
        ItemStep(item_id=step.item_id, invoice_id=step.invoice_id, number=step.number, due_on=step.due_on,
                 due_version=step.due_version, level=step.level, amount=Amount.of(step.amount))
        for step in message.leaving
    ]
    return {
        "customer_id": message.customer_id, "message_id": message.id, "channel": ReminderChannel(message.channel),
        "level": message.level, "policy_version": message.policy_version, "reminded_on": message.judged_on,
        "items": steps,
    }
