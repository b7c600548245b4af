"""Decisions with all their inputs: written once, read to explain and to replay."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlmodel import col

from credit_svc.domain.decision import Decision, DecisionInputs, DenialReason, StandingHold, decide
from credit_svc.domain.deposit import CashTerms
from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.limit import LimitFact, LimitKind, LimitSource
from credit_svc.domain.policy import CreditPolicy
from credit_svc.store.covers import counted_covers
from credit_svc.store.group_inputs import beside_of, group_as_json, group_of_json
from credit_svc.store.hold_inputs import covers_as_json, seen_as_json, seen_of
from credit_svc.store.tables import CreditDecisionRow
from dunlin_events.consuming import Tx
from dunlin_events.json_text import json_text
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

_FIND = select(*CreditDecisionRow.__table__.c).where(
    col(CreditDecisionRow.authorization_id) == bindparam("authorization_id", type_=Uuid))
_OF_DAYS = text("""
SELECT d.* FROM credit_decision d
WHERE d.authorization_id > CAST(:after AS uuid) AND d.decided_at >= CAST(:begins AS timestamptz)
  AND d.decided_at < CAST(:ends AS timestamptz)
ORDER BY d.authorization_id LIMIT CAST(:most AS bigint)""")
_PARTS = ("open", "disputed", "delivered", "reserved", "unapplied")
"""`accrued` and `kept` beside them, which older decisions have not."""
_POLICY = tuple(one.name for one in fields(CreditPolicy))


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """What was answered, and the inputs that give the same answer again."""

    approved: bool
    reasons: Sequence[DenialReason]
    inputs: DecisionInputs
    decided_by: str
    decided_at: datetime
    just_made: Decision | None = None

    @property
    def decision(self) -> Decision:
        """The decision as it was just made, else made again from its inputs."""
        return self.just_made or decide(self.inputs)


async def get(tx: Tx, authorization_id: UUID) -> StoredDecision:
    """Refuses: authorization_not_found."""
    row = await tx.row(_FIND, authorization_id=authorization_id)
    if row is None:
        raise NotFound("authorization_not_found", "There is no such authorisation.")
    return _stored(row)


async def between(
    tx: Tx, begins: datetime, ends: datetime, *, after: UUID | None, most: int,
) -> Sequence[tuple[UUID, StoredDecision]]:
    """Decisions made in this time, with their ids and in their order, after the last one seen."""
    rows = await tx.rows(_OF_DAYS, begins=begins, ends=ends, after=after or NIL, most=most)
    return [(row["authorization_id"], _stored(row)) for row in rows]


def add(tx: Tx, authorization_id: UUID, stored: StoredDecision) -> None:
    tx.insert(CreditDecisionRow, {
        "authorization_id": authorization_id, "approved": stored.approved,
        "reasons": json_text([reason.value for reason in stored.reasons]), "inputs": text_of(stored.inputs),
        "decided_by": stored.decided_by, "decided_at": stored.decided_at})


def stored_of(inputs: DecisionInputs, decision: Decision, *, decided_by: str, decided_at: datetime) -> StoredDecision:
    return StoredDecision(decision.approved, decision.reasons, inputs, decided_by, decided_at, decision)


def _stored(row: Any) -> StoredDecision:
    reasons = tuple(DenialReason(reason) for reason in row["reasons"])
    return StoredDecision(row["approved"], reasons, _inputs_of(row["inputs"]), row["decided_by"], row["decided_at"])


def inputs_of_text(kept: str) -> DecisionInputs:
    """The inputs from the text that `text_of` makes of them."""
    return _inputs_of(json.loads(kept))


def text_of(inputs: DecisionInputs) -> str:
    """All that a decision looked at, as it is stored."""
    limit = inputs.limit
    return json_text({
        "currency": inputs.amount.currency,
        "amount": inputs.amount.minor,
        "today": inputs.today.isoformat(),
        "customer_status": inputs.customer_status,
        "limit": limit and _text_of_limit(limit),
        "temporary": inputs.temporary and _text_of_limit(inputs.temporary),
        "terms": {"prepayment_bps": inputs.terms.prepayment_bps, "cash_on_delivery": inputs.terms.cash_on_delivery},
        "covers": covers_as_json(inputs.covers),
        "seen": inputs.seen and seen_as_json(inputs.seen),
        "group": inputs.group and group_as_json(inputs.group),
        "customer_id": inputs.customer_id and str(inputs.customer_id),
        "holds": [{"hold_id": str(hold.id), "rule": hold.rule} for hold in inputs.holds],
        "parts": {name: getattr(inputs.parts, name).minor for name in _PARTS} | {
            "accrued": inputs.parts.accrued and inputs.parts.accrued.minor,
            "kept": inputs.parts.kept and inputs.parts.kept.minor},
        "policy": {name: getattr(inputs.policy, name) for name in _POLICY},
        "positions": dict(inputs.positions),
    })


def _text_of_limit(limit: LimitFact) -> dict[str, Any]:
    return {
        "limit_id": str(limit.id), "version": limit.version, "source": limit.source.value, "kind": limit.kind.value,
        "amount": None if limit.amount is None else limit.amount.minor,
        "valid_from": limit.valid_from.isoformat(), "valid_until": limit.valid_until and limit.valid_until.isoformat()}


def _inputs_of(found: dict[str, Any]) -> DecisionInputs:
    currency = found["currency"]
    return DecisionInputs(
        amount=Money(found["amount"], currency), today=date.fromisoformat(found["today"]),
        customer_status=found["customer_status"], limit=_limit_of(found["limit"], currency),
        parts=ExposureParts(
            **{name: Money(found["parts"][name], currency) for name in _PARTS},
            accrued=beside_of([found["parts"].get("accrued")], currency),
            kept=beside_of([found["parts"].get("kept")], currency)),
        policy=_policy_of(found["policy"]), positions=found["positions"],
        temporary=_limit_of(found.get("temporary"), currency),
        holds=tuple(StandingHold(UUID(hold["hold_id"]), hold["rule"]) for hold in found.get("holds", ())),
        customer_id=UUID(found["customer_id"]) if found.get("customer_id") else None,
        group=group_of_json(found["group"]) if found.get("group") else None,
        covers=counted_covers(found.get("covers"), currency), terms=CashTerms(**found.get("terms") or {}),
        seen=seen_of(found["seen"]) if found.get("seen") else None)


def _policy_of(found: dict[str, Any]) -> CreditPolicy:
    kinds = found.get("cover_kinds")
    return CreditPolicy(**found | ({} if kinds is None else {"cover_kinds": tuple(kinds)}))


def _limit_of(found: dict[str, Any] | None, currency: str) -> LimitFact | None:
    if found is None:
        return None
    until = found["valid_until"]
    return LimitFact(
        UUID(found["limit_id"]), found["version"], currency,
        None if found["amount"] is None else Money(found["amount"], currency), LimitSource(found["source"]),
        date.fromisoformat(found["valid_from"]), date.fromisoformat(until) if until else None,
        LimitKind(found.get("kind", "base")))
