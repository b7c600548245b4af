"""The route of the worklist: whom to call today, ranked, with why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from dunlin_events.contracts.base import Amount
from dunlin_kernel.calendar import days_between
from dunlin_kit import pages
from dunlin_kit.auth import Me, Principal, requires
from dunlin_kit.outbound import LookFailed
from dunlin_kit.owned import StandingInFor
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.staff import Owner, Whose, whose
from dunlin_kit.tenants import present
from dunlin_kit.write_route import ReadRoute, Tx
from notify_svc.domain.look import Contact
from notify_svc.domain.promise import PromiseStatus
from notify_svc.domain.worklist import PromiseSeen, Ranked, Why, rank
from notify_svc.store import collection_policies, exchange_rates, worklist
from notify_svc.store.worklist import WorkRow

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["collections"])


class WorklistPromiseRead(BaseModel):
    """The broken promise that is a reason to call, else the customer's last one."""

    id: UUID
    amount: Amount
    promised_on: date
    status: PromiseStatus

    @classmethod
    def of(cls, seen: PromiseSeen) -> Self:
        return cls(id=seen.id, amount=Amount.of(seen.amount), promised_on=seen.promised_on, status=seen.status)


@dataclass(frozen=True, slots=True)
class Seen:
    """Whose rows are asked for, and whom to call of the customers on a page."""

    asked: Whose
    phones: Mapping[UUID, Contact]


class WorklistRowRead(BaseModel):
    """A customer to be called: why, the weightiest first; `overdue` is one sum per currency, less what is disputed.

    `contact_name` and `phone` are what customer-svc says right now, for tokens with `contacts:read`; null where nobody
    may be called or it does not answer: persons are not kept here. `phone_at` is where to ask.
    """

    rank: int = Field(description="The more, the earlier.")
    why: list[Why]
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None
    standing_in_for: str | None = StandingInFor
    overdue: list[Amount]
    oldest_days: int | None
    written_on: date | None = Field(description="When the last message left.")
    talked_on: date | None = Field(description="When somebody last talked to the customer.")
    promise: WorklistPromiseRead | None
    call_id: UUID | None = Field(description="The call that is due first.")
    call_due_on: date | None
    case_id: UUID | None
    stage: str | None
    next_action: str | None
    next_action_on: date | None
    contact_name: str | None
    phone: str | None
    phone_at: str

    @classmethod
    def of(cls, ranked: Ranked, row: WorkRow, today: date, seen: Seen) -> Self:
        one, called = ranked.candidate, seen.phones.get(ranked.candidate.customer_id)
        return cls(
            rank=ranked.points, why=list(ranked.why), customer_id=one.customer_id, number=row.number, name=row.name,
            owner_code=row.owner_code, standing_in_for=seen.asked.standing_in_for(row.owner_code),
            overdue=[Amount.of(sum_) for sum_ in one.overdue],
            oldest_days=days_between(one.oldest_due_on, today) if one.oldest_due_on else None,
            written_on=row.written_on, talked_on=one.talked_on,
            promise=WorklistPromiseRead.of(ranked.promise) if ranked.promise else None, call_id=row.call_id,
            call_due_on=one.call_due_on, case_id=row.case_id, stage=row.stage, next_action=row.next_action,
            next_action_on=one.action_due_on, contact_name=called.name if called else None,
            phone=called.at if called else None,
            phone_at=f"/customer/v1/customers/{one.customer_id}/addressing?purpose=dunning&channel=phone")


class WorklistPage(Page[WorklistRowRead]):
    """Whom to call today, the weightiest first."""

    on: date


@router.get("/worklist", dependencies=[requires("collections:read")], responses=pages.RESPONSES)
async def get_worklist(
    tx: Tx, me: Me, request: Request, response: Response, cursor: Paging, owner: Owner = None,
    limit: Limit = pages.DEFAULT_LIMIT,
) -> WorklistPage:
    """Whom to call today and why: broken promises, calls and actions that are due, age, size, refused addresses.

    Of two that weigh the same, who owes more that is overdue comes first, foreign currencies at the day's rates.
    """
    tenant = await present(tx)
    policy = (await collection_policies.in_force(tx, tenant.currency)).policy
    asked = await whose(tx, me.subject, owner, tenant.today)
    found = await worklist.candidates(
        tx, today=tenant.today, owners=asked.codes, broken_days=policy.broken_promise_days)
    rows = {row.candidate.customer_id: row for row in found}
    ranked = rank([row.candidate for row in found], today=tenant.today, policy=policy,
                  rates=await exchange_rates.of_today(tx, tenant))
    if cursor.after is not None:
        points, worth, customer_id = cursor.after
        after = (int(points), int(worth), UUID(customer_id))
        ranked = [one for one in ranked if one.key > after]
    page = cursor.page(response, ranked[: limit + 1], limit, lambda one: list(one.key))
    seen = Seen(asked, await _phones(request, me, [one.candidate.customer_id for one in page["data"]]))
    data = [WorklistRowRead.of(one, rows[one.candidate.customer_id], tenant.today, seen) for one in page["data"]]
    return WorklistPage(**page | {"data": data}, on=tenant.today)


async def _phones(request: Request, me: Principal, customer_ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
    """Whom to call, for one who may know it; nobody where customer-svc does not say."""
    look = getattr(request.app.state, "phones", None)
    if look is None or not customer_ids or "contacts:read" not in me.scopes:
        return {}
    try:
        found: Mapping[UUID, Contact] = await look(me.tenant, customer_ids)
    except LookFailed:
        return {}
    return found
