"""Credit positions: limit, exposure parts and what is available, of one customer or of all."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from credit_svc.api.group_shapes import GroupUseRead
from credit_svc.api.shapes import (
    ExposurePartsRead,
    HeardPositionRead,
    LimitInForceRead,
    StandingHoldRead,
    ToldStatus,
    amount_or_none,
)
from credit_svc.domain.decision import DenialReason
from credit_svc.domain.policy import CreditPolicy
from credit_svc.store import policies, positions
from credit_svc.store.positions import NOT_RATED_SORTS_AS, Asked, Position
from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import NotReady
from dunlin_kernel.money import Money
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import OwnerCode, StandingInFor, asked_for
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.tenants import present
from dunlin_kit.write_route import ReadRoute, Tx

router = APIRouter(route_class=ReadRoute, tags=["positions"])
routers = (router,)


class PositionSort(StrEnum):
    """`available`: least first, those without a rating last."""

    CUSTOMER = "customer"
    AVAILABLE = "available"


class CurrencyPositionRead(BaseModel):
    """What a customer uses of its credit in one currency; `available` is null when not rated, and may be negative."""

    currency: str
    limit: LimitInForceRead
    parts: ExposurePartsRead
    exposure: Amount
    available: Amount | None
    sequence: int = Field(description="The place in the customer's stream at billing as of which the figures stand.")

    @classmethod
    def of(cls, position: Position) -> Self:
        return cls(
            currency=position.currency, limit=LimitInForceRead.of(position.limit),
            parts=ExposurePartsRead.of(position.parts), exposure=Amount.of(position.exposure),
            available=amount_or_none(position.available), sequence=position.sequence)


class CreditPositionRead(BaseModel):
    """A customer's credit on a day. Number and status are null for one whom only other services have told of yet."""

    customer_id: UUID
    number: str | None
    name: str | None
    status: str | None = ToldStatus
    as_of: date
    policy_version: int
    group: GroupUseRead | None = Field(description="Null where it is in no group with a limit.")
    heard: list[HeardPositionRead]
    positions: list[CurrencyPositionRead]


class PositionRead(CurrencyPositionRead):
    """A row of the list of positions: a customer in a currency."""

    customer_id: UUID
    number: str | None
    name: str | None
    status: str | None = ToldStatus
    owner_id: UUID | None
    owner_code: str | None = OwnerCode
    standing_in_for: str | None = StandingInFor
    can_buy: bool = Field(description="Whether at least the smallest order would be approved.")
    reasons: list[DenialReason] = Field(description="Why not; the first is the rule that fires.")
    holds: list[StandingHoldRead]
    group: GroupUseRead | None = Field(description="Null where it is in no group with a limit.")

    @classmethod
    def row(cls, position: Position, policy: CreditPolicy, today: date, asked: Whose) -> Self:
        return cls(
            **CurrencyPositionRead.of(position).__dict__, customer_id=position.customer_id, number=position.number,
            name=position.name, status=position.status, owner_id=position.owner_id, owner_code=position.owner_code,
            standing_in_for=asked.standing_in_for(position.owner_code), can_buy=not position.reasons,
            reasons=list(position.reasons),
            holds=[StandingHoldRead(hold_id=hold.id, rule=hold.rule) for hold in position.holds],
            group=_group_of(position, policy, today))


class PositionPage(Page[PositionRead]):
    """Credit positions."""


@router.get("/credit/v1/customers/{customer_id}/position", dependencies=[requires("credit:read")],
            responses=refuses("customer_not_known_yet", status=409))
async def get_credit_position(customer_id: UUID, tx: Tx) -> CreditPositionRead:
    """What a customer may still buy on credit, per currency, and why."""
    tenant = await present(tx)
    policy = await policies.current(tx)
    known = await positions.known(tx, customer_id)
    if known is None:
        raise NotReady("customer_not_known_yet", "This service has not heard of the customer yet; try again.")
    found = await positions.of_customers(tx, [customer_id], today=tenant.today, policy=policy)
    return CreditPositionRead(
        customer_id=customer_id, number=known.number, name=known.name,
        status=known.status, as_of=tenant.today, policy_version=policy.version,
        group=_group_of(found[0], policy, tenant.today) if found else None,
        heard=[HeardPositionRead(owner=owner, sequence=sequence) for owner, sequence in known.heard.items()],
        positions=[CurrencyPositionRead.of(position) for position in found])


@router.get("/credit/v1/positions", dependencies=[requires("credit:read")], responses=RESPONSES | refuses(
    "cursor_invalid", "unknown_currency", "malformed_amount", "wrong_precision", "amount_too_large"))
async def list_credit_positions(
    tx: Tx, me: Me, cursor: Paging, response: Response, limit: Limit = 50,
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")] = None,
    available_below: Annotated[str | None, Query(alias="available.lt", max_length=24, description=(
        "Only those with less available, in `currency` or, without it, in the tenant's own."))] = None,
    hold: Annotated[bool | None, Query(description="Only those with a hold that stands, or without.")] = None,
    owner: Owner = None, sort: PositionSort = PositionSort.CUSTOMER,
) -> PositionPage:
    """Who can still buy, and who cannot and why: positions per customer and currency."""
    tenant = await present(tx)
    policy = await policies.current(tx)
    meant = currency or (tenant.currency if available_below is not None else None)
    below = None if available_below is None or meant is None else Money.parse(available_below, meant)
    asked = await asked_for(tx, me, owner)
    wanted = Asked(meant, below, by_available=sort is PositionSort.AVAILABLE, after=cursor.after, most=limit + 1,
                   hold=hold, owners=asked.codes)
    found = await positions.some(tx, wanted, today=tenant.today, policy=policy)
    return PositionPage(**cursor.page(
        response, found, limit, _key_of, lambda one: PositionRead.row(one, policy, tenant.today, asked)))


def _group_of(position: Position, policy: CreditPolicy, today: date) -> GroupUseRead | None:
    return None if position.group is None else GroupUseRead.of(position.group, policy, today)


def _key_of(position: Position) -> tuple[int, UUID, str]:
    available = NOT_RATED_SORTS_AS if position.available is None else position.available.minor
    return available, position.customer_id, position.currency
