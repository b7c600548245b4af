"""Books kept the plain way: a list of what happened, and sums over it. What the ledger answers is compared with it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

EDGES = ((0, "not_due"), (30, "1_30"), (60, "31_60"), (90, "61_90"))
OLDEST = "over_90"
WITHIN_A_DEBT = ("fee", "interest", "invoice", "reclaim", "bill")


class Side(StrEnum):
    """What a move belongs to: `made` is what an item was from the start, `passed` is what goes from customer to
    customer."""

    MADE = "made"
    MOVED = "moved"
    PASSED = "passed"


@dataclass(frozen=True)
class Move:
    """So many minor units on an item or credit of a customer, effective on a day, of value on a day, recorded at a
    time."""

    ref: str
    customer: str
    minor: int
    on: date
    at: datetime
    value: date
    side: Side = Side.MOVED


@dataclass
class Debt:
    """What was owed from the start: the item, whose it is now, by which invoice, how much, and when it is due.

    `offer`: so many basis points are let off until a day.
    """

    item: str
    customer: str
    currency: str
    invoice: str
    minor: int
    issued_on: date
    due_on: date
    kind: str = "invoice"
    claim: str | None = None
    offer: tuple[int, date] | None = None


@dataclass
class Money:
    """What was received: a payment, a credit note, or what was taken for a payment in another currency."""

    credit: str
    customer: str
    currency: str
    minor: int
    on: date
    value: date
    kind: str = "payments"


@dataclass
class Share:
    """Part of a credit on an item, and what was let off with it; `ended` once it is undone."""

    id: str
    credit: str
    item: str
    minor: int
    on: date
    let_off: int = 0
    ended: bool = False


@dataclass
class Dispute:
    """So much of an item is contested, or was; `accepted` are the days on which parts of it were agreed to."""

    id: str
    item: str
    minor: int
    opened_on: date
    accepted: list[tuple[date, int]] = field(default_factory=list)


@dataclass
class Loss:
    """So much of an item was closed or written off, on a day; `rest` of it still is."""

    id: str
    item: str
    rest: int
    on: date | None = None
    taken_back: bool = False


@dataclass
class NaiveBooks:
    """Everything that was ever recorded, in order."""

    debts: dict[str, Debt] = field(default_factory=dict)
    moneys: dict[str, Money] = field(default_factory=dict)
    announced: dict[str, Money] = field(default_factory=dict)
    """Payments that are not certain yet."""
    shares: dict[str, Share] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    """The credit notes that stand, each with the item of its invoice."""
    refunds: dict[str, tuple[str, int]] = field(default_factory=dict)
    """What was paid back, and of which credit."""
    reclaimed: set[str] = field(default_factory=set)
    """The refunds that are claimed back."""
    closed: dict[str, Loss] = field(default_factory=dict)
    """Small differences."""
    lost: dict[str, Loss] = field(default_factory=dict)
    """Write-offs, those that are only proposed too."""
    behind: dict[str, Loss] = field(default_factory=dict)
    """What a share paid had been lost before."""
    moves: list[Move] = field(default_factory=list)
    of_ref: dict[str, list[Move]] = field(default_factory=lambda: defaultdict(list))
    balances: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Of each item and credit, the sum of its moves."""
    closed_until: date | None = None

    @property
    def invoiced(self) -> dict[str, Debt]:
        """What is owed by invoices."""
        return {item: debt for item, debt in self.debts.items() if debt.kind == "invoice"}

    def add(self, move: Move) -> None:
        self.moves.append(move)
        self.of_ref[move.ref].append(move)
        self.balances[move.ref] += move.minor

    def account(self, ref: str) -> tuple[str, str]:
        """Whose item or credit it is now, and in which currency."""
        one = self.debts.get(ref) or self.moneys[ref]
        return one.customer, one.currency

    def entries(self, account: tuple[str, str]) -> int:
        """How many moves an account has seen."""
        return sum((move.customer, (self.debts.get(move.ref) or self.moneys[move.ref]).currency) == account
                   for move in self.moves)

    def balance(self, ref: str) -> int:
        return self.balances[ref]

    def disputed(self, item: str) -> int:
        return sum(dispute.minor for dispute in self.disputes.values() if dispute.item == item)

    def undisputed(self, item: str) -> int:
        return self.balance(item) - self.disputed(item)

    def is_contested(self, item: str) -> bool:
        """In dispute in part, or credited in part."""
        return self.disputed(item) > 0 or item in self.notes.values()

    def give_way(self, item: str, *, agreed_on: date | None) -> None:
        """Of an item that owes less than is disputed, the newest disputes end first, by just enough; what was credited
        was agreed to on a day."""
        for dispute in reversed(self.disputes.values()):
            part = min(self.disputed(item) - self.balance(item), dispute.minor)
            if dispute.item == item and part > 0:
                dispute.minor -= part
                if agreed_on:
                    dispute.accepted.append((agreed_on, part))

    def let_off(self, debt: Debt, paid_on: date) -> int:
        """The discount on the rest of an item for money of a day; 0 when there is none."""
        owed = self.balance(debt.item)
        if debt.offer is None or max(paid_on, debt.issued_on) > debt.offer[1] or self.disputed(debt.item):
            return 0
        discount = (2 * owed * debt.offer[0] + 10_000) // 20_000
        return discount if 0 < discount < owed else 0

    def oldest_first(
        self, customer: str, currency: str, minor: int, paid_on: date | None,
    ) -> dict[str, tuple[int, int]]:
        """What each open item of a customer gets of an amount, and what is let off: never what is disputed of it.

        `paid_on` None: it is no money, and earns no discount.
        """
        shares, rest = {}, minor
        owed = {debt.item: debt for debt in self.debts.values()
                if (debt.customer, debt.currency) == (customer, currency) and self.balance(debt.item) > 0}

        def place(debt: Debt) -> tuple[date, str, int, date, str]:
            first = owed.get(debt.claim or "", debt)
            return first.due_on, first.item, WITHIN_A_DEBT.index(debt.kind), debt.due_on, debt.item

        for debt in sorted(owed.values(), key=place):
            let_off = self.let_off(debt, paid_on) if paid_on else 0
            asked = self.undisputed(debt.item) - let_off
            part = min(rest, asked)
            if part:
                shares[debt.item] = part, let_off if part == asked else 0
                rest -= part
        return shares

    def live(self, credit: str | None = None) -> list[Share]:
        return [share for share in self.shares.values() if not share.ended and credit in (None, share.credit)]

    def lowest(self, ref: str) -> int:
        """The least that ever was the balance of it at any customer at the end of a day, by all that is known."""
        by_day: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
        for move in self.of_ref[ref]:
            by_day[move.customer][move.on] += move.minor
        sums = [0]
        for moved in by_day.values():
            balance = 0
            for day in sorted(moved):
                balance += moved[day]
                sums.append(balance)
        return min(sums)

    def aged(self, as_of: date, known_at: datetime | None = None) -> dict[tuple[str, str], dict[str, int]]:
        """By customer and currency: buckets that hold something, and what is unapplied; accounts with neither are left
        out."""
        balances: dict[tuple[str, str], int] = defaultdict(int)
        for move in self._seen(as_of, known_at):
            balances[move.ref, move.customer] += move.minor
        rows: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for (ref, customer), minor in balances.items():
            if minor and ref in self.debts:
                debt = self.debts[ref]
                rows[customer, debt.currency][_bucket((as_of - debt.due_on).days)] += minor
            elif minor:
                rows[customer, self.moneys[ref].currency]["unapplied"] += minor
        return {account: dict(row) for account, row in rows.items()}

    def _seen(self, as_of: date, known_at: datetime | None) -> Iterator[Move]:
        known: Callable[[Move], bool] = (lambda _: True) if known_at is None else (lambda move: move.at <= known_at)
        return (move for move in self.moves if move.on <= as_of and known(move))


def _bucket(days: int) -> str:
    return next((name for last, name in EDGES if days <= last), OLDEST)
