"""Billing's money facts: each moves our copy of the customer's account, and an invoice captures what it names."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from credit_svc.consumers.billing_conduct import allocations_named, allocations_undone, conduct_after
from credit_svc.consumers.billing_deliveries import (
    authorizations_used,
    billed,
    deliveries_named,
    given_back,
    hear_deliveries,
)
from credit_svc.consumers.billing_deposits import hear_deposits, requests_named
from credit_svc.consumers.billing_interest import hear_interest
from credit_svc.consumers.billing_items import items_after, items_named
from credit_svc.domain.conduct import Conduct
from credit_svc.domain.exposure import Figures
from credit_svc.domain.owed_item import OwedItem
from credit_svc.domain.position import CreditPosition
from credit_svc.domain.review import RatingCause
from credit_svc.store import (
    authorizations,
    conduct,
    deliveries,
    exposures,
    heads,
    kept_credits,
    owed_items,
    policies,
    to_review,
    watching,
)
from credit_svc.usecases.declare_exchange_rate import declare_exchange_rate
from credit_svc.usecases.keep_holds import keep_holds
from credit_svc.usecases.keep_positions import keep_positions
from credit_svc.usecases.plan_reviews_now import plan_reviews_now
from dunlin_events.consuming import Subscription, Tx
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import (
    AllocationReversed,
    CreditAllocated,
    InvoiceIssued,
    InvoiceOverdue,
    InvoiceSettled,
    InvoiceVoided,
    MoneyFact,
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
from dunlin_events.contracts.billing_compensations import CompensationReceived, CompensationReversed, CompensationShared
from dunlin_events.contracts.billing_credit_exchanges import CreditExchanged, CreditExchangeReversed
from dunlin_events.contracts.billing_credit_notes import CreditNoteCancelled, CreditNoteIssued
from dunlin_events.contracts.billing_differences import DifferenceClosed, DifferenceReversed
from dunlin_events.contracts.billing_disputes import DisputeOpened, DisputeSettled
from dunlin_events.contracts.billing_exchange import ExchangeRateSet
from dunlin_events.contracts.billing_refunds import RefundPaid, RefundReclaimed, RefundReversed
from dunlin_events.contracts.billing_transfers import CreditTransferred, DebtTransferred
from dunlin_events.contracts.billing_write_offs import DebtRecovered, DebtWrittenOff, RecoveryReversed, WriteOffReversed
from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money


async def load(tx: Tx, events: Sequence[Event]) -> dict[UUID, CreditPosition]:
    """Heads of captures first, then what stands on them, then exposures, then holds: each locked in one order."""
    customers = {event.concerns for event in events if event.concerns is not None}
    captures = authorizations_used(events)
    reserved = await heads.lock_all(tx, set(captures.values()))
    named = await authorizations.get_all(tx, captures.keys())
    policy, moment = await policies.in_force(tx)
    held = await exposures.lock_all(tx, customers | await conduct.learnt_under(tx, allocations_undone(events)))
    items = await owed_items.find(tx, items_named(events))
    delivered = await deliveries.find(tx, deliveries_named(events))
    kept = await kept_credits.find(tx, requests_named(events))
    conducts = await conduct.find(tx, customers, allocations_named(events))
    beside = {} if moment is None or not policy.holds.are_on else await watching.beside(
        tx, customers, moment=moment, grace_days=policy.holds.overdue_grace_days or 0, items=items_named(events))
    return {
        customer: CreditPosition(
            customer, policy.numbers, held.get(customer, {}), reserved.get(customer, {}),
            {one.id: one for one in named.get(customer, ())}, items=items.get(customer, {}), rules=policy.holds,
            beside=beside.get(customer), conduct=conducts.get(customer, Conduct()),
            deliveries=delivered.get(customer, {}), kept=kept.get(customer, {}),
            today=None if moment is None else moment.today)
        for customer in customers}


async def save(tx: Tx, positions: Mapping[UUID, CreditPosition]) -> None:
    keep_positions(tx, positions.values())
    for position in positions.values():
        keep_holds(tx, position)
    worse = [customer for customer, position in positions.items() if position.conduct.worsens]
    cleared = [customer for customer, position in positions.items() if position.clears]
    if worse or cleared:
        _, moment = await policies.in_force(tx)
        await plan_reviews_now(tx, worse, moment, RatingCause.WORSENED)
        await plan_reviews_now(tx, await to_review.cut(tx, cleared), moment, RatingCause.CURED)


billing = Subscription[CreditPosition](consumer="credit", owner="billing", load=load, save=save)


@billing.on(InvoiceIssued)
def invoice_issued(event: InvoiceIssued, position: CreditPosition) -> CreditPosition:
    """A new debt; what was reserved for it is captured in the same step, so that it counts once at any time."""
    return billed(event, _moved(event, position, opened=event.total.money))


for hear in (hear_deliveries, hear_deposits, hear_interest):
    hear(billing)


@billing.on(InvoiceVoided)
def invoice_voided(event: InvoiceVoided, position: CreditPosition) -> CreditPosition:
    """The debt is gone, what was delivered is not; what it captured stays captured: its order may not be open."""
    return given_back(event, _moved(event, position, opened=-event.amount.money))


@billing.on(FeeCharged, InterestCharged)
def charged(event: FeeCharged | InterestCharged, position: CreditPosition) -> CreditPosition:
    """What is charged on a debt is debt; interest accrues no more then, and never counts twice."""
    after = _moved(event, position, opened=event.amount.money)
    return after.charging(event.amount.money) if isinstance(event, InterestCharged) else after


@billing.on(InvoiceSettled, CompensationReceived, CompensationShared, CompensationReversed, BillDishonoured)
def nothing_moved(event: MoneyFact, position: CreditPosition) -> CreditPosition:
    """What settled it was told before; third parties' money moves the claim, not the debt; what a bill had settled is
    owed in its place."""
    return _moved(event, position)


@billing.on(PaymentConfirmed)
def payment_confirmed(event: PaymentConfirmed, position: CreditPosition) -> CreditPosition:
    """Confirmed money lowers exposure at once, allocated or not."""
    return _moved(event, position, unapplied=event.amount.money)


@billing.on(PaymentReversed)
def payment_reversed(event: PaymentReversed, position: CreditPosition) -> CreditPosition:
    """Money that did not arrive uses credit again."""
    return _moved(event, position, unapplied=-event.amount.money)


@billing.on(CreditNoteIssued)
def credit_note_issued(event: CreditNoteIssued, position: CreditPosition) -> CreditPosition:
    """It lowers exposure at once, once: as unapplied credit, until what it pays follows."""
    return _moved(event, position, unapplied=event.amount.money)


@billing.on(InvoiceOverdue)
def invoice_overdue(event: InvoiceOverdue, position: CreditPosition) -> CreditPosition:
    """The due date that stands for an item now; no money moves."""
    opened = event.open.money
    known, nothing = position.items.get(event.item_id), Money.zero(opened.currency)
    return position.owing(replace(known or OwedItem(event.item_id, event.due_on, opened, nothing), due_on=event.due_on))


@billing.on(RefundPaid, CreditNoteCancelled)
def refund_paid(event: RefundPaid | CreditNoteCancelled, position: CreditPosition) -> CreditPosition:
    """What was paid back covers nothing any more, nor does what was credited and is not."""
    return _moved(event, position, unapplied=-event.amount.money)


@billing.on(RefundReversed)
def refund_reversed(event: RefundReversed, position: CreditPosition) -> CreditPosition:
    """A refund that came back covers again."""
    return _moved(event, position, unapplied=event.amount.money)


@billing.on(RefundReclaimed)
def refund_reclaimed(event: RefundReclaimed, position: CreditPosition) -> CreditPosition:
    """What was paid back is owed, and covers again until its payment is undone."""
    return _moved(event, position, opened=event.amount.money, unapplied=event.amount.money)


@billing.on(CreditExchanged, CreditExchangeReversed)
def credit_exchanged(event: CreditExchanged | CreditExchangeReversed, position: CreditPosition) -> CreditPosition:
    """One side of credit that went into another currency: that account's unapplied credit moved."""
    return _moved(event, position, unapplied=event.amount.money)


