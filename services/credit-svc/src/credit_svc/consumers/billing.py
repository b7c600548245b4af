"""Billing's money facts: each moves our copy of the customer's account, and an invoice captures what it names."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from credit_svc.domain.exposure import Figures
from credit_svc.domain.position import Billed, CreditPosition
from credit_svc.store import authorizations, exposures, heads, policies
from credit_svc.usecases.keep_position import keep_position
from dunlin_events.consuming import Subscription, Tx
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import (
    AllocationReversed,
    CreditAllocated,
    InvoiceIssued,
    InvoiceSettled,
    InvoiceVoided,
    MoneyFact,
    Origin,
    PaymentConfirmed,
    PaymentReversed,
)
from dunlin_events.contracts.billing_charges import FeeCharged
from dunlin_kernel.money import Money


async def load(tx: Tx, events: Sequence[Event]) -> dict[UUID, CreditPosition]:
    """Heads of captures first, then what stands on them, then exposures: each locked in one order."""
    customers = {event.concerns for event in events if event.concerns is not None}
    captures = [event for event in events if isinstance(event, InvoiceIssued) and event.authorization_id is not None]
    reserved = await heads.lock_all(tx, {event.customer_id for event in captures})
    named = await authorizations.get_all(tx, {event.authorization_id for event in captures if event.authorization_id})
    policy = await policies.current(tx)
    held = await exposures.lock_all(tx, customers)
    return {
        customer: CreditPosition(
            customer, policy, held.get(customer, {}), reserved.get(customer, {}),
            {one.id: one for one in named.get(customer, ())})
        for customer in customers}


async def save(tx: Tx, positions: Mapping[UUID, CreditPosition]) -> None:
    for position in positions.values():
        keep_position(tx, position)


billing = Subscription[CreditPosition](consumer="credit", owner="billing", load=load, save=save)


@billing.on(InvoiceIssued)
def invoice_issued(event: InvoiceIssued, position: CreditPosition) -> CreditPosition:
    """A new debt; what was reserved for it is captured in the same step, so that it counts once at any time."""
    after = _moved(event, position, opened=event.total.money)
    if event.authorization_id is None:
        return after
    return after.billed(Billed(
        event.invoice_id, event.heard.recorded_at, event.authorization_id, event.total.money, final=event.final,
        silent=event.origin is Origin.IMPORT))


@billing.on(InvoiceVoided)
def invoice_voided(event: InvoiceVoided, position: CreditPosition) -> CreditPosition:
    """The debt is gone; what it captured stays captured, for the order it was billed for is not known to be open."""
    return _moved(event, position, opened=-event.amount.money)


@billing.on(FeeCharged)
def charged(event: FeeCharged, position: CreditPosition) -> CreditPosition:
    """What is charged on a debt is debt."""
    return _moved(event, position, opened=event.amount.money)


@billing.on(InvoiceSettled)
def invoice_settled(event: InvoiceSettled, position: CreditPosition) -> CreditPosition:
    """What settled it was told before; nothing moves."""
    return _moved(event, position)


@billing.on(PaymentConfirmed)
def payment_confirmed(event: PaymentConfirmed, position: CreditPosition) -> CreditPosition:
    """Confirmed money lowers exposure at once, allocated or not."""
    return _moved(event, position, unapplied=event.amount.money)


@billing.on(PaymentReversed)
def payment_reversed(event: PaymentReversed, position: CreditPosition) -> CreditPosition:
    """Money that did not arrive uses credit again."""
    return _moved(event, position, unapplied=-event.amount.money)


@billing.on(CreditAllocated)
def credit_allocated(event: CreditAllocated, position: CreditPosition) -> CreditPosition:
    """Less open and less unapplied: exposure stays as it is."""
    return _moved(event, position, opened=-event.amount.money, unapplied=-event.amount.money)


@billing.on(AllocationReversed)
def allocation_reversed(event: AllocationReversed, position: CreditPosition) -> CreditPosition:
    """More open and more unapplied: exposure stays as it is."""
    return _moved(event, position, opened=event.amount.money, unapplied=event.amount.money)


def _moved(
    event: MoneyFact, position: CreditPosition, *, opened: Money | None = None, unapplied: Money | None = None,
) -> CreditPosition:
    told = Figures(event.account.open.money, event.account.disputed.money, event.account.unapplied.money)
    nothing = Money.zero(told.currency)
    by = Figures(opened or nothing, nothing, unapplied or nothing)
    return position.following(by, told, at=event.heard.sequence)
