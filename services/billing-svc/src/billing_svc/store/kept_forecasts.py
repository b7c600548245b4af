"""Forecasts as they were made each Monday, and what came of them in weeks that are over."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, Integer, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from billing_svc.domain.cash_forecast import CashForecast, monday_of
from billing_svc.domain.forecast_accuracy import AHEAD, WEEKS_BACK, WeekCompared
from billing_svc.store.rows import Row
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

COMPARED = text("""
WITH came AS (
  SELECT currency, CAST(date_trunc('week', received_on) AS date) AS week_from, sum(amount) AS received FROM credit
  WHERE kind = 'payment' AND state = 'confirmed' AND received_on >= :since AND received_on < :monday GROUP BY 1, 2)
SELECT f.currency, (f.week_from - f.made_on) / 7 AS ahead, f.week_from, f.expected, coalesce(c.received, 0) AS received
FROM kept_forecast f LEFT JOIN came c USING (currency, week_from)
WHERE f.week_from >= :since AND f.week_from < :monday AND (f.week_from - f.made_on) / 7 = ANY(:ahead)
ORDER BY 1, 2, 3""").bindparams(
    bindparam("since", type_=Date), bindparam("monday", type_=Date), bindparam("ahead", type_=ARRAY(Integer)))


class KeptForecastRow(Row, table=True):
    """What was expected of one week, `promised` of it, on the Monday `made_on`."""

    __tablename__ = "kept_forecast"
    tenant_id: UUID = Field(primary_key=True)
    made_on: date = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=Text)
    week_from: date = Field(primary_key=True)
    expected: int = Field(sa_type=BigInteger)
    promised: int = Field(sa_type=BigInteger)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (CheckConstraint("0 <= promised AND promised <= expected", name="promised"),)


def keep(tx: Transaction, made_on: date, forecasts: Iterable[CashForecast], recorded_at: datetime) -> None:
    """Gather them; those that were kept of that day already are passed over."""
    tx.once(KeptForecastRow, *(
        {"made_on": made_on, "currency": week.amount.currency, "week_from": week.first, "expected": week.amount.minor,
         "promised": week.promised.minor, "recorded_at": recorded_at} for one in forecasts for week in one.weeks),
        key=("made_on", "currency", "week_from"))


async def compared(tx: Transaction, today: date) -> list[WeekCompared]:
    """The weeks that were over at the beginning of this one, as they were expected and as they came."""
    monday = monday_of(today)
    rows = await tx.rows(
        COMPARED, since=monday - timedelta(days=7 * WEEKS_BACK), monday=monday, ahead=list(AHEAD))
    return [WeekCompared(row["ahead"], row["week_from"], Money(row["expected"], row["currency"]),
                         Money(int(row["received"]), row["currency"])) for row in rows]
