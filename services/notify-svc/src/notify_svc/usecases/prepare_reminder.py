"""Judge what is due for a customer by fresh looks, and write the message down before it leaves."""

from dataclasses import replace
from datetime import datetime

from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.collection_case import IN_COURT
from notify_svc.domain.contact_policy import ContactPolicy
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.judging import DueLevel, Standing, judge
from notify_svc.domain.ladder import LadderPolicy, LevelChannel
from notify_svc.domain.letter import Letter
from notify_svc.gateways import letters
from notify_svc.gateways.sender import Mail
from notify_svc.store import (
    calls,
    cases,
    contact_policies,
    customers,
    items,
    ladder_policies,
    letter_templates,
    messages,
    promises,
)
from notify_svc.usecases.call_instead import call_instead
from notify_svc.usecases.tell_suppressed import tell_suppressed
from notify_svc.usecases.write_message import PrepareReminder, write_message


async def prepare_reminder(tx: Transaction, command: PrepareReminder) -> Mail | None:
    """Write the message as `sending` and give the mail to hand over once this is committed; None: nothing leaves.

    Each suppression is recorded with its reason, once a day per item, level and reason; what falls in the quiet hours
    of the recipient is judged again when they end.
    """
    kept = (await customers.lock(tx, [command.customer_id])).get(command.customer_id)
    if kept is None:
        return None
    moment, looks = command.moment, command.looks
    policy = (await ladder_policies.all_of(tx)).of(kept.segment)
    sparing = (await contact_policies.in_force(tx)).policy
    due = due_levels(await items.due_of(tx, command.customer_id, moment.today), policy, moment)
    reach = replace(looks.reach, refused=kept.refused_on is not None, opted_out=kept.opted_out_on is not None)
    quiet_ends = sparing.quiet_ends(reach.zone or moment.zone, moment.now)
    standing = await _standing(tx, command, due, sparing, quiet_ends)
    to_call = [one for one in due if policy.levels[one.level].channel is LevelChannel.CALL]
    if to_call:
        await call_instead(tx, command, policy, to_call, standing)
        due = [one for one in due if one not in to_call]
    verdict = judge(due, looks.account, reach, moment.today, standing)
    known = await messages.suppressed_on(tx, command.customer_id, moment.today)
    fresh = tuple(s for s in verdict.suppress if (s.item.id, s.level, s.reason.value) not in known)
    message = write_message(command, policy, verdict, fresh)
    if message is None:
        return None
    messages.add(tx, message)
    tell_suppressed(tx, message, fresh, quiet_ends=quiet_ends)
    if not verdict.remind or reach.contact is None:
        return None
    letter = Letter.of(verdict, reach.contact, policy, sender_name=moment.name, on=moment.today)
    found = await letter_templates.own(tx, letter.language, letter.tone)
    rendered = letters.render_or_usual(letter, found.template if found else None)
    content = messages.Content(reach.contact.email, rendered.subject, rendered.body)
    messages.add_content(tx, message, content)
    return Mail(message.id, content.recipient, content.subject, content.body)


def due_levels(found: list[DunnedItem], policy: LadderPolicy, moment: Tenant) -> list[DueLevel]:
    """The items whose next level under this policy is due today."""
    planned = ((item, item.planned(policy)) for item in found)
    return [
        DueLevel(item, one.level, policy.levels[one.level].offset_days)
        for item, one in planned if one is not None and one.planned_on <= moment.today
    ]


async def _standing(
    tx: Transaction, command: PrepareReminder, due: list[DueLevel], sparing: ContactPolicy, quiet_ends: datetime | None,
) -> Standing:
    """What this service knows itself; only after the customer's lock."""
    if not due:
        return Standing()
    running = await promises.running_of(tx, [command.customer_id])
    promised = frozenset(one.item.id for one in due if any(promise.covers(one.item) for promise in running))
    case = (await cases.open_of(tx, [command.customer_id])).get(command.customer_id)
    legal = frozenset(one.item.id for one in due) if case is not None and case.stage in IN_COURT else frozenset()
    contacts = [
        await messages.last_contact_on(tx, command.customer_id), await calls.talked_on(tx, command.customer_id),
    ] if sparing.min_days_between else []
    last = max((day for day in contacts if day is not None), default=None)
    return Standing(
        promised, legal, contacted=sparing.too_soon(last, command.moment.today), quiet=quiet_ends is not None)
