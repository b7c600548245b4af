"""Decisions again: each replayed from its stored inputs, to the same answer."""

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from credit_svc.domain.decision import DenialReason, decide
from credit_svc.domain.dry_run import replays
from credit_svc.store import decisions
from credit_svc.store.decisions import StoredDecision
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.tenants import present
from dunlin_kit.wire import FIRST_DAY, Instant
from dunlin_kit.write_route import ReadRoute, Tx

reads = APIRouter(route_class=ReadRoute, tags=["authorizations"])
routers = (reads,)
_FIRST = datetime(FIRST_DAY.year, 1, 1, tzinfo=UTC)


class DecisionReplayRead(BaseModel):
    """A decision as it was answered, and as the rule answers the same inputs now; `same` is always true."""

    authorization_id: UUID
    decided_at: datetime
    policy_version: int
    approved: bool
    reasons: list[DenialReason]
    replayed_approved: bool
    replayed_reasons: list[DenialReason]
    same: bool

    @classmethod
    def of(cls, authorization_id: UUID, stored: StoredDecision) -> Self:
        again = decide(stored.inputs)
        return cls(
            authorization_id=authorization_id, decided_at=stored.decided_at,
            policy_version=stored.inputs.policy.version, approved=stored.approved, reasons=list(stored.reasons),
            replayed_approved=again.approved, replayed_reasons=list(again.reasons),
            same=replays(stored.inputs, approved=stored.approved, reasons=tuple(stored.reasons)))


class DecisionsReplayRead(BaseModel):
    """How many decisions were replayed, and those that came out otherwise."""

    replayed: int
    same: int
    differing: list[DecisionReplayRead]
    last: UUID | None = Field(description="Send it as `after` for those that follow; null when none was replayed.")


@reads.get("/credit/v1/authorizations/{authorization_id}/replay", dependencies=[requires("authorizations:read")],
           responses=refuses("authorization_not_found", status=404))
async def replay_decision(authorization_id: UUID, tx: Tx) -> DecisionReplayRead:
    """Decide again from the stored inputs: the same answer, for the same reasons."""
    return DecisionReplayRead.of(authorization_id, await decisions.get(tx, authorization_id))


@reads.get("/credit/v1/decisions/replay", dependencies=[requires("integrity:read")])
async def replay_decisions(
    tx: Tx, since: Annotated[Instant | None, Query()] = None, after: Annotated[UUID | None, Query()] = None,
    most: Annotated[int, Query(ge=1, le=2000)] = 500,
) -> DecisionsReplayRead:
    """Replay decisions in the order in which they were asked for: none may come out otherwise."""
    tenant = await present(tx)
    begins = since or _FIRST
    ends = tenant.now.replace(year=min(9998, tenant.now.year + 1))
    found = [DecisionReplayRead.of(one, stored) for one, stored in await decisions.between(
        tx, begins, ends, after=after, most=most)]
    differing = [one for one in found if not one.same]
    return DecisionsReplayRead(
        replayed=len(found), same=len(found) - len(differing), differing=differing,
        last=found[-1].authorization_id if found else None)
