"""Customer numbers: given by the client or taken from the tenant's series `C-000001`, and never given twice."""

import re
from collections.abc import Iterable, Sequence

from dunlin_kernel.errors import RuleBroken

MAX_NUMBER = 32
_NUMBER = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z._/-]*[0-9A-Za-z])?", re.ASCII)
_OF_SERIES = re.compile(r"C-([0-9]{6}|[1-9][0-9]{6,8})", re.ASCII)


def checked_number(number: str) -> str:
    """Refuses: bad_customer_number."""
    if len(number) > MAX_NUMBER or not _NUMBER.fullmatch(number):
        raise RuleBroken(
            "bad_customer_number",
            f"A customer number has 1 to {MAX_NUMBER} letters, digits, dots, dashes or slashes, "
            "and begins and ends with a letter or digit.",
        )
    return number


def number_of(position: int) -> str:
    """The number at a position of the series: 1 is `C-000001`."""
    return f"C-{position:06d}"


def floor_after(given: Iterable[str | None]) -> int:
    """The first position that the series may take next to these given numbers: it jumps over those of its own form."""
    matches = (_OF_SERIES.fullmatch(number) for number in given if number)
    return max((int(match[1]) for match in matches if match), default=0) + 1


def numbered(given: Sequence[str | None], first: int) -> list[str]:
    """Each given number, and for those without one the next of the series from position `first` on."""
    position = first
    numbers = []
    for number in given:
        numbers.append(number or number_of(position))
        position += number is None
    return numbers
