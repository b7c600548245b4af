"""Limits that wait for a second person, under the lock of the head they are for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.limit import LimitKind
from credit_svc.domain.limit_override import ProposalStatus
from credit_svc.store.limit_tables import LimitProposalRow
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

_SHOWN = """
SELECT p.*, c.number, c.name, o.owner_code FROM limit_proposal p JOIN customer c USING (tenant_id, customer_id)
LEFT JOIN customer_owner o USING (tenant_id, customer_id)"""
_AFTER = """p.proposal_id > CAST(:after AS uuid)
  AND (CAST(:owners AS text[]) IS NULL OR o.owner_code = ANY(CAST(:owners AS text[])))
ORDER BY p.proposal_id LIMIT CAST(:most AS bigint)"""
_FIND = text(f"{_SHOWN} WHERE p.proposal_id = CAST(:proposal_id AS uuid)")
_WAITING = text(f"{_SHOWN} WHERE p.status = 'waiting' AND {_AFTER}")
_OF_ALL = text(f"{_SHOWN} WHERE {_AFTER}")
_PASS_ON = text("""
UPDATE limit_proposal SET customer_id = CAST(:into_id AS uuid)
WHERE customer_id = CAST(:source_id AS uuid) AND status = 'waiting'
RETURNING *, NULL AS number, NULL AS name, NULL AS owner_code""")


@dataclass(frozen=True, slots=True)
class LimitProposal:
    """A proposed limit and what came of it; number, name and owner are the customer's, where it was read
    with them."""

    id: UUID
    customer_id: UUID
    currency: str
    kind: LimitKind
    amount: Money | None
    valid_from: date
    valid_until: date | None
    reason: str
    proposed_by: str
    proposed_at: datetime
    status: ProposalStatus
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_reason: str | None = None
    limit_id: UUID | None = None
    number: str | None = None
    name: str | None = None
    owner_code: str | None = None


async def get(tx: Tx, proposal_id: UUID) -> LimitProposal:
    """To decide it, only after the lock on its head. Refuses: proposal_not_found."""
    row = await tx.row(_FIND, proposal_id=proposal_id)
    if row is None:
        raise NotFound("proposal_not_found", "There is no such proposal.")
    return _proposal(row)


async def some(
    tx: Tx, *, waiting: bool, owners: Sequence[str] | None, after: UUID | None, most: int,
) -> Sequence[LimitProposal]:
    """In the order in which they were made."""
    rows = await tx.rows(_WAITING if waiting else _OF_ALL, owners=owners, after=after or NIL, most=most)
    return [_proposal(row) for row in rows]


async def pass_on(tx: Tx, source_id: UUID, into_id: UUID) -> Sequence[LimitProposal]:
    """Those that wait are for the other customer, in the order in which they were made; only after the lock on both
    heads."""
    rows = await tx.rows(_PASS_ON, source_id=source_id, into_id=into_id)
    return sorted((_proposal(row) for row in rows), key=lambda one: one.id)


def add(tx: Tx, one: LimitProposal) -> None:
    tx.insert(LimitProposalRow, {
        "proposal_id": one.id, "customer_id": one.customer_id, "currency": one.currency, "kind": one.kind.value,
        "amount": None if one.amount is None else one.amount.minor, "valid_from": one.valid_from,
        "valid_until": one.valid_until, "reason": one.reason, "proposed_by": one.proposed_by,
        "proposed_at": one.proposed_at, **_decision_of(one)})


def keep(tx: Tx, one: LimitProposal) -> None:
    """Gather what came of it."""
    tx.change(LimitProposalRow, {"proposal_id": one.id, **_decision_of(one)}, key=("proposal_id",))


def _decision_of(one: LimitProposal) -> dict[str, Any]:
    return {"status": one.status.value, "decided_by": one.decided_by, "decided_at": one.decided_at,
            "decision_reason": one.decision_reason, "limit_id": one.limit_id}


def _proposal(row: Any) -> LimitProposal:
    amount = None if row["amount"] is None else Money(row["amount"], row["currency"])
    return LimitProposal(
        row["proposal_id"], row["customer_id"], row["currency"], LimitKind(row["kind"]), amount, row["valid_from"],
        row["valid_until"], row["reason"], row["proposed_by"], row["proposed_at"], ProposalStatus(row["status"]),
        row["decided_by"], row["decided_at"], row["decision_reason"], row["limit_id"], row["number"], row["name"],
        row["owner_code"])
