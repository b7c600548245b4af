"""Dates and instants as every service takes them from outside: strict in form, inside bounds that all can hold."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
"""Far enough for every contract, and far enough from the ends of the calendar that days can be added."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _only_text(given: Any) -> Any:
    if isinstance(given, date) or (isinstance(given, str) and _DAY.fullmatch(given)):
        return given
    raise ValueError("a date is a text such as 2026-01-31")


def _day_in_bounds(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"a date lies between {FIRST_DAY} and {LAST_DAY}")
    return day


def _instant_in_bounds(instant: datetime) -> datetime:
    try:
        _day_in_bounds(instant.astimezone(UTC).date())
    except OverflowError:
        raise ValueError(f"an instant lies between {FIRST_DAY} and {LAST_DAY}") from None
    return instant


Day = Annotated[date, BeforeValidator(_only_text, json_schema_input_type=date), AfterValidator(_day_in_bounds)]
"""`2026-01-31`, from 1900 to 2999; a number is no date."""

Instant = Annotated[AwareDatetime, AfterValidator(_instant_in_bounds)]
"""An instant with its offset, from 1900 to 2999."""
