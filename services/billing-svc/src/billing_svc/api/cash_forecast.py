"""The route of the cash forecast: which receipts are expected, week by week, and what that rests on."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from billing_svc.domain import forecast_accuracy
from billing_svc.domain.cash_forecast import DEFINITION, ByThen, CashForecast, ExpectedWeek
from billing_svc.domain.forecast_accuracy import ForecastAccuracy, WeekCompared, accuracy_of
from billing_svc.store import cash_forecast, customers, kept_forecasts
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.tenants import present
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["reports"])


class ByThenRead(BaseModel):
    """What has come in by the end of a week, of all that is open now: if all pay late, as expected, if all pay
    early."""

    low: Amount
    likely: Amount
    high: Amount

    @classmethod
    def of(cls, one: ByThen) -> Self:
        return cls(low=Amount.of(one.low), likely=Amount.of(one.likely), high=Amount.of(one.high))


class ExpectedWeekRead(BaseModel):
    """What is expected from Monday to Sunday; of the first week, from today on, with all that is late already.
    `promised` of it is on the word of the customer. `by_then` sums from the first week on, with an interval."""

    week_from: date
    week_to: date
    expected: Amount
    promised: Amount
    items: int
    by_then: ByThenRead

    @classmethod
    def of(cls, one: ExpectedWeek) -> Self:
        return cls(week_from=one.first, week_to=one.last, expected=Amount.of(one.amount),
                   promised=Amount.of(one.promised), items=one.items, by_then=ByThenRead.of(one.by_then))


class PastWeekRead(BaseModel):
    """A week that is over, as it was expected and as it came."""

    week_from: date
    expected: Amount
    received: Amount

    @classmethod
    def of(cls, one: WeekCompared) -> Self:
        return cls(week_from=one.week_from, expected=Amount.of(one.expected), received=Amount.of(one.received))


class ForecastAccuracyRead(BaseModel):
    """How good forecasts of all customers were that were made so many weeks before. `error_bps` is how far they were
    off, in hundredths of a percent of what was received; null where nothing was."""

    weeks_ahead: int
    expected: Amount
    received: Amount
    error_bps: int | None
    weeks: list[PastWeekRead]

    @classmethod
    def of(cls, one: ForecastAccuracy) -> Self:
        return cls(weeks_ahead=one.ahead, expected=Amount.of(one.expected), received=Amount.of(one.received),
                   error_bps=one.error_bps, weeks=[PastWeekRead.of(week) for week in one.weeks])


class CashForecastInputs(BaseModel):
    """What the delays rest on: so much money of a year, so many days after it was due on average, of so many
    customers."""

    learnt_from: Amount
    average_delay_days: int
    customers: int


class CashForecastCurrencyRead(BaseModel):
    """One currency: weeks + later + disputed = receivables, which is the control; `unapplied` stands beside it."""

    currency: str
    weeks: list[ExpectedWeekRead]
    later: Amount
    disputed: Amount
    receivables: Amount
    unapplied: Amount
    inputs: CashForecastInputs
    accuracy: list[ForecastAccuracyRead]

    @classmethod
    def of(cls, one: CashForecast, past: Sequence[WeekCompared]) -> Self:
        learnt, currency = one.learnt, one.receivables.currency
        return cls(
            currency=currency, weeks=[ExpectedWeekRead.of(week) for week in one.weeks],
            later=Amount.of(one.later), disputed=Amount.of(one.disputed), receivables=Amount.of(one.receivables),
            unapplied=Amount.of(one.unapplied), inputs=CashForecastInputs(
                learnt_from=Amount.of(learnt.amount), average_delay_days=learnt.average_days,
                customers=learnt.customers),
            accuracy=[ForecastAccuracyRead.of(each) for each in accuracy_of(past, currency)])


class CashForecastRead(BaseModel):
    """Expected receipts by currency and week, as of today."""

    as_of: date
    definition: str
    accuracy_definition: str
    data: list[CashForecastCurrencyRead]


@router.get("/cash-forecast", dependencies=[requires("reports:read")], responses=(
    refuses("report_does_not_tie", "customer_not_known_yet", "tenant_not_known_yet", status=409)))
async def get_cash_forecast(
    tx: Tx, weeks: Annotated[int, Query(ge=1, le=52, description="How many weeks, this one included.")] = 13,
    customer_id: UUID | None = None,
) -> CashForecastRead:
    """Which receipts are expected in which week, by due dates, promises and how late each customer pays, and
    how good such forecasts were."""
    tenant = await present(tx)
    await customers.assert_heard_of(tx, customer_id)
    found = await cash_forecast.forecasts(tx, tenant.today, weeks, customer_id)
    past = await kept_forecasts.compared(tx, tenant.today)
    return CashForecastRead(
        as_of=tenant.today, definition=DEFINITION, accuracy_definition=forecast_accuracy.DEFINITION,
        data=[CashForecastCurrencyRead.of(one, past) for one in found])
