"""The ageing report by what customers have in common, tied to both controls like the one by customer."""

from typing import Annotated, Self

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel

from billing_svc.api.ageing import AgeingBucketRead, AgeingHead, buckets_of, head_of
from billing_svc.api.shapes import Currency
from billing_svc.domain.ageing import AgeingBasis, AgeingPolicy, tied
from billing_svc.store import ageing_policies, periods
from billing_svc.store.ageing import AgeingQuestion
from billing_svc.store.ageing_breakdown import AgeingDimension, AgeingPart, PartsAsked, breakdown
from dunlin_events.contracts.base import Amount
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.event_feed import Feed
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day, Instant
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["reports"])


class AgeingPartRead(BaseModel):
    """What customers with this value owe together in one currency; value null: they have none. `share_bps` is of what
    all owe in it, in hundredths of a percent."""

    value: str | None
    customers: int
    currency: str
    buckets: list[AgeingBucketRead]
    receivables: Amount
    overdue: Amount
    unapplied: Amount
    net: Amount
    share_bps: int

    @classmethod
    def of(cls, part: AgeingPart, whole: int, policy: AgeingPolicy) -> Self:
        aged = part.aged
        return cls(
            value=part.value, customers=part.customers, currency=aged.unapplied.currency,
            buckets=buckets_of(aged, policy), receivables=Amount.of(aged.receivables), overdue=Amount.of(aged.overdue),
            unapplied=Amount.of(aged.unapplied), net=Amount.of(aged.net),
            share_bps=aged.receivables.minor * 10_000 // whole if whole else 0)


class AgeingBreakdownPage(AgeingHead, Page[AgeingPartRead]):
    """The report by one dimension, the most overdue first. `provisional`: facts recorded from now on can change it."""

    dimension: AgeingDimension


@router.get("/ageing-breakdown", dependencies=[requires("reports:read")],
            responses=pages.RESPONSES | refuses("report_does_not_tie", status=409))
async def get_ageing_breakdown(
    tx: Tx, cursor: Paging, feed: Feed, response: Response, dimension: AgeingDimension,
    limit: Limit = pages.DEFAULT_LIMIT,
    as_of: Annotated[Day | None, Query(description="End of this effective day; today when left out.")] = None,
    known_at: Annotated[Instant | None, Query(description="As recorded up to then; now when left out.")] = None,
    currency: Annotated[Currency | None, Query()] = None, basis: AgeingBasis = AgeingBasis.DUE_DATE,
) -> AgeingBreakdownPage:
    """How old what is owed is, by owner, group, class, region, industry or currency. Customers count where they
    belonged on that day, as it was known then; under none before the archive knew them. A report that does not tie to
    the journal is refused."""
    tenant = await periods.present_for(tx, known_at)
    policy = await ageing_policies.policy_at(tx, known_at or tenant.now)
    question = AgeingQuestion(as_of or tenant.today, known_at or tenant.now, None, currency, basis,
                              None if known_at else tenant.today)
    found = await breakdown(tx, question, policy, PartsAsked(dimension, limit + 1, _after(cursor.after)))
    tied(found.totals, found.controls)
    whole = {code: aged.receivables.minor for code, aged in found.totals.items()}
    page = cursor.page(
        response, found.parts, limit, _place,
        lambda part: AgeingPartRead.of(part, whole[part.aged.unapplied.currency], policy))
    return AgeingBreakdownPage(
        **page, **head_of(question, found, policy, now=tenant.now), dimension=dimension,
        position=await feed.present(tx))


def _place(part: AgeingPart) -> tuple[int, str, str]:
    return -part.aged.overdue.minor, part.aged.unapplied.currency, part.value or ""


def _after(after: tuple[object, ...] | None) -> tuple[int, str, str] | None:
    if after is None:
        return None
    by, currency, value = after
    return int(str(by)), str(currency), str(value)
