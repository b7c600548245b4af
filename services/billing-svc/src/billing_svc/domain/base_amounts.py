"""Base amounts: what each entry and journal line of a foreign currency fact is in the tenant's own currency.

What is new comes in at the day's rate; what is taken from an item or credit takes its share of what that is carried
for, the last part the rest. What an allocation relieves on its two sides may differ: that is realised exchange
difference, booked in the same fact. The journal balances in both currencies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from billing_svc.domain.exchange_rate import Rates
from billing_svc.domain.journal import JournalAccount, JournalLine
from billing_svc.domain.ledger import OPENING, Entry, Fact, FactKind, LedgerSide
from dunlin_kernel.money import Money, sum_money

_CONTROL = {JournalAccount.RECEIVABLE_CONTROL: LedgerSide.RECEIVABLE, JournalAccount.CUSTOMER_CREDIT: LedgerSide.CREDIT}
_TAKES_BACK = frozenset({FactKind.PAYMENT_REVERSED})
"""Money that never came: the bank gives back what it was booked for."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What is left of a foreign currency item or credit, and what the books carry that for in base currency."""

    customer_id: UUID
    side: LedgerSide
    open: Money
    base: Money

    def relief_of(self, part: Money) -> Money:
        """The share of `part`, rounded half away from zero; the last part takes the rest."""
        assert not part.is_negative, "a relief is an amount"
        assert part <= self.open, "no more is relieved than is there"
        if part == self.open:
            return self.base
        whole = self.open.minor
        return Money((2 * self.base.minor * part.minor + whole) // (2 * whole), self.base.currency)

    def after(self, entry: Entry) -> "Carried":
        """What is left and carried after an entry that has its base amount."""
        assert entry.base is not None, "an entry in foreign currency has a base amount"
        left = replace(self, open=self.open + entry.amount, base=self.base + entry.base)
        assert not left.base.is_negative, "nothing is carried below zero"
        assert left.base.is_zero or not left.open.is_zero, "nothing left is carried for nothing"
        return left


Taken = tuple[UUID | JournalAccount, int]
"""An item, a credit or an account of the journal, and what was moved on it, in minor units."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """The rates, and what each item and credit touched before is carried for."""

    rates: Rates
    carried: Mapping[UUID, Carried]


def with_base(fact: Fact, books: Carrier, taken: Mapping[Taken, Money]) -> Fact:
    """The fact with base amounts. `taken` is what the fact that it undoes took and booked, and gives back now.

    Refuses: exchange_rate_missing, amount_too_large.
    """
    entries = _entries(fact, books, taken)
    return replace(fact, entries=entries, journal=_journal(fact, entries, books.rates, taken))


def moved(fact: Fact, books: Carrier) -> dict[UUID, Carried]:
    """What the items and credits of a fact are carried for after it."""
    after: dict[UUID, Carried] = {}
    for entry in fact.entries:
        held = after.get(entry.ref_id) or _held(fact, entry, books.carried, books.rates.base_currency)
        after[entry.ref_id] = replace(held.after(entry), customer_id=fact.customer_id)
    return after


def given_back(fact: Fact) -> dict[Taken, Money]:
    """What an entered fact took and booked in base currency, as a fact that undoes it gives it back."""
    entries: dict[Taken, Money] = {
        (entry.ref_id, -entry.amount.minor): -entry.base for entry in fact.entries if entry.base is not None}
    return entries | {(line.account, -line.amount.minor): -line.base for line in fact.journal if line.base is not None}


def exchange_difference(fact: Fact, base_currency: str) -> Money:
    """The realised gain (a loss is negative) of a fact in base currency."""
    return -sum_money(base_currency, (
        line.base for line in fact.journal
        if line.account is JournalAccount.EXCHANGE_DIFFERENCE and line.base is not None))


def _entries(fact: Fact, books: Carrier, taken: Mapping[Taken, Money]) -> tuple[Entry, ...]:
    done: list[Entry] = []
    carried = dict(books.carried)
    for entry in fact.entries:
        held = _held(fact, entry, carried, books.rates.base_currency)
        if entry.amount.is_negative:
            base = -held.relief_of(-entry.amount)
        elif entry.base is not None:
            base = entry.base
        elif fact.undoes is not None and not _opens(fact, entry):
            base = taken[entry.ref_id, entry.amount.minor]
        else:
            base = books.rates.based(entry.amount, fact.effective_on)
        done.append(replace(entry, base=base))
        carried[entry.ref_id] = held.after(done[-1])
    return tuple(done)


def _opens(fact: Fact, entry: Entry) -> bool:
    """Whether the entry is of an item that is new with this fact."""
    return fact.kind in OPENING and entry.side is LedgerSide.RECEIVABLE


def _held(fact: Fact, entry: Entry, carried: Mapping[UUID, Carried], base_currency: str) -> Carried:
    return carried.get(entry.ref_id) or Carried(
        fact.customer_id, entry.side, Money.zero(fact.currency), Money.zero(base_currency))


def _journal(
    fact: Fact, entries: Sequence[Entry], rates: Rates, taken: Mapping[Taken, Money],
) -> tuple[JournalLine, ...]:
    lines = [
        replace(line, base=taken.get((line.account, line.amount.minor)) or _line_base(line, fact, entries, rates))
        for line in fact.journal]
    rest = -sum(line.base.minor for line in lines if line.base is not None)
    if rest == 0:
        return tuple(lines)
    last = max((n for n, line in enumerate(lines) if line.account not in _CONTROL), default=None)
    if last is not None and not taken and not _may_differ(fact, entries):
        lines[last] = _raised(lines[last], rest)
    else:
        lines.append(JournalLine(
            JournalAccount.EXCHANGE_DIFFERENCE, Money.zero(fact.currency), Money(rest, rates.base_currency)))
    return tuple(lines)


def _line_base(line: JournalLine, fact: Fact, entries: Sequence[Entry], rates: Rates) -> Money:
    if line.base is not None:
        return line.base
    if line.account in _CONTROL:
        side = _CONTROL[line.account]
        booked = _sum_base(entries, side, rates.base_currency)
        return booked if side is LedgerSide.RECEIVABLE else -booked
    if line.account is JournalAccount.BANK and fact.kind not in _TAKES_BACK:
        return rates.based(line.amount, fact.effective_on)
    anchor = LedgerSide.RECEIVABLE if _has(entries, LedgerSide.RECEIVABLE) else LedgerSide.CREDIT
    whole = sum(entry.amount.minor for entry in entries if entry.side is anchor)
    return _share(_sum_base(entries, anchor, rates.base_currency), line.amount.minor, whole)


def _may_differ(fact: Fact, entries: Sequence[Entry]) -> bool:
    """Whether two values meet in it: those of an item and a credit, of money paid out, or of a clearing."""
    both = _has(entries, LedgerSide.RECEIVABLE) and _has(entries, LedgerSide.CREDIT)
    cleared = any(line.base is not None for line in fact.journal)
    paid_out = fact.kind not in _TAKES_BACK and any(entry.amount.is_negative for entry in entries) and any(
        line.account is JournalAccount.BANK for line in fact.journal)
    return both or cleared or paid_out


def _has(entries: Sequence[Entry], side: LedgerSide) -> bool:
    return any(entry.side is side for entry in entries)


def _sum_base(entries: Sequence[Entry], side: LedgerSide, base_currency: str) -> Money:
    return sum_money(base_currency, (e.base for e in entries if e.side is side and e.base is not None))


def _share(base: Money, part: int, whole: int) -> Money:
    """`base x part / whole`, rounded half away from zero."""
    assert whole != 0, "a fact with other lines moves an item or a credit"
    size = abs(base.minor * part)
    sign = -1 if (base.minor * part < 0) != (whole < 0) else 1
    return Money(sign * ((2 * size + abs(whole)) // (2 * abs(whole))), base.currency)


def _raised(line: JournalLine, by: int) -> JournalLine:
    assert line.base is not None, "its base amount was found"
    return replace(line, base=Money(line.base.minor + by, line.base.currency))
