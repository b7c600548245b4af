"""Judge what is due for a customer by fresh looks, and write the message down before it leaves."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from dunlin_events.contracts.notify import ReminderChannel, ReminderSuppressed, SuppressionReason
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.judging import AccountLook, DueLevel, Reach, Standing, Suppressed, Verdict, judge
from notify_svc.domain.ladder import LadderPolicy
from notify_svc.domain.letter import Letter, LetterLanguage
from notify_svc.domain.message import Message, MessageStatus, Step
from notify_svc.gateways import letters
from notify_svc.gateways.sender import Mail
from notify_svc.store import customers, items, ladder_policies, messages, promises


@dataclass(frozen=True, slots=True)
class Looks:
    """What billing-svc and customer-svc said, and when they were asked (the machine's time)."""

    account: AccountLook
    reach: Reach
    looked_at: datetime


@dataclass(frozen=True, slots=True)
class PrepareReminder:
    """Remind this customer in this run, judged at this moment."""

    customer_id: UUID
    job_id: UUID
    moment: Tenant
    looks: Looks


async def prepare_reminder(tx: Transaction, command: PrepareReminder) -> Mail | None:
    """Write the message as `sending` and give the mail to hand over once this is committed; None: nothing leaves.

    Each suppression is recorded with its reason, once a day per item, level and reason.
    """
    kept = (await customers.lock(tx, [command.customer_id])).get(command.customer_id)
    if kept is None:
        return None
    policy = (await ladder_policies.in_force(tx)).policy
    due = due_levels(await items.due_of(tx, command.customer_id, command.moment.today), policy, command.moment)
    reach = replace(command.looks.reach, refused=kept.refused_on is not None)
    verdict = judge(due, command.looks.account, reach, await _standing(tx, command.customer_id, due))
    known = await messages.suppressed_on(tx, command.customer_id, command.moment.today)
    fresh = tuple(s for s in verdict.suppress if (s.item.id, s.level, s.reason.value) not in known)
    message = _written(command, policy, Verdict(verdict.remind, fresh))
    if message is None:
        return None
    messages.add(tx, message)
    tx.emit(*(_suppressed(message, one) for one in fresh))
    if not verdict.remind or reach.contact is None:
        return None
    letter = Letter.of(verdict, reach.contact, policy, sender_name=command.moment.name, on=command.moment.today)
    rendered = letters.render(letter)
    content = messages.Content(reach.contact.email, rendered.subject, rendered.body)
    messages.add_content(tx, message, content)
    return Mail(message.id, content.recipient, content.subject, content.body)


def due_levels(found: list[DunnedItem], policy: LadderPolicy, moment: Tenant) -> list[DueLevel]:
    """The items whose next level under this policy is due today."""
    planned = ((item, item.planned(policy)) for item in found)
    return [DueLevel(item, one.level) for item, one in planned if one is not None and one.planned_on <= moment.today]


async def _standing(tx: Transaction, customer_id: UUID, due: list[DueLevel]) -> Standing:
    running = await promises.running_of(tx, [customer_id]) if due else []
    return Standing(frozenset(one.item.id for one in due if any(promise.covers(one.item) for promise in running)))


def _written(command: PrepareReminder, policy: LadderPolicy, verdict: Verdict) -> Message | None:
    steps = (
        *(_step(policy, one.item, one.level, amount=one.amount) for one in verdict.remind),
        *(replace(_step(policy, one.item, one.level, amount=one.item.open), outcome=MessageStatus.SUPPRESSED,
                  reason=one.reason.value) for one in verdict.suppress),
    )
    if not steps:
        return None
    leaves, contact = bool(verdict.remind), command.looks.reach.contact
    level = max(one.level for one in (verdict.remind or verdict.suppress))
    reasons = sorted({one.reason.value for one in verdict.suppress})
    return Message(
        id=new_id(), customer_id=command.customer_id, job_id=command.job_id, judged_on=command.moment.today,
        status=MessageStatus.SENDING if leaves else MessageStatus.SUPPRESSED, channel=ReminderChannel.EMAIL.value,
        level=level, policy_version=policy.version,
        language=LetterLanguage.of(contact.language).value if leaves and contact else None,
        tone=policy.levels[level].tone.value if leaves else None, fee_code=policy.levels[level].fee_code,
        looked_at=command.looks.looked_at, recorded_at=command.moment.now, steps=steps,
        reason=None if leaves else ", ".join(reasons))


def _step(policy: LadderPolicy, item: DunnedItem, level: int, *, amount: Money) -> Step:
    return Step(
        item.id, item.invoice_id, item.number, item.due_on, item.due_version, level, policy.levels[level].offset_days,
        amount, MessageStatus.SENDING)


def _suppressed(message: Message, one: Suppressed) -> ReminderSuppressed:
    return ReminderSuppressed(
        customer_id=message.customer_id, item_id=one.item.id, invoice_id=one.item.invoice_id, number=one.item.number,
        due_version=one.item.due_version, policy_version=message.policy_version, level=one.level,
        suppressed_on=message.judged_on, reason=SuppressionReason(one.reason.value))
