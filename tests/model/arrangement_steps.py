"""Steps with dates that are agreed later: arrangements, their revision, and the turn of the day that judges them."""

from dataclasses import dataclass
from datetime import date, timedelta

from books_machine import BooksMachine, one_of
from books_office import amount
from naive_books import Side
from stepping import EITHER, PICK, between, rule, some_of

from billing_svc.usecases.age_accounts import age_accounts
from billing_svc.usecases.judge_arrangements import judge_arrangements

GRACE = 3


@dataclass
class Agreed:
    """Parts by which items are due; `since` counts the moves of all books, `judged` those of an account."""

    id: str
    items: list[str]
    parts: list[tuple[date, int]]
    version: int
    since: int
    judged: tuple[tuple[str, str], int]
    misses_on: date
    state: str = "active"


class ArrangementSteps(BooksMachine):
    """Ageing keeps contractual dates: what an arrangement changes is how it stands itself."""

    def begin(self) -> None:
        super().begin()
        self.agreed = dict[str, Agreed]()

    @rule(when=lambda self: self.books.debts, which=PICK, more=EITHER, days=some_of(between(0, 40), 3))
    def agree(self, which: int, more: bool, days: list[int]) -> None:
        account = self.books.account(one_of(self.books.debts, which).item)
        free = [debt.item for debt in self.books.debts.values() if self.books.account(debt.item) == account
                and self.books.balance(debt.item) and not self._arranged(debt.item)][: 3 if more else 1]
        parts = self._parts(free, days)
        if not parts:
            return
        said = self.company.post("/arrangements", {
            "item_ids": free, "parts": self._told(parts, account[1]), "grace_days": GRACE})
        assert said.status_code == 201, said.text
        made = said.json()
        self.agreed[made["id"]] = Agreed(
            made["id"], free, parts, 1, len(self.books.moves), self._seen(free[0]), self._missed(parts[0]))
        self.office.done["agree"] += 1

    @rule(when=lambda self: self.agreed, which=PICK, days=some_of(between(0, 40), 3))
    def revise(self, which: int, days: list[int]) -> None:
        one = one_of(self.agreed, which)
        account = self.books.account(one.items[0])
        owed = [item for item in one.items if self.books.balance(item)]
        parts = self._parts(owed, days) or [(self.today, 1)]
        said = self.company.post(f"/arrangements/{one.id}:revise", {
            "parts": self._told(parts, account[1]), "grace_days": GRACE})
        if said.status_code != 200:
            assert one.state != "active" or not owed, said.text
            self.refused("revise", said, "arrangement_ended", "nothing_open")
            return
        one.version, one.parts, one.since = one.version + 1, parts, len(self.books.moves)
        one.judged, one.misses_on = self._seen(one.items[0]), self._missed(parts[0])
        self.office.done["revise"] += 1

    @rule(often=4)
    def turn_the_day(self) -> None:
        """Some days are turned and some are not: what accounts keep by age is told rightly either way."""
        transact, tenant, today = self.office.billing.database.transact, self.company.tenant, self.today
        while self.office.run(transact(tenant, age_accounts)):
            continue
        while self.office.run(transact(tenant, lambda tx: judge_arrangements(tx, today))):
            continue
        self.office.done["turn_the_day"] += 1
        waits = [one for one in self.agreed.values() if one.state != "completed" and (
            self._seen(one.items[0]) != one.judged or (one.state == "active" and one.misses_on <= today))]
        for one in sorted(waits, key=lambda one: (one.misses_on, one.id)):
            self._judge(one)
        if self.agreed:
            listed = self.company.get("/arrangements?limit=200")["data"]
            assert {one["id"]: (one["state"], one["version"]) for one in listed} == {
                one.id: (one.state, one.version) for one in self.agreed.values()}

    def _judge(self, one: Agreed) -> None:
        before, one.judged = one.state, self._seen(one.items[0])
        paid = [move for move in self.books.moves[one.since:] if move.ref in one.items and move.side is Side.MOVED]
        due, missed = 0, None
        for part in one.parts:
            due += part[1]
            last = self._missed(part) - timedelta(days=1)
            days = {last, *(move.value for move in paid if move.value > last)}
            if min(-sum(move.minor for move in paid if move.value <= day) for day in days) < due:
                missed = part
                break
        one.misses_on = self._missed(missed or one.parts[-1])
        if missed:
            found = "defaulted" if one.misses_on <= self.today else "active"
        else:
            found = "active" if any(self.books.balance(item) for item in one.items) else "completed"
        if before == "defaulted" and any(self._arranged(item) for item in one.items):
            return
        one.state = found
        if before != found:
            self.office.done[f"{before} to {found}"] += 1

    def _seen(self, item: str) -> tuple[tuple[str, str], int]:
        """Whose account it is in, and how often that has moved."""
        account = self.books.account(item)
        return account, self.books.entries(account)

    def _arranged(self, item: str) -> bool:
        return any(item in one.items and one.state == "active" for one in self.agreed.values())

    def _parts(self, items: list[str], days: list[int]) -> list[tuple[date, int]]:
        """What is open of these items, in equal parts; the first one takes the rest."""
        total = sum(self.books.balance(item) for item in items)
        share = total // len(days)
        if not share:
            return []
        amounts = [total - share * (len(days) - 1), *[share] * (len(days) - 1)]
        return [(self.today + timedelta(days=day), part) for day, part in zip(sorted(days), amounts, strict=True)]

    @staticmethod
    def _told(parts: list[tuple[date, int]], currency: str) -> list[dict[str, object]]:
        return [{"due_on": day.isoformat(), "amount": amount(part, currency)} for day, part in parts]

    @staticmethod
    def _missed(part: tuple[date, int]) -> date:
        return part[0] + timedelta(days=GRACE + 1)
