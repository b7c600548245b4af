"""Reclaims: what was paid back of a payment that did not arrive after all is owed, as an item of its own, and the
credit is whole again before it is reversed."""

from dataclasses import dataclass
from datetime import date

from billing_svc.domain.charge import Charge, ChargeReason, ChargeWish
from billing_svc.domain.item import ItemKind
from billing_svc.domain.journal import journal_of_reclaim
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from billing_svc.domain.refund import Refund


@dataclass(frozen=True, slots=True)
class Reclaim:
    """A refund that stands is claimed back on a day, never before it was paid."""

    refund: Refund
    effective_on: date


def reclaim_on(refund: Refund, day: date) -> Reclaim:
    return Reclaim(refund, max(day, refund.effective_on))


def charge_of_reclaim(reclaim: Reclaim) -> ChargeWish:
    """What was paid back is due at once."""
    refund, day = reclaim.refund, reclaim.effective_on
    return ChargeWish(
        ItemKind.RECLAIM, refund.customer_id, refund.amount, day, day, ChargeReason.RETURNED_PAYMENT)


def fact_of_reclaim(charge: Charge, reclaim: Reclaim) -> Fact:
    """The customer owes what was paid back; the credit has it again, for what it was carried for then."""
    refund = reclaim.refund
    return Fact(
        FactKind.REFUND_RECLAIMED, charge.id, refund.customer_id, refund.amount.currency, reclaim.effective_on,
        (Entry(LedgerSide.RECEIVABLE, charge.item_id, refund.amount),
         Entry(LedgerSide.CREDIT, refund.credit_id, refund.amount)),
        journal_of_reclaim(refund.amount), undoes=refund.id)
