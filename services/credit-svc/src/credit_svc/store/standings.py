"""What a decision looks at, read by one statement right after the lock on the head."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Date, Text, Uuid, bindparam, literal_column, select, true
from sqlmodel import col

from credit_svc.domain.exposure import Figures
from credit_svc.domain.limit import LimitFact
from credit_svc.domain.policy import CreditPolicy
from credit_svc.store.exposures import figures_of
from credit_svc.store.limits import fact_of
from credit_svc.store.policies import policy_of
from credit_svc.store.tables import CreditLimitRow, CreditPolicyRow, CustomerRow, ExposureRow
from dunlin_events.consuming import Tx
from dunlin_kernel.errors import NotReady

_CURRENCY = bindparam("currency", type_=Text)
_LIMIT = (
    select(*(CreditLimitRow.__table__.c[name] for name in (
        "limit_id", "version", "currency", "amount", "source", "valid_from", "valid_until")))
    .where(col(CreditLimitRow.customer_id) == col(CustomerRow.customer_id),
           col(CreditLimitRow.currency) == _CURRENCY,
           col(CreditLimitRow.valid_from) <= bindparam("today", type_=Date))
    .order_by(col(CreditLimitRow.version).desc()).limit(literal_column("1")).lateral("begun"))
_POLICY = (
    select(col(CreditPolicyRow.version).label("policy_version"), *(CreditPolicyRow.__table__.c[name] for name in (
        "disputed_weight_bps", "delivered_weight_bps", "over_capture_tolerance_bps", "authorization_days")))
    .order_by(col(CreditPolicyRow.version).desc()).limit(literal_column("1")).subquery("policy"))
_STANDING = (
    select(
        col(CustomerRow.status), col(CustomerRow.sequence).label("customer_sequence"), col(ExposureRow.open),
        col(ExposureRow.disputed), col(ExposureRow.unapplied), col(ExposureRow.sequence), *_LIMIT.c, *_POLICY.c)
    .select_from(CustomerRow)
    .outerjoin(ExposureRow, (col(ExposureRow.customer_id) == col(CustomerRow.customer_id))
               & (col(ExposureRow.currency) == _CURRENCY))
    .outerjoin(_LIMIT, true()).outerjoin(_POLICY, true())
    .where(col(CustomerRow.customer_id) == bindparam("customer_id", type_=Uuid)))


@dataclass(frozen=True, slots=True)
class Standing:
    """A customer's status, last limit that has begun, figures and policy, and the positions they were read at."""

    status: str
    limit: LimitFact | None
    figures: Figures
    policy: CreditPolicy
    positions: dict[str, int]


async def read(tx: Tx, customer_id: UUID, currency: str, *, today: date) -> Standing:
    """Only after the lock on the head, never in the same statement. Refuses: customer_not_known_yet."""
    row = await tx.row(_STANDING, customer_id=customer_id, currency=currency, today=today)
    if row is None:
        raise NotReady("customer_not_known_yet", "This service has not heard of the customer yet; try again.")
    figures = Figures.zero(currency) if row["open"] is None else figures_of(
        currency, opened=row["open"], disputed=row["disputed"], unapplied=row["unapplied"])
    return Standing(
        row["status"], fact_of(row) if row["limit_id"] else None, figures, policy_of(row),
        {"billing": row["sequence"] or 0, "customer": row["customer_sequence"]})
