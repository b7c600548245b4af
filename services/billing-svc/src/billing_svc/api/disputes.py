"""Routes of disputes: what customers contest, and how it ended."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.credit_note_shapes import CreditNoteLineCreate
from billing_svc.api.owned import OwnerCode, narrowed
from billing_svc.api.payments import DATES
from billing_svc.api.shapes import Body, Code
from billing_svc.domain.accepted_dispute import AcceptDispute
from billing_svc.domain.credit_note import LineWish
from billing_svc.domain.dispute import DisputeOutcome, DisputeReason, DisputeWish, Settlement
from billing_svc.domain.invoice_totals import MAX_LINES
from billing_svc.domain.proposal import Proposal
from billing_svc.store import disputes
from billing_svc.store.disputes import DisputeView
from billing_svc.usecases.accept_dispute import accept_dispute as accept
from billing_svc.usecases.open_dispute import open_dispute as open_one
from billing_svc.usecases.settle_dispute import settle_dispute as settle
from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import new_id
from dunlin_kit import pages
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import EVERYBODYS, StandingInFor, asked_for
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.told_headers import Located
from dunlin_kit.write_route import ReadRoute, Tx, ValidateOnly, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["disputes"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["disputes"])
MAY_WRITE = requires("items:write")
MAY_READ = requires("items:read")
NOT_FOUND = refuses("dispute_not_found", status=404)
AMOUNTS = ("unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large", "amount_not_positive",
           "currency_mismatch")


class DisputeCreate(Body):
    """What is contested. Without `amount`: all that is open of the item; `evidence` refers to where it can be read."""

    id: UUID | None = None
    item_id: UUID
    reason: DisputeReason
    amount: Amount | None = None
    evidence: Code | None = None

    def to_wish(self) -> DisputeWish:
        return DisputeWish(self.id or new_id(), self.item_id, self.reason,
                           self.amount.money if self.amount else None, self.evidence)


class DisputeSettle(Body):
    """How it ends: accepted, rejected or withdrawn. Without `amount`: all that is left of it."""

    outcome: DisputeOutcome = Field(description="`paid` is said by money alone, never by hand.")
    amount: Amount | None = None


class DisputeAccept(Body):
    """What is accepted: without `amount` all that is contested still. Without `lines` the invoice's own are credited,
    the first first, to a minor unit of the amount. `credit_note_id` is the client's own."""

    credit_note_id: UUID | None = None
    amount: Amount | None = None
    lines: Annotated[list[CreditNoteLineCreate], Field(max_length=MAX_LINES)] = Field(default_factory=list)

    def to_wish(self, dispute_id: UUID) -> AcceptDispute:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        lines = tuple(LineWish(line.position, line.net.money if line.net else None) for line in self.lines)
        return AcceptDispute(
            self.credit_note_id or new_id(), dispute_id, self.amount.money if self.amount else None, lines)


class DisputeSettlementRead(BaseModel):
    """So much of it ended so."""

    outcome: DisputeOutcome
    amount: Amount
    settled_on: date

    @classmethod
    def of(cls, one: Settlement) -> Self:
        return cls(outcome=one.outcome, amount=Amount.of(one.amount), settled_on=one.settled_on)


class DisputeRead(BaseModel):
    """A dispute: `disputed` is what is contested still, `to_credit` what was accepted of it."""

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    item_id: UUID
    item_number: str
    amount: Amount
    disputed: Amount
    to_credit: Amount
    reason: DisputeReason
    evidence: str | None
    opened_on: date
    settlements: list[DisputeSettlementRead]

    @classmethod
    def of(cls, view: DisputeView, asked: Whose = EVERYBODYS) -> Self:
        one = view.dispute
        return cls(
            id=one.id, customer_id=one.customer_id, number=view.customer_number, name=view.customer_name,
            owner_code=view.owner_code, standing_in_for=asked.standing_in_for(view.owner_code), item_id=one.item_id,
            item_number=view.item_number, amount=Amount.of(one.amount), disputed=Amount.of(one.rest),
            to_credit=Amount.of(view.accepted), reason=one.reason, evidence=one.evidence, opened_on=one.opened_on,
            settlements=[DisputeSettlementRead.of(end) for end in view.settlements])


class DisputeAcceptedRead(BaseModel):
    """The dispute, and the credit note that was issued for it; or the proposal of one, which another person approves.
    """

    dispute: DisputeRead
    credited: Amount
    credit_note_id: UUID | None
    proposal_id: UUID | None


