"""Routes of interest: the policy, the reference rates, and runs that charge it."""

from datetime import date
from decimal import Decimal
from enum import IntEnum
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field, StringConstraints

from billing_svc.api.shapes import Body, Code, Currency
from billing_svc.domain.interest_policy import MAX_RULES, InterestPolicy, InterestRule, RateStep
from billing_svc.store import interest
from billing_svc.usecases.run_interest import run_interest as run
from billing_svc.usecases.set_interest_policy import set_interest_policy as set_policy
from billing_svc.usecases.set_reference_rate import set_reference_rate as set_rate
from dunlin_events.contracts.base import Amount
from dunlin_kit import operations, pages, versions
from dunlin_kit.auth import requires
from dunlin_kit.operations import OperationRead
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Located, Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["interest"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["interest"])
MAY_READ = requires("items:read")
MAY_SET = requires("policies:write")
Percent = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,4})?$")]


class DayBase(IntEnum):
    """How many days a year has in interest."""

    DAYS_360 = 360
    DAYS_365 = 365


class InterestRuleUpdate(Body):
    """A rule: `margin` in percent a year, above `reference` where one is named. By contract it names its customer.

    `region` fits whatever begins with it. `compensation` is a fee once for each claim. With `due_from` it counts for
    what fell due on that day or later: new terms go before the old ones, which go on for older debts.
    """

    name: Code = Field(examples=["EU late payment"])
    margin: Percent = Field(examples=["8.0000"])
    day_base: DayBase
    customer_id: UUID | None = None
    region: Code | None = None
    currency: Currency | None = None
    reference: Code | None = Field(default=None, examples=["ECB"])
    compensation: Amount | None = None
    due_from: Day | None = None

    def to_rule(self) -> InterestRule:
        return InterestRule(
            self.name, Decimal(self.margin), int(self.day_base), self.customer_id, self.region, self.currency,
            self.reference, self.compensation.money if self.compensation else None, self.due_from)


class InterestPolicyUpdate(Body):
    """Rules in their order: the first that fits an item counts; without one no interest runs on it."""

    rules: Annotated[list[InterestRuleUpdate], Field(max_length=MAX_RULES)]


class InterestRuleRead(BaseModel):
    """A rule of the policy."""

    name: str
    margin: str
    day_base: int
    customer_id: UUID | None
    region: str | None
    currency: str | None
    reference: str | None
    compensation: Amount | None
    due_from: date | None

    @classmethod
    def of(cls, rule: InterestRule) -> Self:
        return cls(
            name=rule.name, margin=f"{rule.margin:f}", day_base=rule.day_base, customer_id=rule.customer_id,
            region=rule.region, currency=rule.currency, reference=rule.reference,
            compensation=Amount.of(rule.compensation) if rule.compensation else None,
            due_from=rule.due_from)


class InterestPolicyRead(BaseModel):
    """The policy in force; version 0 is the one by which every tenant begins: no interest runs."""

    version: int
    rules: list[InterestRuleRead]


class ReferenceRateCreate(Body):
    """A reference rate in percent a year, from a day on until the next one."""

    reference: Code = Field(examples=["ECB"])
    effective_from: Day
    rate: Percent = Field(examples=["2.1500"])


class ReferenceRateRead(BaseModel):
    """A reference rate, from a day on."""

    reference: str
    effective_from: date
    rate: str


class ReferenceRatePage(Page[ReferenceRateRead]):
    """Reference rates, by name and day."""


class InterestRunCreate(Body):
    """Up to which day; without it today."""

    to_on: Day | None = None


@router.get("/interest-policy", dependencies=[MAY_READ])
async def get_interest_policy(tx: Tx, response: Tagged) -> InterestPolicyRead:
    """The policy in force."""
    return _policy(await interest.policy_in_force(tx), response)


@writes.put("/interest-policy", dependencies=[MAY_SET], responses=(
    refuses("bad_interest_rule", "unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large")
    | refuses("tenant_not_known_yet", status=409) | versions.RESPONSES))
async def set_interest_policy(
    body: InterestPolicyUpdate, expected: IfMatch, tx: Tx, response: Tagged,
) -> InterestPolicyRead:
    """Set the rules as a new version; every later run reckons by it, from the due dates on."""
    policy = InterestPolicy(0, tuple(rule.to_rule() for rule in body.rules))
    return _policy(await set_policy(tx, policy, expected=expected), response)


@router.get("/reference-rates", dependencies=[MAY_READ], responses=pages.RESPONSES)
async def list_reference_rates(
    tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT,
) -> ReferenceRatePage:
    """The reference rates that were set."""
    reference, effective_from = cursor.after or ("", date.min.isoformat())
    found = await interest.page_of_references(tx, (reference, date.fromisoformat(effective_from)), limit + 1)
    return ReferenceRatePage(
        **cursor.page(response, found, limit, lambda one: [one[0], one[1].effective_from], lambda one: _rate(*one)))


@writes.post("/reference-rates", status_code=201, dependencies=[MAY_SET], responses=refuses(
    "reference_rate_exists", "tenant_not_known_yet", status=409))
async def set_reference_rate(body: ReferenceRateCreate, tx: Tx) -> ReferenceRateRead:
    """Set a reference rate from a day on; it is set once."""
    return _rate(body.reference, await set_rate(tx, body.reference, RateStep(body.effective_from, Decimal(body.rate))))


@writes.post("/interest-runs", status_code=202, dependencies=[requires("invoices:write")], responses=(
    refuses("day_in_future") | refuses("tenant_not_known_yet", status=409)))
async def run_interest(body: InterestRunCreate, tx: Tx, response: Located) -> OperationRead:
    """Charge interest on what is overdue or was paid late, and correct what was charged too much.

    The operation's result: items `charged`, `corrected`, and left `without_rate` because no reference rate is known.
    """
    operation_id = await run(tx, body.to_on)
    await tx.flush()
    response.headers["Location"] = operations.location_of("billing", operation_id)
    return await operations.get(tx, operation_id)


def _rate(reference: str, step: RateStep) -> ReferenceRateRead:
    return ReferenceRateRead(reference=reference, effective_from=step.effective_from, rate=f"{step.rate:f}")


def _policy(policy: InterestPolicy, response: Response) -> InterestPolicyRead:
    set_etag(response, policy.version)
    return InterestPolicyRead(version=policy.version, rules=[InterestRuleRead.of(rule) for rule in policy.rules])
