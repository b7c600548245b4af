"""An accepted dispute: what was contested rightly is credited, line by line, in the step in which it is settled."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from billing_svc.domain.credit_note import (
    CreditedLine,
    CreditNoteReason,
    IssueCreditNote,
    LineWish,
    by_position,
    credit_of,
    credited_lines,
)
from billing_svc.domain.dispute import Dispute, DisputeOutcome, settle_by_hand
from billing_svc.domain.invoice import Invoice
from billing_svc.domain.invoice_totals import Line
from billing_svc.domain.item import Item
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money, sum_money


@dataclass(frozen=True, slots=True)
class AcceptDispute:
    """`amount` None: all that is contested still. Without `lines` the invoice's own are credited, the first first.
    `id` is that of the credit note."""

    id: UUID
    dispute_id: UUID
    amount: Money | None = None
    lines: tuple[LineWish, ...] = ()


def invoice_of(item: Item) -> UUID:
    """Refuses: dispute_of_charge."""
    if item.invoice_id is None or item.claim_item_id is not None:
        raise RuleBroken("dispute_of_charge", "Interest and fees have no lines: settle the dispute and waive them.")
    return item.invoice_id


def credit_wish(
    accept: AcceptDispute, dispute: Dispute, invoice: Invoice, before: Iterable[CreditedLine],
) -> tuple[IssueCreditNote, Money]:
    """The credit note that the acceptance asks for, and what it comes to.

    Refuses: dispute_settled, currency_mismatch, amount_not_positive, more_than_disputed, credits_more_than_accepted,
    nothing_to_credit, and what `credited_lines` refuses.
    """
    accepted, done = settle_by_hand(dispute, DisputeOutcome.ACCEPTED, accept.amount), tuple(before)
    lines = accept.lines or lines_worth(invoice, done, accepted)
    wish = IssueCreditNote(
        accept.id, invoice.id, CreditNoteReason.DISPUTE_ACCEPTED, lines, dispute_id=dispute.id, accepted=accepted)
    amount = sum_money(accepted.currency, (one.net + one.tax for one in credited_lines(wish, invoice, done)))
    if amount > accepted:
        raise RuleBroken("credits_more_than_accepted", "The lines come to more than is accepted of the dispute.",
                         accepted=accepted, lines=amount)
    return wish, amount


def lines_worth(invoice: Invoice, before: Iterable[CreditedLine], gross: Money) -> tuple[LineWish, ...]:
    """Lines that come to so much incl. tax, or to a minor unit less where no net amount has just that tax.

    Refuses: nothing_to_credit, where nothing is left of the invoice's lines.
    """
    done, rest, found = by_position(before), gross, []
    for line in invoice.totals.lines:
        net = _net_worth(line, done.get(line.position), rest)
        if net.is_positive:
            credited = credit_of(line, done.get(line.position), net)
            found.append(LineWish(line.position, net))
            rest -= credited.net + credited.tax
    if not found:
        raise RuleBroken("nothing_to_credit", "Nothing is left of these lines.")
    return tuple(found)


def _net_worth(line: Line, done: CreditedLine | None, gross: Money) -> Money:
    """The most net of a line that comes to no more than this with its tax: found by halving, for tax rises with net."""
    least, most = 0, credit_of(line, done, None).net.minor
    while least < most:
        half = (least + most + 1) // 2
        tried = credit_of(line, done, Money(half, gross.currency))
        least, most = (half, most) if tried.net + tried.tax <= gross else (least, half - 1)
    return Money(least, gross.currency)
