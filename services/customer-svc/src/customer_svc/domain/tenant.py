"""A tenant: the legal entity whose books these are; and how the clock of a sandbox moves."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from customer_svc.domain.customer import MAX_NAME
from customer_svc.domain.text import is_plain
from dunlin_kernel.clock import date_in, start_of_day
from dunlin_kernel.currencies import exponent_of
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.ids import TenantId

EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tenant:
    """Base currency, time zone and, for a sandbox, where its clock stands.

    Refuses: bad_name, unknown_currency, unknown_zone, clock_of_real_tenant, clock_missing, clock_out_of_range.
    """

    id: TenantId
    name: str
    currency: str
    zone: str
    sandbox: bool
    clock_at: datetime | None

    def __post_init__(self) -> None:
        if len(self.name) > MAX_NAME or not is_plain(self.name):
            raise RuleBroken("bad_name", f"A name has 1 to {MAX_NAME} printable characters and no blank at its ends.")
        exponent_of(self.currency)
        checked_zone(self.zone)
        if self.clock_at is not None and not self.sandbox:
            raise RuleBroken("clock_of_real_tenant", "Only a sandbox has a clock of its own.")
        if self.clock_at is None and self.sandbox:
            raise RuleBroken("clock_missing", "A sandbox needs the instant at which its clock begins.")
        if self.clock_at is not None and not EARLIEST <= self.clock_at <= LATEST:
            raise RuleBroken("clock_out_of_range", f"A clock stands between {EARLIEST:%Y} and {LATEST:%Y}.")


def checked_zone(zone: str) -> str:
    """Refuses: unknown_zone."""
    if zone not in _zones():
        raise RuleBroken("unknown_zone", "This is not a time zone of the IANA database, such as Asia/Shanghai.")
    return zone


def next_turn_of_day(zone: str, now: datetime) -> datetime:
    """The instant at which the tenant's next day begins."""
    return start_of_day(zone, date_in(zone, now) + timedelta(days=1))


def clock_moved(clock_at: datetime | None, zone: str, to: datetime) -> datetime:
    """Where the clock stands after an advance. Refuses: not_a_sandbox, clock_runs_backwards, clock_too_far."""
    if clock_at is None:
        raise Conflict("not_a_sandbox", "Only a sandbox has a clock that can be moved.")
    if to <= clock_at:
        raise RuleBroken("clock_runs_backwards", "The clock moves forward only.", now=clock_at.isoformat())
    turn = next_turn_of_day(zone, clock_at)
    if to > turn:
        raise RuleBroken(
            "clock_too_far", "One advance goes at most to the next turn of the tenant's day.", at_most=turn.isoformat()
        )
    return to.astimezone(UTC)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
