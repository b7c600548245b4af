"""What credit-svc tells: limits, what was authorised against them and what became of it, and alerts."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from dunlin_events.contracts.base import Amount, CustomerEvent

OWNER = "credit"
_ID = "01970000-0000-7000-8000-00000000000"


def _cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


class LimitSource(StrEnum):
    """Where a limit comes from. `manual`: a person set it and gave a reason; `policy`: the credit policy; `override`:
    a person, against the policy."""

    MANUAL = "manual"
    POLICY = "policy"
    OVERRIDE = "override"


class LimitKind(StrEnum):
    """`temporary` comes on top of `base`, for its dates only."""

    BASE = "base"
    TEMPORARY = "temporary"


class DenialReason(StrEnum):
    """Why credit was denied: the first that stands is the rule that fired."""

    CUSTOMER_SUSPENDED = "customer_suspended"
    CUSTOMER_CLOSED = "customer_closed"
    ON_HOLD = "on_hold"
    NOT_RATED = "not_rated"
    LIMIT_EXPIRED = "limit_expired"
    NO_CREDIT = "no_credit"
    OVER_LIMIT = "over_limit"
    DEPOSIT_MISSING = "deposit_missing"
    GROUP_OVER_LIMIT = "group_over_limit"
    RATE_MISSING = "rate_missing"


class ReleaseCause(StrEnum):
    """Why reserved credit became free again without being billed."""

    REQUESTED = "requested"
    FINAL_INVOICE = "final_invoice"


class AlertRule(StrEnum):
    """The rule that raised an alert. `over_capture`: an invoice took more than was reserved for it and the tolerance
    on it; `authorization_unknown`: it names an authorization that this customer does not have in its currency;
    `ageing`: the oldest item passed a line of days; `credit_change`: a limit was cut deeply; `amount`: one order above
    a line; `concentration`: one customer's share of all that is open; `silence`: one who owes past due stopped paying;
    `group_exceeded`: a new exchange rate put the customer's group over its limit;
    `customer_merged`: a customer with a limit was merged into this one, and that limit ended;
    `cover_ending`: what others answer for ends soon, and the limit falls by so much."""

    OVER_CAPTURE = "over_capture"
    AUTHORIZATION_UNKNOWN = "authorization_unknown"
    AGEING = "ageing"
    CREDIT_CHANGE = "credit_change"
    AMOUNT = "amount"
    CONCENTRATION = "concentration"
    SILENCE = "silence"
    GROUP_EXCEEDED = "group_exceeded"
    CUSTOMER_MERGED = "customer_merged"
    COVER_ENDING = "cover_ending"


class CreditLimitChanged(CustomerEvent):
    """A credit limit was set. `limit` null means not rated, zero means no credit; the validity dates are inclusive."""

    owner: ClassVar[str] = OWNER
    limit_id: UUID
    currency: str
    version: int = Field(description="1, 2, 3 ... per customer and currency.")
    limit: Amount | None
    source: LimitSource
    valid_from: date
    valid_until: date | None
    kind: LimitKind = LimitKind.BASE
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": _ID + "1", "limit_id": _ID + "a", "currency": "CNY", "version": 1, "limit": _cny("20000.00"),
         "source": "manual", "valid_from": "2026-01-05", "valid_until": None, "kind": "base"},
        {"customer_id": _ID + "1", "limit_id": _ID + "b", "currency": "CNY", "version": 2, "limit": None,
         "source": "manual", "valid_from": "2026-02-01", "valid_until": "2026-12-31", "kind": "base"},
        {"customer_id": _ID + "1", "limit_id": _ID + "d", "currency": "CNY", "version": 3, "limit": _cny("5000.00"),
         "source": "override", "valid_from": "2026-02-01", "valid_until": "2026-02-28", "kind": "temporary"},
    )


class LimitExpired(CustomerEvent):
    """The validity of the limit in force ended with the tenant's day before: from now on it counts as zero."""

    owner: ClassVar[str] = OWNER
    limit_id: UUID
    currency: str
    version: int
    limit: Amount | None
    valid_until: date
    kind: LimitKind = LimitKind.BASE
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": _ID + "1", "limit_id": _ID + "a", "currency": "CNY", "version": version, "limit": _cny(limit),
         "valid_until": "2026-06-30", "kind": "base"} for version, limit in ((1, "20000.00"), (3, "500.00")))


class AuthorizationFact(CustomerEvent):
    """A fact about one authorization."""

    authorization_id: UUID
    reference: str = Field(description="The order's own number, as the asker gave it.")


