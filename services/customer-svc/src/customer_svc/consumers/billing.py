"""What billing-svc tells: every money fact, folded into what the archive shows of a customer's debt."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from customer_svc.domain.heard_ledger import HeardItem, HeardLedger
from customer_svc.domain.heard_matter import HeardMatter, MatterKind
from customer_svc.store import heard_ageing, heard_ledgers
from dunlin_events.consuming import Subscription, Tx
from dunlin_events.contracts.base import FACTS, Event, import_contracts
from dunlin_events.contracts.billing import (
    OWNER,
    AllocationReversed,
    CreditAllocated,
    InvoicedItem,
    InvoiceIssued,
    InvoiceVoided,
    ItemMove,
    MoneyFact,
    PaymentConfirmed,
    PaymentExpired,
    PaymentReceived,
    PaymentRejected,
    PaymentReversed,
    VoidedItem,
)
from dunlin_events.contracts.billing_accruals import InterestAccrued
from dunlin_events.contracts.billing_ageing import AgeingPolicySet
from dunlin_events.contracts.billing_arrangements import (
    ArrangementAdvanced,
    ArrangementAgreed,
    ArrangementCompleted,
    ArrangementDefaulted,
    ArrangementFact,
    ArrangementReinstated,
    ArrangementRevised,
)
from dunlin_events.contracts.billing_charges import InterestCharged
from dunlin_events.contracts.billing_credit_notes import CreditNoteCancelled, CreditNoteIssued
from dunlin_events.contracts.billing_deliveries import DeliveryCancelled, DeliveryRecorded
from dunlin_events.contracts.billing_transfers import (
    DebtTransferred,
    DeliveriesTransferred,
    PassedItem,
    SettledItemsPassed,
)
from dunlin_events.contracts.billing_write_offs import DebtWrittenOff, RecoveryReversed, WriteOffFact
from dunlin_kernel.money import Money, sum_money


def money_facts() -> tuple[type[MoneyFact], ...]:
    """Every fact of billing-svc that moves an account: each carries the figures right after it."""
    import_contracts()
    return tuple(one for name, one in sorted(FACTS.items()) if issubclass(one, MoneyFact) and one.owner == OWNER)


async def load(tx: Tx, events: Sequence[Event]) -> dict[UUID, HeardLedger]:
    """The ledgers concerned with the items that the events are about; blanks for unknown customers."""
    customers = {event.concerns for event in events if event.concerns is not None}
    items = {one for event in events for one in _items_of(event)}
    months = {day.replace(day=1) for event in events if (day := _traded_on(event))}
    claims = {one for event in events if (one := _claim_of(event)) is not None}
    return await heard_ledgers.of_customers(tx, customers, items, months, claims)


async def save(tx: Tx, states: Mapping[UUID, HeardLedger]) -> None:
    heard_ledgers.keep(tx, states)


billing = Subscription[HeardLedger](consumer="customer", owner="billing", load=load, save=save)


@billing.on_tenant(AgeingPolicySet)
async def ageing_policy_set(tx: Tx, event: AgeingPolicySet) -> None:
    """Customers' pages show what is overdue by these buckets."""
    heard_ageing.keep(tx, event.version, event.edges)


@billing.on(*money_facts())
def money_moved(event: MoneyFact, ledger: HeardLedger) -> HeardLedger:
    """The figures that the fact tells, then what it says of items, of billing and of cash."""
    figures = event.account
    after = ledger.told(figures.open.money, figures.disputed.money, figures.unapplied.money)
    for move in event.deliveries if isinstance(event, InvoiceIssued | InvoiceVoided) else ():
        after = after.delivering(-move.amount.money if isinstance(event, InvoiceIssued) else move.amount.money)
    if isinstance(event, PaymentConfirmed):
        after = _confirmed(event, after)
    if isinstance(event, WriteOffFact):
        after = _written_off(event, after)
    if isinstance(event, InterestCharged):
        after = after.accruing(after.accounts[figures.open.currency].interest - event.amount.money)
    return _traded(event, _items_moved(event, after))


