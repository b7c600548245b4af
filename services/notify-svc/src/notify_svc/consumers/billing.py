"""What billing-svc tells: items that are owed, and every change of what is open on them, folded into their ladders."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from dunlin_events.consuming import Subscription, Tx
from dunlin_events.contracts.billing import (
    OWN_MONEY,
    AllocationReversed,
    CreditAllocated,
    InvoiceIssued,
    InvoiceOverdue,
    InvoiceVoided,
    ItemMove,
    MoneyFact,
    Origin,
    PaymentConfirmed,
    PaymentReversed,
)
from dunlin_events.contracts.billing_arrangements import (
    ArrangementAdvanced,
    ArrangementAgreed,
    ArrangementCompleted,
    ArrangementDefaulted,
    ArrangementFact,
    ArrangementReinstated,
    ArrangementRevised,
)
from dunlin_events.contracts.billing_bills import BillDishonoured, BillHeld, BillReceived
from dunlin_events.contracts.billing_charges import FeeCharged, FeeWaived, InterestCharged, InterestWaived
from dunlin_events.contracts.billing_deposits import CreditKept, DepositRequested, DepositRequestEnded
from dunlin_events.contracts.billing_differences import DifferenceClosed, DifferenceReversed
from dunlin_events.contracts.billing_disputes import DisputeOpened, DisputeSettled
from dunlin_events.contracts.billing_exchange import ExchangeRateSet
from dunlin_events.contracts.billing_refunds import RefundReclaimed
from dunlin_events.contracts.billing_statements import StatementAnswered, StatementIssued
from dunlin_events.contracts.billing_transfers import (
    DebtTransferred,
    PassedItem,
    SettledItemsPassed,
    TransferSide,
)
from dunlin_events.contracts.billing_write_offs import DebtRecovered, DebtWrittenOff, RecoveryReversed, WriteOffReversed
from dunlin_events.contracts.notify import CancellationReason
from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money
from notify_svc.consumers.customer_items import CustomerItems, load, save
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.item_history import ItemMoved, PaymentMoved
from notify_svc.domain.ladder import NOT_BEGUN
from notify_svc.store import exchange_rates

billing: Subscription[CustomerItems] = Subscription(consumer="notify", owner="billing", load=load, save=save)


class MovesItems(Protocol):
    """Any money fact of billing-svc that says of each item what is open and disputed right after it."""

    @property
    def items(self) -> Sequence[ItemMove]: ...


def item_moved(
    event: MovesItems, state: CustomerItems, *, ended_by: CancellationReason | None = None,
) -> CustomerItems:
    """What is open and disputed on each item now; the ladder ends where nothing is open, and resumes where it was.

    A fact with `items: list[ItemMove]` is heard by one line: `billing.on(CreditNoteIssued)(item_moved)`.
    """
    assert isinstance(event, MoneyFact)
    for move in event.items:
        item = state.item(move.item_id).owing(move.open_after.money, move.disputed_after.money)
        state = state.moved(item, _told(event, item, move.amount.money), ended_by=ended_by)
    return state


@billing.on(InvoiceIssued)
def invoice_issued(event: InvoiceIssued, state: CustomerItems) -> CustomerItems:
    """Each item begins a ladder; an imported one's stays off until a person switches it on."""
    for told in event.items:
        amount = told.amount.money
        item = DunnedItem(
            told.item_id, event.customer_id, event.invoice_id, event.number, event.issued_on, told.due_on, 1, amount,
            active=event.origin is Origin.LIVE, progress=NOT_BEGUN, disputed=Money.zero(amount.currency))
        state = state.moved(item, _told(event, item, amount))
    return state


