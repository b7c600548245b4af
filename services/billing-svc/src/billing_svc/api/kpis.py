"""The route of key figures: each with its definition and the figures that it rests on."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from billing_svc.api.shapes import Currency
from billing_svc.domain.kpis import Figures, Kpi, KpiUnit, KpiValue, kpis_of
from billing_svc.store import kpis, periods
from billing_svc.store.roll_forward import Period
from dunlin_events.contracts.base import Amount
from dunlin_kernel.money import Money
from dunlin_kernel.periods import KpiPeriod, periods_asked
from dunlin_kit.auth import Me, requires
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, whose
from dunlin_kit.wire import Day, Instant
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["reports"])
MAX_PERIODS = 24


class KpiRead(BaseModel):
    """One key figure. `value` is a decimal text with six digits, null where it would divide by nothing; `inputs` names
    the fields of `figures` that it rests on."""

    kpi: Kpi
    unit: KpiUnit
    value: str | None
    definition: str
    inputs: list[str]

    @classmethod
    def of(cls, one: KpiValue) -> Self:
        return cls(kpi=one.kpi, unit=one.unit, value=None if one.value is None else f"{one.value:f}",
                   definition=one.definition, inputs=list(one.inputs))


class KpiMonthRead(BaseModel):
    """A month counted back: its days up to the end of the period, what it sold, and what is still open of it times the
    days since its invoices."""

    days: int
    sales: Amount
    open_days: Amount


class KpiFiguresRead(BaseModel):
    """What the key figures rest on. `current` is open and not past due; `overdue_days` and `late_days` are amounts
    times days; `collected` is cash allocated in the period; `months` go back from the latest; `buyers` are customers
    billed in the period, `returning` those billed at least twice by its end."""

    days: int
    opening: Amount
    closing: Amount
    current: Amount
    sales: Amount
    collected: Amount
    late_days: Amount
    written_off: Amount
    overdue_days: Amount
    months: list[KpiMonthRead]
    buyers: int
    returning: int

    @classmethod
    def of(cls, figures: Figures, currency: str) -> Self:
        def amount(minor: int) -> Amount:
            return Amount.model_construct(amount=Money(minor, currency).amount, currency=currency)

        named = ("opening", "closing", "current", "sales", "collected", "late_days", "written_off", "overdue_days")
        return cls(
            days=figures.days, buyers=figures.buyers, returning=figures.returning,
            **{name: amount(getattr(figures, name)) for name in named},
            months=[KpiMonthRead(days=one.days, sales=amount(one.sales), open_days=amount(one.open_days))
                    for one in figures.months])


class KpiPeriodRead(BaseModel):
    """One period in one currency."""

    period_from: date
    period_to: date
    currency: str
    kpis: list[KpiRead]
    figures: KpiFiguresRead


class OwnerKpisRead(BaseModel):
    """The customers for whom one member of staff answered on the last day, in one currency; owner null: nobody did."""

    owner: str | None
    currency: str
    kpis: list[KpiRead]
    figures: KpiFiguresRead


class OwnerKpiReportRead(BaseModel):
    """Key figures of one period by owner and currency, as known at a time; customers of nobody last."""

    period_from: date
    period_to: date
    known_at: datetime
    provisional: bool
    data: list[OwnerKpisRead]


class KpiReportRead(BaseModel):
    """Key figures by period, the earliest first, and currency, as known at a time."""

    known_at: datetime
    provisional: bool
    data: list[KpiPeriodRead]


@router.get("/kpis", dependencies=[requires("reports:read")],
            responses=refuses("tenant_not_known_yet", status=409) | refuses("period_reversed"))
async def get_kpis(
    tx: Tx, period: KpiPeriod = KpiPeriod.MONTH,
    end: Annotated[Day | None, Query(alias="to", description="The last day; today when left out.")] = None,
    start: Annotated[Day | None, Query(alias="from", description="One period from this day on, of any length.")] = None,
    count: Annotated[int, Query(ge=1, le=MAX_PERIODS, description="How many periods in a row.")] = 1,
    known_at: Annotated[Instant | None, Query(description="As recorded up to then; now when left out.")] = None,
    customer_id: UUID | None = None, currency: Annotated[Currency | None, Query()] = None,
) -> KpiReportRead:
    """How long money is out, how much of it comes in, what is lost: by month, quarter or year, or from a day on."""
    tenant = await periods.present_for(tx, known_at)
    last, known = end or tenant.today, known_at or tenant.now
    data = []
    for first, until in periods_asked(period, start, last, count):
        found = await kpis.figures(tx, Period(first, until, known, customer_id))
        data += [_read(first, until, code, one) for (_, code), one in found.items() if currency in (None, code)]
    return KpiReportRead(known_at=known, provisional=known_at is None or known_at >= tenant.now, data=data)


@router.get("/kpis-by-owner", dependencies=[requires("reports:read")],
            responses=refuses("tenant_not_known_yet", status=409) | refuses("period_reversed"))
async def get_kpis_by_owner(
    tx: Tx, me: Me, period: KpiPeriod = KpiPeriod.MONTH,
    end: Annotated[Day | None, Query(alias="to", description="The last day; today when left out.")] = None,
    start: Annotated[Day | None, Query(alias="from", description="From this day on, whatever the period.")] = None,
    known_at: Annotated[Instant | None, Query(description="As recorded up to then; now when left out.")] = None,
    currency: Annotated[Currency | None, Query()] = None, owner: Owner = None,
) -> OwnerKpiReportRead:
    """How each collector's customers pay: the same key figures by who answered for them on the last day of the period,
    as it was known then."""
    tenant = await periods.present_for(tx, known_at)
    asked = (await whose(tx, me.subject, owner, tenant.today)).codes
    ((first, until),) = periods_asked(period, start, end or tenant.today, 1)
    known = known_at or tenant.now
    found = await kpis.figures(tx, Period(first, until, known, None), by_owner=True)
    return OwnerKpiReportRead(
        period_from=first, period_to=until, known_at=known, provisional=known_at is None or known_at >= tenant.now,
        data=[_owners(code, in_currency, one) for (code, in_currency), one in found.items()
              if currency in (None, in_currency) and (asked is None or code in asked)])


def _owners(owner: str | None, currency: str, figures: Figures) -> OwnerKpisRead:
    return OwnerKpisRead(owner=owner, currency=currency, figures=KpiFiguresRead.of(figures, currency),
                         kpis=[KpiRead.of(one) for one in kpis_of(figures)])


def _read(first: date, until: date, currency: str, figures: Figures) -> KpiPeriodRead:
    return KpiPeriodRead(
        period_from=first, period_to=until, currency=currency, figures=KpiFiguresRead.of(figures, currency),
        kpis=[KpiRead.of(one) for one in kpis_of(figures)])
