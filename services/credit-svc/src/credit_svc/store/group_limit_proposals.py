"""Limits of groups that wait for a second person, under the lock of their group."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from credit_svc.domain.limit_override import ProposalStatus
from credit_svc.store.group_owners import OWNER_CODES
from credit_svc.store.group_tables import GroupLimitProposalRow
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

_SHOWN = f"""
SELECT p.*, g.number, g.name, {OWNER_CODES.format(group="p.group_id")} AS owner_codes
FROM group_limit_proposal p JOIN credit_group g USING (tenant_id, group_id)"""  # noqa: S608  constants only
_AFTER = f"""p.proposal_id > CAST(:after AS uuid)
  AND (CAST(:owners AS text[]) IS NULL OR {OWNER_CODES.format(group="p.group_id")} && CAST(:owners AS text[]))
ORDER BY p.proposal_id LIMIT CAST(:most AS bigint)"""
_FIND = text(f"{_SHOWN} WHERE p.proposal_id = CAST(:proposal_id AS uuid)")
_WAITING = text(f"{_SHOWN} WHERE p.status = 'waiting' AND {_AFTER}")
_OF_ALL = text(f"{_SHOWN} WHERE {_AFTER}")


@dataclass(frozen=True, slots=True)
class GroupLimitProposal:
    """A limit proposed for a group, `amount` None to take it away, and what came of it; number and name are the
    group's, `owner_codes` those of who answers for its members, where it was read with them."""

    id: UUID
    group_id: UUID
    number: str
    name: str
    currency: str
    amount: Money | None
    valid_until: date | None
    reason: str
    proposed_by: str
    proposed_at: datetime
    status: ProposalStatus
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_reason: str | None = None
    limit_id: UUID | None = None
    owner_codes: Sequence[str] = ()


async def get(tx: Tx, proposal_id: UUID) -> GroupLimitProposal:
    """To decide it, only after the lock on its group. Refuses: proposal_not_found."""
    row = await tx.row(_FIND, proposal_id=proposal_id)
    if row is None:
        raise NotFound("proposal_not_found", "There is no such proposal.")
    return _proposal(row)


async def some(
    tx: Tx, *, waiting: bool, owners: Sequence[str] | None, after: UUID | None, most: int,
) -> Sequence[GroupLimitProposal]:
    """In the order in which they were made."""
    rows = await tx.rows(_WAITING if waiting else _OF_ALL, owners=owners, after=after or NIL, most=most)
    return [_proposal(row) for row in rows]


def add(tx: Tx, one: GroupLimitProposal) -> None:
    tx.insert(GroupLimitProposalRow, {
        "proposal_id": one.id, "group_id": one.group_id, "currency": one.currency,
        "amount": None if one.amount is None else one.amount.minor, "valid_until": one.valid_until,
        "reason": one.reason, "proposed_by": one.proposed_by, "proposed_at": one.proposed_at, **_decision_of(one)})


def keep(tx: Tx, one: GroupLimitProposal) -> None:
    """Gather what came of it."""
    tx.change(GroupLimitProposalRow, {"proposal_id": one.id, **_decision_of(one)}, key=("proposal_id",))


def _decision_of(one: GroupLimitProposal) -> dict[str, Any]:
    return {"status": one.status.value, "decided_by": one.decided_by, "decided_at": one.decided_at,
            "decision_reason": one.decision_reason, "limit_id": one.limit_id}


def _proposal(row: Any) -> GroupLimitProposal:
    amount = None if row["amount"] is None else Money(row["amount"], row["currency"])
    return GroupLimitProposal(
        row["proposal_id"], row["group_id"], row["number"], row["name"], row["currency"], amount, row["valid_until"],
        row["reason"], row["proposed_by"], row["proposed_at"], ProposalStatus(row["status"]), row["decided_by"],
        row["decided_at"], row["decision_reason"], row["limit_id"],
        tuple(row["owner_codes"] or ()))
