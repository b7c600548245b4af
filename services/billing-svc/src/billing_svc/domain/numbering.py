"""Numbering: gapless per series, in the order of issue dates; a number is taken at issue and never given back."""

import re
from dataclasses import dataclass
from datetime import date

from dunlin_kernel.errors import RuleBroken

DEFAULT_SERIES = "INV"
_SERIES = re.compile(r"[A-Z][A-Z0-9]{0,11}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NumberSeries:
    """A series that will give `next_number` next; `last_issued_on` is the issue date of the number before."""

    series: str
    next_number: int
    last_issued_on: date | None

    def take(self, issued_on: date) -> tuple[str, "NumberSeries"]:
        """The next number as text, and the series after it. Refuses: issued_before_series."""
        if self.last_issued_on is not None and issued_on < self.last_issued_on:
            raise RuleBroken("issued_before_series", "Numbers run with issue dates: the series stands at a later day.",
                             series=self.series, last_issued_on=self.last_issued_on)
        return f"{self.series}-{self.next_number:06d}", NumberSeries(self.series, self.next_number + 1, issued_on)


def series_named(series: str) -> str:
    """Refuses: malformed_series."""
    if not _SERIES.fullmatch(series):
        raise RuleBroken("malformed_series", "A series is one to twelve capital letters and digits, a letter first.")
    return series
