"""Routes of the payment policy, and of what waits for a second person's signature by it."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.payments import AMOUNTS, MAY_READ
from billing_svc.api.shapes import Body
from billing_svc.domain.payment_policy import MAX_PENDING_DAYS, PaymentPolicy, SecondPerson
from billing_svc.store import approvals, pending_payments
from billing_svc.store.approvals import Approval
from billing_svc.usecases.set_payment_policy import set_payment_policy as set_policy
from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import RuleBroken
from dunlin_kit import pages, versions
from dunlin_kit.auth import Me, requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["payments"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["payments"])
MAX_THRESHOLDS = 50
GIVEN = (SecondPerson.REFUND, SecondPerson.CREDIT_NOTE, SecondPerson.FEE_WAIVER)
PAID = (SecondPerson.ABOVE_THRESHOLD, SecondPerson.NEW_PAYER)


class PaymentPolicyUpdate(Body):
    """How long pending payments wait, and above which amounts (one per currency) a second person confirms.

    The thresholds count for payments, refunds and credit notes. Once one is set, a currency without one needs a second
    person, whatever the amount.
    """

    pending_days: int = Field(strict=True, ge=1, le=MAX_PENDING_DAYS)
    second_person_above: Annotated[list[Amount], Field(max_length=MAX_THRESHOLDS)] = Field(default_factory=list)
    second_person_for_new_payer: bool = Field(default=False, strict=True)

    def to_policy(self) -> PaymentPolicy:
        """Refuses: bad_payment_policy, unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        above = {one.currency: one.money for one in self.second_person_above}
        if len(above) < len(self.second_person_above):
            raise RuleBroken("bad_payment_policy", "Name one threshold per currency.")
        return PaymentPolicy(0, self.pending_days, above, self.second_person_for_new_payer)


class PaymentPolicyRead(BaseModel):
    """The policy in force; version 0 is the one by which every tenant begins."""

    version: int
    pending_days: int
    second_person_above: list[Amount]
    second_person_for_new_payer: bool

    @classmethod
    def of(cls, policy: PaymentPolicy) -> Self:
        return cls(
            version=policy.version, pending_days=policy.pending_days,
            second_person_above=[Amount.of(amount) for _, amount in sorted(policy.second_person_above.items())],
            second_person_for_new_payer=policy.second_person_for_new_payer)


class ApprovalRead(BaseModel):
    """What waits for a signature, by its id: a payment, write-off, waiver of interest, refund or credit note here, a
    credit limit, a group's or a cover at credit-svc; or what was paid on a claim there, and waits to be booked. `maker`
    recorded it at `since`; `may_sign`: you are another person."""

    payment_id: UUID | None
    write_off_id: UUID | None
    interest_waiver_id: UUID | None
    proposal_id: UUID | None = Field(description="Of a refund, credit note or waiver of a fee that was proposed.")
    limit_proposal_id: UUID | None
    group_limit_proposal_id: UUID | None
    cover_id: UUID | None
    claim_id: UUID | None = Field(
        description="A claim at credit-svc that was paid: so much of it is to be booked as compensations that name it.")
    customer_id: UUID | None = Field(description="Null where it is of a group.")
    group_id: UUID | None
    number: str
    name: str | None
    owner_code: str | None = Field(description="Who answers for the customer.")
    amount: Amount | None = Field(
        description="Null: a credit limit that is to be taken back to not rated, or a group's away.")
    payer: str | None
    reason: SecondPerson
    maker: str
    since: datetime
    expires_on: date | None
    may_sign: bool

    @classmethod
    def of(cls, one: Approval, asking: str) -> Self:
        return cls(
            payment_id=one.id if one.reason in PAID else None,
            write_off_id=one.id if one.reason is SecondPerson.WRITE_OFF else None,
            interest_waiver_id=one.id if one.reason is SecondPerson.INTEREST_WAIVER else None,
            proposal_id=one.id if one.reason in GIVEN else None,
            limit_proposal_id=one.id if one.reason is SecondPerson.CREDIT_LIMIT else None,
            group_limit_proposal_id=one.id if one.reason is SecondPerson.GROUP_LIMIT else None,
            cover_id=one.id if one.reason is SecondPerson.COVER else None,
            claim_id=one.id if one.reason is SecondPerson.CLAIM_SETTLED else None,
            customer_id=one.customer_id, group_id=one.group_id, number=one.number, name=one.name,
            owner_code=one.owner_code,
            amount=Amount.of(one.amount) if one.amount else None, payer=one.payer, reason=one.reason,
            maker=one.maker, since=one.since, expires_on=one.expires_on, may_sign=one.maker != asking)


class ApprovalPage(Page[ApprovalRead]):
    """What waits for a second person, in the order of recording."""


@router.get("/approvals", dependencies=[requires("approvals:read")], responses=pages.RESPONSES)
async def list_approvals(
    tx: Tx, me: Me, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT,
) -> ApprovalPage:
    """Everything that waits for a second person: payments to confirm, proposals of write-offs, waivers of interest,
    refunds and credit notes, and what credit-svc asks for: limits of customers and groups, and covers, signed there.
    And what was paid on claims there, until it is booked."""
    after = UUID(cursor.after[0]) if cursor.after else None
    found = await approvals.waiting(tx, after, limit)
    return ApprovalPage(**cursor.page(
        response, found, limit, lambda one: [one.id], lambda one: ApprovalRead.of(one, me.subject)))


@router.get("/payment-policy", dependencies=[MAY_READ])
async def get_payment_policy(tx: Tx, response: Tagged) -> PaymentPolicyRead:
    """The policy in force."""
    return _policy(await pending_payments.policy_in_force(tx), response)


@writes.put("/payment-policy", dependencies=[requires("policies:write")], responses=(
    refuses(*AMOUNTS[:-1], "bad_payment_policy") | refuses("tenant_not_known_yet", status=409) | versions.RESPONSES))
async def set_payment_policy(
    body: PaymentPolicyUpdate, expected: IfMatch, tx: Tx, response: Tagged,
) -> PaymentPolicyRead:
    """Set the policy as a new version; it counts for payments that are recorded from now on."""
    return _policy(await set_policy(tx, body.to_policy(), expected=expected), response)


def _policy(policy: PaymentPolicy, response: Response) -> PaymentPolicyRead:
    set_etag(response, policy.version)
    return PaymentPolicyRead.of(policy)
