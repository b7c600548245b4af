"""Routes of write-offs: propose, approve, refuse, recover, reverse; and the policy for the tax in them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel

from billing_svc.api.owned import OwnerCode, names_of, narrowed
from billing_svc.api.payments import AMOUNTS, DATES
from billing_svc.api.shapes import Body, Code
from billing_svc.domain.bad_debt_policy import BadDebtAccount, BadDebtPolicy, BadDebtVat
from billing_svc.domain.write_off import WriteOff, WriteOffReason, WriteOffState
from billing_svc.store import write_offs
from billing_svc.store.customer_names import Named
from billing_svc.usecases.approve_write_off import approve_write_off as approve
from billing_svc.usecases.propose_write_off import ProposeWriteOff
from billing_svc.usecases.propose_write_off import propose_write_off as propose
from billing_svc.usecases.recover_debt import recover_debt as recover
from billing_svc.usecases.refuse_write_off import refuse_write_off as refuse
from billing_svc.usecases.reverse_write_off import reverse_write_off as reverse
from billing_svc.usecases.set_bad_debt_policy import set_bad_debt_policy as set_policy
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import new_id
from dunlin_kit import pages, versions
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import EVERYBODYS, StandingInFor, asked_for
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.told_headers import Located, Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["write-offs"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["write-offs"])
MAY_WRITE = requires("items:write")
MAY_READ = requires("items:read")
MAY_APPROVE = requires("write_offs:approve")
NOT_FOUND = refuses("write_off_not_found", status=404)
UNDECIDED = refuses("illegal_transition", "tenant_not_known_yet", status=409)
OPEN = ("nothing_open", "more_than_undisputed", "currency_mismatch", *AMOUNTS)


class WriteOffReversalReason(StrEnum):
    RECORDED_IN_ERROR = "recorded_in_error"
    DEBT_IS_GOOD = "debt_is_good"


class WriteOffCreate(Body):
    """What is not expected any more. Without `amount`: all that is open of the item and not in dispute."""

    id: UUID | None = None
    item_id: UUID
    reason: WriteOffReason
    amount: Amount | None = None
    reference: Code | None = None

    def to_wish(self) -> ProposeWriteOff:
        amount = self.amount.money if self.amount else None
        return ProposeWriteOff(self.id or new_id(), self.item_id, self.reason, amount, self.reference)


class WriteOffApprove(Body):
    """Without `effective_on`: today."""

    effective_on: Day | None = None


class DebtRecover(Body):
    """The credit that came in. Without `amount`: as much of it as there is, and as is written off."""

    credit_id: UUID
    amount: Amount | None = None


class WriteOffReverse(Body):
    """Why it is owed again."""

    reason: WriteOffReversalReason


class WriteOffRead(BaseModel):
    """A write-off. `tax` is the output tax corrected in it, `recovered` what came in of it since."""

    id: UUID
    customer_id: UUID
    customer_number: str | None
    customer_name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    item_id: UUID
    state: WriteOffState
    amount: Amount
    tax: Amount
    recovered: Amount
    reason: WriteOffReason
    maker: str
    account: BadDebtAccount
    effective_on: date | None

    @classmethod
    def of(cls, view: tuple[WriteOff, Named], asked: Whose = EVERYBODYS) -> Self:
        one, who = view
        return cls(
            **names_of(who), standing_in_for=asked.standing_in_for(who.owner_code), id=one.id,
            customer_id=one.customer_id, item_id=one.item_id, state=one.state, amount=Amount.of(one.amount),
            tax=Amount.of(one.tax), recovered=Amount.of(one.recovered), reason=one.reason, maker=one.maker,
            account=one.account, effective_on=one.effective_on)


class WriteOffPage(Page[WriteOffRead]):
    """Write-offs in the order in which they were proposed."""


class BadDebtPolicyUpdate(Body):
    """Whether output tax is corrected as a debt is written off, and what bears the loss."""

    vat: BadDebtVat
    account: BadDebtAccount


class BadDebtPolicyRead(BaseModel):
    """The policy in force; version 0 is the one by which every tenant begins."""

    version: int
    vat: BadDebtVat
    account: BadDebtAccount


@writes.post("/write-offs", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses(*OPEN) | refuses("item_not_found", status=404)
    | refuses("write_off_exists", "credit_note_unapplied", "tenant_not_known_yet", status=409)))
async def propose_write_off(
    body: WriteOffCreate, tx: Tx, response: Located, validate_only: ValidateOnly = False,
) -> WriteOffRead:
    """Propose to take a debt out of the books; another person approves it."""
    one = await propose(tx, body.to_wish())
    response.headers["Location"] = f"/billing/v1/write-offs/{one.id}"
    return await _written(tx, one.id)


@writes.post("/write-offs/{write_off_id}:approve", dependencies=[MAY_APPROVE], responses=(
    NOT_FOUND | UNDECIDED | refuses("second_person_needed", status=403) | refuses(*OPEN, *DATES)
    | refuses("credit_note_unapplied", status=409)))
async def approve_write_off(
    write_off_id: UUID, body: WriteOffApprove, tx: Tx, validate_only: ValidateOnly = False,
) -> WriteOffRead:
    """Take the debt out of the books. It waives nothing: what comes in later recovers it."""
    await approve(tx, write_off_id, body.effective_on)
    return await _written(tx, write_off_id)


@writes.post("/write-offs/{write_off_id}:refuse", dependencies=[MAY_APPROVE], responses=NOT_FOUND | UNDECIDED)
async def refuse_write_off(write_off_id: UUID, tx: Tx, validate_only: ValidateOnly = False) -> WriteOffRead:
    """Refuse a proposal, or take it back; the debt stays in the books."""
    await refuse(tx, write_off_id)
    return await _written(tx, write_off_id)


@writes.post("/write-offs/{write_off_id}:recover", dependencies=[requires("payments:write")], responses=(
    refuses("write_off_not_found", "credit_not_found", status=404)
    | refuses("credit_kept_for_order", "tenant_not_known_yet", status=409)
    | refuses("credit_of_another", "not_written_off", "more_than_written_off", "more_than_unapplied", "period_locked",
              "currency_mismatch", *AMOUNTS)))
async def recover_debt(
    write_off_id: UUID, body: DebtRecover, tx: Tx, validate_only: ValidateOnly = False,
) -> WriteOffRead:
    """Set money that came in after all against what was written off; the rest stays written off."""
    await recover(tx, write_off_id, body.credit_id, body.amount.money if body.amount else None)
    return await _written(tx, write_off_id)


@writes.post("/write-offs/{write_off_id}:reverse", dependencies=[MAY_APPROVE], responses=(
    NOT_FOUND | UNDECIDED | refuses("not_written_off", "period_locked")))
async def reverse_write_off(
    write_off_id: UUID, body: WriteOffReverse, tx: Tx, validate_only: ValidateOnly = False,
) -> WriteOffRead:
    """Owe again what is still written off, under the old due date."""
    await reverse(tx, write_off_id, body.reason.value)
    return await _written(tx, write_off_id)


async def _filters(
    customer_id: UUID | None = None, item_id: UUID | None = None, state: WriteOffState | None = None,
) -> dict[str, Any]:
    return pages.given({"customer_id": customer_id, "item_id": item_id, "state": state})


@router.get("/write-offs", dependencies=[MAY_READ],
            responses=pages.RESPONSES | refuses("tenant_not_known_yet", status=409))
async def list_write_offs(
    tx: Tx, me: Me, response: Response, cursor: Paging, filters: Annotated[dict[str, Any], Depends(_filters)],
    owner: Owner = None, limit: Limit = pages.DEFAULT_LIMIT,
) -> WriteOffPage:
    """Write-offs with exactly these values."""
    asked = await asked_for(tx, me, owner)
    found = await write_offs.page(
        tx, narrowed(filters, asked), UUID(cursor.after[0]) if cursor.after else None, limit)
    return WriteOffPage(**cursor.page(
        response, found, limit, lambda view: [view[0].id], lambda view: WriteOffRead.of(view, asked)))


@router.get("/write-offs/{write_off_id}", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_write_off(write_off_id: UUID, tx: Tx) -> WriteOffRead:
    """One write-off as it stands."""
    return WriteOffRead.of(await write_offs.view(tx, write_off_id))


async def _written(tx: Tx, write_off_id: UUID) -> WriteOffRead:
    """As it stands after what this request writes."""
    await tx.flush()
    return WriteOffRead.of(await write_offs.view(tx, write_off_id))


@router.get("/bad-debt-policy", dependencies=[MAY_READ])
async def get_bad_debt_policy(tx: Tx, response: Tagged) -> BadDebtPolicyRead:
    """The policy in force."""
    return _policy(await write_offs.policy_in_force(tx), response)


@writes.put("/bad-debt-policy", dependencies=[requires("policies:write")], responses=(
    refuses("tenant_not_known_yet", status=409) | versions.RESPONSES))
async def set_bad_debt_policy(
    body: BadDebtPolicyUpdate, expected: IfMatch, tx: Tx, response: Tagged,
) -> BadDebtPolicyRead:
    """Set the policy as a new version; it counts for write-offs that are approved from now on."""
    return _policy(await set_policy(tx, BadDebtPolicy(0, body.vat, body.account), expected=expected), response)


def _policy(policy: BadDebtPolicy, response: Response) -> BadDebtPolicyRead:
    set_etag(response, policy.version)
    return BadDebtPolicyRead(version=policy.version, vat=policy.vat, account=policy.account)
