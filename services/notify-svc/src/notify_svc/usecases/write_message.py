"""Put a verdict down as a message of the log: what leaves, and what does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from dunlin_kernel.frozen import replace
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.tenants import Tenant
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.judging import Suppressed, Verdict
from notify_svc.domain.ladder import LadderPolicy, LevelChannel
from notify_svc.domain.letter import LetterLanguage
from notify_svc.domain.look import AccountLook, Reach
from notify_svc.domain.message import Message, MessageStatus, Step


@dataclass(frozen=True, slots=True)
class Looks:
    """What billing-svc and customer-svc said, and when they were asked (the machine's time)."""

    account: AccountLook
    reach: Reach
    looked_at: datetime
    elsewhere: Mapping[LevelChannel, Reach] = field(default_factory=dict)

    def reach_on(self, channel: LevelChannel) -> Reach:
        """How the customer can be reached on a channel; one that was not asked for is not offered."""
        if channel is LevelChannel.EMAIL:
            return self.reach
        found = self.elsewhere.get(channel, Reach(None, active=self.reach.active, refused=False))
        return replace(found, elsewhere=found.contact is None and (
            found.elsewhere or channel not in self.elsewhere or self.reach.contact is not None))


@dataclass(frozen=True, slots=True)
class Judging:
    """A customer that is judged in this run at this moment, by the ladder that it climbs."""

    customer_id: UUID
    job_id: UUID
    moment: Tenant
    looks: Looks
    policy: LadderPolicy


def write_message(
    command: Judging, verdict: Verdict, fresh: Sequence[Suppressed], channel: LevelChannel = LevelChannel.EMAIL,
) -> Message | None:
    """The message, `queued` where something leaves; `fresh` was not written down today yet."""
    policy = command.policy
    steps = (
        *(_step(policy, one.item, one.level, amount=one.amount) for one in verdict.remind),
        *(replace(_step(policy, one.item, one.level, amount=one.item.open), outcome=MessageStatus.SUPPRESSED,
                  reason=one.reason.value) for one in fresh),
    )
    if not steps:
        return None
    leaves, contact = bool(verdict.remind), command.looks.reach_on(channel).contact
    level = max(one.level for one in (verdict.remind or fresh))
    reasons = sorted({one.reason.value for one in fresh})
    return Message(
        id=new_id(), customer_id=command.customer_id, job_id=command.job_id, judged_on=command.moment.today,
        status=MessageStatus.QUEUED if leaves else MessageStatus.SUPPRESSED, channel=channel.value,
        level=level, policy_version=policy.version,
        language=LetterLanguage.of(contact.language).value if leaves and contact else None,
        tone=policy.levels[level].tone.value if leaves else None, fee_code=policy.levels[level].fee_code,
        looked_at=command.looks.looked_at, recorded_at=command.moment.now, steps=steps,
        reason=None if leaves else ", ".join(reasons))


def _step(policy: LadderPolicy, item: DunnedItem, level: int, *, amount: Money) -> Step:
    return Step(
        item.id, item.invoice_id, item.number, item.due_on, item.due_version, level, policy.levels[level].offset_days,
        amount, MessageStatus.SENDING)
