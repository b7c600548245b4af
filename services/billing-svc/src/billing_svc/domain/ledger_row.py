"""A row of an older ledger: what it says of a customer's invoice and payment, or why it cannot be read."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

MAX_CODE = 100


class LedgerPart(StrEnum):
    """What of a row is meant; `row` where it was refused as a whole."""

    ROW = "row"
    INVOICE = "invoice"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class InvoiceTexts:
    external_id: str
    amount: str
    issued_on: str
    due_on: str


@dataclass(frozen=True, slots=True)
class PaymentTexts:
    """`invoice_external_id` None: money on account, which pays nothing yet."""

    external_id: str
    invoice_external_id: str | None
    amount: str
    received_on: str
    method: str


@dataclass(frozen=True, slots=True)
class RowTexts:
    """A row as it was sent: an invoice, a payment, or an invoice with the payment that cleared it."""

    line: int
    customer_external_id: str
    currency: str
    invoice: InvoiceTexts | None
    payment: PaymentTexts | None


@dataclass(frozen=True, slots=True)
class StagedFact:
    """One part of a row, waiting for its turn: by `order_on`, invoices first, then by line.

    `day` is the day of issue or receipt, `through_on` the last day its row speaks of; `due_on` is an invoice's,
    `method` a payment's; `invoice_external_id` names a payment's invoice, if it has one.
    """

    line: int
    part: LedgerPart
    customer_external_id: str
    external_id: str
    amount: Money
    day: date
    order_on: date
    through_on: date
    due_on: date | None = None
    invoice_external_id: str | None = None
    method: str | None = None


def read_row(texts: RowTexts) -> tuple[StagedFact, ...]:
    """The parts of a row: all of them, or none.

    Refuses: row_says_nothing, bad_external_id, bad_date, amount_not_positive, due_before_issue, unknown_currency,
    malformed_amount, wrong_precision, amount_too_large.
    """
    if texts.invoice is None and texts.payment is None:
        raise RuleBroken("row_says_nothing", "A row has an invoice, a payment, or both.")
    customer = _code(texts.customer_external_id)
    invoice = _invoice(texts, texts.invoice, customer) if texts.invoice else None
    payment = _payment(texts, texts.payment, customer) if texts.payment else None
    through = max(one.day for one in (invoice, payment) if one)
    return tuple(_in_row(one, through, invoice) for one in (invoice, payment) if one)


def _invoice(texts: RowTexts, said: InvoiceTexts, customer: str) -> StagedFact:
    issued_on, due_on = _day(said.issued_on), _day(said.due_on)
    if due_on < issued_on:
        raise RuleBroken("due_before_issue", "An invoice is due no earlier than it is issued.")
    return StagedFact(
        texts.line, LedgerPart.INVOICE, customer, _code(said.external_id), _amount(said.amount, texts.currency),
        issued_on, issued_on, issued_on, due_on=due_on)


def _payment(texts: RowTexts, said: PaymentTexts, customer: str) -> StagedFact:
    received_on = _day(said.received_on)
    return StagedFact(
        texts.line, LedgerPart.PAYMENT, customer, _code(said.external_id), _amount(said.amount, texts.currency),
        received_on, received_on, received_on, method=_code(said.method),
        invoice_external_id=None if said.invoice_external_id is None else _code(said.invoice_external_id))


def _in_row(fact: StagedFact, through: date, invoice: StagedFact | None) -> StagedFact:
    """An invoice is judged by the last day its row speaks of; a payment is never taken before the invoice beside it."""
    order_on = max(fact.day, invoice.day) if invoice else fact.day
    return replace(fact, order_on=order_on, through_on=through)


def _code(text: str) -> str:
    plain = text.strip()
    if not 1 <= len(plain) <= MAX_CODE or not plain.isprintable():
        raise RuleBroken("bad_external_id", f"An id of the older ledger has 1 to {MAX_CODE} printable characters.")
    return plain


def _amount(text: str, currency: str) -> Money:
    amount = Money.parse(text, currency)
    if not amount.is_positive:
        raise RuleBroken("amount_not_positive", "Only amounts above zero are taken over.")
    return amount


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.isoformat() != text or day.year < 1900:
        raise RuleBroken("bad_date", "A date is a day from 1900 on, as in 2019-12-31.")
    return day
