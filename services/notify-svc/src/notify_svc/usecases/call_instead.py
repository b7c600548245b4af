"""Levels that ask for a call: they become one task for a person, and count as reminded."""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from uuid import UUID

from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction
from notify_svc.domain.call import CallReason, CallTask
from notify_svc.domain.judging import DueLevel, Standing, judge
from notify_svc.domain.ladder import LevelChannel
from notify_svc.domain.look import Contact, Reach
from notify_svc.domain.message import MessageStatus
from notify_svc.store import calls, messages
from notify_svc.usecases.count_as_reminded import count_as_reminded
from notify_svc.usecases.tell_suppressed import tell_suppressed
from notify_svc.usecases.write_message import Judging, write_message

Known = AbstractSet[tuple[UUID, int, str]]
SOMEBODY = Reach(Contact("", None, ""), active=True, refused=False)
"""Whom one reaches by telephone is asked when the call is made."""


def call_instead(
    tx: Transaction, command: Judging, due: list[DueLevel], standing: Standing, known: Known,
) -> None:
    """Judge these levels and make one call of those that may be reminded of; only after the customer's lock.

    `known` are the suppressions that were recorded today already.
    """
    moment = command.moment
    reach = replace(SOMEBODY, active=command.looks.reach.active)
    verdict = judge(due, command.looks.account, reach, moment.today, replace(standing, quiet=False))
    fresh = tuple(s for s in verdict.suppress if (s.item.id, s.level, s.reason.value) not in known)
    message = write_message(command, verdict, fresh, LevelChannel.CALL)
    if message is None:
        return
    steps = tuple(replace(step, outcome=MessageStatus.SENT) if step.outcome is MessageStatus.SENDING else step
                  for step in message.steps)
    status = MessageStatus.SENT if verdict.remind else message.status
    message = replace(message, status=status, language=None, steps=steps)
    messages.add(tx, message)
    tell_suppressed(tx, message, fresh, quiet_ends=None)
    if verdict.remind:
        calls.add(tx, CallTask(
            new_id(), command.customer_id, CallReason.LADDER, moment.today, moment.today, tx.actor,
            message_id=message.id))
    count_as_reminded(tx, command, verdict)
