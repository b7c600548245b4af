"""Judged at send time: what of that which is due may leave, for what amount, and why the rest may not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from dunlin_kernel.calendar import days_after
from dunlin_kernel.money import Money
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.look import AccountLook, LookedItem, Reach


class Reason(StrEnum):
    """Why a due level does not leave now."""

    SETTLED = "settled"
    UNAPPLIED_COVERS = "unapplied_covers"
    DISPUTED = "disputed"
    PENDING_PAYMENT = "pending_payment"
    ARRANGED = "arranged"
    PROMISE_RUNNING = "promise_running"
    LEGAL = "legal"
    RECENTLY_CONTACTED = "recently_contacted"
    QUIET_HOURS = "quiet_hours"
    CHANNEL_NOT_ALLOWED = "channel_not_allowed"
    OPTED_OUT = "opted_out"
    NO_CONTACT = "no_contact"
    NOT_ACTIVE = "not_active"
    RECIPIENT_REFUSED = "recipient_refused"


@dataclass(frozen=True, slots=True)
class DueLevel:
    """An item and the level of it that is due, whose day lies `offset_days` from the due date."""

    item: DunnedItem
    level: int
    offset_days: int


@dataclass(frozen=True, slots=True)
class Reminding:
    """What leaves for one item: the level, and the amount and due date as the look saw them."""

    item: DunnedItem
    level: int
    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What does not leave, and why."""

    item: DunnedItem
    level: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """What of the due levels leaves in one message, oldest due first, and what does not."""

    remind: tuple[Reminding, ...]
    suppress: tuple[Suppressed, ...]

    @property
    def level(self) -> int:
        """The highest level of the message. Only asked of one that leaves."""
        return max(reminding.level for reminding in self.remind)


@dataclass(frozen=True, slots=True)
class Standing:
    """What this service itself knows that speaks against a reminder now.

    `promised`: items of running promises; `legal`: items that are in court; `contacted`: the customer was reached
    within the days that the contact policy wants between; `quiet`: it is night where the recipient is.
    """

    promised: frozenset[UUID] = frozenset()
    legal: frozenset[UUID] = frozenset()
    contacted: bool = False
    quiet: bool = False


NOTHING_STANDS = Standing()


def judge(
    due: Iterable[DueLevel], account: AccountLook, reach: Reach, on: date, standing: Standing = NOTHING_STANDS,
) -> Verdict:
    """Split what is due on a day into what leaves and what stays due, each with its reason.

    Guards in order: settled, disputed, pending payment, unapplied credit that covers it, arranged dates, a running
    promise, a suit, then how the customer can be reached, the days since the last contact, and the hour.
    """
    looked = {item.id: item for item in account.items}
    covered = account.covered(on)
    remind, suppress = [], []
    for one in sorted(due, key=lambda d: (d.item.due_on, d.item.id)):
        seen = looked.get(one.item.id)
        reason = _reason_of(seen, covered, on) or _held(one, seen, on, standing) or _silence(reach) or _spared(standing)
        if seen is None or reason is not None:
            suppress.append(Suppressed(one.item, one.level, reason or Reason.SETTLED))
        else:
            remind.append(Reminding(one.item, one.level, seen.stands_due_on, seen.asked(on)))
    assert all(r.amount.is_positive for r in remind), "nothing is asked for that is not owed"
    return Verdict(tuple(remind), tuple(suppress))


def _reason_of(seen: LookedItem | None, covered: frozenset[UUID], on: date) -> Reason | None:
    if seen is None or not seen.open.is_positive:
        return Reason.SETTLED
    if not seen.owed.is_positive:
        return Reason.DISPUTED
    if seen.pending >= seen.asked(on):
        return Reason.PENDING_PAYMENT
    return Reason.UNAPPLIED_COVERS if seen.id in covered else None


def _held(one: DueLevel, seen: LookedItem | None, on: date, standing: Standing) -> Reason | None:
    if seen is not None and seen.parts and days_after(seen.stands_due_on, one.offset_days) > on:
        return Reason.ARRANGED
    if one.item.id in standing.promised:
        return Reason.PROMISE_RUNNING
    return Reason.LEGAL if one.item.id in standing.legal else None


def _spared(standing: Standing) -> Reason | None:
    if standing.contacted:
        return Reason.RECENTLY_CONTACTED
    return Reason.QUIET_HOURS if standing.quiet else None


def _silence(reach: Reach) -> Reason | None:
    if not reach.active:
        return Reason.NOT_ACTIVE
    if reach.contact is None and reach.opted_out:
        return Reason.OPTED_OUT
    if reach.contact is None:
        return Reason.CHANNEL_NOT_ALLOWED if reach.elsewhere else Reason.NO_CONTACT
    return Reason.RECIPIENT_REFUSED if reach.refused else None
