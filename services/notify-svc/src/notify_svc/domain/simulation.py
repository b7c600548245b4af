"""The simulator: what a ladder would have sent over a past period, by what was owed on each day; nothing is sent."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from dunlin_kernel.calendar import days_after
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money
from notify_svc.domain.ladder import NOT_BEGUN, LadderPolicy, LevelChannel, Progress, next_reminder, started_late

MAX_DAYS = 731


@dataclass(frozen=True, slots=True)
class Owed:
    """From this day on something could be asked for or not: what was open less what was disputed.

    `settled`: nothing was open any more, and it was paid or credited; not voided, and not written off.
    """

    since: date
    owed: bool
    settled: bool


@dataclass(frozen=True, slots=True)
class Dated:
    """From this day on this due date stood."""

    since: date
    due_on: date


@dataclass(frozen=True, slots=True)
class ItemStory:
    """An item, the due dates that stood for it and what was owed of it, each in order of days; nothing before."""

    item_id: UUID
    customer_id: UUID
    issued_on: date
    dates: tuple[Dated, ...]
    days: tuple[Owed, ...]

    def dates_in(self, begin: date, end: date) -> Iterable[tuple[Dated, date]]:
        """The due dates that stood in a period, each with the last day of it on which it did."""
        for n, dated in enumerate(self.dates):
            ends = days_after(self.dates[n + 1].since, -1) if n + 1 < len(self.dates) else end
            if ends >= begin and dated.since <= min(end, ends):
                yield dated, min(end, ends)

    def first_owed(self, day: date, until: date) -> date | None:
        """The first day from `day` on, and not after `until`, on which something could be asked for."""
        for n, part in enumerate(self.days):
            ends = self.days[n + 1].since if n + 1 < len(self.days) else None
            first = max(day, part.since)
            if part.owed and first <= until and (ends is None or first < ends):
                return first
        return None

    def settled_by(self, until: date) -> bool:
        """Whether nothing was open any more at the end of a day."""
        known = [part for part in self.days if part.since <= until]
        return bool(known) and known[-1].settled


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a ladder would have done: messages (one per customer, day and channel), reminders of items by level.

    `per_settled` is reminders per item that was settled in the end, in hundredths; None where none was.
    """

    messages: Mapping[LevelChannel, int]
    people: int
    items: int
    settled: int
    by_level: Mapping[int, int]
    per_settled: int | None

    def cost(self, prices: Mapping[LevelChannel, Money], currency: str) -> Money:
        """What the messages would have cost."""
        total = Money.zero(currency)
        for channel, count in self.messages.items():
            price = prices.get(channel, Money.zero(currency))
            total += Money(price.minor * count, currency)
        return total


def check_period(begin: date, end: date) -> None:
    """Refuses: bad_period."""
    if not begin <= end <= days_after(begin, MAX_DAYS):
        raise RuleBroken("bad_period", f"A period ends no earlier than it begins, and has at most {MAX_DAYS} days.")


def simulate(policy: LadderPolicy, stories: Iterable[ItemStory], *, begin: date, end: date) -> Simulated:
    """Run a ladder over a period as if it had been in force from its first day on.

    An item that was issued before begins at the level it had reached then. On each day the due date counts that stood
    then, as it was told; promises, addresses and hours are left out of account.
    """
    sent: set[tuple[UUID, date, LevelChannel]] = set()
    levels: Counter[int] = Counter()
    items = settled = reminders_of_settled = 0
    for story in stories:
        reminded = list(_reminded(policy, story, begin, end))
        levels.update(level for _, level in reminded)
        sent |= {(story.customer_id, day, policy.levels[level].channel) for day, level in reminded}
        items += bool(reminded)
        if story.settled_by(end):
            settled += 1
            reminders_of_settled += len(reminded)
    return Simulated(
        messages=dict(Counter(channel for _, _, channel in sent)), people=len({customer for customer, _, _ in sent}),
        items=items, settled=settled, by_level=dict(sorted(levels.items())),
        per_settled=reminders_of_settled * 100 // settled if settled else None)


def _reminded(policy: LadderPolicy, story: ItemStory, begin: date, end: date) -> Iterable[tuple[date, int]]:
    """Under a later due date the ladder goes on at the level that is reached, and keeps the gap to what was sent."""
    last_sent_on: date | None = None
    for n, (dated, until) in enumerate(story.dates_in(begin, end)):
        first = max(begin, dated.since, story.issued_on)
        anew = n == 0 and dated.since >= begin and dated is story.dates[0]
        progress = NOT_BEGUN if anew else started_late(policy, due_on=dated.due_on, today=first)
        progress = replace(progress, last_sent_on=last_sent_on)
        while (planned := next_reminder(
                policy, issued_on=story.issued_on, due_on=dated.due_on, progress=progress)) is not None:
            day = story.first_owed(max(planned.planned_on, first), until)
            if day is None:
                break
            yield day, planned.level
            last_sent_on = day
            progress = Progress(policy.levels[planned.level].offset_days, day)
