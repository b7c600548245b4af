"""Routes of credit across currencies: pay an item in another currency, and undo that."""

from datetime import date
from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from billing_svc.api.payments import AMOUNTS, DATES, MAY_WRITE
from billing_svc.api.shapes import Body
from billing_svc.domain.credit_exchange import ExchangeReversal, ExchangeUndoReason, ExchangeWish
from billing_svc.usecases.exchange_credit import ExchangedCredit
from billing_svc.usecases.exchange_credit import exchange_credit as exchange
from billing_svc.usecases.reverse_exchange import reverse_exchange as reverse
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import new_id
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["payments"])


class CreditExchangeCreate(Body):
    """What the payment gives in its own currency, and what the item is paid in its own."""

    id: UUID | None = None
    item_id: UUID
    given: Amount
    taken: Amount
    effective_on: Day | None = None

    def to_wish(self, payment_id: UUID) -> ExchangeWish:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        return ExchangeWish(
            self.id or new_id(), payment_id, self.item_id, self.given.money, self.taken.money, self.effective_on)


class CreditExchangeRead(BaseModel):
    """An exchange, and the allocation of what was taken."""

    id: UUID
    payment_id: UUID
    customer_id: UUID
    item_id: UUID
    allocation_id: UUID
    given: Amount
    taken: Amount
    effective_on: date

    @classmethod
    def of(cls, made: ExchangedCredit) -> Self:
        one = made.exchange
        return cls(
            id=one.id, payment_id=one.payment_id, customer_id=one.customer_id, item_id=made.allocation.item_id,
            allocation_id=made.allocation.id, given=Amount.of(one.given), taken=Amount.of(one.taken),
            effective_on=one.effective_on)


class CreditExchangeReverse(Body):
    """Why it is undone. Without `effective_on`: today when reassigned, its own day for a correction."""

    reason: ExchangeUndoReason
    effective_on: Day | None = None


class CreditExchangeReversalRead(BaseModel):
    """The undoing of an exchange: the item owes again, and the payment has again what it gave."""

    id: UUID
    credit_exchange_id: UUID
    payment_id: UUID
    given: Amount
    effective_on: date

    @classmethod
    def of(cls, made: ExchangeReversal) -> Self:
        one = made.exchange
        return cls(id=made.id, credit_exchange_id=one.id, payment_id=one.payment_id, given=Amount.of(one.given),
                   effective_on=made.effective_on)


@writes.post("/payments/{payment_id}:exchange", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses(*AMOUNTS, *DATES, "currency_mismatch", "same_currency", "more_than_unapplied", "more_than_open")
    | refuses("payment_not_found", "item_not_found", status=404)
    | refuses("payment_not_confirmed", "credit_kept_for_order", "exchange_exists", "tenant_not_known_yet",
              status=409)))
async def exchange_credit(
    payment_id: UUID, body: CreditExchangeCreate, tx: Tx, validate_only: ValidateOnly = False,
) -> CreditExchangeRead:
    """Pay an item in another currency, by amounts named on both sides; what the rates say else is realised."""
    return CreditExchangeRead.of(await exchange(tx, body.to_wish(payment_id)))


@writes.post("/credit-exchanges/{credit_exchange_id}:reverse", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses(*DATES) | refuses("exchange_not_found", status=404)
    | refuses("exchange_reversed", "credit_refunded", "tenant_not_known_yet", status=409)))
async def reverse_exchange(
    credit_exchange_id: UUID, body: CreditExchangeReverse, tx: Tx, validate_only: ValidateOnly = False,
) -> CreditExchangeReversalRead:
    """Undo an exchange: the item owes that part again, and the payment has unapplied what it gave."""
    return CreditExchangeReversalRead.of(await reverse(tx, credit_exchange_id, body.reason, body.effective_on))
