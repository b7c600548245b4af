"""A policy tried before it is adopted: over the present book, and over the decisions of the past."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from credit_svc.api.policies import REFUSED, CreditPolicyCreate
from credit_svc.api.shapes import amount_or_none
from credit_svc.domain.decision import DenialReason
from credit_svc.domain.dry_run import CurrencySum, Redecided, sum_over
from credit_svc.usecases.back_test_credit_policy import back_test_credit_policy as back_test
from credit_svc.usecases.dry_run_credit_policy import TriedPosition
from credit_svc.usecases.dry_run_credit_policy import dry_run_credit_policy as dry_run
from dunlin_events.contracts.base import Amount
from dunlin_kernel.money import sum_money
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["policies"])
routers = (writes,)
SHOWN = 500


class BookSumRead(BaseModel):
    """One currency: what those who can buy may still buy, now and then, and what is blocked and freed of it."""

    currency: str
    available_before: Amount
    available_after: Amount
    blocked: Amount
    freed: Amount

    @classmethod
    def of(cls, currency: str, total: CurrencySum) -> Self:
        return cls(
            currency=currency, available_before=Amount.of(total.available_before),
            available_after=Amount.of(total.available_after), blocked=Amount.of(total.blocked),
            freed=Amount.of(total.freed))


class TriedPositionRead(BaseModel):
    """A customer in a currency for whom the policy would change something; no reasons: it can buy."""

    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None
    currency: str
    available_before: Amount | None
    available_after: Amount | None
    reasons_before: list[DenialReason]
    reasons_after: list[DenialReason]

    @classmethod
    def of(cls, one: TriedPosition) -> Self:
        seen, at = one.tried, one.position
        return cls(
            customer_id=at.customer_id, number=at.number, name=at.name, owner_code=at.owner_code,
            currency=at.currency, available_before=amount_or_none(seen.available_before),
            available_after=amount_or_none(seen.available_after), reasons_before=list(seen.before),
            reasons_after=list(seen.after))


class PolicyDryRunRead(BaseModel):
    """What adopting the policy would do to the present book."""

    positions: int
    blocked: int
    freed: int
    sums: list[BookSumRead]
    changed: list[TriedPositionRead] = Field(description=f"Blocked first, then freed; at most {SHOWN}.")

    @classmethod
    def of(cls, found: Sequence[TriedPosition]) -> Self:
        currencies = sorted({one.position.currency for one in found})
        blocked = [one for one in found if one.tried.is_blocked]
        freed = [one for one in found if one.tried.is_freed]
        return cls(
            positions=len(found), blocked=len({one.position.customer_id for one in blocked}),
            freed=len({one.position.customer_id for one in freed}),
            sums=[BookSumRead.of(currency, sum_over(
                (one.tried for one in found if one.position.currency == currency), currency))
                for currency in currencies],
            changed=[TriedPositionRead.of(one) for one in (*blocked, *freed)[:SHOWN]])


class PolicyBackTest(CreditPolicyCreate):
    """A policy, and the days of the decisions to try it on, both inclusive."""

    first_day: Day
    last_day: Day


class BackTestSumRead(BaseModel):
    """One currency: what was asked for and would have been answered otherwise."""

    currency: str
    would_deny: Amount
    would_approve: Amount


class ChangedDecisionRead(BaseModel):
    """A decision that would have been another; the inputs are those of its authorisation."""

    authorization_id: UUID
    amount: Amount
    approved: bool
    would_approve: bool
    reasons: list[DenialReason]

    @classmethod
    def of(cls, one: Redecided) -> Self:
        return cls(
            authorization_id=one.authorization_id, amount=Amount.of(one.amount), approved=one.approved,
            would_approve=one.then.approved, reasons=list(one.then.reasons))


class PolicyBackTestRead(BaseModel):
    """What the policy would have answered in the past: holds by rule are judged from what was kept with each decision,
    those by hand stand. `holds_untried`: decisions that kept nothing for that yet, with their holds as they stood."""

    decisions: int
    holds_untried: int
    would_deny: int
    would_approve: int
    sums: list[BackTestSumRead]
    changed: list[ChangedDecisionRead] = Field(description=f"At most {SHOWN}.")

    @classmethod
    def of(cls, found: Sequence[Redecided]) -> Self:
        denied = [one for one in found if one.is_changed and one.approved]
        approved = [one for one in found if one.is_changed and not one.approved]
        currencies = sorted({one.amount.currency for one in (*denied, *approved)})
        return cls(
            decisions=len(found), holds_untried=sum(not one.holds_tried for one in found),
            would_deny=len(denied), would_approve=len(approved),
            sums=[BackTestSumRead(
                currency=currency, would_deny=_sum_of(denied, currency), would_approve=_sum_of(approved, currency))
                for currency in currencies],
            changed=[ChangedDecisionRead.of(one) for one in (*denied, *approved)[:SHOWN]])


def _sum_of(found: Sequence[Redecided], currency: str) -> Amount:
    return Amount.of(sum_money(currency, (one.amount for one in found if one.amount.currency == currency)))


@writes.post("/credit/v1/policies:dry-run", dependencies=[requires("credit:write")], responses=REFUSED)
async def dry_run_credit_policy(body: CreditPolicyCreate, tx: Tx) -> PolicyDryRunRead:
    """What adopting this policy would do today: who would be blocked or freed, and how much. Nothing changes."""
    _, found = await dry_run(tx, body.to_command())
    return PolicyDryRunRead.of(found)


@writes.post("/credit/v1/policies:back-test", dependencies=[requires("credit:write")],
             responses=REFUSED | refuses("validity_reversed", "too_many_decisions"))
async def back_test_credit_policy(body: PolicyBackTest, tx: Tx) -> PolicyBackTestRead:
    """What this policy would have answered to the orders of these days. Nothing changes."""
    found = await back_test(tx, body.to_command(), begins=body.first_day, ends=body.last_day)
    return PolicyBackTestRead.of(found)