@billing.on(FeeCharged, InterestCharged, RefundReclaimed)
def charged(event: FeeCharged | InterestCharged | RefundReclaimed, state: CustomerItems) -> CustomerItems:
    """Each charge is an item with a ladder of its own; what is claimed back belongs to no invoice."""
    claim = None if isinstance(event, RefundReclaimed) else event.invoice_id
    for told in event.items:
        amount = told.amount.money
        item = DunnedItem(
            told.item_id, event.customer_id, claim, event.number, event.charged_on, told.due_on, 1, amount,
            active=event.origin is Origin.LIVE, progress=NOT_BEGUN, disputed=Money.zero(amount.currency))
        state = state.moved(item, _told(event, item, amount))
    return state


for moving in (
    BillDishonoured, BillReceived, DisputeOpened, DisputeSettled, DebtRecovered, WriteOffReversed, InterestWaived,
    FeeWaived, DifferenceClosed, DifferenceReversed):
    billing.on(moving)(item_moved)


@billing.on(BillHeld)
def bill_held(event: BillHeld, state: CustomerItems) -> CustomerItems:
    """A bill of exchange is presented to who accepted it: its ladder is off until a person switches it on."""
    for told in event.items:
        amount = told.amount.money
        item = DunnedItem(
            told.item_id, event.customer_id, None, event.number, event.charged_on, told.due_on, 1, amount,
            active=False, progress=NOT_BEGUN, disputed=Money.zero(amount.currency))
        state = state.moved(item, _told(event, item, amount))
    return state


@billing.on(DebtWrittenOff, RecoveryReversed)
def written_off(event: DebtWrittenOff | RecoveryReversed, state: CustomerItems) -> CustomerItems:
    """Nobody is reminded of what left the books, though the claim goes on."""
    return item_moved(event, state, ended_by=CancellationReason.WRITTEN_OFF)


@billing.on(CreditAllocated)
def credit_allocated(event: CreditAllocated, state: CustomerItems) -> CustomerItems:
    """Money or a credit lowers what is open, and ends the ladder when nothing is."""
    item = state.item(event.item_id).owing(event.open_after.money)
    move = _told(event, item, -event.amount.money)
    return state.moved(item, ItemMoved(
        move.event_id, move.customer_id, move.sequence, move.recorded_at, move.fact, item.id, move.amount, item.open,
        item.disputed, cash=event.credit_kind in OWN_MONEY, allocation_id=event.allocation_id,
        business_on=event.business_on))


@billing.on(AllocationReversed)
def allocation_reversed(event: AllocationReversed, state: CustomerItems) -> CustomerItems:
    """The item owes that part again, and its ladder resumes where it was."""
    item = state.item(event.item_id).owing(event.open_after.money)
    move = _told(event, item, event.amount.money)
    return state.moved(item, ItemMoved(
        move.event_id, move.customer_id, move.sequence, move.recorded_at, move.fact, item.id, move.amount, item.open,
        item.disputed, allocation_id=event.allocation_id))


@billing.on(DebtTransferred)
def debt_transferred(event: DebtTransferred, state: CustomerItems) -> CustomerItems:
    """Items go on at another customer: their ladders end here, and resume there where they were."""
    if event.side is TransferSide.OUT:
        return item_moved(event, state, ended_by=CancellationReason.TRANSFERRED).leaving(event)
    for told in event.items:
        item = _passed(event, told, state)
        state = state.moved(item, _told(event, item, told.amount.money))
    return state


@billing.on(SettledItemsPassed)
def settled_items_passed(event: SettledItemsPassed, state: CustomerItems) -> CustomerItems:
    """They may be owed again, and then by this customer."""
    for told in event.items:
        state = state.having(_passed(event, told, state))
    return state


def _passed(event: DebtTransferred | SettledItemsPassed, told: PassedItem, state: CustomerItems) -> DunnedItem:
    """An item that came from another customer, at its place on the ladder as far as one was known of there."""
    here = DunnedItem(
        told.item_id, state.customer_id, told.invoice_id, told.number, told.issued_on, told.due_on, told.due_version,
        told.open_after.money, active=told.dunned, progress=NOT_BEGUN, disputed=told.disputed_after.money,
        came=(event.heard.recorded_at, event.heard.event_id))
    known = state.standing.get(told.item_id)
    return here.following(known) if known else here


