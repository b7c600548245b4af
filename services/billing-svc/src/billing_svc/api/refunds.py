"""Routes of refunds: pay unapplied credit back, reverse one that came back; and the reads."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.owned import OwnerCode, narrowed
from billing_svc.api.payments import AMOUNTS, DATES, MAY_READ, MAY_WRITE
from billing_svc.api.shapes import Body, Code
from billing_svc.domain.credit import CreditKind
from billing_svc.domain.refund import PayRefund, RefundReason, RefundReversalReason
from billing_svc.store import refunds
from billing_svc.store.refunds import RefundView
from billing_svc.usecases.pay_refund import pay_refund as pay
from billing_svc.usecases.reverse_refund import ReverseRefund
from billing_svc.usecases.reverse_refund import reverse_refund as reverse
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import new_id
from dunlin_kit import pages
from dunlin_kit.auth import Me
from dunlin_kit.owned import EVERYBODYS, StandingInFor, asked_for
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.told_headers import Located
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["refunds"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["refunds"])
NOT_FOUND = refuses("refund_not_found", status=404)


class RefundCreate(Body):
    """So much of a payment or credit note is paid back; without `amount` all that is unapplied, on `effective_on` or
    today."""

    id: UUID | None = None
    credit_id: UUID = Field(description="The payment or credit note that it is paid back from.")
    amount: Amount | None = None
    method: Code = Field(examples=["bank_transfer"])
    reason: RefundReason
    effective_on: Day | None = None
    reference: Code | None = None
    external_id: Code | None = None

    def to_wish(self) -> PayRefund:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        return PayRefund(
            self.id or new_id(), self.credit_id, self.reason, self.method, self.amount.money if self.amount else None,
            self.effective_on, self.reference, self.external_id)


class RefundReverse(Body):
    """Why it is undone. Without `effective_on`: today for one that bounced, its own day for a correction."""

    reason: RefundReversalReason
    effective_on: Day | None = None

    def to_wish(self, refund_id: UUID) -> ReverseRefund:
        return ReverseRefund(refund_id, self.reason, self.effective_on)


class RefundRead(BaseModel):
    """A refund, and the credit it was paid back from. `reversed_on` is null while it stands.

    Of a payment that did not arrive it is claimed back, on `reclaimed_on`, by the item `reclaim_item_id`.
    """

    id: UUID
    credit_id: UUID
    credit_kind: CreditKind
    customer_id: UUID
    customer_number: str
    customer_name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    amount: Amount
    effective_on: date
    method: str
    reason: RefundReason
    reference: str | None
    external_id: str | None
    paid_by: str
    recorded_at: datetime
    reversed_on: date | None
    reversal_reason: RefundReversalReason | None
    reclaimed_on: date | None
    reclaim_item_id: UUID | None

    @classmethod
    def of(cls, view: RefundView, asked: Whose = EVERYBODYS) -> Self:
        refund = view.refund
        return cls(
            id=refund.id, credit_id=refund.credit_id, credit_kind=view.credit_kind, customer_id=refund.customer_id,
            customer_number=view.customer_number, customer_name=view.customer_name, owner_code=view.owner_code,
            standing_in_for=asked.standing_in_for(view.owner_code), amount=Amount.of(refund.amount),
            effective_on=refund.effective_on, method=view.method, reason=view.reason, reference=view.reference,
            external_id=view.external_id, paid_by=view.paid_by, recorded_at=view.recorded_at,
            reversed_on=view.reversed_on, reversal_reason=view.reversal_reason, reclaimed_on=view.reclaimed_on,
            reclaim_item_id=view.reclaim_item_id)


class RefundPage(Page[RefundRead]):
    """Refunds by their day."""


@writes.post("/refunds", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses(*AMOUNTS, *DATES, "nothing_unapplied", "more_than_unapplied", "currency_mismatch")
    | refuses("credit_not_found", status=404) | refuses("second_person_needed", status=403)
    | refuses("refund_exists", "credit_kept_for_order", "tenant_not_known_yet", status=409)))
async def pay_refund(
    body: RefundCreate, tx: Tx, response: Located, validate_only: ValidateOnly = False,
) -> RefundRead:
    """Pay unapplied credit back, never more than is unapplied on that day and today; a large one is proposed."""
    refund = (await pay(tx, [body.to_wish()]))[0]
    response.headers["Location"] = f"/billing/v1/refunds/{refund.id}"
    return await _written(tx, refund.id)


@writes.post("/refunds/{refund_id}:reverse", dependencies=[MAY_WRITE], responses=(
    NOT_FOUND | refuses(*DATES) | refuses("refund_reversed", "refund_reclaimed", "tenant_not_known_yet", status=409)))
async def reverse_refund(
    refund_id: UUID, body: RefundReverse, tx: Tx, validate_only: ValidateOnly = False,
) -> RefundRead:
    """Undo a refund that came back or was never paid; the credit has the amount again."""
    await reverse(tx, [body.to_wish(refund_id)])
    return await _written(tx, refund_id)


async def _filters(customer_id: UUID | None = None, credit_id: UUID | None = None) -> dict[str, Any]:
    return pages.given({"customer_id": customer_id, "credit_id": credit_id})


@router.get("/refunds", dependencies=[MAY_READ],
            responses=pages.RESPONSES | refuses("tenant_not_known_yet", status=409))
async def list_refunds(
    tx: Tx, me: Me, response: Response, cursor: Paging, filters: Annotated[dict[str, Any], Depends(_filters)],
    owner: Owner = None, limit: Limit = pages.DEFAULT_LIMIT,
) -> RefundPage:
    """Refunds by their day: all, of one customer, of one credit, or of an owner's customers."""
    asked = await asked_for(tx, me, owner)
    found = await refunds.page(tx, narrowed(filters, asked), cursor.after, limit)
    return RefundPage(**cursor.page(
        response, found, limit, lambda one: [one.refund.effective_on, one.refund.id],
        lambda one: RefundRead.of(one, asked)))


@router.get("/refunds/{refund_id}", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_refund(refund_id: UUID, tx: Tx) -> RefundRead:
    """One refund with its trail to the credit."""
    return RefundRead.of(await refunds.view(tx, refund_id))


async def _written(tx: Tx, refund_id: UUID) -> RefundRead:
    await tx.flush()
    return RefundRead.of(await refunds.view(tx, refund_id))
