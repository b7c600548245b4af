"""Proposals of refunds, credit notes and waivers of fees: what was wished, by whom, and what became of it."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from billing_svc.domain.credit_note import CreditNoteReason, IssueCreditNote, LineWish
from billing_svc.domain.fee_waiver import FeeWaiverReason, WaiveFee
from billing_svc.domain.proposal import Proposal, ProposalKind, ProposalState, Wish
from billing_svc.domain.refund import PayRefund, RefundReason
from billing_svc.store.rows import Row
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


class ProposalRow(Row, table=True):
    """A refund, credit note or waiver of a fee that waits for a second person, or did."""

    __tablename__ = "proposal"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    wish: str = Field(sa_type=JSONB)
    state: str = Field(sa_type=Text)
    maker: str = Field(sa_type=Text)
    checker: str | None = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'approved', 'refused')", name="state"),
        CheckConstraint("state <> 'approved' OR checker <> maker", name="two_persons"),
        Index("ix_proposal_waiting", "tenant_id", "id", postgresql_where=text("state = 'proposed'")),
    )


_t = ProposalRow.__table__.c
BY_ID = select(ProposalRow.__table__).where(_t.id == bindparam("id", type_=Uuid))


async def by_id(tx: Transaction, proposal_id: UUID) -> Proposal:
    """Refuses: proposal_not_found."""
    row = await tx.row(BY_ID, id=proposal_id)
    if row is None:
        raise NotFound("proposal_not_found", "There is no such proposal.", proposal_id=proposal_id)
    return Proposal(row["id"], row["customer_id"], Money(row["amount"], row["currency"]),
                    _WISHES[ProposalKind(row["kind"])](row),
                    ProposalState(row["state"]), row["maker"], row["checker"])


def add(tx: Transaction, proposal: Proposal, *, recorded_at: datetime) -> None:
    tx.insert(ProposalRow, {
        "id": proposal.id, "kind": proposal.kind.value, "customer_id": proposal.customer_id,
        "currency": proposal.amount.currency, "amount": proposal.amount.minor, "wish": _text(proposal.wish),
        "state": proposal.state.value, "maker": proposal.maker, "checker": None, "recorded_at": recorded_at})


def decide(tx: Transaction, proposal: Proposal) -> None:
    tx.change(ProposalRow, {"id": proposal.id, "state": proposal.state.value, "checker": proposal.checker})


def _text(wish: Wish) -> str:
    if isinstance(wish, WaiveFee):
        return json.dumps({"item_id": str(wish.item_id), "reason": wish.reason.value})
    if isinstance(wish, PayRefund):
        kept: dict[str, Any] = {
            "credit_id": wish.credit_id, "reason": wish.reason.value, "method": wish.method,
            "effective_on": wish.effective_on, "reference": wish.reference}
    else:
        lines = [[line.position, line.net.minor if line.net else None] for line in wish.lines]
        kept = {"invoice_id": wish.invoice_id, "reason": wish.reason.value, "lines": lines, "series": wish.series,
                "issued_on": wish.issued_on, "labels": dict(wish.labels), "dispute_id": wish.dispute_id,
                "accepted": wish.accepted and wish.accepted.minor}
    return json.dumps(kept | {"external_id": wish.external_id}, default=str)


def _refund(row: Mapping[str, Any]) -> PayRefund:
    kept = row["wish"]
    return PayRefund(
        row["id"], UUID(kept["credit_id"]), RefundReason(kept["reason"]), kept["method"],
        Money(row["amount"], row["currency"]), _day(kept["effective_on"]), kept["reference"], kept["external_id"])


def _note(row: Mapping[str, Any]) -> IssueCreditNote:
    kept = row["wish"]
    lines = tuple(LineWish(position, None if minor is None else Money(minor, row["currency"]))
                  for position, minor in kept["lines"])
    return IssueCreditNote(
        row["id"], UUID(kept["invoice_id"]), CreditNoteReason(kept["reason"]), lines, kept["series"],
        _day(kept["issued_on"]), kept["external_id"], kept["labels"],
        UUID(kept["dispute_id"]) if kept.get("dispute_id") else None,
        None if kept.get("accepted") is None else Money(kept["accepted"], row["currency"]))


def _waiver(row: Mapping[str, Any]) -> WaiveFee:
    kept = row["wish"]
    return WaiveFee(row["id"], UUID(kept["item_id"]), FeeWaiverReason(kept["reason"]),
                    Money(row["amount"], row["currency"]))


def _day(kept: str | None) -> date | None:
    return date.fromisoformat(kept) if kept else None


_WISHES: Mapping[ProposalKind, Callable[[Mapping[str, Any]], Wish]] = {
    ProposalKind.REFUND: _refund, ProposalKind.CREDIT_NOTE: _note, ProposalKind.FEE_WAIVER: _waiver}