@billing.on(InvoiceVoided)
def invoice_voided(event: InvoiceVoided, state: CustomerItems) -> CustomerItems:
    """Nothing of it is owed any more, and its ladder ends for good."""
    for voided in event.items:
        amount = voided.amount.money
        item = state.item(voided.item_id).owing(Money.zero(amount.currency))
        state = state.moved(item, _told(event, item, -amount), ended_by=CancellationReason.VOIDED)
    return state


@billing.on(InvoiceOverdue)
def invoice_overdue(event: InvoiceOverdue, state: CustomerItems) -> CustomerItems:
    """The due date that stands; a newer version of it begins the ladder anew."""
    return state.dated(state.item(event.item_id).dated(event.due_on, event.due_version), event.heard.recorded_at)


@billing.on(
    ArrangementAgreed, ArrangementRevised, ArrangementAdvanced, ArrangementCompleted, ArrangementDefaulted,
    ArrangementReinstated)
def arranged(event: ArrangementFact, state: CustomerItems) -> CustomerItems:
    """Other due dates stand: the ladder goes by them, from the level on that is reached."""
    for told in event.items:
        before = state.item(told.item_id)
        dated = before.dated(told.due_on, told.due_version)
        if dated != before:
            state = state.dated(dated.reached(state.policy, event.day), event.heard.recorded_at)
    return state


@billing.on(PaymentConfirmed)
def payment_confirmed(event: PaymentConfirmed, state: CustomerItems) -> CustomerItems:
    """Money came, allocated or not: a promise of all that is owed is kept by it."""
    told = event.heard
    return state.paid(PaymentMoved(
        told.event_id, event.customer_id, told.sequence, told.recorded_at, event.payment_id, event.amount.money,
        event.received_on, unmatched=event.unmatched))


@billing.on(PaymentReversed)
def payment_reversed(event: PaymentReversed, state: CustomerItems) -> CustomerItems:
    """Money turned out not to have come."""
    told = event.heard
    return state.paid(PaymentMoved(
        told.event_id, event.customer_id, told.sequence, told.recorded_at, event.payment_id, -event.amount.money, None,
        event.reason))


@billing.on(StatementIssued)
def statement_issued(event: StatementIssued, state: CustomerItems) -> CustomerItems:
    """It is sent to the customer, and reminded of while there is no answer."""
    return replace(state, statements=(*state.statements, event))


@billing.on(StatementAnswered)
def statement_answered(event: StatementAnswered, state: CustomerItems) -> CustomerItems:
    """Nobody is reminded of it any more."""
    return replace(state, answered=(*state.answered, event))


@billing.on(DepositRequested)
def deposit_requested(event: DepositRequested, state: CustomerItems) -> CustomerItems:
    """The customer is asked for it."""
    return replace(state, deposits=(*state.deposits, event))


@billing.on(CreditKept, DepositRequestEnded)
def deposit_waits_no_more(event: CreditKept | DepositRequestEnded, state: CustomerItems) -> CustomerItems:
    """Nobody is asked for it any more: money came in on it, or it was ended."""
    return replace(state, paid_ahead=(*state.paid_ahead, event.request_id))


@billing.on_tenant(ExchangeRateSet)
async def exchange_rate_set(tx: Tx, event: ExchangeRateSet) -> None:
    """By which debts in other currencies are compared from that day on."""
    exchange_rates.declare(tx, event.currency, event.valid_on, Decimal(event.rate))


def _told(event: MoneyFact, item: DunnedItem, amount: Money) -> ItemMoved:
    """The fact in the history of an item, which stands as it is after it."""
    told = event.heard
    return ItemMoved(
        told.event_id, event.customer_id, told.sequence, told.recorded_at, type(event).__name__, item.id, amount,
        item.open, item.disputed)
