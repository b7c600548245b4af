"""Wire shapes that several routes of credit share."""

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from credit_svc.domain.cover import CountedCover, CoverKind
from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.limit import LimitFact, LimitInForce, LimitSource, LimitStatus
from credit_svc.domain.policy import CreditPolicy
from dunlin_events.contracts.base import Amount
from dunlin_kernel.money import Money

Currency = Field(pattern=r"^[A-Z]{3}$", examples=["CNY"], description="ISO 4217.")


ToldStatus = Field(description="As customer-svc told of it: prospect, active, suspended or closed.")


class Body(BaseModel):
    """What a client sends: nothing that is not declared."""

    model_config = ConfigDict(extra="forbid")


def amount_or_none(money: Money | None) -> Amount | None:
    return None if money is None else Amount.of(money)


class TemporaryLimitRead(BaseModel):
    """A limit that comes on top of the base for its dates."""

    amount: Amount
    limit_id: UUID
    version: int
    valid_from: date
    valid_until: date

    @classmethod
    def of(cls, fact: LimitFact) -> Self:
        assert fact.amount is not None, "a temporary limit has an amount"
        assert fact.valid_until is not None, "and an end"
        return cls(
            amount=Amount.of(fact.amount), limit_id=fact.id, version=fact.version, valid_from=fact.valid_from,
            valid_until=fact.valid_until)


class LimitInForceRead(BaseModel):
    """The limit that counts today: `amount` is null when not rated, and zero once expired."""

    status: LimitStatus
    amount: Amount | None
    limit_id: UUID | None
    version: int | None
    source: LimitSource | None
    valid_from: date | None
    valid_until: date | None
    temporary: TemporaryLimitRead | None = Field(description="What of `amount` is on top of the base, for its dates.")
    covered: Amount | None = Field(description="What of `amount` others answer for; null when not rated.")

    @classmethod
    def of(cls, limit: LimitInForce) -> Self:
        fact, temporary = limit.fact, TemporaryLimitRead.of(limit.temporary) if limit.temporary else None
        if fact is None:
            return cls(
                status=limit.status, amount=None, limit_id=None, version=None, source=None, valid_from=None,
                valid_until=None, temporary=temporary, covered=amount_or_none(limit.covered))
        return cls(
            status=limit.status, amount=amount_or_none(limit.amount), limit_id=fact.id, version=fact.version,
            source=fact.source, valid_from=fact.valid_from, valid_until=fact.valid_until, temporary=temporary,
            covered=amount_or_none(limit.covered))


class ExposurePartsRead(BaseModel):
    """What exposure is made of; `disputed` is a part of `open`, and `unapplied` counts against the others."""

    open: Amount
    disputed: Amount
    delivered: Amount
    reserved: Amount
    unapplied: Amount
    accrued: Amount = Field(description="Interest that is no item yet; it counts where the policy says so.")
    kept: Amount = Field(description="Credit kept for other orders: it is no part of `unapplied`, and frees nothing.")

    @classmethod
    def of(cls, parts: ExposureParts) -> Self:
        return cls(
            open=Amount.of(parts.open), disputed=Amount.of(parts.disputed), delivered=Amount.of(parts.delivered),
            reserved=Amount.of(parts.reserved), unapplied=Amount.of(parts.unapplied),
            accrued=Amount.of(parts.interest), kept=Amount.of(parts.elsewhere))


class CreditPolicyRead(BaseModel):
    """Weights and tolerances in basis points: 10,000 is 1."""

    version: int
    disputed_weight_bps: int
    delivered_weight_bps: int
    over_capture_tolerance_bps: int
    authorization_days: int

    @classmethod
    def of(cls, policy: CreditPolicy) -> Self:
        return cls(
            version=policy.version, disputed_weight_bps=policy.disputed_weight_bps,
            delivered_weight_bps=policy.delivered_weight_bps,
            over_capture_tolerance_bps=policy.over_capture_tolerance_bps, authorization_days=policy.authorization_days)


class CountedCoverRead(BaseModel):
    """A cover inside its dates, and what it adds to the limit where the policy counts its kind."""

    cover_id: UUID
    kind: CoverKind
    counts: Amount

    @classmethod
    def of(cls, one: CountedCover) -> Self:
        return cls(cover_id=one.id, kind=one.kind, counts=Amount.of(one.counts))


class HeardPositionRead(BaseModel):
    """How far the customer's stream at another service was heard."""

    owner: str
    sequence: int


class StandingHoldRead(BaseModel):
    """A hold that stands, and the rule that placed it."""

    hold_id: UUID
    rule: str
