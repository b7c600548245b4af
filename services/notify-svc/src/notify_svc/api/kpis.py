"""The route of key figures of collecting: each with its definition and the figures that it rests on."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from dunlin_kernel.calendar import days_after
from dunlin_kernel.clock import start_of_day
from dunlin_kernel.periods import KpiPeriod, periods_asked
from dunlin_kit.auth import Me, requires
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, whose
from dunlin_kit.tenants import Tenant, present
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx
from notify_svc.domain.kpis import CollectionFigures, CollectionKpi, CollectionKpiUnit, CollectionKpiValue, kpis_of
from notify_svc.store import kpis
from notify_svc.store.kpis import Within

router = APIRouter(prefix="/notify/v1", route_class=ReadRoute, tags=["collections"])
MAX_PERIODS = 24


class CollectionKpiRead(BaseModel):
    """One key figure. `value` is a decimal text with six digits, null where it would divide by nothing; `inputs` names
    the fields of `figures` that it rests on."""

    kpi: CollectionKpi
    unit: CollectionKpiUnit
    value: str | None
    definition: str
    inputs: list[str]

    @classmethod
    def of(cls, one: CollectionKpiValue) -> Self:
        return cls(kpi=one.kpi, unit=one.unit, value=None if one.value is None else f"{one.value:f}",
                   definition=one.definition, inputs=list(one.inputs))


class CollectionFiguresRead(BaseModel):
    """What the key figures rest on: promises judged in the period, items settled in it, and reminders of these."""

    kept: int
    broken: int
    settled: int
    reminders: int

    @classmethod
    def of(cls, figures: CollectionFigures) -> Self:
        return cls(**{name: getattr(figures, name) for name in cls.model_fields})


class CollectionKpiPeriodRead(BaseModel):
    """One period."""

    period_from: date
    period_to: date
    kpis: list[CollectionKpiRead]
    figures: CollectionFiguresRead


class OwnerCollectionKpisRead(BaseModel):
    """The customers for whom one member of staff answers today; owner null: nobody does."""

    owner: str | None
    kpis: list[CollectionKpiRead]
    figures: CollectionFiguresRead


class OwnerCollectionKpiReportRead(BaseModel):
    """Key figures of one period by owner, those in whose customers anything was judged or settled."""

    period_from: date
    period_to: date
    data: list[OwnerCollectionKpisRead]


class CollectionKpiReportRead(BaseModel):
    """Key figures by period, the earliest first."""

    data: list[CollectionKpiPeriodRead]


@router.get("/kpis", dependencies=[requires("collections:read")],
            responses=refuses("tenant_not_known_yet", status=409) | refuses("period_reversed"))
async def get_collection_kpis(
    tx: Tx, me: Me, period: KpiPeriod = KpiPeriod.MONTH,
    end: Annotated[Day | None, Query(alias="to", description="The last day; today when left out.")] = None,
    start: Annotated[Day | None, Query(alias="from", description="One period from this day on, of any length.")] = None,
    count: Annotated[int, Query(ge=1, le=MAX_PERIODS, description="How many periods in a row.")] = 1,
    customer_id: UUID | None = None, owner: Owner = None,
) -> CollectionKpiReportRead:
    """How many promises are kept and how many reminders a settled item took, by month, quarter or year.

    Of all, of one customer, or of those for whom a member of staff answers now.
    """
    tenant = await present(tx)
    asked = await whose(tx, me.subject, owner, tenant.today)
    data = []
    for first, until in periods_asked(period, start, end or tenant.today, count):
        figures = await kpis.figures(tx, _within(tenant, first, until), customer_id, asked.codes)
        data.append(CollectionKpiPeriodRead(
            period_from=first, period_to=until, figures=CollectionFiguresRead.of(figures),
            kpis=[CollectionKpiRead.of(one) for one in kpis_of(figures)]))
    return CollectionKpiReportRead(data=data)


@router.get("/kpis-by-owner", dependencies=[requires("collections:read")],
            responses=refuses("tenant_not_known_yet", status=409) | refuses("period_reversed"))
async def get_collection_kpis_by_owner(
    tx: Tx, me: Me, period: KpiPeriod = KpiPeriod.MONTH,
    end: Annotated[Day | None, Query(alias="to", description="The last day; today when left out.")] = None,
    start: Annotated[Day | None, Query(alias="from", description="From this day on, whatever the period.")] = None,
    owner: Owner = None,
) -> OwnerCollectionKpiReportRead:
    """How each collector collects: promises kept and reminders by who answers for the customers today."""
    tenant = await present(tx)
    asked = await whose(tx, me.subject, owner, tenant.today)
    ((first, until),) = periods_asked(period, start, end or tenant.today, 1)
    found = await kpis.figures_by_owner(tx, _within(tenant, first, until), asked.codes)
    return OwnerCollectionKpiReportRead(period_from=first, period_to=until, data=[
        OwnerCollectionKpisRead(owner=code, figures=CollectionFiguresRead.of(one),
                                kpis=[CollectionKpiRead.of(each) for each in kpis_of(one)])
        for code, one in found.items()])


def _within(tenant: Tenant, first: date, until: date) -> Within:
    return Within(first, until, start_of_day(tenant.zone, first), start_of_day(tenant.zone, days_after(until, 1)))
