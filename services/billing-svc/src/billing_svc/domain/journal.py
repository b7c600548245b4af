"""The journal: double entry per fact, debit +, credit -; each set of lines sums to zero."""

from dataclasses import dataclass
from enum import StrEnum

from billing_svc.domain.discount import Discount
from dunlin_kernel.money import Money, sum_money


class JournalAccount(StrEnum):
    RECEIVABLE_CONTROL = "receivable_control"
    CUSTOMER_CREDIT = "customer_credit"
    REVENUE = "revenue"
    TAX = "tax"
    BANK = "bank"
    EXCHANGE_DIFFERENCE = "exchange_difference"
    EXCHANGE_CLEARING = "exchange_clearing"
    CUSTOMER_TRANSFER = "customer_transfer"
    INTEREST = "interest"
    FEES = "fees"
    DISCOUNT = "discount"
    DIFFERENCES = "small_differences"
    BAD_DEBT = "bad_debt"
    ALLOWANCE = "allowance"
    THIRD_PARTY_BANK = "third_party_bank"
    THIRD_PARTY_CLAIMS = "third_party_claims"
    NOTES_RECEIVABLE = "notes_receivable"
    BILLS_CLEARING = "bills_clearing"


RECEIVABLES = (JournalAccount.RECEIVABLE_CONTROL, JournalAccount.NOTES_RECEIVABLE)
"""The control of what customers owe, and what of it stands on bills of exchange: together they are all open items."""


@dataclass(frozen=True, slots=True)
class JournalLine:
    """`base` is the amount in the tenant's own currency, of a line in another one; an exchange difference has only
    that."""

    account: JournalAccount
    amount: Money
    base: Money | None = None


def journal_of_invoice(net: Money, tax: Money) -> tuple[JournalLine, ...]:
    """Dr receivables, Cr revenue, Cr output tax."""
    return _lines(
        (JournalAccount.RECEIVABLE_CONTROL, net + tax), (JournalAccount.REVENUE, -net), (JournalAccount.TAX, -tax))


def journal_of_charge(account: JournalAccount, amount: Money) -> tuple[JournalLine, ...]:
    """Dr receivables, Cr interest or fees: outside the scope of tax."""
    return _lines((JournalAccount.RECEIVABLE_CONTROL, amount), (account, -amount))


def journal_of_write_off(account: JournalAccount, amount: Money, tax: Money) -> tuple[JournalLine, ...]:
    """Dr bad debt or its allowance, Dr output tax where it is corrected at once, Cr receivables."""
    return _lines(
        (account, amount - tax), (JournalAccount.TAX, tax), (JournalAccount.RECEIVABLE_CONTROL, -amount))


def journal_of_credit_note(net: Money, tax: Money) -> tuple[JournalLine, ...]:
    """Dr revenue, Dr output tax, Cr customer credit: what was earned less is owed back until it is allocated."""
    return _lines(
        (JournalAccount.REVENUE, net), (JournalAccount.TAX, tax), (JournalAccount.CUSTOMER_CREDIT, -(net + tax)))


def journal_of_reclaim(amount: Money) -> tuple[JournalLine, ...]:
    """Dr receivables, Cr customer credit: what was paid back is owed, and the credit whole again."""
    return _lines((JournalAccount.RECEIVABLE_CONTROL, amount), (JournalAccount.CUSTOMER_CREDIT, -amount))


def journal_of_payment(amount: Money) -> tuple[JournalLine, ...]:
    """Dr bank, Cr customer credit: money received is owed back until it is allocated."""
    return _lines((JournalAccount.BANK, amount), (JournalAccount.CUSTOMER_CREDIT, -amount))


def journal_of_allocation(amount: Money, discount: Discount | None = None) -> tuple[JournalLine, ...]:
    """Dr customer credit, Dr discounts given and their output tax, Cr receivables."""
    given = discount or Discount(Money.zero(amount.currency), Money.zero(amount.currency))
    return _lines(
        (JournalAccount.CUSTOMER_CREDIT, amount), (JournalAccount.DISCOUNT, given.net),
        (JournalAccount.TAX, given.tax), (JournalAccount.RECEIVABLE_CONTROL, -(amount + given.total)))


def journal_of_difference(amount: Money) -> tuple[JournalLine, ...]:
    """Dr small differences, Cr receivables."""
    return _lines((JournalAccount.DIFFERENCES, amount), (JournalAccount.RECEIVABLE_CONTROL, -amount))


def journal_of_debt_transfer(amount: Money) -> tuple[JournalLine, ...]:
    """Dr receivables, Cr transfers between customers; the other way round where it left."""
    return _lines((JournalAccount.RECEIVABLE_CONTROL, amount), (JournalAccount.CUSTOMER_TRANSFER, -amount))


def journal_of_credit_transfer(amount: Money) -> tuple[JournalLine, ...]:
    """Dr transfers between customers, Cr customer credit; the other way round where it left."""
    return _lines((JournalAccount.CUSTOMER_TRANSFER, amount), (JournalAccount.CUSTOMER_CREDIT, -amount))


def journal_of_bill(amount: Money) -> tuple[JournalLine, ...]:
    """Dr clearing of bills, Cr receivables: what a bill settles; the other way round for the item that it becomes."""
    return _lines((JournalAccount.BILLS_CLEARING, amount), (JournalAccount.RECEIVABLE_CONTROL, -amount))


def journal_of_dishonour(amount: Money) -> tuple[JournalLine, ...]:
    """Dr receivables, Cr notes receivable."""
    return _lines((JournalAccount.RECEIVABLE_CONTROL, amount), (JournalAccount.NOTES_RECEIVABLE, -amount))


def on_notes(lines: tuple[JournalLine, ...], amount: Money) -> tuple[JournalLine, ...]:
    """The same lines, with so much of what they book on receivables on notes receivable."""
    both = sum_money(amount.currency, (line.amount for line in lines if line.account in RECEIVABLES))
    return (*(line for line in lines if line.account not in RECEIVABLES),
            *_lines((JournalAccount.RECEIVABLE_CONTROL, both - amount), (JournalAccount.NOTES_RECEIVABLE, amount)))


def reversed_journal(lines: tuple[JournalLine, ...]) -> tuple[JournalLine, ...]:
    """The same lines the other way round."""
    return tuple(JournalLine(line.account, -line.amount) for line in lines)


def _lines(*pairs: tuple[JournalAccount, Money]) -> tuple[JournalLine, ...]:
    return tuple(JournalLine(account, amount) for account, amount in pairs if not amount.is_zero)
