"""Arrangements: instalments or a deferral agreed later over open items. The parts sum to what is open; their dates
stand above the contractual ones until a part is missed beyond its grace.

Parts are laid over the items oldest due first. Whether a part was paid in time is judged by value dates, so money that
turns out to have come in time takes a default back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.instalments import MAX_INSTALMENTS, Instalment, summing
from billing_svc.domain.item import Item
from billing_svc.domain.posting_dates import Step
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money, sum_money

MAX_GRACE_DAYS = 60
MAX_ITEMS = 200


class ArrangementState(StrEnum):
    """`active`: its dates stand; `defaulted`: a part was missed, and the old dates stand again."""

    ACTIVE = "active"
    COMPLETED = "completed"
    DEFAULTED = "defaulted"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A version of an arrangement. Money counts towards its parts from ledger position `after_position` on.

    `misses_on` is the first day on which a part that is not paid yet would be missed.
    """

    id: UUID
    customer_id: UUID
    item_ids: tuple[UUID, ...]
    version: int
    state: ArrangementState
    parts: tuple[Instalment, ...]
    grace_days: int
    agreed_on: date
    misses_on: date
    after_position: int

    @property
    def amount(self) -> Money:
        return sum_money(self.currency, (part.amount for part in self.parts))

    @property
    def currency(self) -> str:
        return self.parts[0].amount.currency

    def last_day(self, part: Instalment) -> date:
        """The last day on which this part is paid in time."""
        return part.due_on + timedelta(days=self.grace_days)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How an arrangement stands: `misses_on` as in `Arrangement`; `missed` is the first part that was."""

    state: ArrangementState
    misses_on: date
    missed: Instalment | None = None


def arrangeable(items: Sequence[Item], arrangement_id: UUID) -> Money:
    """What is open of these items together.

    Refuses: items_missing, item_named_twice, items_of_several_accounts, nothing_open, already_arranged.
    """
    if not items:
        raise RuleBroken("items_missing", "Name the items that are arranged.")
    if len({one.id for one in items}) < len(items):
        raise RuleBroken("item_named_twice", "Name each item once.")
    first = items[0]
    if any((one.customer_id, one.open.currency) != (first.customer_id, first.open.currency) for one in items):
        raise RuleBroken("items_of_several_accounts", "An arrangement is with one customer in one currency.")
    for one in items:
        if one.is_settled:
            raise RuleBroken("nothing_open", "Nothing is open on this item.", item_id=one.id)
        if one.arrangement_id not in (None, arrangement_id):
            raise Conflict("already_arranged", "Another arrangement stands for this item.",
                           item_id=one.id, arrangement_id=one.arrangement_id)
    return sum_money(first.open.currency, (one.open for one in items))


def revisable(arrangement: Arrangement) -> Arrangement:
    """Refuses: arrangement_ended."""
    if arrangement.state is not ArrangementState.ACTIVE:
        raise Conflict("arrangement_ended", "Only an arrangement that stands can be revised; agree a new one.",
                       state=arrangement.state.value)
    return arrangement


def agreed_parts(parts: Sequence[Instalment], total: Money, today: date) -> tuple[Instalment, ...]:
    """The parts by due date.

    Refuses: instalments_do_not_sum, amount_not_positive, currency_mismatch, part_in_past.
    """
    assert 0 < len(parts) <= MAX_INSTALMENTS, "an arrangement has parts"
    summing(total, parts)
    if any(part.due_on < today for part in parts):
        raise RuleBroken("part_in_past", "A part is due today or later.", today=today)
    return tuple(sorted(parts, key=lambda part: part.due_on))


def schedule_of(arrangement: Arrangement, items: Mapping[UUID, Item]) -> Mapping[UUID, tuple[Instalment, ...]]:
    """What is still open of each of its items, and when that is due."""
    owed = [item for item_id in arrangement.item_ids if (item := items[item_id]).open.is_positive]
    return lay_over(arrangement.parts, owed) if owed else {}


def lay_over(parts: Iterable[Instalment], items: Iterable[Item]) -> Mapping[UUID, tuple[Instalment, ...]]:
    """What of each item is due when by these parts: the earliest part pays the oldest item first.

    Where less is open than the parts sum to, the earliest are paid already; where more is, the earliest takes it.
    """
    owed, schedule = sorted(items, key=lambda one: (one.due_on, one.id)), dict[UUID, list[Instalment]]()
    waiting = _still_due(list(parts), owed)
    for item in owed:
        left = item.open
        while left.is_positive:
            due_on, amount = waiting[0]
            share = min(left, amount)
            schedule.setdefault(item.id, []).append(Instalment(due_on, share))
            left -= share
            waiting[:1] = [(due_on, amount - share)] if amount > share else []
    assert not waiting, "the parts sum to what is open"
    return {item_id: tuple(shares) for item_id, shares in schedule.items()}


def _still_due(parts: Sequence[Instalment], items: Sequence[Item]) -> list[tuple[date, Money]]:
    """The parts, the earliest of them less (or more) by what the items differ from their sum."""
    currency = parts[0].amount.currency
    differs = sum_money(currency, (item.open for item in items)) - sum_money(currency, (one.amount for one in parts))
    waiting: list[tuple[date, Money]] = []
    for part in parts:
        if waiting:
            waiting.append((part.due_on, part.amount))
        elif (left := part.amount + differs).is_positive:
            waiting.append((part.due_on, left))
        else:
            differs = left
    return waiting


def judge(arrangement: Arrangement, paid: Sequence[Step], opened: Money, today: date) -> Judgement:
    """How it stands on this day. `paid` are moves of its items by value date, positive where less was owed after; what
    went back later was not paid in time, however soon other money came."""
    due = 0
    for part in arrangement.parts:
        due += part.amount.minor
        last = arrangement.last_day(part)
        if _kept(paid, last) < due:
            if last < today:
                return Judgement(ArrangementState.DEFAULTED, last + timedelta(days=1), part)
            return Judgement(ArrangementState.ACTIVE, last + timedelta(days=1))
    state = ArrangementState.COMPLETED if opened.is_zero else ArrangementState.ACTIVE
    return Judgement(state, arrangement.last_day(arrangement.parts[-1]) + timedelta(days=1))


def _kept(paid: Sequence[Step], last: date) -> int:
    """What was paid by that day and stayed so: the least that it came to at the end of it and of any day since."""
    since = {last, *(step.effective_on for step in paid if step.effective_on > last)}
    return min(sum(step.minor for step in paid if step.effective_on <= day) for day in since)
