"""Routes of proposals: refunds, credit notes and waivers of fees above the threshold, made by one person and approved
by another."""

from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from billing_svc.api.credit_note_shapes import CreditNoteCreate
from billing_svc.api.fee_waivers import FeeWaiverCreate
from billing_svc.api.payments import AMOUNTS, DATES, MAY_WRITE
from billing_svc.api.refunds import RefundCreate
from billing_svc.api.shapes import Body
from billing_svc.domain.proposal import Proposal, ProposalKind, ProposalState
from billing_svc.usecases.approve_proposal import approve_proposal as approve
from billing_svc.usecases.make_proposal import make_proposal as make
from billing_svc.usecases.refuse_proposal import refuse_proposal as refuse
from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import RuleBroken
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.write_route import Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["payments"])
NOT_FOUND = refuses("proposal_not_found", status=404)
REFUND = ("nothing_unapplied", "more_than_unapplied")
FEE = ("not_fee", "nothing_open", "more_than_undisputed")
CREDIT_NOTE = ("not_issued", "line_named_twice", "more_than_line", "nothing_to_credit")


class ProposalCreate(Body):
    """One of a refund, a credit note and a waiver of a fee."""

    refund: RefundCreate | None = None
    credit_note: CreditNoteCreate | None = None
    fee_waiver: FeeWaiverCreate | None = None


class ProposalRead(BaseModel):
    """What was proposed by `maker`, and what became of it. Once approved: the refund, credit note or waiver with this
    id."""

    id: UUID
    kind: ProposalKind
    customer_id: UUID
    amount: Amount
    state: ProposalState
    maker: str
    checker: str | None

    @classmethod
    def of(cls, one: Proposal) -> Self:
        return cls(id=one.id, kind=one.kind, customer_id=one.customer_id, amount=Amount.of(one.amount),
                   state=one.state, maker=one.maker, checker=one.checker)


@writes.post("/proposals", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses(*AMOUNTS, *DATES, *REFUND, *CREDIT_NOTE, *FEE, "currency_mismatch", "proposal_unclear")
    | refuses("credit_not_found", "invoice_not_found", "item_not_found", "line_not_found", status=404)
    | refuses("proposal_exists", "tenant_not_known_yet", status=409)))
async def make_proposal(body: ProposalCreate, tx: Tx, validate_only: ValidateOnly = False) -> ProposalRead:
    """Propose a refund, a credit note or a waiver of a fee; nothing moves before another person approves it."""
    wishes = [one for one in (body.refund, body.credit_note, body.fee_waiver) if one is not None]
    if len(wishes) != 1:
        raise RuleBroken("proposal_unclear", "Propose a refund, a credit note or a waiver of a fee: one of them.")
    return ProposalRead.of(await make(tx, wishes[0].to_wish()))


@writes.post("/proposals/{proposal_id}:approve", dependencies=[requires("payments:confirm")], responses=(
    NOT_FOUND | refuses(*AMOUNTS, *DATES, *REFUND, *CREDIT_NOTE, *FEE, "currency_mismatch", "issued_before_series")
    | refuses("line_not_found", status=404) | refuses("second_person_needed", status=403)
    | refuses("illegal_transition", "refund_exists", "payment_exists", "waiver_exists", "tenant_not_known_yet",
              status=409)))
async def approve_proposal(proposal_id: UUID, tx: Tx, validate_only: ValidateOnly = False) -> ProposalRead:
    """Approve what somebody else proposed: the refund is paid, the credit note issued or the fee let go now."""
    return ProposalRead.of(await approve(tx, proposal_id))


@writes.post("/proposals/{proposal_id}:refuse", dependencies=[requires("payments:confirm")], responses=(
    NOT_FOUND | refuses("illegal_transition", "tenant_not_known_yet", status=409)))
async def refuse_proposal(proposal_id: UUID, tx: Tx, validate_only: ValidateOnly = False) -> ProposalRead:
    """Refuse a proposal; nothing was moved by it."""
    return ProposalRead.of(await refuse(tx, proposal_id))
