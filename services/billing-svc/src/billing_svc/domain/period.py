"""Period locks: up to which day the books are closed. A hard lock is never lifted; a soft one may be moved back."""

from dataclasses import dataclass
from datetime import date

from dunlin_kernel.errors import Conflict, RuleBroken


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
