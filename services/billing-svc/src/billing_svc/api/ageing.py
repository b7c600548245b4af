"""The ageing report: by customer and in total, as of a day, as known at a time, tied to both controls."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing_svc.api.shapes import Currency
from billing_svc.domain.ageing import Aged, AgeingBasis, AgeingPolicy, Controls, tied
from billing_svc.store import ageing, ageing_policies, customers, periods
from billing_svc.store.ageing import AgeingOrder, AgeingQuestion, AgeingReport, Debtor, Key, Part
from billing_svc.store.ageing_breakdown import AgeingBreakdown
from dunlin_events.contracts.base import Amount
from dunlin_kit import pages
from dunlin_kit.auth import Me, requires
from dunlin_kit.event_feed import Feed
from dunlin_kit.owned import StandingInFor
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose, whose
from dunlin_kit.wire import Day, Instant
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["reports"])


class AgeingGroup(StrEnum):
    CUSTOMER = "customer"
    NONE = "none"


class AgeingSort(StrEnum):
    """The largest first with a leading minus."""

    OVERDUE_DESC = "-overdue"
    RECEIVABLES_DESC = "-receivables"
    CUSTOMER = "customer_id"


class AgeingBucketRead(BaseModel):
    """One bucket: `not_due`, `1_30`, ...; its share of the receivables is in hundredths of a percent."""

    name: str
    amount: Amount
    items: int
    share_bps: int


def buckets_of(aged: Aged, policy: AgeingPolicy) -> list[AgeingBucketRead]:
    whole = aged.receivables.minor
    return [AgeingBucketRead(name=name, amount=Amount.of(amount), items=items,
                             share_bps=amount.minor * 10_000 // whole if whole else 0)
            for name, amount, items in zip(policy.names, aged.buckets, aged.counts, strict=True)]


class AgeingFiguresRead(BaseModel):
    """What is owed by age, what is unapplied, both never netted; `net` stands beside them."""

    currency: str
    buckets: list[AgeingBucketRead]
    receivables: Amount
    overdue: Amount
    unapplied: Amount
    net: Amount
    oldest_days: int = Field(description="Days past due of the oldest item; 0 when none is due.")

    @classmethod
    def of(cls, aged: Aged, policy: AgeingPolicy) -> Self:
        return cls(
            currency=aged.unapplied.currency, receivables=Amount.of(aged.receivables), overdue=Amount.of(aged.overdue),
            unapplied=Amount.of(aged.unapplied), net=Amount.of(aged.net), oldest_days=max(aged.oldest_days, 0),
            buckets=buckets_of(aged, policy))


class AgeingTotalRead(BaseModel):
    """The sum of all rows in one currency, and the two controls of the journal that it ties to, also in base currency.

    Base amounts are null where nothing was ever booked.
    """

    figures: AgeingFiguresRead
    receivable_control: Amount
    customer_credit_control: Amount
    receivable_control_base: Amount | None
    customer_credit_control_base: Amount | None


class AgeingRowRead(BaseModel):
    """One customer in one currency. `number` and `name` are today's, whatever day is asked for; `owner_code` is that
    day's."""

    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None = Field(description="Who answers for the customer on that day.")
    standing_in_for: str | None = StandingInFor
    last_paid_on: date | None
    figures: AgeingFiguresRead


class AgeingHead(BaseModel):
    """What each ageing report says of the whole."""

    as_of: date
    known_at: datetime
    provisional: bool
    basis: AgeingBasis
    edges: list[int]
    totals: list[AgeingTotalRead]
    position: str = Field(description="Send it as `after` to /billing/v1/events: what was told behind this report.")


class AgeingPage(AgeingHead, Page[AgeingRowRead]):
    """The report. `provisional`: facts recorded from now on can still change it."""


Row = tuple[Key, Aged]
_ORDERS = {AgeingSort.OVERDUE_DESC: AgeingOrder.OVERDUE, AgeingSort.RECEIVABLES_DESC: AgeingOrder.RECEIVABLES,
           AgeingSort.CUSTOMER: AgeingOrder.CUSTOMER}


