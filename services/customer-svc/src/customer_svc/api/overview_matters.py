"""What stands open about a customer beside its balance, as it is shown on its page."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from customer_svc.domain.heard_matter import HeardMatter, MatterKind
from dunlin_events.contracts.base import Amount


class OverviewArrangementRead(BaseModel):
    """Instalments or a deferral: `active`, or `defaulted` when a part was missed beyond its grace."""

    id: UUID
    state: str
    amount: Amount
    agreed_on: date
    next_due_on: date | None = Field(description="The part that is next; of a defaulted one the part that was missed.")


class OverviewCaseRead(BaseModel):
    """A collection case: how far it has come, and what is to be done next."""

    id: UUID
    stage: str
    opened_on: date
    next_action: str | None
    next_action_on: date | None


class OverviewWriteOffRead(BaseModel):
    """A debt that left the books as lost and is claimed still: what is left of it."""

    id: UUID
    number: str
    amount: Amount
    reason: str | None
    written_off_on: date


class OverviewPendingPaymentRead(BaseModel):
    """A payment that is not certain yet: it settles nothing."""

    id: UUID
    amount: Amount
    method: str
    received_on: date
    expires_on: date | None


class OverviewAlertRead(BaseModel):
    """An alert of credit-svc that nobody has acknowledged."""

    id: UUID
    rule: str
    amount: Amount
    raised_at: datetime


class OverviewMatters(BaseModel):
    """What stands open beside the balance, the oldest first."""

    arrangements: list[OverviewArrangementRead]
    case: OverviewCaseRead | None
    write_offs: list[OverviewWriteOffRead]
    pending_payments: list[OverviewPendingPaymentRead]
    alerts: list[OverviewAlertRead]

    @classmethod
    def matters(cls, told: Sequence[HeardMatter]) -> dict[str, Any]:
        """The fields of this part of the page."""
        of = {kind: [one for one in told if one.kind is kind] for kind in MatterKind}
        cases = [OverviewCaseRead(id=one.id, stage=one.said, opened_on=one.on, next_action=one.more,
                                  next_action_on=one.until) for one in of[MatterKind.CASE]]
        return {
            "arrangements": [
                OverviewArrangementRead(id=one.id, state=one.said, amount=_amount(one), agreed_on=one.on,
                                        next_due_on=one.until) for one in of[MatterKind.ARRANGEMENT]],
            "case": cases[-1] if cases else None,
            "write_offs": [
                OverviewWriteOffRead(id=one.id, number=one.said, amount=_amount(one), reason=one.more,
                                     written_off_on=one.on) for one in of[MatterKind.WRITE_OFF]],
            "pending_payments": [
                OverviewPendingPaymentRead(id=one.id, amount=_amount(one), method=one.said, received_on=one.on,
                                           expires_on=one.until) for one in of[MatterKind.PENDING_PAYMENT]],
            "alerts": [OverviewAlertRead(id=one.id, rule=one.said, amount=_amount(one),
                                         raised_at=datetime.fromisoformat(one.more or ""))
                       for one in of[MatterKind.ALERT]]}


def _amount(one: HeardMatter) -> Amount:
    assert one.amount is not None
    return Amount.of(one.amount)