@billing.on(DeliveryRecorded, DeliveryCancelled)
def delivered(event: DeliveryRecorded | DeliveryCancelled, ledger: HeardLedger) -> HeardLedger:
    """What left and is not billed yet uses credit."""
    return ledger.delivering(event.amount.money if isinstance(event, DeliveryRecorded) else -event.amount.money)


@billing.on(InterestAccrued)
def interest_accrued(event: InterestAccrued, ledger: HeardLedger) -> HeardLedger:
    """What a run of that day would charge; it uses credit where the policy says so."""
    return ledger.accruing(event.amount.money)


@billing.on(DeliveriesTransferred)
def deliveries_transferred(event: DeliveriesTransferred, ledger: HeardLedger) -> HeardLedger:
    """What is not billed of them uses the other customer's credit."""
    for one in event.deliveries:
        ledger = ledger.delivering(one.amount.money)
    return ledger


@billing.on(SettledItemsPassed)
def settled_items_passed(event: SettledItemsPassed, ledger: HeardLedger) -> HeardLedger:
    """They may be owed again, and then by this customer."""
    for item in event.items:
        ledger = ledger.having(_passed(event.customer_id, item))
    return ledger


@billing.on(PaymentReceived)
def payment_awaited(event: PaymentReceived, ledger: HeardLedger) -> HeardLedger:
    """It is pending until it is confirmed, rejected, or too old."""
    return ledger.minding(HeardMatter(
        MatterKind.PENDING_PAYMENT, event.payment_id, event.received_on, event.method, event.amount.money,
        event.expires_on))


@billing.on(PaymentRejected, PaymentExpired)
def payment_given_up(event: PaymentRejected | PaymentExpired, ledger: HeardLedger) -> HeardLedger:
    """Nobody waits for it any more, also where it began to be awaited at a customer that was merged since."""
    on = event.expired_on if isinstance(event, PaymentExpired) else event.heard.recorded_at.date()
    return _awaited_no_more(ledger, HeardMatter(
        MatterKind.PENDING_PAYMENT, event.payment_id, on, "", event.amount.money))


@billing.on(ArrangementAgreed, ArrangementRevised)
def arranged(event: ArrangementAgreed | ArrangementRevised, ledger: HeardLedger) -> HeardLedger:
    """So much by these days."""
    known = ledger.matters.get(event.arrangement_id)
    agreed_on = event.agreed_on if isinstance(event, ArrangementAgreed) else (known.on if known else event.revised_on)
    amounts = [part.amount.money for part in event.parts]
    return ledger.minding(HeardMatter(
        MatterKind.ARRANGEMENT, event.arrangement_id, agreed_on, "active",
        sum_money(amounts[0].currency, amounts), min(part.due_on for part in event.parts)))


@billing.on(ArrangementAdvanced, ArrangementReinstated, ArrangementDefaulted, ArrangementCompleted)
def arrangement_went_on(event: ArrangementFact, ledger: HeardLedger) -> HeardLedger:
    """Its next day, or how it ended: a completed one stands no more, one that was broken is still seen.

    What was agreed may stand in the stream of a customer that was merged since.
    """
    known = ledger.matters.get(event.arrangement_id) or HeardMatter(
        MatterKind.ARRANGEMENT, event.arrangement_id, event.day, "active")
    if isinstance(event, ArrangementCompleted):
        return ledger.minding(replace(known, said="completed", stands=False))
    if isinstance(event, ArrangementDefaulted):
        return ledger.minding(replace(known, said="defaulted", stands=True, until=event.missed.due_on))
    return ledger.minding(replace(
        known, said="active", stands=True, until=min((one.due_on for one in event.items), default=known.until)))


def _confirmed(event: PaymentConfirmed, ledger: HeardLedger) -> HeardLedger:
    """One that never was pending leaves no trace here."""
    if event.awaited is False and event.payment_id not in ledger.matters:
        return ledger
    return _awaited_no_more(ledger, HeardMatter(
        MatterKind.PENDING_PAYMENT, event.payment_id, event.received_on, event.method, event.amount.money))


def _awaited_no_more(ledger: HeardLedger, payment: HeardMatter) -> HeardLedger:
    return ledger.minding(ledger.matters.get(payment.id, payment).ended())