@billing.on(DebtTransferred)
def debt_transferred(event: DebtTransferred, position: CreditPosition) -> CreditPosition:
    """What one customer owed, the other one owes."""
    return _moved(event, position, opened=event.amount.money, disputed=event.disputed.money)


@billing.on(CreditTransferred)
def credit_transferred(event: CreditTransferred, position: CreditPosition) -> CreditPosition:
    """What one customer had left covers the other one."""
    return _moved(event, position, unapplied=event.amount.money)


@billing.on(CreditAllocated)
def credit_allocated(event: CreditAllocated, position: CreditPosition) -> CreditPosition:
    """Less open and less unapplied: exposure stays as it is, but for a discount given with it."""
    return _moved(event, position, opened=-_relieved(event), unapplied=-event.amount.money)


@billing.on(DifferenceClosed, BillReceived)
def difference_closed(event: DifferenceClosed | BillReceived, position: CreditPosition) -> CreditPosition:
    """What was closed is owed no more, nor is what a bill settled."""
    return _moved(event, position, opened=-event.amount.money)


@billing.on(DifferenceReversed, BillHeld)
def difference_reversed(event: DifferenceReversed | BillHeld, position: CreditPosition) -> CreditPosition:
    """It is owed again; a bill in hand is exposure until it is honoured."""
    return _moved(event, position, opened=event.amount.money)


