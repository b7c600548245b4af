"""What a decision looks at, read by one statement right after the lock on the head."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Text, Uuid, bindparam, column, func, literal_column, select, text, true
from sqlmodel import col

from credit_svc.domain.cover import CountedCover
from credit_svc.domain.decision import StandingHold
from credit_svc.domain.deposit import CashTerms
from credit_svc.domain.exposure import Figures
from credit_svc.domain.group import GroupStanding
from credit_svc.domain.hold_inputs import HoldInputs
from credit_svc.domain.limit import LimitFact
from credit_svc.domain.policy import CreditPolicy
from credit_svc.store.covers import COUNTED, counted_covers
from credit_svc.store.exposures import figures_of
from credit_svc.store.groups import STANDING as GROUP_STANDING
from credit_svc.store.groups import standing_of
from credit_svc.store.hold_inputs import SEEN, seen_of
from credit_svc.store.hold_tables import CreditHoldRow
from credit_svc.store.limits import COLUMNS, facts_of
from credit_svc.store.policies import policy_of
from credit_svc.store.tables import CreditLimitRow, CreditPolicyRow, CustomerRow, ExposureRow
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import NotReady
from dunlin_kernel.money import Money

_CURRENCY = bindparam("currency", type_=Text)
_TODAY = bindparam("today", type_=Date)


def _last_limit(kind: str, prefix: str, *conditions: Any) -> Any:
    return (
        select(*(CreditLimitRow.__table__.c[name].label(f"{prefix}{name}") for name in COLUMNS))
        .where(col(CreditLimitRow.customer_id) == col(CustomerRow.customer_id),
               col(CreditLimitRow.currency) == _CURRENCY, col(CreditLimitRow.kind) == literal_column(f"'{kind}'"),
               col(CreditLimitRow.valid_from) <= _TODAY, *conditions)
        .order_by(col(CreditLimitRow.version).desc()).limit(literal_column("1")).lateral(kind))


_BASE = _last_limit("base", "")
_TEMPORARY = _last_limit("temporary", "temporary_", col(CreditLimitRow.valid_until) >= _TODAY)
_HOLDS = (
    select(func.jsonb_agg(func.jsonb_build_array(col(CreditHoldRow.hold_id), col(CreditHoldRow.rule))))
    .where(col(CreditHoldRow.customer_id) == col(CustomerRow.customer_id),
           col(CreditHoldRow.released_at).is_(None)).scalar_subquery().label("holds"))
_COVERS = text(f"({COUNTED.format(customer='customer.customer_id', currency='CAST(:currency AS text)')}) AS covers")
_SEEN = text(f"{SEEN} AS seen")
_POLICY = (
    select(col(CreditPolicyRow.version).label("policy_version"), *(CreditPolicyRow.__table__.c[name] for name in (
        "disputed_weight_bps", "delivered_weight_bps", "over_capture_tolerance_bps", "authorization_days")))
    .add_columns(literal_column("rules -> 'alerts' -> 'amount_above'").label("amount_above"),
                 literal_column("rules -> 'cover_kinds'").label("cover_kinds"),
                 literal_column("rules -> 'deposit_first'").label("deposit_first"),
                 literal_column("rules -> 'accrued_interest'").label("accrued_interest"))
    .where(col(CreditPolicyRow.effective_from) <= _TODAY)
    .order_by(col(CreditPolicyRow.version).desc()).limit(literal_column("1")).subquery("policy"))
_GROUP = text(f"""{GROUP_STANDING} JOIN customer_group cg ON cg.group_id = g.group_id
WHERE cg.customer_id = customer.customer_id AND l.amount IS NOT NULL""").columns(*(column(name) for name in (
    "group_id", "group_currency", "set_off", "base_currency", "group_limit_id", "group_limit_version", "group_limit",
    "group_limit_currency", "group_valid_from", "group_valid_until", "members", "rates"))).lateral("own_group")
_STANDING: Any = (
    select(
        col(CustomerRow.status), col(CustomerRow.sequence).label("customer_sequence"), col(CustomerRow.prepayment_bps),
        col(CustomerRow.cash_on_delivery), col(ExposureRow.open),
        col(ExposureRow.disputed), col(ExposureRow.unapplied), col(ExposureRow.delivered), col(ExposureRow.accrued),
        col(ExposureRow.kept),
        col(ExposureRow.sequence),
        *_BASE.c, *_TEMPORARY.c, *_POLICY.c, _HOLDS, _COVERS, _SEEN)
    .select_from(CustomerRow)
    .outerjoin(ExposureRow, (col(ExposureRow.customer_id) == col(CustomerRow.customer_id))
               & (col(ExposureRow.currency) == _CURRENCY))
    .outerjoin(_BASE, true()).outerjoin(_TEMPORARY, true()).outerjoin(_POLICY, true())
    .where(col(CustomerRow.customer_id) == bindparam("customer_id", type_=Uuid)))

_IN_GROUP = _STANDING.add_columns(*_GROUP.c).outerjoin(_GROUP, true())


@dataclass(frozen=True, slots=True)
class Standing:
    """A customer's status, limits that count today, figures and policy, and the positions they were read at."""

    status: str
    limits: tuple[LimitFact, ...]
    figures: Figures
    delivered: Money
    accrued: Money
    kept: Money
    policy: CreditPolicy
    positions: dict[str, int]
    holds: tuple[StandingHold, ...]
    amount_line: Money | None
    group: GroupStanding | None
    covers: tuple[CountedCover, ...]
    terms: CashTerms
    seen: HoldInputs


async def read(tx: Tx, customer_id: UUID, currency: str, *, today: date, in_group: bool = False) -> Standing:
    """Only after the lock on the head, and on the group where it is read too, never in the same statement.

    Refuses: customer_not_known_yet.
    """
    row = await tx.row(_IN_GROUP if in_group else _STANDING, customer_id=customer_id, currency=currency, today=today)
    if row is None:
        raise NotReady("customer_not_known_yet", "This service has not heard of the customer yet; try again.")
    figures = Figures.zero(currency) if row["open"] is None else figures_of(
        currency, opened=row["open"], disputed=row["disputed"], unapplied=row["unapplied"])
    return Standing(
        row["status"], facts_of(row, currency), figures, Money(row["delivered"] or 0, currency),
        Money(row["accrued"] or 0, currency), Money(row["kept"] or 0, currency), policy_of(row),
        {"billing": row["sequence"] or 0, "customer": row["customer_sequence"]},
        tuple(StandingHold(UUID(hold_id), rule) for hold_id, rule in sorted(row["holds"] or ())),
        _line_of(row["amount_above"], currency), standing_of(row) if in_group else None,
        counted_covers(row["covers"], currency), CashTerms(row["prepayment_bps"], row["cash_on_delivery"]),
        seen_of(row["seen"]))


def _line_of(found: Mapping[str, int] | None, currency: str) -> Money | None:
    return Money(found[currency], currency) if found and currency in found else None
