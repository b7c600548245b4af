"""The route of the product analysis: what is owed and how old it is, and what was billed, by product code."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.ageing import AgeingBucketRead, buckets_of
from billing_svc.api.shapes import Currency
from billing_svc.domain.ageing import AgeingPolicy
from billing_svc.domain.product_analysis import DEFINITION, ProductPart, tied_parts
from billing_svc.store import ageing_policies, product_analysis
from billing_svc.store.product_analysis import Place, ProductsAsked
from dunlin_events.contracts.base import Amount
from dunlin_kernel.periods import KpiPeriod, periods_asked
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.tenants import present
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["reports"])


class ProductRead(BaseModel):
    """One product code in one currency; null: lines without a code, and items without lines. An item counts with each
    product that it has a part of. `share_bps` is of all that is owed in the currency, in hundredths of a percent."""

    product: str | None
    currency: str
    billed: Amount
    receivables: Amount
    overdue: Amount
    share_bps: int
    oldest_days: int
    buckets: list[AgeingBucketRead]

    @classmethod
    def of(cls, part: ProductPart, policy: AgeingPolicy) -> Self:
        aged, whole = part.aged, part.whole.minor
        return cls(
            product=part.product, currency=part.whole.currency, billed=Amount.of(part.billed),
            receivables=Amount.of(aged.receivables), overdue=Amount.of(aged.overdue),
            share_bps=aged.receivables.minor * 10_000 // whole if whole else 0, oldest_days=aged.oldest_days,
            buckets=buckets_of(aged, policy))


class ProductPage(Page[ProductRead]):
    """Products, those first of which most is owed; the parts of a currency sum to its receivables control."""

    as_of: date
    period_from: date
    period_to: date
    definition: str = Field(description="What is counted, in a sentence.")


@router.get("/product-analysis", dependencies=[requires("reports:read")],
            responses=pages.RESPONSES | refuses("period_reversed")
            | refuses("report_does_not_tie", "tenant_not_known_yet", status=409))
async def get_product_analysis(
    tx: Tx, cursor: Paging, response: Response, limit: Limit = pages.DEFAULT_LIMIT,
    start: Annotated[Day | None, Query(alias="from", description="First day of billing; the year's when left out.")]
    = None,
    end: Annotated[Day | None, Query(alias="to", description="Last day of billing; today when left out.")] = None,
    currency: Annotated[Currency | None, Query()] = None,
) -> ProductPage:
    """What is owed today, by age, and what was billed in a period, by product code."""
    tenant = await present(tx)
    ((first, last),) = periods_asked(KpiPeriod.YEAR, start, end or tenant.today, 1)
    policy = await ageing_policies.policy_at(tx, tenant.now)
    asked = ProductsAsked(tenant.today, first, last, currency, limit + 1, _after(cursor.after))
    found = tied_parts(await product_analysis.parts(tx, policy, asked), await product_analysis.controls(tx))
    page = cursor.page(response, found, limit, _place, lambda part: ProductRead.of(part, policy))
    return ProductPage(**page, as_of=tenant.today, period_from=first, period_to=last, definition=DEFINITION)


def _place(part: ProductPart) -> Place:
    return -part.aged.receivables.minor, part.whole.currency, part.product or ""


def _after(after: tuple[object, ...] | None) -> Place | None:
    if after is None:
        return None
    by, currency, product = after
    return int(str(by)), str(currency), str(product)
