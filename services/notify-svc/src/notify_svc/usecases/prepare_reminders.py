"""Judge what is due for customers by fresh looks, and write their messages down before any of them leaves."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from dunlin_kernel.frozen import replace
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.judging import DueLevel
from notify_svc.domain.ladder import LadderPolicy, LevelChannel
from notify_svc.gateways.sender import Mail
from notify_svc.store import customers, messages
from notify_svc.store.customers import CustomerKept
from notify_svc.usecases.call_instead import call_instead
from notify_svc.usecases.known_of_slice import KnownOfSlice, known_of_slice
from notify_svc.usecases.plan_slices import plan_slices
from notify_svc.usecases.write_message import Judging, Looks
from notify_svc.usecases.write_on_channel import write_on_channel


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
            one.id, command.job_id, command.moment, _with_kept(command.looks[one.id], one),
            known.ladders.of(one.segment))
        prepared += [Prepared(one.id, mail, judging.looks.looked_at)
                     for mail in _prepared(tx, judging, one, known, later)]
    for ends, postponed in later.items():
        plan_slices(tx, postponed, ends, of=f"{ends.isoformat()}")
    return prepared


def _prepared(
    tx: Transaction, command: Judging, kept: CustomerKept, known: KnownOfSlice, later: dict[datetime, list[UUID]],
) -> list[Mail]:
    """One customer's mails, one per channel; whoever is to be judged again later is put down there."""
    policy = command.policy
    due = due_levels(known.due[kept.id], policy, command.moment)
    mails = []
    for channel in LevelChannel:
        own = [one for one in due if policy.levels[one.level].channel is channel]
        if own and channel is LevelChannel.CALL:
            call_instead(tx, command, own, known.standing(kept.id, own, quiet=False), known.suppressed)
        elif own:
            mail, postponed_until = write_on_channel(tx, command, channel, own, known)
            mails += [mail] if mail is not None else []
            if postponed_until is not None:
                later[postponed_until].append(kept.id)
    return mails


def _with_kept(looks: Looks, kept: CustomerKept) -> Looks:
    """What is kept of an address that was refused, and of one who opted out, is about e-mail."""
    return replace(looks, reach=replace(
        looks.reach, refused=kept.refused_on is not None, opted_out=kept.opted_out_on is not None))


def due_levels(found: list[DunnedItem], policy: LadderPolicy, moment: Tenant) -> list[DueLevel]:
    """The items whose next level under this policy is due today."""
    planned = ((item, item.planned(policy)) for item in found)
    return [
        DueLevel(item, one.level, policy.levels[one.level].offset_days)
        for item, one in planned if one is not None and one.planned_on <= moment.today
    ]