class CreditAuthorized(AuthorizationFact):
    """An order may be delivered on credit: the amount is reserved until it is billed, released or expires."""

    owner: ClassVar[str] = OWNER
    amount: Amount
    expires_at: AwareDatetime
    available_after: Amount
    deposit: Amount | None = Field(default=None, description="What of it the customer's terms ask for before delivery.")
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": _ID + "1", "authorization_id": _ID + "9", "reference": reference, "amount": _cny(amount),
         "expires_at": "2026-02-04T02:00:00Z", "available_after": _cny(left),
         "deposit": _cny(deposit)}
        for reference, amount, left, deposit in (
            ("SO-1", "30000.00", "8000.00", "9000.00"), ("SO-3", "5000.00", "18875.00", "0.00")))


class AuthorizationDenied(AuthorizationFact):
    """An order may not be delivered on credit; nothing was reserved. `available` is null when there is no rating."""

    owner: ClassVar[str] = OWNER
    amount: Amount
    reasons: list[DenialReason] = Field(min_length=1)
    available: Amount | None
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"customer_id": _ID + "1", "authorization_id": _ID + "8", "reference": "SO-2", "amount": _cny("8000.01"),
         "reasons": ["over_limit"], "available": _cny("8000.00")},
        {"customer_id": _ID + "1", "authorization_id": _ID + "8", "reference": "SO-2", "amount": _cny("10.00"),
         "reasons": ["customer_suspended", "not_rated"], "available": None},
    )


class AuthorizationCaptured(AuthorizationFact):
    """A delivery or an invoice that names the authorization used what was reserved; `over_captured` never was.

    What was captured by a delivery is not captured again by its invoice.
    """

    owner: ClassVar[str] = OWNER
    invoice_id: UUID | None = Field(description="Null where a delivery captured.")
    delivery_id: UUID | None = Field(default=None, description="Null where an invoice captured.")
    amount: Amount = Field(description="What of it was reserved before.")
    over_captured: Amount = Field(description="What of it goes beyond the reservation.")
    reserved_left: Amount = Field(description="What stays reserved; zero after the final invoice.")
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": _ID + "1", "authorization_id": _ID + "9", "reference": "SO-1", "invoice_id": invoice_id,
         "delivery_id": delivery_id, "amount": _cny(amount), "over_captured": _cny(over), "reserved_left": _cny(left)}
        for invoice_id, delivery_id, amount, over, left in (
            (None, _ID + "d", "16950.00", "0.00", "13050.00"), (_ID + "2", None, "13050.00", "1075.00", "0.00")))


class AuthorizationReleased(AuthorizationFact):
    """Reserved credit became free again without being billed: on request, or with the final invoice."""

    owner: ClassVar[str] = OWNER
    amount: Amount
    cause: ReleaseCause
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": _ID + "1", "authorization_id": _ID + "9", "reference": "SO-1", "amount": _cny("13050.00"),
         "cause": cause} for cause in ("requested", "final_invoice"))


class AuthorizationExpired(AuthorizationFact):
    """Nobody billed or released what was reserved in time: it is free again."""

    owner: ClassVar[str] = OWNER
    amount: Amount
    expired_at: AwareDatetime
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": _ID + "1", "authorization_id": _ID + "9", "reference": reference, "amount": _cny("5000.00"),
         "expired_at": "2026-02-04T02:00:00Z"} for reference in ("SO-3", "SO-4"))


class AuthorizationTransferred(AuthorizationFact):
    """An authorization goes on at the customer into which its own was merged: told once in each of the two streams.

    `amount` is what is reserved for it.
    """

    owner: ClassVar[str] = OWNER
    source_id: UUID
    into_id: UUID
    amount: Amount
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": _ID + who, "authorization_id": _ID + "9", "reference": "SO-1", "source_id": _ID + "1",
         "into_id": _ID + "2", "amount": _cny("4520.00")} for who in ("1", "2"))


class RiskAlertRaised(CustomerEvent):
    """Something about a customer's credit needs a person's eye; nothing was refused because of it."""

    owner: ClassVar[str] = OWNER
    alert_id: UUID
    rule: AlertRule
    authorization_id: UUID | None
    invoice_id: UUID | None
    amount: Amount = Field(description="How much the rule found: of an over-capture, the part beyond the reservation.")
    tolerated: Amount = Field(description="Up to which amount the rule would have kept silent.")
    level: int = Field(default=1, description="How many lines of the rule were crossed.")
    cover_id: UUID | None = None
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": _ID + "1", "alert_id": _ID + "c", "rule": rule, "authorization_id": _ID + "9",
         "invoice_id": _ID + "2", "amount": _cny(amount), "tolerated": _cny(tolerated), "level": 1,
         "cover_id": None}
        for rule, amount, tolerated in (
            ("over_capture", "1075.00", "652.50"), ("authorization_unknown", "4520.00", "0.00")))


class AlertAcknowledged(CustomerEvent):
    """A person has seen an alert."""

    owner: ClassVar[str] = OWNER
    alert_id: UUID
    rule: AlertRule
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": _ID + "1", "alert_id": _ID + "c", "rule": rule} for rule in ("over_capture", "ageing"))
