"""The company and naive books side by side, compared every few steps that move something, and at the end."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from books_office import BEGAN, Office, minor_of
from naive_books import NaiveBooks
from stepping import Machine, between, rule

A_FEW = 3


class ComparedBooks(Machine):
    """A sandbox company with customers here and abroad. What a refused step has changed shows when it is compared."""

    office: Office

    def begin(self) -> None:
        super().begin()
        self.books, self.last_issue, self.voided = NaiveBooks(), date.min, set[str]()
        self.asked: list[tuple[date, datetime, Any]] = []
        self.moved_at, self.waiting = (0, date.min), 0
        self.company = self.office.company()

    @property
    def today(self) -> date:
        return (self.company.now + timedelta(hours=8)).date()

    @property
    def is_open(self) -> date:
        return self.books.closed_until or date.min

    @rule(often=5, days=between(1, 20))
    def later(self, days: int) -> None:
        self.company.go(timedelta(days=days))

    @rule(often=3, back=between(-5, 90), hours=between(1, 2_000))
    def ask_the_past(self, back: int, hours: int) -> None:
        """An answer that is not provisional is remembered, and asked for again whatever comes after it."""
        as_of = self.today - timedelta(days=back)
        known_at = max(self.company.now - timedelta(hours=hours), BEGAN)
        said = self._compare(as_of, known_at)
        if known_at < self.company.now:
            self.asked.append((as_of, known_at, said))
            self.office.done["ask_the_past"] += 1

    def counted(self, step: str, what: str, done: Callable[[], None]) -> None:
        """A step is counted when what it is for came about."""
        before = self.office.done[what]
        done()
        self.office.done[step] += self.office.done[what] > before

    def after_each(self) -> None:
        super().after_each()
        assert all(self.books.lowest(ref) >= 0 for ref in {move.ref for move in self.books.moves[-4:]}), "below zero"
        moved = len(self.books.moves), self.today
        self.waiting += moved != self.moved_at
        self.moved_at = moved
        if self.waiting == A_FEW:
            self.waiting = 0
            self.compare()

    def compare(self) -> None:
        """The report of today, and now and then one of the past that was asked for before."""
        self._compare(self.today, None)
        if self.asked and len(self.books.moves) % 5 == 0:
            as_of, known_at, then = self.asked[len(self.books.moves) % len(self.asked)]
            assert self._report(as_of, known_at) == then, "an answer for the past has changed"

    def end(self) -> None:
        self.compare()
        found = self.company.get("/integrity")
        assert found["holds"], [check for check in found["checks"] if not check["holds"]]

    def _report(self, as_of: date, known_at: datetime | None) -> dict[tuple[str, str], dict[str, int]]:
        known = "" if known_at is None else f"&known_at={quote(known_at.isoformat())}"
        rows = self.company.get(f"/ageing?as_of={as_of}{known}&limit=200")["data"]
        return {(row["customer_id"], row["figures"]["currency"]): found
                for row in rows if (found := _row(row["figures"]))}

    def _compare(self, as_of: date, known_at: datetime | None) -> dict[tuple[str, str], dict[str, int]]:
        said = self._report(as_of, known_at)
        assert said == self.books.aged(as_of, known_at)
        return said


def _row(figures: dict[str, Any]) -> dict[str, int]:
    held = {bucket["name"]: minor_of(bucket["amount"]) for bucket in figures["buckets"]}
    return {name: minor for name, minor in (held | {"unapplied": minor_of(figures["unapplied"])}).items() if minor}
