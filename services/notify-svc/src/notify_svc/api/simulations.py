"""The route of the simulator: ladders run over a past period, compared; nothing is sent."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money
from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.tenants import present
from dunlin_kit.wire import Day
from dunlin_kit.write_route import Tx, WriteRoute
from notify_svc import usecases
from notify_svc.api.ladder import LadderPolicyUpdate
from notify_svc.domain.ladder import LevelChannel
from notify_svc.domain.simulation import Simulated
from notify_svc.usecases.simulate_ladders import SimulateLadders

writes = APIRouter(prefix="/notify/v1", route_class=WriteRoute, tags=["ladder"])


class ChannelPriceCreate(BaseModel):
    """What one message on a channel costs, in the tenant's currency."""

    model_config = ConfigDict(extra="forbid")
    channel: LevelChannel
    price: Amount


class LadderSimulationCreate(BaseModel):
    """Ladders to be tried out over a past period, its last day included."""

    model_config = ConfigDict(extra="forbid")
    from_on: Day
    until_on: Day
    ladders: Annotated[list[LadderPolicyUpdate], Field(min_length=1, max_length=5)]
    prices: Annotated[list[ChannelPriceCreate], Field(max_length=5)] = []


class ChannelCountRead(BaseModel):
    """Messages on one channel."""

    channel: LevelChannel
    messages: int


class LevelCountRead(BaseModel):
    """Reminders of items at one level."""

    level: int
    reminders: int


class SimulatedLadderRead(BaseModel):
    """What a ladder would have sent: one message per customer, day and channel.

    `per_settled` is reminders per item settled by the end, as a decimal; null where none was settled.
    """

    messages: list[ChannelCountRead]
    people: int = Field(description="Customers that would have been reached.")
    items: int = Field(description="Items that would have been reminded of.")
    settled: int = Field(description="Items with nothing open at the end, reminded of or not.")
    levels: list[LevelCountRead]
    per_settled: str | None
    cost: Amount

    @classmethod
    def of(cls, found: Simulated, cost: Money) -> Self:
        per = found.per_settled
        return cls(
            messages=[ChannelCountRead(channel=channel, messages=count)
                      for channel, count in sorted(found.messages.items())],
            people=found.people, items=found.items, settled=found.settled,
            levels=[LevelCountRead(level=level, reminders=count) for level, count in found.by_level.items()],
            per_settled=None if per is None else f"{per // 100}.{per % 100:02d}", cost=Amount.of(cost))


class LadderSimulationRead(BaseModel):
    """One result per ladder, in the order in which they were sent; all by the same facts."""

    from_on: date
    until_on: date
    results: list[SimulatedLadderRead]


@writes.post("/ladders:simulate", dependencies=[requires("reminders:read")],
             responses=refuses("tenant_not_known_yet", status=409)
             | refuses("invalid_request", "bad_ladder", "bad_period", "currency_mismatch", "unknown_currency",
                       "malformed_amount", "wrong_precision", "amount_too_large"))
async def simulate_ladders(body: LadderSimulationCreate, tx: Tx) -> LadderSimulationRead:
    """Run ladders over a past period: how many messages, people, levels, and at what cost; nothing is sent or kept."""
    currency = (await present(tx)).currency
    prices = {one.channel: one.price.money for one in body.prices}
    if any(price.currency != currency for price in prices.values()):
        raise RuleBroken("currency_mismatch", "Prices are in the tenant's currency.", currency=currency)
    policies = tuple(one.to_policy() for one in body.ladders)
    found = await usecases.simulate_ladders(tx, SimulateLadders(body.from_on, body.until_on, policies))
    return LadderSimulationRead(
        from_on=body.from_on, until_on=body.until_on,
        results=[SimulatedLadderRead.of(one, one.cost(prices, currency)) for one in found])
