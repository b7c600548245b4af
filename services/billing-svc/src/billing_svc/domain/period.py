"""Period locks: up to which day the books are closed. A hard lock is never lifted; a soft one may be moved back, and
has exceptions: a person, or a role, may post from a day on, for a reason, until a time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from dunlin_kernel.errors import Conflict, Forbidden, RuleBroken

LONGEST_EXCEPTION = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class PeriodState:
    """The day that counts now, and the last hard one; None: nothing is closed."""

    closed_until: date | None
    hard_until: date | None


def lock_up_to(state: PeriodState, closed_until: date, *, hard: bool, today: date) -> PeriodState:
    """The state after a lock. Refuses: lock_in_future, hard_lock_stands."""
    if closed_until >= today:
        raise RuleBroken("lock_in_future", "Only days that are over can be closed.", today=today)
    if state.hard_until is not None and closed_until < state.hard_until:
        raise Conflict("hard_lock_stands", "A hard lock is never lifted.", hard_until=state.hard_until)
    return PeriodState(closed_until, closed_until if hard else state.hard_until)


@dataclass(frozen=True, slots=True)
class MayPost:
    """Whom an exception is for: the person with this subject, or the role, whose tokens carry this scope."""

    subject: str | None
    scope: str | None
    granted_by: str

    def is_for(self, actor: str, scopes: Collection[str]) -> bool:
        """Whoever gave it to a role has nothing of it, whatever the role."""
        return actor == self.subject or (self.scope in scopes and actor != self.granted_by)


@dataclass(frozen=True, slots=True)
class LockException:
    """A person or a role may post on days from `from_on` on that only a soft lock closes, until `ends_at`."""

    id: UUID
    subject: str | None
    scope: str | None
    from_on: date
    ends_at: datetime
    reason: str
    granted_by: str
    recorded_at: datetime


def granted(exception: LockException, state: PeriodState, now: datetime) -> LockException:
    """The exception, when it may be given.

    Refuses: second_person_needed, bad_lock_exception, nothing_locked, hard_lock_stands.
    """
    if (exception.subject is None) == (exception.scope is None):
        raise RuleBroken("bad_lock_exception", "An exception is for a person or for a role, one of them.")
    if exception.subject == exception.granted_by:
        raise Forbidden("second_person_needed", "Another person gives an exception than the one who is to use it.")
    if not now < exception.ends_at <= now + LONGEST_EXCEPTION:
        raise RuleBroken("bad_lock_exception", f"An exception ends within {LONGEST_EXCEPTION.days} days from now.")
    if state.closed_until is None or exception.from_on > state.closed_until:
        raise RuleBroken("nothing_locked", "That day is open for everybody.", closed_until=state.closed_until)
    if state.hard_until is not None and exception.from_on <= state.hard_until:
        raise Conflict("hard_lock_stands", "A hard lock is never lifted.", hard_until=state.hard_until)
    return exception


def closed_for(state: PeriodState, open_from: Iterable[date]) -> date | None:
    """Up to which day the books are closed for one who has exceptions from these days on."""
    first = min(open_from, default=None)
    if first is None or state.closed_until is None or first > state.closed_until:
        return state.closed_until
    opened = first - timedelta(days=1)
    return opened if state.hard_until is None else max(opened, state.hard_until)
