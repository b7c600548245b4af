"""What the scorecard of willingness looks at, from the payments learnt, what is owed now, and what is counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from credit_svc.domain.policy import WHOLE_BPS
from credit_svc.domain.willingness import PaymentRecord, shrunk_share_bps
from dunlin_kernel.calendar import days_between

DAYS_OF_MONTH = Decimal("30.4375")
TRUSTED_CASES = 5
"""So many payments of today are trusted by half."""


@dataclass(frozen=True, slots=True)
class Segment:
    """How often customers like this one pay much late, and how many cases that counts for."""

    much_late_bps: int = 1000
    cases: int = 5


@dataclass(frozen=True, slots=True)
class Lately:
    """The payments of the last 90 days: the longest delay, and mean days late of the last 30 and of all 90."""

    longest_days: int | None = None
    mean_30_days: Decimal | None = None
    mean_90_days: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Owing:
    """Of one currency, in minor units: undisputed and open, of it overdue, net use of credit, billed in a year."""

    open: int
    overdue: int
    exposure: int
    billed: int


@dataclass(frozen=True, slots=True)
class Behaviour:
    """All of one customer's on a day; `first_billed_on` None: never billed."""

    records: Mapping[str, PaymentRecord]
    lately: Lately
    owing: Mapping[str, Owing]
    oldest_overdue_on: date | None
    first_billed_on: date | None
    broken_promises: int
    returned_payments: int
    disputes_lost: int

    @property
    def is_known(self) -> bool:
        """Whether anything says how this customer pays."""
        counted = self.broken_promises or self.returned_payments or self.disputes_lost
        return bool(self.payments.payments or self.oldest_overdue_on or counted)

    @property
    def payments(self) -> PaymentRecord:
        together = PaymentRecord()
        for record in self.records.values():
            together = together.with_other(record)
        return together

    def oldest_overdue_days(self, today: date) -> int:
        return 0 if self.oldest_overdue_on is None else max(0, days_between(self.oldest_overdue_on, today))

    def confidence_bps(self, today: date) -> int:
        """The more and the newer the payments, the more they are trusted: half at five."""
        cases = self.payments.cases(today)
        return int((cases * WHOLE_BPS / (cases + TRUSTED_CASES)).to_integral_value(ROUND_HALF_UP))


def willingness_values(seen: Behaviour, segment: Segment, *, today: date) -> dict[str, int | None]:
    """Days, shares in basis points and counts; None where nothing is known of it."""
    payments, lately = seen.payments, seen.lately
    unit_cases, trend = payments.cases(today), None
    if lately.mean_30_days is not None and lately.mean_90_days is not None:
        trend = lately.mean_30_days - lately.mean_90_days
    share = None if not payments.payments else shrunk_share_bps(
        unit_cases * payments.much_late / payments.weight, unit_cases, prior_bps=segment.much_late_bps,
        prior_cases=segment.cases)
    shares = (one.overdue * WHOLE_BPS // one.open for one in seen.owing.values() if one.open > 0)
    return {
        "oldest_overdue_days": seen.oldest_overdue_days(today),
        "overdue_share_bps": max(shares, default=0),
        "much_late_share_bps": share,
        "longest_delay_days": None if lately.longest_days is None else max(0, lately.longest_days),
        "days_late": _whole(_days_late(seen.records)),
        "spread_days": _whole(payments.spread),
        "trend_days": _whole(trend),
        "exposure_percent_of_month": _use_of(seen.owing.values()),
        "tenure_months": None if seen.first_billed_on is None else int(
            days_between(seen.first_billed_on, today) / DAYS_OF_MONTH),
        "broken_promises": seen.broken_promises, "returned_payments": seen.returned_payments,
        "disputes_lost": seen.disputes_lost,
    }


def _days_late(records: Mapping[str, PaymentRecord]) -> Decimal | None:
    """By amount within a currency, by number of payments between currencies."""
    known = [(one.days_late, one.weight) for one in records.values() if one.days_late is not None]
    total = sum(weight for _, weight in known)
    return sum((days * weight for days, weight in known), Decimal(0)) / total if total else None


def _use_of(owing: Iterable[Owing]) -> int | None:
    """The highest use of credit in any currency, in percent of what is billed in a month."""
    used = [max(0, one.exposure) * 1200 // one.billed for one in owing if one.billed > 0]
    return max(used, default=None)


def _whole(value: Decimal | None) -> int | None:
    return None if value is None else int(value.to_integral_value(ROUND_HALF_UP))
