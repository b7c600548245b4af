"""Books kept the plain way: a list of what happened, and sums over it. What the ledger answers is compared with it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

EDGES = ((0, "not_due"), (30, "1_30"), (60, "31_60"), (90, "61_90"))
OLDEST = "over_90"


@dataclass(frozen=True)
class Move:
    """So many minor units on an item or credit, effective on a day, recorded at a time."""

    ref: str
    minor: int
    on: date
    at: datetime


@dataclass(frozen=True)
class Debt:
    """What was owed from the start: the item, whose, by which invoice, how much, and when it is due."""

    item: str
    customer: str
    invoice: str
    minor: int
    issued_on: date
    due_on: date


@dataclass(frozen=True)
class Money:
    """What was received: a payment, or a credit note."""

    credit: str
    customer: str
    minor: int
    on: date
    kind: str = "payments"


@dataclass
class Share:
    """Part of a credit on an item; `ended` once it is undone."""

    id: str
    credit: str
    item: str
    minor: int
    on: date
    ended: bool = False


@dataclass
class Dispute:
    """So much of an item is contested, or was."""

    id: str
    item: str
    minor: int


@dataclass
class NaiveBooks:
    """Everything that was ever recorded, in order."""

    debts: dict[str, Debt] = field(default_factory=dict)
    moneys: dict[str, Money] = field(default_factory=dict)
    shares: dict[str, Share] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    """The credit notes that stand, each with the item of its invoice."""
    moves: list[Move] = field(default_factory=list)
    closed_until: date | None = None

    def balance(self, ref: str, as_of: date = date.max, known_at: datetime | None = None) -> int:
        return sum(move.minor for move in self._seen(as_of, known_at) if move.ref == ref)

    def disputed(self, item: str) -> int:
        return sum(dispute.minor for dispute in self.disputes.values() if dispute.item == item)

    def is_contested(self, item: str) -> bool:
        """In dispute in part, or credited in part."""
        return self.disputed(item) > 0 or item in self.notes.values()

    def give_way(self, item: str) -> None:
        """Of an item that owes less than is disputed, the newest disputes end first, by just enough."""
        for dispute in reversed(self.disputes.values()):
            over = self.disputed(item) - self.balance(item)
            if dispute.item == item and over > 0:
                dispute.minor -= min(over, dispute.minor)

    def oldest_first(self, customer: str, minor: int) -> dict[str, int]:
        """What each open item of a customer gets of an amount: never what is disputed of it."""
        shares, rest = {}, minor
        owed = [debt for debt in self.debts.values() if debt.customer == customer and self.balance(debt.item) > 0]
        for debt in sorted(owed, key=lambda one: (one.due_on, one.item)):
            part = min(rest, self.balance(debt.item) - self.disputed(debt.item))
            if part:
                shares[debt.item] = part
                rest -= part
        return shares

    def live(self, credit: str | None = None) -> list[Share]:
        return [share for share in self.shares.values() if not share.ended and credit in (None, share.credit)]

    def lowest(self, ref: str) -> int:
        """The least that ever was the balance of it at the end of a day, by all that is known."""
        by_day: dict[date, int] = defaultdict(int)
        for move in self.moves:
            if move.ref == ref:
                by_day[move.on] += move.minor
        sums, balance = [0], 0
        for day in sorted(by_day):
            balance += by_day[day]
            sums.append(balance)
        return min(sums)

    def aged(self, as_of: date, known_at: datetime | None = None) -> dict[str, dict[str, int]]:
        """By customer: buckets that hold something, and what is unapplied; customers with neither are left out."""
        balances: dict[str, int] = defaultdict(int)
        for move in self._seen(as_of, known_at):
            balances[move.ref] += move.minor
        rows: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for ref, minor in balances.items():
            if minor and ref in self.debts:
                debt = self.debts[ref]
                rows[debt.customer][_bucket((as_of - debt.due_on).days)] += minor
            elif minor:
                rows[self.moneys[ref].customer]["unapplied"] += minor
        return {customer: dict(row) for customer, row in rows.items()}

    def _seen(self, as_of: date, known_at: datetime | None) -> Iterator[Move]:
        known: Callable[[Move], bool] = (lambda _: True) if known_at is None else (lambda move: move.at <= known_at)
        return (move for move in self.moves if move.on <= as_of and known(move))


def _bucket(days: int) -> str:
    return next((name for last, name in EDGES if days <= last), OLDEST)
