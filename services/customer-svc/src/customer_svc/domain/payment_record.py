"""A customer's payment record: how many of its items were paid late, as a share in basis points."""

from dataclasses import dataclass

GRACE_DAYS = 3
"""A bank's way is not lateness."""
CHRONIC_DAYS = 90
"""Who owes something for longer counts as one who always pays late."""
ALL_BPS = 10_000


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """Items that were to be paid, those of them paid (or still open) beyond the grace, and the oldest open one."""

    items: int
    late: int
    oldest_days: int

    @property
    def late_bps(self) -> int | None:
        """None while nothing was to be paid."""
        if self.oldest_days > CHRONIC_DAYS:
            return ALL_BPS
        return self.late * ALL_BPS // self.items if self.items else None
