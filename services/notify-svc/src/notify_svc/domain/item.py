"""A dunned item: what billing said is owed on one due date, and where on the ladder it stands."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money
from notify_svc.domain.ladder import LadderPolicy, NextReminder, Progress, next_reminder, started_late


@dataclass(frozen=True, slots=True)
class DunnedItem:
    """One amount owed on one due date. `active`: its ladder is switched on (an imported item's waits for a person).

    `came`: when the fact was recorded with which it came from a customer that was merged, and the fact's id.
    """

    id: UUID
    customer_id: UUID
    invoice_id: UUID | None
    number: str
    issued_on: date
    due_on: date
    due_version: int
    open: Money
    active: bool
    progress: Progress
    disputed: Money
    came: tuple[datetime, UUID] | None = None

    def planned(self, policy: LadderPolicy) -> NextReminder | None:
        """Its next reminder; None while its ladder is off, when nothing is owed, or when the ladder is climbed."""
        if not self.active or not self.open.is_positive:
            return None
        return next_reminder(policy, issued_on=self.issued_on, due_on=self.due_on, progress=self.progress)

    def owing(self, open_after: Money, disputed_after: Money | None = None) -> "DunnedItem":
        """With what billing says is open and disputed; the place on the ladder stays, so a reversal repeats nothing.

        What is disputed stays as it is where only the open amount is told, but is never more than that.
        """
        if open_after.is_negative:
            raise RuleBroken("negative_open", "An item cannot owe less than nothing.", item_id=self.id)
        disputed = self.disputed if disputed_after is None else disputed_after
        return replace(self, open=open_after, disputed=min(disputed, open_after))

    def dated(self, due_on: date, due_version: int) -> "DunnedItem":
        """With a newer due date: its ladder begins anew, the gap to what was sent is kept; an older date is no news."""
        if due_version <= self.due_version:
            return self
        return replace(
            self, due_on=due_on, due_version=due_version, progress=Progress(last_sent_on=self.progress.last_sent_on))

    def following(self, before: "DunnedItem") -> "DunnedItem":
        """At the place on the ladder where it stood at another customer, from where it came."""
        return replace(
            self, active=before.active, progress=before.dated(self.due_on, self.due_version).progress)

    def reached(self, policy: LadderPolicy, today: date) -> "DunnedItem":
        """After its due date was changed by agreement: the ladder goes on at the level that is reached on this day."""
        progress = started_late(policy, due_on=self.due_on, today=today)
        return replace(self, progress=replace(progress, last_sent_on=self.progress.last_sent_on))

    def reminded(self, *, due_version: int, offset_days: int, on: date) -> "DunnedItem":
        """After a level was sent, or may have been; what is told late takes nothing back."""
        passed, last = self.progress.passed_offset_days, self.progress.last_sent_on
        if due_version == self.due_version:
            passed = offset_days if passed is None else max(passed, offset_days)
        return replace(self, progress=Progress(passed, on if last is None else max(last, on)))

    def not_reminded(self, policy: LadderPolicy, *, offset_days: int, last_sent_on: date | None) -> "DunnedItem":
        """After it turned out that a level never left: it is due again, unless a later one left meanwhile.

        `last_sent_on` is the last day on which another level did leave.
        """
        if self.progress.passed_offset_days != offset_days:
            return self
        before = [level.offset_days for level in policy.levels if level.offset_days < offset_days]
        return replace(self, progress=Progress(before[-1] if before else None, last_sent_on))

    def switched_on(self, policy: LadderPolicy, today: date) -> "DunnedItem":
        """With its ladder on from today at the level it has reached. One whose ladder is on already stays as it is."""
        if self.active:
            return self
        return replace(self, active=True, progress=started_late(policy, due_on=self.due_on, today=today))
