"""The route of the cash forecast: which receipts are expected, week by week, and what that rests on."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from billing_svc.domain.cash_forecast import DEFINITION, CashForecast, ExpectedWeek
from billing_svc.store import cash_forecast, customers
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.tenants import present
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["reports"])


class ExpectedWeekRead(BaseModel):
    """What is expected from Monday to Sunday; of the first week, from today on, with all that is late already."""

    week_from: date
    week_to: date
    expected: Amount
    items: int

    @classmethod
    def of(cls, one: ExpectedWeek) -> Self:
        return cls(week_from=one.first, week_to=one.last, expected=Amount.of(one.amount), items=one.items)


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

    @classmethod
    def of(cls, one: CashForecast) -> Self:
        learnt = one.learnt
        return cls(
            currency=one.receivables.currency, weeks=[ExpectedWeekRead.of(week) for week in one.weeks],
            later=Amount.of(one.later), disputed=Amount.of(one.disputed), receivables=Amount.of(one.receivables),
            unapplied=Amount.of(one.unapplied), inputs=CashForecastInputs(
                learnt_from=Amount.of(learnt.amount), average_delay_days=learnt.average_days,
                customers=learnt.customers))


class CashForecastRead(BaseModel):
    """Expected receipts by currency and week, as of today."""

    as_of: date
    definition: str
    data: list[CashForecastCurrencyRead]


@router.get("/cash-forecast", dependencies=[requires("reports:read")], responses=(
    refuses("report_does_not_tie", "customer_not_known_yet", "tenant_not_known_yet", status=409)))
async def get_cash_forecast(
    tx: Tx, weeks: Annotated[int, Query(ge=1, le=52, description="How many weeks, this one included.")] = 13,
    customer_id: UUID | None = None,
) -> CashForecastRead:
    """Which receipts are expected in which week, by due dates and by how late each customer pays."""
    tenant = await present(tx)
    await customers.assert_heard_of(tx, customer_id)
    found = await cash_forecast.forecasts(tx, tenant.today, weeks, customer_id)
    return CashForecastRead(
        as_of=tenant.today, definition=DEFINITION, data=[CashForecastCurrencyRead.of(one) for one in found])