class DisputePage(Page[DisputeRead]):
    """Disputes in the order in which they were opened."""


@writes.post("/disputes", status_code=201, dependencies=[MAY_WRITE], responses=(
    refuses(*AMOUNTS, "more_than_undisputed") | refuses("item_not_found", status=404)
    | refuses("tenant_not_known_yet", "dispute_exists", status=409)))
async def open_dispute(
    body: DisputeCreate, tx: Tx, response: Located, validate_only: ValidateOnly = False,
) -> DisputeRead:
    """Contest an amount of an item: it stays owed and keeps ageing, but nobody is reminded of it."""
    opened = await open_one(tx, body.to_wish())
    response.headers["Location"] = f"/billing/v1/disputes/{opened.id}"
    return await _written(tx, opened.id)


@writes.post("/disputes/{dispute_id}:settle", dependencies=[MAY_WRITE], responses=(
    NOT_FOUND | refuses(*AMOUNTS, "more_than_disputed", "not_by_hand")
    | refuses("dispute_settled", "tenant_not_known_yet", status=409)))
async def settle_dispute(
    dispute_id: UUID, body: DisputeSettle, tx: Tx, validate_only: ValidateOnly = False,
) -> DisputeRead:
    """End a dispute, or part of it. What is accepted is to be credited; what is rejected or withdrawn stays owed."""
    await settle(tx, dispute_id, body.outcome, body.amount.money if body.amount else None)
    return await _written(tx, dispute_id)


@writes.post("/disputes/{dispute_id}:accept", dependencies=[MAY_WRITE, requires("invoices:write")], responses=(
    NOT_FOUND | refuses(*AMOUNTS, *DATES, "more_than_disputed", "dispute_of_charge", "credits_more_than_accepted",
                        "line_named_twice", "more_than_line", "nothing_to_credit", "issued_before_series")
    | refuses("line_not_found", status=404)
    | refuses("dispute_settled", "tenant_not_known_yet", "payment_exists", "proposal_exists", status=409)))
async def accept_dispute(
    dispute_id: UUID, body: DisputeAccept, tx: Tx, validate_only: ValidateOnly = False,
) -> DisputeAcceptedRead:
    """Settle a dispute as accepted and credit its invoice in one step; above the threshold it waits for a signature."""
    done = await accept(tx, body.to_wish(dispute_id))
    proposed = isinstance(done, Proposal)
    amount = done.amount if isinstance(done, Proposal) else done.note.amount
    made = done.id if isinstance(done, Proposal) else done.note.id
    return DisputeAcceptedRead(
        dispute=await _written(tx, dispute_id), credited=Amount.of(amount), credit_note_id=None if proposed else made,
        proposal_id=made if proposed else None)


async def _filters(
    customer_id: UUID | None = None, item_id: UUID | None = None,
    is_open: Annotated[bool | None, Query(alias="open", description="Whether anything is contested still.")] = None,
) -> dict[str, Any]:
    return pages.given({"customer_id": customer_id, "item_id": item_id, "open": is_open})


@router.get("/disputes", dependencies=[MAY_READ],
            responses=pages.RESPONSES | refuses("tenant_not_known_yet", status=409))
async def list_disputes(
    tx: Tx, me: Me, response: Response, cursor: Paging, filters: Annotated[dict[str, Any], Depends(_filters)],
    owner: Owner = None, limit: Limit = pages.DEFAULT_LIMIT,
) -> DisputePage:
    """What is or was contested, with exactly these values."""
    asked = await asked_for(tx, me, owner)
    found = await disputes.page(
        tx, narrowed(filters, asked), UUID(cursor.after[0]) if cursor.after else None, limit)
    return DisputePage(**cursor.page(
        response, found, limit, lambda view: [view.dispute.id], lambda view: DisputeRead.of(view, asked)))


@router.get("/disputes/{dispute_id}", dependencies=[MAY_READ], responses=NOT_FOUND)
async def get_dispute(dispute_id: UUID, tx: Tx) -> DisputeRead:
    """One dispute and how parts of it ended."""
    found = await disputes.page(tx, {"id": dispute_id}, None, 1)
    if not found:
        raise NotFound("dispute_not_found", "There is no such dispute.", dispute_id=dispute_id)
    return DisputeRead.of(found[0])


async def _written(tx: Tx, dispute_id: UUID) -> DisputeRead:
    """As it stands after what this request writes."""
    await tx.flush()
    return DisputeRead.of((await disputes.page(tx, {"id": dispute_id}, None, 1))[0])
