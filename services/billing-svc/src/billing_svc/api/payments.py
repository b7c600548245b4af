"""Routes of payments: record, apply later, reverse; and the reads."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from billing_svc.api.payment_shapes import (
    CreditApply,
    ListedPaymentRead,
    PaymentCreate,
    PaymentPage,
    PaymentRead,
    PaymentReverse,
)
from billing_svc.api.shapes import Code
from billing_svc.domain.payment import PaymentState
from billing_svc.store import customers, document_lists, payment_views
from billing_svc.store.document_lists import PaymentSort
from billing_svc.store.payment_views import AllocationView, PaymentView
from billing_svc.usecases.apply_credit import apply_credit as apply
from billing_svc.usecases.record_payment import record_payment as record
from billing_svc.usecases.reverse_payment import reverse_payment as reverse
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Made, Tagged
from dunlin_kit.versions import set_etag
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["payments"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["payments"])
MAY_WRITE = requires("payments:write")
MAY_READ = requires("payments:read")
NOT_FOUND = refuses("payment_not_found", status=404)
AMOUNTS = ("unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large", "amount_not_positive")
ALLOCATING = ("items_missing", "items_not_meant", "item_named_twice", "currency_mismatch", "more_than_open",
              "more_than_unapplied", "remittance_missing", "remittance_not_meant")
DATES = ("effective_too_early", "effective_in_future", "period_locked", "exchange_rate_missing")


@writes.post("/payments", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses(*AMOUNTS, *ALLOCATING, *DATES, "received_in_future") | refuses("item_not_found", status=404)
    | refuses("customer_not_known_yet", "tenant_not_known_yet", "payment_exists", status=409)))
async def record_payment(
    body: PaymentCreate, tx: Tx, response: Made, validate_only: ValidateOnly = False,
) -> PaymentRead:
    """Record money that has arrived. With `state` pending, or where the policy wants a second person, it waits.

    Repeating the Idempotency-Key repeats the first answer.
    """
    recorded = (await record(tx, [body.to_command()]))[0]
    made = tuple(AllocationView(one) for one in recorded.allocations)
    response.headers["Location"] = f"/billing/v1/payments/{recorded.payment.id}"
    return _answer(PaymentView(recorded.command, recorded.payment, made, tx.actor), response)


@writes.post("/payments/{payment_id}:apply", dependencies=[MAY_WRITE], responses=(
    refuses(*AMOUNTS, *ALLOCATING, *DATES, "nothing_unapplied")
    | refuses("payment_not_found", "item_not_found", status=404)
    | refuses("payment_not_confirmed", "credit_kept_for_order", "tenant_not_known_yet", status=409)))
async def apply_credit(
    payment_id: UUID, body: CreditApply, tx: Tx, response: Tagged, validate_only: ValidateOnly = False,
) -> PaymentRead:
    """Set what a payment has left against items."""
    await apply(tx, [body.to_wish(payment_id)])
    return await written(tx, payment_id, response)


@writes.post("/payments/{payment_id}:reverse", dependencies=[MAY_WRITE], responses=(
    NOT_FOUND | refuses(*DATES, *AMOUNTS, "fee_not_meant", "currency_mismatch")
    | refuses("illegal_transition", "credit_refunded", "tenant_not_known_yet", status=409)))
async def reverse_payment(
    payment_id: UUID, body: PaymentReverse, tx: Tx, response: Tagged, validate_only: ValidateOnly = False,
) -> PaymentRead:
    """Undo a payment and all that it paid; the items are owed again under their old due dates."""
    await reverse(tx, [body.to_wish(payment_id)])
    return await written(tx, payment_id, response)


async def _filters(
    state: PaymentState | None = None, customer_id: UUID | None = None, external_id: Code | None = None,
    received_from: Annotated[Day | None, Query(alias="received_on.gte")] = None,
    received_to: Annotated[Day | None, Query(alias="received_on.lte")] = None,
) -> dict[str, Any]:
    return pages.given({"state": state, "customer_id": customer_id, "external_id": external_id,
                        "received_from": received_from, "received_to": received_to})


Filters = Annotated[dict[str, Any], Depends(_filters)]


@router.get("/payments", dependencies=[MAY_READ],
            responses=pages.RESPONSES | refuses("customer_not_known_yet", status=409))
async def list_payments(
    tx: Tx, response: Response, cursor: Paging, filters: Filters, sort: PaymentSort = PaymentSort.RECEIVED_ON,
    limit: Limit = pages.DEFAULT_LIMIT,
) -> PaymentPage:
    """Payments with exactly these values, in this order."""
    await customers.assert_heard_of(tx, filters.get("customer_id"))
    ids = await document_lists.page_of_payments(tx, filters, sort, cursor.after, limit)
    found = await payment_views.view(tx, ids)
    return PaymentPage(**cursor.page(
        response, found, limit, lambda one: [one.payment.received_on, one.payment.id], ListedPaymentRead.listed))


@router.get("/payments/{payment_id}", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_payment(payment_id: UUID, tx: Tx, response: Tagged) -> PaymentRead:
    """One payment with its allocations."""
    return _answer((await payment_views.view(tx, [payment_id]))[0], response)


async def written(tx: Tx, payment_id: UUID, response: Response) -> PaymentRead:
    """The payment as it stands after what this request writes."""
    await tx.flush()
    return _answer((await payment_views.view(tx, [payment_id]))[0], response)


def _answer(view: PaymentView, response: Response) -> PaymentRead:
    set_etag(response, view.payment.version)
    return PaymentRead.of(view)
