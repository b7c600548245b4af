"""How a recipient is spared: days between two contacts, and the hours in which nobody is written to."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dunlin_kernel.calendar import days_between
from dunlin_kernel.errors import RuleBroken

MAX_DAYS_BETWEEN = 60


@dataclass(frozen=True, slots=True)
class ContactPolicy:
    """A tenant's rules of sparing in one version; `min_days_between` 0: as often as the ladder says.

    Quiet hours are times of day in the recipient's zone, the end not among them; they may pass midnight. Both None:
    there are none. Refuses: bad_contact_policy.
    """

    version: int
    min_days_between: int
    quiet_from: time | None
    quiet_until: time | None

    def __post_init__(self) -> None:
        if not 0 <= self.min_days_between <= MAX_DAYS_BETWEEN:
            raise RuleBroken(
                "bad_contact_policy", f"Days between two contacts are between 0 and {MAX_DAYS_BETWEEN}.")
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise RuleBroken("bad_contact_policy", "Quiet hours have a begin and an end, or neither.")
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise RuleBroken("bad_contact_policy", "Quiet hours do not last the whole day.")

    def too_soon(self, last_contact_on: date | None, today: date) -> bool:
        """Whether the recipient was contacted within the policy's days."""
        return last_contact_on is not None and days_between(last_contact_on, today) < self.min_days_between

    def quiet_ends(self, zone: str, now: datetime) -> datetime | None:
        """The instant at which the quiet hours of this moment end in a zone; None outside of them."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        there = now.astimezone(ZoneInfo(zone))
        at, over_midnight = there.time(), self.quiet_from > self.quiet_until
        quiet = (at >= self.quiet_from or at < self.quiet_until) if over_midnight else (
            self.quiet_from <= at < self.quiet_until)
        if not quiet:
            return None
        day = there.date() + timedelta(days=1) if over_midnight and at >= self.quiet_from else there.date()
        return datetime.combine(day, self.quiet_until, ZoneInfo(zone)).astimezone(now.tzinfo)


USUAL_CONTACT = ContactPolicy(version=1, min_days_between=0, quiet_from=time(20, 0), quiet_until=time(8, 0))
"""The policy of a tenant that has not set its own."""
