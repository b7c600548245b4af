"""The reminders of stories 1 and 2, day by day: facts of the day first, then the run at noon, bundled per customer."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.judging import DueLevel, judge
from notify_svc.domain.ladder import LADDER_K, NOT_BEGUN
from notify_svc.domain.look import AccountLook, Contact, LookedItem, Reach

CUSTOMER = new_id()
REACHED = Reach(contact=Contact("ap@example.com", None, "zh"), active=True, refused=False)
NOTHING = Money.zero("CNY")


def cny(amount: str) -> Money:
    return Money.parse(amount, "CNY")


@dataclass
class Book:
    """One customer's items, its unapplied credit, and the messages that left: (day, {number: (level, amount)})."""

    items: dict[str, DunnedItem] = field(default_factory=dict)
    unapplied: Money = NOTHING
    left: list[tuple[str, dict[str, tuple[int, str]]]] = field(default_factory=list)

    def issue(self, number: str, amount: str, *, issued: date, due: date) -> None:
        self.items[number] = DunnedItem(
            new_id(), CUSTOMER, new_id(), number, issued, due, 1, cny(amount), True, NOT_BEGUN, NOTHING)

    def owe(self, number: str, left: str) -> None:
        self.items[number] = self.items[number].owing(cny(left))

    def run(self, today: date) -> None:
        due = [
            DueLevel(item, planned.level, LADDER_K.levels[planned.level].offset_days) for item in self.items.values()
            if (planned := item.planned(LADDER_K)) is not None and planned.planned_on <= today
        ]
        look = AccountLook(
            tuple(LookedItem(i.id, i.due_on, i.open, NOTHING, NOTHING) for i in self.items.values()),
            {"CNY": self.unapplied})
        verdict = judge(due, look, REACHED, today)
        if verdict.remind:
            said = {r.item.number: (r.level, r.amount.amount) for r in verdict.remind}
            self.left.append((today.strftime("%m-%d"), said))
        for r in verdict.remind:
            offset_days = LADDER_K.levels[r.level].offset_days
            self.items[r.item.number] = r.item.reminded(due_version=1, offset_days=offset_days, on=today)


def days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def test_story_1_a_partial_payment_lowers_and_cancels() -> None:
    book = Book()
    for today in days(date(2026, 1, 5), date(2026, 3, 31)):
        if today == date(2026, 1, 5):
            book.issue("INV1", "4520.00", issued=today, due=date(2026, 2, 4))
        if today == date(2026, 1, 20):
            book.issue("INV2", "2260.00", issued=today, due=date(2026, 2, 19))
        if today == date(2026, 2, 10):
            book.issue("INV3", "7910.00", issued=today, due=date(2026, 3, 12))
        if today == date(2026, 3, 1):
            book.owe("INV1", "0.00")
            book.owe("INV2", "780.00")
        book.run(today)
    assert book.left == [
        ("02-01", {"INV1": (0, "4520.00")}),
        ("02-07", {"INV1": (1, "4520.00")}),
        ("02-16", {"INV2": (0, "2260.00")}),
        ("02-19", {"INV1": (2, "4520.00")}),
        ("02-22", {"INV2": (1, "2260.00")}),
        ("03-06", {"INV2": (2, "780.00")}),
        ("03-09", {"INV3": (0, "7910.00")}),
        ("03-15", {"INV3": (1, "7910.00")}),
        ("03-21", {"INV2": (3, "780.00")}),
        ("03-27", {"INV3": (2, "7910.00")}),
    ]


def test_story_2_an_overpayment_cancels_and_its_rest_lowers() -> None:
    book = Book()
    for today in days(date(2026, 3, 1), date(2026, 4, 30)):
        if today == date(2026, 3, 1):
            book.issue("INV1", "11300.00", issued=today, due=date(2026, 3, 31))
        if today == date(2026, 3, 20):
            book.owe("INV1", "0.00")
            book.unapplied = cny("3700.00")
        if today == date(2026, 4, 2):
            book.issue("INV2", "5650.00", issued=today, due=date(2026, 5, 2))
        if today == date(2026, 4, 10):
            book.owe("INV2", "1950.00")
            book.unapplied = NOTHING
        book.run(today)
    assert book.left == [("04-29", {"INV2": (0, "1950.00")})]


def test_items_due_on_one_day_leave_together() -> None:
    book = Book()
    for number in ("A", "B"):
        book.issue(number, "10.00", issued=date(2026, 1, 1), due=date(2026, 1, 31))
    book.issue("C", "5.00", issued=date(2026, 1, 1), due=date(2026, 1, 19))
    for today in days(date(2026, 2, 3), date(2026, 2, 3)):
        book.items["C"] = book.items["C"].reminded(due_version=1, offset_days=3, on=date(2026, 1, 22))
        book.run(today)
    assert book.left == [("02-03", {"C": (2, "5.00"), "A": (0, "10.00"), "B": (0, "10.00")})]


def test_a_returned_payment_resumes_after_the_last_level_and_repeats_nothing() -> None:
    book = Book()
    for today in days(date(2026, 1, 5), date(2026, 4, 30)):
        if today == date(2026, 1, 5):
            book.issue("INV1", "100.00", issued=today, due=date(2026, 2, 4))
        if today == date(2026, 2, 10):
            book.owe("INV1", "0.00")
        if today == date(2026, 3, 10):
            book.owe("INV1", "100.00")
        book.run(today)
    levels = [(day, items["INV1"][0]) for day, items in book.left]
    assert levels == [("02-01", 0), ("02-07", 1), ("03-10", 2), ("03-17", 3)]