def _written_off(event: WriteOffFact, ledger: HeardLedger) -> HeardLedger:
    """What is written off is claimed still, less what came after all or is owed again."""
    amount = event.amount.money
    known = ledger.matters.get(event.write_off_id) or HeardMatter(
        MatterKind.WRITE_OFF, event.write_off_id, event.effective_on, event.number, Money.zero(amount.currency))
    if isinstance(event, DebtWrittenOff):
        known = replace(known, on=event.effective_on, said=event.number, more=event.reason)
    return ledger.minding(known.less(-amount if isinstance(event, DebtWrittenOff | RecoveryReversed) else amount))


def _claim_of(event: Event) -> UUID | None:
    """The arrangement, write-off or payment that a fact is about."""
    if isinstance(event, ArrangementFact):
        return event.arrangement_id
    if isinstance(event, WriteOffFact):
        return event.write_off_id
    if isinstance(event, PaymentReceived | PaymentConfirmed | PaymentRejected | PaymentExpired):
        return event.payment_id
    return None


def _items_of(event: Event) -> list[UUID]:
    listed: list[Any] = getattr(event, "items", None) or []
    return [*(one.item_id for one in listed), *([event.item_id] if hasattr(event, "item_id") else [])]


def _items_moved(event: MoneyFact, ledger: HeardLedger) -> HeardLedger:
    on = None if isinstance(event, DebtTransferred) else _day_of(event)
    for item in getattr(event, "items", None) or []:
        if isinstance(item, PassedItem) and item.item_id not in ledger.items:
            ledger = ledger.having(_passed(event.customer_id, item))
        if isinstance(item, InvoicedItem):
            amount = item.amount.money
            nothing = Money.zero(amount.currency)
            ledger = ledger.having(HeardItem(
                item.item_id, event.customer_id, getattr(event, "number", ""), item.due_on, amount, amount, nothing))
        elif isinstance(item, ItemMove):
            ledger = ledger.owing(item.item_id, item.open_after.money, on=on, disputed=item.disputed_after.money)
        elif isinstance(item, VoidedItem):
            ledger = ledger.owing(item.item_id, Money.zero(item.amount.currency), on=None)
    if isinstance(event, CreditAllocated):
        ledger = ledger.owing(event.item_id, event.open_after.money, on=event.business_on)
    elif isinstance(event, AllocationReversed):
        ledger = ledger.owing(event.item_id, event.open_after.money, on=None)
    return ledger


def _passed(customer_id: UUID, item: PassedItem) -> HeardItem:
    """An item that came from a customer that was merged."""
    return HeardItem(item.item_id, customer_id, item.number, item.due_on, item.total.money, item.open_after.money,
                     item.disputed_after.money)


def _traded_on(event: Event) -> date | None:
    """The day in whose month a fact counts as trade."""
    if isinstance(event, InvoiceIssued | CreditNoteIssued):
        return event.issued_on
    if isinstance(event, PaymentConfirmed):
        return event.received_on
    if isinstance(event, InvoiceVoided | PaymentReversed | CreditNoteCancelled):
        return event.effective_on
    return None


def _traded(event: MoneyFact, ledger: HeardLedger) -> HeardLedger:
    day = _traded_on(event)
    if day is None:
        return ledger
    if isinstance(event, InvoiceIssued):
        return ledger.billed(event.total.money, day, invoices=1)
    if isinstance(event, InvoiceVoided):
        return ledger.billed(-event.amount.money, day, invoices=-1)
    if isinstance(event, CreditNoteIssued):
        return ledger.billed(-event.amount.money, day, invoices=0)
    if isinstance(event, CreditNoteCancelled):
        return ledger.billed(event.amount.money, day, invoices=0)
    assert isinstance(event, PaymentConfirmed | PaymentReversed)
    return ledger.paid(event.amount.money if isinstance(event, PaymentConfirmed) else -event.amount.money, day)


def _day_of(event: MoneyFact) -> date:
    day: date | None = getattr(event, "business_on", None) or getattr(event, "effective_on", None)
    return day or event.heard.recorded_at.date()
