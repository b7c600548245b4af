"""The ladder: which level reminds of an item next, and on what day."""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from dunlin_kernel.calendar import days_after
from dunlin_kernel.errors import RuleBroken

MAX_LEVELS = 12
MAX_OFFSET_DAYS = 365
MAX_GAP_DAYS = 90


class LetterTone(StrEnum):
    """How a level speaks: the name of its template."""

    UPCOMING = "upcoming"
    FRIENDLY = "friendly"
    FIRM = "firm"
    FINAL = "final"


class LevelChannel(StrEnum):
    """How a level reaches the customer: `call` makes a task for a person, `letter` a paper that a person posts."""

    EMAIL = "email"
    CALL = "call"
    LETTER = "letter"
    SMS = "sms"


BY_PERSONS = frozenset({LevelChannel.CALL, LevelChannel.LETTER})
"""On these a person acts, so the hour of the run is no matter."""


@dataclass(frozen=True, slots=True)
class Level:
    """One rung: `offset_days` after the due date (negative before it), the tone, the code of a fee, if any, and how."""

    offset_days: int
    tone: LetterTone
    fee_code: str | None = None
    channel: LevelChannel = LevelChannel.EMAIL


@dataclass(frozen=True, slots=True)
class LadderPolicy:
    """A tenant's ladder in one version: rungs in order, days between two of them, when the daily run starts.

    `run_at` is a time of day in the tenant's zone. The gap binds from the second overdue level on. Refuses: bad_ladder.
    """

    version: int
    levels: tuple[Level, ...]
    gap_days: int
    run_at: time

    def __post_init__(self) -> None:
        offsets = [level.offset_days for level in self.levels]
        if not 1 <= len(offsets) <= MAX_LEVELS:
            raise RuleBroken("bad_ladder", f"A ladder has between 1 and {MAX_LEVELS} levels.")
        if offsets != sorted(set(offsets)):
            raise RuleBroken("bad_ladder", "Each level of a ladder lies on a later day than the one before it.")
        if any(abs(offset) > MAX_OFFSET_DAYS for offset in offsets):
            raise RuleBroken("bad_ladder", f"A level lies at most {MAX_OFFSET_DAYS} days from the due date.")
        if not 0 <= self.gap_days <= MAX_GAP_DAYS:
            raise RuleBroken("bad_ladder", f"The gap between two levels is between 0 and {MAX_GAP_DAYS} days.")
        if self.run_at.tzinfo is not None:
            raise RuleBroken("bad_ladder", "The run starts at a time of day in the tenant's own zone.")

    def needs_gap(self, number: int) -> bool:
        """Whether level `number` waits for the gap: true from the second overdue level on."""
        overdue = [n for n, level in enumerate(self.levels) if level.offset_days > 0]
        return number in overdue[1:]


LADDER_K = LadderPolicy(
    version=1,
    levels=(
        Level(-3, LetterTone.UPCOMING), Level(3, LetterTone.FRIENDLY), Level(15, LetterTone.FIRM),
        Level(30, LetterTone.FINAL),
    ),
    gap_days=7,
    run_at=time(12, 0),
)
"""The ladder of a tenant that has not set its own."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an item has come: the offset of the last level sent or passed over, and the last day one was sent.

    The place on the ladder is kept in days from the due date, so that it keeps its meaning under a new policy version.
    """

    passed_offset_days: int | None = None
    last_sent_on: date | None = None


@dataclass(frozen=True, slots=True)
class NextReminder:
    """The level that comes next and the first day on which it may go; a day in the past means the next run."""

    level: int
    planned_on: date


def next_reminder(policy: LadderPolicy, *, issued_on: date, due_on: date, progress: Progress) -> NextReminder | None:
    """The next level of an open item, in order and never skipping; None when the ladder is climbed.

    A level before due whose day lies before the issue is dropped. One a day at most; from the second overdue level on
    not before the gap after the last one sent. A day beyond the calendar is its last one, which never comes.
    """
    for number, level in enumerate(policy.levels):
        if progress.passed_offset_days is not None and level.offset_days <= progress.passed_offset_days:
            continue
        day = days_after(due_on, level.offset_days)
        if level.offset_days < 0 and day < issued_on:
            continue
        return NextReminder(number, max(day, _earliest(policy, number, progress.last_sent_on) or day))
    return None


def _earliest(policy: LadderPolicy, number: int, last_sent_on: date | None) -> date | None:
    if last_sent_on is None:
        return None
    gap = policy.gap_days if policy.needs_gap(number) else 0
    return days_after(last_sent_on, max(1, gap))


def started_late(policy: LadderPolicy, *, due_on: date, today: date) -> Progress:
    """The progress of an item whose ladder is switched on at `today`: the levels before the one reached are passed.

    The level reached is the last one whose day is not after today; it goes first, those before it never.
    """
    reached = [level.offset_days for level in policy.levels if days_after(due_on, level.offset_days) <= today]
    return Progress(passed_offset_days=reached[-2] if len(reached) > 1 else None)


NOT_BEGUN = Progress()
"""The progress of an item that was just issued."""
