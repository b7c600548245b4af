"""Credit limits: set by hand, and what was set before."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from credit_svc.api.shapes import Body, Currency, amount_or_none
from credit_svc.domain.limit import LimitKind, LimitSource
from credit_svc.store import limits
from credit_svc.store.limits import SetLimit
from credit_svc.usecases.set_credit_limit import set_credit_limit as set_limit
from credit_svc.usecases.setting_limit import SetCreditLimit
from dunlin_events.contracts.base import Amount
from dunlin_kernel.currencies import exponent_of
from dunlin_kernel.money import Money
from dunlin_kit.auth import requires
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["limits"])
reads = APIRouter(route_class=ReadRoute, tags=["limits"])
routers = (writes, reads)


class CreditLimitUpdate(Body):
    """A limit to set. `amount` null: not rated, every order is refused; zero: no credit."""

    currency: str = Currency
    amount: str | None = Field(examples=["20000.00"], max_length=24, description="With exactly the currency's digits.")
    valid_from: Day | None = Field(default=None, description="First day; the tenant's today when left out.")
    valid_until: Day | None = Field(default=None, description="Last day; zero counts from the turn of the next.")
    reason: str = Field(min_length=1, max_length=500)
    kind: LimitKind = Field(default=LimitKind.BASE, description="`temporary` comes on top of the base for its dates.")

    def to_command(self, customer_id: UUID) -> SetCreditLimit:
        exponent_of(self.currency)
        amount = None if self.amount is None else Money.parse(self.amount, self.currency)
        return SetCreditLimit(
            customer_id, self.currency, amount, self.valid_from, self.valid_until, self.reason,
            self.kind)


class CreditLimitRead(BaseModel):
    """A limit as it was set; it is never changed, only followed by another version."""

    id: UUID
    customer_id: UUID
    currency: str
    version: int
    limit: Amount | None
    source: LimitSource
    valid_from: date
    valid_until: date | None
    reason: str
    kind: LimitKind
    set_by: str
    approved_by: str | None
    set_at: datetime

    @classmethod
    def of(cls, customer_id: UUID, limit: SetLimit) -> Self:
        fact = limit.fact
        return cls(
            id=fact.id, customer_id=customer_id, currency=fact.currency, version=fact.version,
            limit=amount_or_none(fact.amount), source=fact.source, valid_from=fact.valid_from,
            valid_until=fact.valid_until, reason=limit.reason, kind=fact.kind, set_by=limit.set_by,
            approved_by=limit.approved_by, set_at=limit.set_at)


class CreditLimitPage(Page[CreditLimitRead]):
    """The limits of a customer in a currency, newest first."""


LIMIT_REFUSED = refuses(
    "unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large", "negative_limit",
    "validity_reversed", "validity_in_past", "temporary_needs_amount_and_end", "override_needs_end",
    "override_too_long") | refuses("customer_not_known_yet", "customer_merged", status=409)


@writes.put("/credit/v1/customers/{customer_id}/limit", dependencies=[requires("credit:write")],
            responses=LIMIT_REFUSED | refuses("second_person_needed", status=403))
async def set_credit_limit(customer_id: UUID, body: CreditLimitUpdate, tx: Tx) -> CreditLimitRead:
    """Set a customer's credit limit in a currency. What was set before is kept; the last one set counts.

    A raise above the policy's step, together with what one person gave in the last 30 days, is proposed instead and
    approved by another person; so is a limit above the one that the policy decided.
    """
    return CreditLimitRead.of(customer_id, await set_limit(tx, body.to_command(customer_id)))


@reads.get("/credit/v1/customers/{customer_id}/limits", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_credit_limits(
    customer_id: UUID, currency: Annotated[str, Query(pattern=r"^[A-Z]{3}$")], tx: Tx, cursor: Paging,
    response: Response, limit: Limit = 50,
) -> CreditLimitPage:
    """All limits ever set for a customer in a currency, newest first."""
    version = int(cursor.after[0]) if cursor.after else None
    found = await limits.before(tx, customer_id, currency, version, limit + 1)
    return CreditLimitPage(**cursor.page(
        response, found, limit, lambda one: [one.fact.version], lambda one: CreditLimitRead.of(customer_id, one)))
