"""The route of the roll-forward: opening plus and minus all movements is closing, and receipts are where they went."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from billing_svc.domain.roll_forward import Receipts, RollForward, RollLine, receipts_tied, roll
from billing_svc.store import periods, roll_forward
from billing_svc.store.roll_forward import Period
from dunlin_events.contracts.base import Amount
from dunlin_kernel.money import Money
from dunlin_kernel.periods import KpiPeriod, first_day_of, in_order
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Day, Instant
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(prefix="/billing/v1", route_class=ReadRoute, tags=["reports"])
PeriodStart = Annotated[Day | None, Query(alias="from", description="The first day; that of the last day's month when "
                                                                    "left out.")]
PeriodEnd = Annotated[Day | None, Query(alias="to", description="The last effective day; today when left out.")]


class RollForwardLineRead(BaseModel):
    """One kind of movement, signed: it raises receivables above zero and lowers them below; `base` in base currency."""

    line: RollLine
    amount: Amount
    base: Amount


class RollForwardCurrencyRead(BaseModel):
    """One currency: opening plus all lines is closing, and closing is the receivables control of the journal."""

    currency: str
    opening: Amount
    opening_base: Amount
    lines: list[RollForwardLineRead]
    closing: Amount
    closing_base: Amount

    @classmethod
    def of(cls, rolled: RollForward) -> Self:
        return cls(
            currency=rolled.opening.currency, opening=Amount.of(rolled.opening),
            opening_base=Amount.of(rolled.opening_base), closing=Amount.of(rolled.closing),
            closing_base=Amount.of(rolled.closing_base),
            lines=[RollForwardLineRead(line=line, amount=Amount.of(amount), base=Amount.of(base))
                   for line, (amount, base) in rolled.lines.items()])


class ReceiptsRead(BaseModel):
    """All money received up to the end of the period: received = allocated + unapplied + refunded + exchanged, and
    bank = received - paid_out, which is all that was refunded, also of other credits."""

    received: Amount
    bank: Amount
    allocated: Amount
    unapplied: Amount
    refunded: Amount
    exchanged: Amount
    paid_out: Amount

    @classmethod
    def of(cls, one: Receipts) -> Self:
        return cls(received=Amount.of(one.received), bank=Amount.of(one.bank), allocated=Amount.of(one.allocated),
                   unapplied=Amount.of(one.unapplied), refunded=Amount.of(one.refunded),
                   exchanged=Amount.of(one.exchanged), paid_out=Amount.of(one.paid_out))


class RollForwardRead(BaseModel):
    """The roll-forward of a period, as known at a time. `provisional`: facts recorded from now on can change it."""

    period_from: date
    period_to: date
    known_at: datetime
    provisional: bool
    currencies: list[RollForwardCurrencyRead]
    receipts: list[ReceiptsRead]


@router.get("/roll-forward", dependencies=[requires("reports:read")],
            responses=refuses("report_does_not_tie", "tenant_not_known_yet", status=409) | refuses("period_reversed"))
async def get_roll_forward(
    tx: Tx, start: PeriodStart = None, end: PeriodEnd = None, customer_id: UUID | None = None,
    known_at: Annotated[Instant | None, Query(description="As recorded up to then; now when left out.")] = None,
) -> RollForwardRead:
    """What moved receivables in a period, line by line. One that does not tie to the journal is refused."""
    tenant = await periods.present_for(tx, known_at)
    last = end or tenant.today
    first = start or first_day_of(KpiPeriod.MONTH, last)
    in_order(first, last)
    period, base = Period(first, last, known_at or tenant.now, customer_id), tenant.currency
    opening = await roll_forward.opening(tx, period, base)
    moved = await roll_forward.moved(tx, period, base)
    control = await roll_forward.control(tx, period, base)
    rolled = [roll(opening.get(one) or _nothing(one, base), moved.get(one, ()), control.get(one) or _nothing(one, base))
              for one in sorted(opening.keys() | moved.keys() | control.keys())]
    return RollForwardRead(
        period_from=first, period_to=last, known_at=period.known_at,
        provisional=known_at is None or known_at >= tenant.now,
        currencies=[RollForwardCurrencyRead.of(one) for one in rolled],
        receipts=[ReceiptsRead.of(receipts_tied(one)) for one in await roll_forward.receipts(tx, period)])


def _nothing(currency: str, base_currency: str) -> tuple[Money, Money]:
    return Money.zero(currency), Money.zero(base_currency)
