"""Judge what is due for customers by fresh looks, and write their messages down before any of them leaves."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.judging import DueLevel, Reason, judge
from notify_svc.domain.ladder import LadderPolicy, LevelChannel
from notify_svc.domain.letter import Letter
from notify_svc.gateways import letters
from notify_svc.gateways.sender import Mail
from notify_svc.store import customers, messages
from notify_svc.store.customers import CustomerKept
from notify_svc.usecases.call_instead import call_instead
from notify_svc.usecases.known_of_slice import KnownOfSlice, known_of_slice
from notify_svc.usecases.plan_slices import plan_slices
from notify_svc.usecases.tell_suppressed import tell_suppressed
from notify_svc.usecases.write_message import Judging, Looks, write_message


@dataclass(frozen=True, slots=True)
class PrepareReminders:
    """Remind these customers in this run, judged at this moment."""

    job_id: UUID
    moment: Tenant
    looks: Mapping[UUID, Looks]


class Prepared(NamedTuple):
    """A mail that is queued, and when its looks were taken."""

    customer_id: UUID
    mail: Mail
    looked_at: datetime


async def prepare_reminders(tx: Transaction, command: PrepareReminders) -> list[Prepared]:
    """Write each message as `queued` and give the mails to hand over once this is committed.

    Each suppression is recorded with its reason, once a day per item, level and reason; what falls in the quiet hours
    of the recipient is judged again when they end. A customer to whom another message is under way is left out.
    """
    locked = await customers.lock(tx, list(command.looks))
    busy = {message.customer_id for message in await messages.under_way(tx, list(locked))}
    kept = {customer_id: one for customer_id, one in locked.items() if customer_id not in busy}
    known = await known_of_slice(tx, list(kept), command.moment)
    later: dict[datetime, list[UUID]] = defaultdict(list)
    prepared = []
    for one in kept.values():
        judging = Judging(
            one.id, command.job_id, command.moment, command.looks[one.id], known.ladders.of(one.segment))
        mail = _prepared(tx, judging, one, known, later)
        if mail is not None:
            prepared.append(Prepared(one.id, mail, judging.looks.looked_at))
    for ends, postponed in later.items():
        plan_slices(tx, postponed, ends, of=f"{ends.isoformat()}")
    return prepared


def _prepared(
    tx: Transaction, command: Judging, kept: CustomerKept, known: KnownOfSlice, later: dict[datetime, list[UUID]],
) -> Mail | None:
    """One customer's mail, if one leaves; whoever is to be judged again later is put down there."""
    moment, policy = command.moment, command.policy
    due = due_levels(known.due[kept.id], policy, moment)
    reach = replace(
        command.looks.reach, refused=kept.refused_on is not None, opted_out=kept.opted_out_on is not None)
    quiet_ends = known.sparing.quiet_ends(reach.zone or moment.zone, moment.now)
    standing = known.standing(kept.id, due, quiet=quiet_ends is not None)
    to_call = [one for one in due if policy.levels[one.level].channel is LevelChannel.CALL]
    if to_call:
        call_instead(tx, command, to_call, standing, known.suppressed)
        due = [one for one in due if one not in to_call]
    verdict = judge(due, command.looks.account, reach, moment.today, standing)
    fresh = tuple(s for s in verdict.suppress if (s.item.id, s.level, s.reason.value) not in known.suppressed)
    message = write_message(command, verdict, fresh)
    if message is None:
        return None
    messages.add(tx, message)
    tell_suppressed(tx, message, fresh, quiet_ends=quiet_ends)
    if quiet_ends is not None and any(one.reason is Reason.QUIET_HOURS for one in fresh):
        later[quiet_ends].append(kept.id)
    if not verdict.remind or reach.contact is None:
        return None
    letter = Letter.of(verdict, reach.contact, policy, sender_name=moment.name, on=moment.today)
    rendered = letters.render_or_usual(letter, known.templates.get((letter.language, letter.tone)))
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
