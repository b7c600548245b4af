"""Routes of small differences: close what is left of an item, take that back, list them, and the policy of both."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.owned import OwnerCode
from billing_svc.api.payments import AMOUNTS, DATES
from billing_svc.api.shapes import Body
from billing_svc.domain.difference import WHOLE_BPS, CloseDifference, DifferenceReason, TolerancePolicy
from billing_svc.store import difference_views, differences
from billing_svc.store.difference_views import DifferenceView
from billing_svc.usecases.close_difference import close_difference as close
from billing_svc.usecases.reverse_difference import ReverseDifference
from billing_svc.usecases.reverse_difference import reverse_difference as reverse
from billing_svc.usecases.set_tolerance_policy import set_tolerance_policy as set_policy
from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kit import pages, versions
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["payments"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["payments"])
MAX_CURRENCIES = 50


class DifferenceClose(Body):
    """Why what is left of this item is closed; today unless `effective_on`."""

    id: UUID | None = None
    item_id: UUID
    reason: DifferenceReason
    effective_on: Day | None = None

    def to_wish(self) -> CloseDifference:
        return CloseDifference(self.id or new_id(), self.item_id, self.reason, self.effective_on)


class DifferenceReverse(Body):
    """From when on it is owed again; today unless `effective_on`."""

    effective_on: Day | None = None


class DifferenceRead(BaseModel):
    """What was closed of an item, and what is `open` of it now. `reversed_on` is null while it stands."""

    id: UUID
    item_id: UUID
    customer_id: UUID
    customer_number: str
    customer_name: str | None
    owner_code: str | None = OwnerCode
    number: str
    amount: Amount
    reason: DifferenceReason
    effective_on: date
    closed_by: str
    recorded_at: datetime
    reversed_on: date | None
    open: Amount

    @classmethod
    def of(cls, view: DifferenceView) -> Self:
        one = view.difference
        return cls(
            id=one.id, item_id=one.item_id, customer_id=one.customer_id, customer_number=view.customer_number,
            customer_name=view.customer_name, owner_code=view.owner_code, number=view.number,
            amount=Amount.of(one.amount), reason=one.reason, effective_on=one.effective_on, closed_by=view.closed_by,
            recorded_at=view.recorded_at, reversed_on=view.reversed_on, open=Amount.of(view.open))


class DifferencePage(Page[DifferenceRead]):
    """Small differences by their day."""


class TolerancePolicyUpdate(Body):
    """The most that may be closed of an item, one amount per currency, and never more than `share_bps` of it."""

    most: Annotated[list[Amount], Field(max_length=MAX_CURRENCIES)]
    share_bps: int = Field(default=WHOLE_BPS, strict=True, ge=1, le=WHOLE_BPS)

    def to_policy(self) -> TolerancePolicy:
        """Refuses: bad_tolerance_policy, unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        most = {one.currency: one.money for one in self.most}
        if len(most) < len(self.most):
            raise RuleBroken("bad_tolerance_policy", "Name one amount per currency.")
        return TolerancePolicy(0, most, self.share_bps)


class TolerancePolicyRead(BaseModel):
    """The policy in force; version 0 is the one by which every tenant begins: nothing is closed."""

    version: int
    most: list[Amount]
    share_bps: int

    @classmethod
    def of(cls, policy: TolerancePolicy) -> Self:
        return cls(version=policy.version, share_bps=policy.share_bps,
                   most=[Amount.of(amount) for _, amount in sorted(policy.most.items())])


@writes.post("/differences", status_code=201, dependencies=[requires("payments:write")], responses=(
    refuses(*DATES, "nothing_open", "above_tolerance") | refuses("item_not_found", status=404)
    | refuses("item_disputed", "difference_exists", "credit_note_unapplied", "tenant_not_known_yet", status=409)))
async def close_difference(body: DifferenceClose, tx: Tx, validate_only: ValidateOnly = False) -> DifferenceRead:
    """Close what is left of an item, for a named reason and within the tolerance."""
    closed = (await close(tx, [body.to_wish()]))[0]
    return await _written(tx, closed.difference.id)


@writes.post("/differences/{difference_id}:reverse", dependencies=[requires("payments:write")], responses=(
    refuses(*DATES) | refuses("difference_not_found", status=404)
    | refuses("difference_reversed", "tenant_not_known_yet", status=409)))
async def reverse_difference(
    difference_id: UUID, body: DifferenceReverse, tx: Tx, validate_only: ValidateOnly = False,
) -> DifferenceRead:
    """What was closed is owed again."""
    await reverse(tx, [ReverseDifference(difference_id, body.effective_on)])
    return await _written(tx, difference_id)


async def _filters(
    customer_id: UUID | None = None, item_id: UUID | None = None, reason: DifferenceReason | None = None,
) -> dict[str, Any]:
    return pages.given({"customer_id": customer_id, "item_id": item_id, "reason": reason})


@router.get("/differences", dependencies=[requires("payments:read")], responses=pages.RESPONSES)
async def list_differences(
    tx: Tx, response: Response, cursor: Paging, filters: Annotated[dict[str, Any], Depends(_filters)],
    limit: Limit = pages.DEFAULT_LIMIT,
) -> DifferencePage:
    """Small differences with exactly these values, by their day, also those that are owed again."""
    found = await difference_views.page(tx, filters, cursor.after, limit)
    return DifferencePage(**cursor.page(
        response, found, limit, lambda one: [one.difference.effective_on, one.difference.id], DifferenceRead.of))


@router.get("/tolerance-policy", dependencies=[requires("payments:read")])
async def get_tolerance_policy(tx: Tx, response: Tagged) -> TolerancePolicyRead:
    """The policy in force."""
    return _answer(await differences.policy_in_force(tx), response)


@writes.put("/tolerance-policy", dependencies=[requires("policies:write")], responses=(
    refuses(*AMOUNTS[:-1], "bad_tolerance_policy") | refuses("tenant_not_known_yet", status=409)
    | versions.RESPONSES))
async def set_tolerance_policy(
    body: TolerancePolicyUpdate, expected: IfMatch, tx: Tx, response: Tagged,
) -> TolerancePolicyRead:
    """Set the policy as a new version; it counts for differences that are closed from now on."""
    return _answer(await set_policy(tx, body.to_policy(), expected=expected), response)


async def _written(tx: Tx, difference_id: UUID) -> DifferenceRead:
    await tx.flush()
    return DifferenceRead.of(await difference_views.view(tx, difference_id))


def _answer(policy: TolerancePolicy, response: Response) -> TolerancePolicyRead:
    set_etag(response, policy.version)
    return TolerancePolicyRead.of(policy)