@billing.on(AllocationReversed)
def allocation_reversed(event: AllocationReversed, position: CreditPosition) -> CreditPosition:
    """More open and more unapplied: exposure stays as it is, but for the discount that is gone with it."""
    return _moved(event, position, opened=_relieved(event), unapplied=event.amount.money)


@billing.on(DisputeOpened)
def dispute_opened(event: DisputeOpened, position: CreditPosition) -> CreditPosition:
    """More of what is open is disputed, and counts by the policy's weight."""
    return _moved(event, position, disputed=event.amount.money)


@billing.on(DisputeSettled)
def dispute_settled(event: DisputeSettled, position: CreditPosition) -> CreditPosition:
    """Less of it is disputed, however that ended; what is credited or paid is told by itself."""
    return _moved(event, position, disputed=-event.amount.money)


@billing.on(
    ArrangementAgreed, ArrangementRevised, ArrangementAdvanced, ArrangementCompleted, ArrangementDefaulted,
    ArrangementReinstated)
def arranged(event: ArrangementFact, position: CreditPosition) -> CreditPosition:
    """Other due dates stand for items; no money moves."""
    for told in event.items:
        if (item := position.items.get(told.item_id)) is not None:
            position = position.owing(replace(item, due_on=told.due_on))
    return position


@billing.on_tenant(ExchangeRateSet)
async def exchange_rate_set(tx: Tx, event: ExchangeRateSet) -> None:
    """By which a group's members in other currencies count from that day on."""
    await declare_exchange_rate(tx, event.currency, event.valid_on, Decimal(event.rate))


@billing.on(InterestWaived, FeeWaived)
def charge_waived(event: InterestWaived | FeeWaived, position: CreditPosition) -> CreditPosition:
    """So much of what was charged is not owed."""
    return _moved(event, position, opened=-event.amount.money)


@billing.on(DebtWrittenOff, RecoveryReversed)
def debt_written_off(event: DebtWrittenOff | RecoveryReversed, position: CreditPosition) -> CreditPosition:
    """What is lost is owed no more in the books."""
    return _moved(event, position, opened=-event.amount.money)


@billing.on(DebtRecovered, WriteOffReversed)
def debt_owed_again(event: DebtRecovered | WriteOffReversed, position: CreditPosition) -> CreditPosition:
    """What was lost is owed again; what recovers it is told by its allocation."""
    return _moved(event, position, opened=event.amount.money)


def _relieved(event: CreditAllocated | AllocationReversed) -> Money:
    return event.amount.money + event.discount.money if event.discount else event.amount.money


def _moved(
    event: MoneyFact, position: CreditPosition, *, opened: Money | None = None, disputed: Money | None = None,
    unapplied: Money | None = None,
) -> CreditPosition:
    """By so much the account moved; its items stand as the fact tells of them."""
    told = Figures(event.account.open.money, event.account.disputed.money, event.account.unapplied.money)
    nothing = Money.zero(told.currency)
    by = Figures(opened or nothing, disputed or nothing, unapplied or nothing)
    after = position.following(by, told, at=event.heard.sequence)
    for item in items_after(event, position.items):
        after = after.owing(item)
    taught = conduct_after(event, after.conduct)
    return after if taught is after.conduct else replace(after, conduct=taught)
