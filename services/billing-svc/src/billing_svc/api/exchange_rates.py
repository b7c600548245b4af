"""Routes of exchange rates: set one, read what was set."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field, StringConstraints

from billing_svc.api.shapes import Body, Code, Currency, decimal_text
from billing_svc.domain.exchange_rate import ExchangeRate, RateWish
from billing_svc.store import exchange
from billing_svc.usecases.set_exchange_rate import set_exchange_rate as set_rate
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/billing/v1", route_class=WriteRoute, tags=["exchange rates"])
router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["exchange rates"])
RateText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{1,10})?$")]
LAST = 2**62


class ExchangeRateCreate(Body):
    """A unit of `currency` is worth `rate` units of the tenant's own currency on `valid_on`."""

    currency: Currency
    rate: RateText = Field(examples=["7.1000"])
    valid_on: Day
    source: Code = Field(examples=["pboc"])

    def to_wish(self) -> RateWish:
        return RateWish(self.currency, Decimal(self.rate), self.valid_on, self.source)


class ExchangeRateRead(BaseModel):
    """A rate as it was set; of several of one currency and day the last one counts."""

    id: UUID
    currency: str
    base_currency: str
    rate: str
    valid_on: date
    source: str

    @classmethod
    def of(cls, one: ExchangeRate) -> Self:
        wish = one.wish
        return cls(id=one.id, currency=wish.currency, base_currency=one.base_currency, rate=decimal_text(wish.rate),
                   valid_on=wish.valid_on, source=wish.source)


class RecordedExchangeRateRead(ExchangeRateRead):
    """A rate, and who set it when."""

    set_by: str
    recorded_at: datetime

    @classmethod
    def listed(cls, row: Any) -> Self:
        return cls(**dict(ExchangeRateRead.of(exchange.rate_of(row))), set_by=row["actor"],
                   recorded_at=row["recorded_at"])


class ExchangeRatePage(Page[RecordedExchangeRateRead]):
    """Rates, the last set first."""


@writes.post("/exchange-rates", status_code=201, dependencies=[requires("policies:write")], responses=(
    refuses("unknown_currency", "rate_of_base_currency", "bad_exchange_rate", "rate_in_future")
    | refuses("tenant_not_known_yet", status=409)))
async def set_exchange_rate(body: ExchangeRateCreate, tx: Tx) -> ExchangeRateRead:
    """Set what a currency is worth on a day; what was posted already keeps its own rate."""
    return ExchangeRateRead.of(await set_rate(tx, body.to_wish()))


@router.get("/exchange-rates", dependencies=[requires("reports:read")], responses=pages.RESPONSES)
async def list_exchange_rates(
    tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT,
    currency: Annotated[Currency | None, Query()] = None,
) -> ExchangeRatePage:
    """The rates that were set, the last one first."""
    before = int(cursor.after[0]) if cursor.after else LAST
    found = await exchange.page(tx, currency, before, limit)
    return ExchangeRatePage(**cursor.page(
        response, found, limit, lambda one: [one[0]], lambda one: RecordedExchangeRateRead.listed(one[1])))