@router.get("/ageing", dependencies=[requires("reports:read")],
            responses=pages.RESPONSES | refuses("report_does_not_tie", "customer_not_known_yet", status=409))
async def get_ageing(
    tx: Tx, me: Me, cursor: Paging, feed: Feed, response: Response, limit: Limit = pages.DEFAULT_LIMIT,
    as_of: Annotated[Day | None, Query(description="End of this effective day; today when left out.")] = None,
    known_at: Annotated[Instant | None, Query(description="As recorded up to then; now when left out.")] = None,
    group_by: AgeingGroup = AgeingGroup.CUSTOMER, sort: AgeingSort = AgeingSort.OVERDUE_DESC,
    customer_id: UUID | None = None, currency: Annotated[Currency | None, Query()] = None,
    basis: AgeingBasis = AgeingBasis.DUE_DATE, owner: Owner = None,
) -> AgeingPage:
    """Who owes and how old it is; with `owner`, of those customers whose owner that was on that day. A report that does
    not tie to the journal is refused, never shown."""
    tenant = await periods.present_for(tx, known_at)
    policy = await ageing_policies.policy_at(tx, known_at or tenant.now)
    await customers.assert_heard_of(tx, customer_id)
    asked = await whose(tx, me.subject, owner, tenant.today)
    question = AgeingQuestion(as_of or tenant.today, known_at or tenant.now, customer_id, currency, basis,
                              None if known_at else tenant.today, asked.codes)
    wanted = limit + 1 if group_by is AgeingGroup.CUSTOMER else 0
    found = await ageing.report(tx, question, policy, Part(wanted, _ORDERS[sort], _after(cursor.after)))
    tied(found.totals, found.controls)
    page = cursor.page(response, found.rows, limit, lambda row: _place(row, sort))
    debtors = await ageing.debtors(tx, question, [key[0] for key, _ in page["data"]])
    return AgeingPage(
        **page | {"data": [_read(row, debtors[row[0][0]], policy, asked) for row in page["data"]]},
        **head_of(question, found, policy, now=tenant.now), position=await feed.present(tx))


def head_of(
    question: AgeingQuestion, found: AgeingReport | AgeingBreakdown, policy: AgeingPolicy, *, now: datetime
) -> dict[str, Any]:
    """The fields of a report's head but for its position."""
    return {
        "as_of": question.as_of, "known_at": question.known_at, "provisional": question.known_at >= now,
        "basis": question.basis, "edges": list(policy.edges),
        "totals": [_total(aged, found.controls[code], policy) for code, aged in sorted(found.totals.items())]}


def _total(aged: Aged, booked: Controls, policy: AgeingPolicy) -> AgeingTotalRead:
    return AgeingTotalRead(
        figures=AgeingFiguresRead.of(aged, policy), receivable_control=Amount.of(booked.receivables),
        customer_credit_control=Amount.of(booked.customer_credit),
        receivable_control_base=Amount.of(booked.in_base[0]) if booked.in_base else None,
        customer_credit_control_base=Amount.of(booked.in_base[1]) if booked.in_base else None)


def _read(row: Row, debtor: Debtor, policy: AgeingPolicy, asked: Whose) -> AgeingRowRead:
    return AgeingRowRead(
        customer_id=debtor.id, number=debtor.number, name=debtor.name, owner_code=debtor.owner_code,
        standing_in_for=asked.standing_in_for(debtor.owner_code), last_paid_on=debtor.last_paid_on,
        figures=AgeingFiguresRead.of(row[1], policy))


def _place(row: Row, sort: AgeingSort) -> tuple[int, str, str]:
    """Where a row stands in the order: amount (largest first), then currency, then customer."""
    (customer, currency), aged = row
    by = {AgeingSort.OVERDUE_DESC: -aged.overdue.minor, AgeingSort.RECEIVABLES_DESC: -aged.receivables.minor}
    return by.get(sort, 0), currency, str(customer)


def _after(after: tuple[object, ...] | None) -> tuple[int, str, UUID] | None:
    if after is None:
        return None
    by, currency, customer = after
    return int(str(by)), str(currency), UUID(str(customer))
